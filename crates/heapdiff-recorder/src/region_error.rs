//! Why words are not a region that can be read.

use core::fmt;

/// Why words are not a region that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegionError {
    /// They do not begin as a region does.
    NotARegion,
    /// They are of a layout that this version does not know.
    Version {
        /// The version of their layout.
        found: u64,
        /// The version that is known.
        known: u64,
    },
    /// Whoever made the region did not get as far as recording anything.
    NeverCompleted,
    /// The sizes of the tables are impossible.
    Capacities,
    /// The end is missing, and something was recorded there.
    CutShort {
        /// Words that are in use.
        needed: u64,
        /// Words that there are.
        found: u64,
    },
}

impl fmt::Display for RegionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NotARegion => write!(f, "not a region file of heapdiff"),
            Self::Version { found, known } => {
                write!(f, "a region file of version {found}, where this heapdiff reads version {known}")
            }
            Self::NeverCompleted => write!(f, "a region file that was never completed"),
            Self::Capacities => write!(f, "a damaged region file: its tables have impossible sizes"),
            Self::CutShort { needed, found } => {
                let (needed, found) = (needed.saturating_mul(8), found.saturating_mul(8));
                write!(f, "a region file cut short: it needs {needed} bytes and has {found}")
            }
        }
    }
}

impl core::error::Error for RegionError {}
