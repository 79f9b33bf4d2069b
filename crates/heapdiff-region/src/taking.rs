//! A snapshot from a region, in the place of the process.

use crate::defect::RegionFileError;
use crate::region_file::{Fate, RegionFile, unix_nanos};
use flate2::read::GzDecoder;
use heapdiff_pprof::{Reader, WriteError};
use heapdiff_recorder::Recorder;
use heapdiff_snapshot::{Chunks, LiveRows, Moment, Reason, Snapshot, snapshot_name, snapshot_sequence};
use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The figures of a process are renewed every second; beyond this its writer was stuck, or somebody has set the clock,
/// and time is not made up for it.
const FIGURES_AGE_MAX_NANOS: u64 = 5_000_000_000;
/// Bytes of a snapshot, when it is not compressed, that are read to learn its time.
const SNAPSHOT_BYTES_MAX: u64 = 256 << 20;

/// A snapshot that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Where it is.
    pub path: PathBuf,
    /// Its number.
    pub sequence: u32,
}

impl RegionFile {
    /// Takes a snapshot and writes it into `directory`, under the name that the process itself would have given it.
    ///
    /// Of a living process the snapshot takes the next number; the process goes on with the one after. Of a dead one it
    /// is the last, and the same each time.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn take_snapshot(&self, directory: &Path) -> Result<Taken, RegionFileError> {
        let recorder = Recorder::new(&self.region()?);
        let prefix = &self.facts().file_prefix;
        let earlier = sequences(directory, prefix)?;
        let sequence = self.last_sequence.unwrap_or_else(|| recorder.begin_snapshot());
        let boundaries: Vec<u32> = earlier.into_iter().filter(|&earlier| earlier < sequence).collect();
        let before = boundaries.last().map(|&before| directory.join(snapshot_name(prefix, before)));
        let moment = self.moment(before.as_deref())?;
        let live = LiveRows::read(&recorder, sequence, &boundaries, &Chunks::default());
        let snapshot = Snapshot {
            recorder: &recorder,
            sequence,
            reason: if self.fate() == Fate::Live { Reason::Outside } else { Reason::Death },
            boundaries: &boundaries,
            live: &live,
            facts: self.facts(),
            moment: &moment,
            counters: &BTreeMap::new(),
            pools: &[],
        };
        let path = directory.join(snapshot_name(prefix, sequence));
        self.write(&snapshot, directory, &path)?;
        Ok(Taken { path, sequence })
    }

    /// When the snapshot is of, and how the process was doing then. A process that is dead was last measured before it
    /// died, and it may have been seen alive later: when the snapshot before this one was taken from outside.
    fn moment(&self, before: Option<&Path>) -> io::Result<Moment> {
        let last = self.last_moment()?;
        let is_live = self.fate() == Fate::Live;
        let seen = if is_live { Some(unix_nanos(SystemTime::now())) } else { before.and_then(time_of) };
        let seen = seen.unwrap_or(last.time_nanos);
        let since =
            Some(seen.saturating_sub(last.time_nanos)).filter(|&since| since <= FIGURES_AGE_MAX_NANOS);
        let since = since.unwrap_or(0);
        Ok(Moment {
            time_nanos: if is_live { seen } else { last.time_nanos.saturating_add(since) },
            recording_nanos: last.recording_nanos.saturating_add(since),
            ..last
        })
    }

    fn write(&self, snapshot: &Snapshot<'_>, directory: &Path, path: &Path) -> io::Result<()> {
        // Named as the process names what is not finished, so that it tidies up should this be killed.
        let file = tempfile::Builder::new()
            .prefix(&format!(".{}", self.facts().file_prefix))
            .suffix(".tmp")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(directory)?;
        // The process is to be able to remove it; only root can see to that, and only root has to.
        let owner = self.file.metadata()?;
        let _ = fchown(file.as_file(), Some(owner.uid()), Some(owner.gid()));
        let written = snapshot.write(BufWriter::new(file)).map_err(|error| match error {
            WriteError::Io(error) => error,
            other => io::Error::other(other),
        })?;
        written.into_inner().map_err(io::IntoInnerError::into_error)?.persist(path)?;
        Ok(())
    }
}

/// When a snapshot was taken, if it can be read.
fn time_of(snapshot: &Path) -> Option<u64> {
    let mut bytes = Vec::new();
    let file = GzDecoder::new(File::open(snapshot).ok()?);
    file.take(SNAPSHOT_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    u64::try_from(Reader::new(&bytes).ok()?.header().time_nanos).ok()
}

/// The numbers of a process's snapshots that are in a directory, ascending.
fn sequences(directory: &Path, prefix: &str) -> io::Result<Vec<u32>> {
    let names = fs::read_dir(directory)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut sequences: Vec<u32> = names.filter_map(|name| snapshot_sequence(prefix, &name)).collect();
    sequences.sort_unstable();
    Ok(sequences)
}
