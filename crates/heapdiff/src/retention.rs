//! Which snapshots go when there are too many.
//!
//! The first snapshot stays, as the base of the longest comparison, and so do the latest. Between them the one goes
//! whose absence leaves the smallest gap in proportion to its age, so the gaps grow with the age: seconds apart at the
//! end, minutes an hour ago, hours last week.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use crate::settings::Keep;

/// A snapshot in the directory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    /// Its file name.
    pub(crate) name: String,
    /// When it was written, in seconds of any clock.
    pub(crate) seconds: f64,
    /// Its size.
    pub(crate) bytes: u64,
}

/// The names of the files to be removed, of `files` in order of time, so that the rest is within `keep`.
pub(crate) fn surplus(mut files: Vec<Kept>, keep: Keep) -> Vec<String> {
    let mut removed = Vec::new();
    let mut bytes: u64 = files.iter().map(|file| file.bytes).sum();
    while files.len() > keep.files || (bytes > keep.bytes && files.len() > 1) {
        let index = victim(&files);
        let file = files.remove(index);
        bytes -= file.bytes;
        removed.push(file.name);
    }
    removed
}

fn victim(files: &[Kept]) -> usize {
    let now = files.last().map_or(0.0, |file| file.seconds);
    files
        .windows(3)
        .enumerate()
        .filter_map(|(index, window)| match window {
            [before, file, after] => {
                let gap = (after.seconds - before.seconds).max(0.0);
                // The age of the younger neighbour: of two equal gaps the older one is dearer to close.
                Some((index + 1, gap / (now - file.seconds).max(1e-9)))
            }
            _ => None,
        })
        .min_by(|a, b| a.1.total_cmp(&b.1))
        // Two files that are too large together: the older one.
        .map_or(0, |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(n: u32) -> Kept {
        Kept { name: n.to_string(), seconds: f64::from(n) * 10.0, bytes: 100 }
    }

    /// A week of a snapshot every 10 seconds in 200 files: the gaps around an hour, a day and a week ago are a small
    /// part of those ages, and the first and the last snapshot are there.
    #[test]
    fn an_hour_a_day_and_a_week_ago_stay_comparable() {
        let keep = Keep { files: 200, bytes: u64::MAX };
        let (mut files, week) = (Vec::new(), 7 * 24 * 360);
        for n in 0..=week {
            files.push(file(n));
            if files.len() > keep.files {
                let gone = surplus(files.clone(), keep);
                assert_eq!(gone.len(), 1);
                files.retain(|file| !gone.contains(&file.name));
            }
        }
        assert_eq!((files[0].seconds, files[199].seconds), (0.0, f64::from(week) * 10.0));
        let now = files[199].seconds;
        for age in [60.0, 3600.0, 86_400.0, 6.0 * 86_400.0] {
            let nearest =
                files.iter().map(|file| (now - file.seconds - age).abs()).fold(f64::INFINITY, f64::min);
            assert!(nearest <= age * 0.1 + 10.0, "{age} seconds ago: the nearest is {nearest} seconds off");
        }
    }

    #[test]
    fn bytes_are_bounded_and_the_last_one_stays() {
        let files: Vec<Kept> = (0..10).map(file).collect();
        let gone = surplus(files.clone(), Keep { files: 100, bytes: 450 });
        assert_eq!(gone.len(), 6);
        assert!(!gone.contains(&"0".to_owned()) && !gone.contains(&"9".to_owned()));
        let gone = surplus(files, Keep { files: 100, bytes: 50 });
        assert_eq!(gone.len(), 9, "one is kept although it is too large: the alternative is nothing");
        assert!(!gone.contains(&"9".to_owned()));
    }
}
