//! Recognizes an input and reads it.

use crate::assembly::value_type;
use crate::format::Format;
use crate::limits::Limits;
use crate::read_error::ReadError;
use crate::unpacking::Unpacked;
use crate::warning::Warning;
use crate::{collapsed, dhat, heaptrack, jemalloc, legacy, pprof_conversion};
use heapdiff_profile::{Profile, RowsInUse, ValueType};
use std::io::Read;

/// How [`read_profile_with`] reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// How big the input may be. Default: as [`Limits`].
    pub limits: Limits,
    /// What the numbers of a format count that does not say it: collapsed stacks. Default: `samples` in `count`.
    pub counts: ValueType,
    /// Which rows of a profile are wanted. Default: all.
    pub rows: Rows,
}

/// The rows of a profile that a reader keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Rows {
    /// Every one.
    #[default]
    All,
    /// Those that a report of this sample type needs, or of what the profile shows where none is named, and the
    /// locations and functions that they name: of a report of memory in use, the rows of memory that was freed are not.
    /// All of a profile is checked all the same.
    Needed {
        /// Which.
        sample_type: Option<String>,
    },
}

impl Rows {
    /// The rows that are wanted of `profile`; `None` for all.
    pub(crate) fn in_use(&self, profile: &Profile) -> Option<RowsInUse> {
        match self {
            Self::All => None,
            Self::Needed { sample_type } => RowsInUse::of(profile, sample_type.as_deref()),
        }
    }
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { limits: Limits::default(), counts: value_type(("samples", "count")), rows: Rows::All }
    }
}

/// Reads a profile, with what is wrong with it but could be mended.
///
/// # Errors
/// If the input is no valid profile, or exceeds a limit; see [`ReadError`].
pub fn read_profile(input: impl Read, limits: &Limits) -> Result<(Profile, Vec<Warning>), ReadError> {
    read_profile_with(input, &ReadOptions { limits: *limits, ..ReadOptions::default() })
}

/// As [`read_profile`], with all options.
///
/// The format is told by the content alone. Formats of lines are read as a stream; others are held in memory
/// uncompressed, up to the limit.
///
/// # Errors
/// If the input is no valid profile, or exceeds a limit; see [`ReadError`].
pub fn read_profile_with(
    input: impl Read,
    options: &ReadOptions,
) -> Result<(Profile, Vec<Warning>), ReadError> {
    let limits = &options.limits;
    let input = Unpacked::open(input, limits)?;
    let (mut profile, warnings) = match Format::recognize(input.head(), input.is_whole()) {
        Format::Pprof => pprof_conversion::read(input, limits, &options.rows),
        Format::Legacy => legacy::read(input, limits),
        Format::Collapsed { columns } => {
            collapsed::read(input.into_stream(), columns, &options.counts, limits)
        }
        Format::Jemalloc => jemalloc::read(input.into_stream(), limits),
        Format::Dhat => dhat::read(input, limits),
        Format::Heaptrack => heaptrack::read(input.into_stream(), limits),
        Format::Foreign(found) => Err(ReadError::Foreign { found }),
    }?;
    if let Some(rows) = options.rows.in_use(&profile) {
        profile.retain_samples(|sample| rows.has(&sample.values));
    }
    Ok((profile, warnings))
}
