//! The directory that snapshots are written to.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use crate::black_box;
use crate::claim;
use crate::retention::{self, Kept};
use crate::settings::Keep;
use heapdiff_snapshot::{snapshot_name, snapshot_sequence};
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const EXTENSION: &str = ".pb.gz";
/// How the names of unfinished files end; see [`claim::unfinished`].
const UNFINISHED: &str = ".tmp";
/// An unfinished file of another process is that process's business for so long, and rubbish afterwards.
const ABANDONED_AFTER: Duration = Duration::from_secs(3600);

/// Region files of dead processes of one program that are kept.
const REGIONS_KEPT: usize = 3;

/// The directory, as one process sees it.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    /// How the names of this process's snapshots begin.
    prefix: String,
    /// The program, as the names of all its processes' snapshots have it.
    program: String,
    keep: Keep,
}

impl Directory {
    /// Opens the directory, makes it if it is not there, and claims the names of this recorder's files, which begin
    /// with `stem` and make sure that it can be written to.
    pub(crate) fn open(path: PathBuf, stem: &str, keep: Keep) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        // A program may change its directory; its snapshots stay where they were asked for.
        let path = path.canonicalize().unwrap_or(path);
        let prefix = claim::claim(&path, stem)?;
        let program = program_of(&prefix).unwrap_or_default().to_owned();
        Ok(Self { path, prefix, program, keep })
    }

    /// A folder in it, for snapshots that go with its own and have the same names; made if it is not there.
    pub(crate) fn beneath(&self, folder: &str) -> io::Result<Self> {
        let path = self.path.join(folder);
        fs::create_dir_all(&path)?;
        Ok(Self { path, prefix: self.prefix.clone(), program: self.program.clone(), keep: self.keep })
    }

    /// How the names of this recorder's snapshots begin.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Where it is, whatever directory the process is in.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Sequence numbers of this process's snapshots that are there, ascending.
    pub(crate) fn sequences(&self) -> Vec<u32> {
        let mut sequences: Vec<u32> =
            self.names().filter_map(|name| snapshot_sequence(&self.prefix, &name)).collect();
        sequences.sort_unstable();
        sequences
    }

    /// Writes a snapshot under a temporary name, gives it its own when it is complete, and removes what is surplus.
    pub(crate) fn write(
        &self,
        sequence: u32,
        write: impl FnOnce(BufWriter<File>) -> io::Result<BufWriter<File>>,
    ) -> io::Result<PathBuf> {
        let path = self.path.join(snapshot_name(&self.prefix, sequence));
        let unfinished = self.unfinished();
        let written = File::create(&unfinished)
            .and_then(|file| write(BufWriter::new(file)))
            .and_then(|file| file.into_inner().map_err(io::IntoInnerError::into_error))
            .and_then(|_closed| fs::rename(&unfinished, &path));
        if let Err(error) = written {
            // If it cannot be removed it is overwritten by the next one.
            let _ = fs::remove_file(&unfinished);
            return Err(error);
        }
        self.thin(&path);
        Ok(path)
    }

    /// Removes region files that dead processes of this program have left: all but the newest, which somebody may still
    /// want to look into. One that cannot be removed is tried again by the next start.
    pub(crate) fn remove_old_regions(&self) {
        let now = SystemTime::now();
        let mut dead = Vec::new();
        for name in self.names() {
            let Some(stem) = name.strip_suffix(black_box::EXTENSION) else { continue };
            let path = self.path.join(&name);
            if program_of(&format!("{}-", stem.trim_start_matches('.'))) != Some(&self.program) {
                continue;
            }
            let changed = fs::metadata(&path).and_then(|facts| facts.modified());
            let changed = changed.unwrap_or(SystemTime::UNIX_EPOCH);
            if !stem.starts_with('.') {
                dead.push((changed, path));
            } else if now.duration_since(changed).is_ok_and(|age| age > ABANDONED_AFTER)
                && black_box::is_abandoned(&path)
            {
                let _ = fs::remove_file(path);
            }
        }
        // The newest first.
        dead.sort_by(|a, b| b.cmp(a));
        dead.retain(|(_, path)| black_box::is_abandoned(path));
        for (_, path) in dead.drain(..).skip(REGIONS_KEPT) {
            let _ = fs::remove_file(path);
        }
    }

    fn unfinished(&self) -> PathBuf {
        self.path.join(claim::unfinished(&self.prefix))
    }

    fn names(&self) -> impl Iterator<Item = String> {
        fs::read_dir(&self.path)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
    }

    /// Brings the snapshots of this program, whichever process wrote them, within bounds. A file that cannot be removed
    /// is tried again with the next snapshot.
    ///
    /// `newest` stays even if the clock was set back, so that it looks old.
    fn thin(&self, newest: &Path) {
        let now = SystemTime::now();
        let mut files = Vec::new();
        for name in self.names() {
            let Ok(facts) = fs::metadata(self.path.join(&name)) else { continue };
            let written = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let unfinished = name.strip_prefix('.').and_then(|rest| rest.strip_suffix(UNFINISHED));
            if unfinished.is_some_and(|rest| program_of(rest) == Some(&self.program)) {
                if now.duration_since(written).is_ok_and(|age| age > ABANDONED_AFTER) {
                    let _ = fs::remove_file(self.path.join(&name));
                }
            } else if name.strip_suffix(EXTENSION).is_some_and(|rest| program_of(rest) == Some(&self.program))
            {
                let seconds =
                    written.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
                files.push(Kept { name, seconds, bytes: facts.len() });
            }
        }
        files.sort_by(|a, b| a.seconds.total_cmp(&b.seconds).then_with(|| a.name.cmp(&b.name)));
        for name in retention::surplus(files, self.keep) {
            let surplus = self.path.join(name);
            if surplus != newest {
                let _ = fs::remove_file(surplus);
            }
        }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What is left of a recording without a single snapshot. There is none after a snapshot.
        let _ = fs::remove_file(self.unfinished());
    }
}

/// What went wrong with a file, whoever says so.
pub(crate) fn as_io_error(error: heapdiff_pprof::WriteError) -> io::Error {
    match error {
        heapdiff_pprof::WriteError::Io(error) => error,
        other => io::Error::other(other),
    }
}

/// The program in `{program}-{start}-{pid}-{sequence}`, whose name may have dashes of its own.
fn program_of(name: &str) -> Option<&str> {
    name.rsplitn(4, '-').nth(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_apart_although_their_names_have_dashes() {
        assert_eq!(program_of("my-service-20261120T110121Z-42-000007"), Some("my-service"));
        assert_eq!(program_of("my-service-20261120T110121Z-42-"), Some("my-service"));
        assert_eq!(program_of("my-20261120T110121Z-42-000007"), Some("my"));
        assert_eq!(program_of("notes-42"), None);
    }
}
