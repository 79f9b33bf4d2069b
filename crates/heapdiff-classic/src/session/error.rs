//! Why a session ends without a report, in pprof's words.

use crate::pattern::PatternError;
use crate::profile::{CombineError, MergeError};
use crate::quote::quoted;
use crate::report::ReportError;
use std::fmt;

/// Why there is no report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionError {
    /// The profiles do not go together.
    Sources(CombineError),
    /// The bases do not go together.
    Bases(CombineError),
    /// No profile could be read.
    NoSources,
    /// No base could be read.
    NoBases,
    /// Profiles and bases do not go together.
    Combine(CombineError),
    /// Profile and base have nothing to normalize by.
    Normalize(MergeError),
    /// The profile has no values.
    NoSamples,
    /// There is no value at this place.
    SampleIndexRange {
        /// What was asked for.
        wanted: String,
        /// The last place.
        last: usize,
    },
    /// There is no value of this name.
    SampleIndexName {
        /// What was asked for.
        wanted: String,
        /// The names that there are.
        kinds: Vec<String>,
    },
    /// Values cannot be divided by nothing.
    ZeroDivisor,
    /// The regular expression of a report is none.
    Argument {
        /// What was typed.
        pattern: String,
        /// What is wrong with it.
        error: PatternError,
    },
    /// The regular expression of a filter is none.
    Filter {
        /// The filter.
        name: &'static str,
        /// What is wrong with it.
        error: PatternError,
    },
    /// A range of numbers holds one that is too large.
    RangeTooLarge(String),
    /// The report cannot be made.
    Report(ReportError),
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sources(error) => write!(f, "problem fetching source profiles: {error}"),
            // The comma is pprof's.
            Self::Bases(error) => write!(f, "problem fetching base profiles: {error},"),
            Self::NoSources => f.write_str("failed to fetch any source profiles"),
            Self::NoBases => f.write_str("failed to fetch any base profiles"),
            Self::Combine(error) => error.fmt(f),
            Self::Normalize(error) => error.fmt(f),
            Self::NoSamples => f.write_str("profile has no samples"),
            Self::SampleIndexRange { wanted, last } => {
                write!(f, "sample_index {wanted} is outside the range [0..{last}]")
            }
            Self::SampleIndexName { wanted, kinds } => {
                write!(f, "sample_index {} must be one of: [{}]", quoted(wanted), kinds.join(" "))
            }
            Self::ZeroDivisor => f.write_str("zero divisor specified"),
            Self::Argument { pattern, error } => write!(f, "parsing argument regexp {pattern}: {error}"),
            Self::Filter { name, error } => write!(f, "parsing {name} regexp: {error}"),
            Self::RangeTooLarge(number) => write!(f, "failed to parse int {number}: value out of range"),
            Self::Report(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SessionError {}

impl From<CombineError> for SessionError {
    fn from(error: CombineError) -> Self {
        Self::Combine(error)
    }
}

impl From<MergeError> for SessionError {
    fn from(error: MergeError) -> Self {
        Self::Normalize(error)
    }
}

impl From<ReportError> for SessionError {
    fn from(error: ReportError) -> Self {
        Self::Report(error)
    }
}
