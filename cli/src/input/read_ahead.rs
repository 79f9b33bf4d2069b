//! Reads many files on all cores, in order, while what was read before is used.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::thread;

/// So many files are read before anybody asks for them, at most: what they hold is in memory.
const AHEAD: usize = 16;

/// Hands what `read` makes of each file to `take`, in the order of the files. Reading goes on while `take` works, up to
/// [`AHEAD`], and ends with it.
pub(super) fn read_ahead<T: Send, R>(
    files: &[PathBuf],
    read: impl Fn(&Path) -> T + Sync,
    take: impl FnOnce(&mut dyn Iterator<Item = T>) -> R,
) -> R {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let lanes = cores.min(files.len()).clamp(1, AHEAD / 2);
    // One file of each lane is not in its channel, but in the hands of its thread.
    let ahead = AHEAD / lanes - 1;
    let read = &read;
    thread::scope(|scope| {
        let lane = |lane: usize| -> Receiver<T> {
            let (sender, receiver) = mpsc::sync_channel(ahead);
            scope.spawn(move || {
                // Nobody listens any more where sending fails.
                let mut files = files.iter().skip(lane).step_by(lanes);
                files.try_for_each(|file| sender.send(read(file)).ok())
            });
            receiver
        };
        // As the files were dealt out, so their contents are collected; a lane that has ended was the last one's turn.
        let lanes: Vec<Receiver<T>> = (0..lanes).map(lane).collect();
        take(&mut lanes.iter().cycle().map_while(|lane| lane.recv().ok()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn files(count: usize) -> Vec<PathBuf> {
        (0..count).map(|at| PathBuf::from(at.to_string())).collect()
    }

    #[test]
    fn every_file_comes_in_its_turn() {
        for count in [0, 1, 2, 3, AHEAD, 5 * AHEAD + 1] {
            let files = files(count);
            let read = read_ahead(&files, Path::to_path_buf, |read| read.collect::<Vec<_>>());
            assert_eq!(read, files);
        }
    }

    #[test]
    fn reading_stays_a_little_ahead_and_ends_with_its_user() {
        let files = files(10 * AHEAD);
        let reads = AtomicUsize::new(0);
        let read = |_: &Path| reads.fetch_add(1, Ordering::Relaxed);
        let taken = read_ahead(&files, read, |read| read.take(3).count());
        assert_eq!(taken, 3);
        // Its threads have ended, each with a file that nobody took.
        let read = reads.into_inner();
        assert!((3..=3 + AHEAD).contains(&read), "{read}");
    }
}
