//! What can be wrong with a region file.

use heapdiff_recorder::RegionError;
use heapdiff_snapshot::BadFacts;
use std::io;

/// Why a file cannot be read as a region.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegionFileError {
    /// It cannot be read at all.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Its content is not a region.
    #[error("{0}")]
    Region(#[from] RegionError),
    /// It is larger than any recorder makes it.
    #[error("found {found} bytes, where a region file has at most {expected}")]
    TooLarge {
        /// Its length in bytes.
        found: u64,
        /// The most that is read.
        expected: u64,
    },
    /// It names its snapshots so that they would lie somewhere else.
    #[error("{0}")]
    Facts(BadFacts),
}

/// What is missing from a region that can be read otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Defect {
    /// What is known about the process is damaged: its addresses have no names.
    Facts,
    /// No moment is whole: memory figures are not known.
    Moments,
}

impl std::fmt::Display for Defect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Facts => {
                write!(f, "what is known about the process is damaged, so its addresses have no names")
            }
            Self::Moments => write!(f, "how the process was doing is damaged, so memory figures are missing"),
        }
    }
}
