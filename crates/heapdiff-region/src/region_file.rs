//! A region file, open.

use crate::defect::{Defect, RegionFileError};
use crate::words::Words;
use heapdiff_recorder::{Period, Recorder, Region, RegionError, State};
use heapdiff_snapshot::{BadFacts, Facts, HeapEstimates, Memory, Moment, snapshot_name};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What has become of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It lives, and records.
    Live,
    /// It is gone, and had no chance to write its last snapshot.
    Died,
    /// It has ended its recording as it should; its last snapshot says all.
    Ended,
}

/// A region file, open. A copy, unless the process lives.
#[derive(Debug)]
pub struct RegionFile {
    path: PathBuf,
    /// Open as long as this is, so that nobody takes the file for another one.
    pub(crate) file: File,
    words: Words,
    fate: Fate,
    facts: Facts,
    moments: Vec<Moment>,
    defects: Vec<Defect>,
    /// The number of the snapshot that the process did not get to write; `None` while it lives.
    pub(crate) last_sequence: Option<u32>,
}

impl RegionFile {
    /// Opens a region file, and reads all of it that is sound.
    ///
    /// # Errors
    /// If it cannot be read, or is no region of a version that is known, or too short for what it says is in it.
    pub fn open(path: &Path) -> Result<Self, RegionFileError> {
        let file = File::options().read(true).open(path)?;
        // The process holds its lock as long as it lives.
        let is_live = match file.try_lock_shared() {
            Ok(()) => false,
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(error)) => return Err(error.into()),
        };
        let (file, words) = if is_live {
            let file = File::options().read(true).write(true).open(path)?;
            let words = Words::share(&file)?;
            (file, words)
        } else {
            let words = Words::copy(&file)?;
            (file, words)
        };
        let mut opened = Self {
            path: path.to_owned(),
            file,
            words,
            fate: Fate::Died,
            facts: Facts::default(),
            moments: Vec::new(),
            defects: Vec::new(),
            last_sequence: None,
        };
        if !is_live {
            let number = Recorder::new(&opened.region()?).begin_snapshot();
            opened.last_sequence = Some(number);
        }
        let (facts, moments, state) = {
            let region = opened.region()?;
            let words_of = |fields: [u64; _]| fields.first_chunk().map(Moment::from_words);
            let moments: Vec<Moment> = region.moments().iter().filter_map(words_of).collect();
            (read_facts(&region), moments, region.state())
        };
        opened.fate = match (state, is_live) {
            (State::Live, true) => Fate::Live,
            (State::Live, false) => Fate::Died,
            _ => Fate::Ended,
        };
        opened.facts = match facts {
            Ok(facts) => facts,
            Err(bad @ BadFacts::FilePrefix { .. }) => return Err(RegionFileError::Facts(bad)),
            Err(_) => {
                opened.defects.push(Defect::Facts);
                facts_of_name(path)
            }
        };
        if moments.is_empty() {
            opened.defects.push(Defect::Moments);
        }
        opened.moments = moments;
        Ok(opened)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What has become of the process.
    #[must_use]
    pub const fn fate(&self) -> Fate {
        self.fate
    }

    /// What is known about the process.
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// How the process was doing when the file was opened, a second apart, oldest first.
    #[must_use]
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// The file name of the snapshot that the process did not get to write; `None` while it lives.
    #[must_use]
    pub fn last_snapshot_name(&self) -> Option<String> {
        self.last_sequence.map(|sequence| snapshot_name(&self.facts.file_prefix, sequence))
    }

    /// What is missing.
    #[must_use]
    pub fn defects(&self) -> &[Defect] {
        &self.defects
    }

    /// The tables and what belongs to them.
    pub(crate) fn region(&self) -> Result<Region<'_>, RegionError> {
        self.words.region()
    }

    /// The last moment; where none is whole, one at which nothing is known but when the file was changed.
    pub(crate) fn last_moment(&self) -> io::Result<Moment> {
        if let Some(last) = self.moments.last() {
            return Ok(*last);
        }
        let changed = self.file.metadata()?.modified()?;
        Ok(Moment {
            time_nanos: unix_nanos(changed),
            recording_nanos: 0,
            memory: Memory::default(),
            allocator: None,
            heap: HeapEstimates::default(),
            period: Period::DEFAULT,
            snapshots_failed: 0,
            writer_cpu_nanos: 0,
        })
    }
}

fn read_facts(region: &Region<'_>) -> Result<Facts, BadFacts> {
    let mut buffer = vec![0; region.facts().bytes_max()];
    Facts::from_bytes(region.facts().read(&mut buffer).unwrap_or_default())
}

/// What the file's name says: `{program}-{start}-{pid}.region`.
fn facts_of_name(path: &Path) -> Facts {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem.trim_start_matches('.');
    let mut facts = Facts { file_prefix: format!("{stem}-"), ..Facts::default() };
    let mut parts = stem.rsplitn(3, '-');
    let pid = parts.next().and_then(|pid| pid.split('.').next()?.parse().ok());
    facts.identity.pid = pid.unwrap_or(0);
    facts.identity.program = parts.nth(1).unwrap_or(stem).to_owned();
    facts
}

pub(crate) fn unix_nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
