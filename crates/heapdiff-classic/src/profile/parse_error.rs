//! Why a source is no profile, in pprof's words.

use super::gzip::GzipError;
use thiserror::Error;

/// Why a source is no profile.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// It begins like a gzip file but cannot be unpacked.
    #[error("decompressing profile: {0}")]
    Gzip(#[from] GzipError),
    /// It is none of the formats.
    #[error("parsing profile: {0}")]
    Format(#[from] FormatError),
    /// It is a profile that contradicts itself.
    #[error("malformed profile: {0}")]
    Invalid(#[from] InvalidProfile),
}

/// Why bytes could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FormatError {
    /// There are none.
    #[error("empty input file")]
    Empty,
    /// Several profiles were joined into one file.
    #[error("concatenated profiles detected")]
    Concatenated,
    /// No format is like that.
    #[error("unrecognized profile format")]
    Unrecognized,
    /// It begins as an older format and does not go on as one.
    #[error("malformed profile format")]
    Malformed,
    /// A line of an older format is wrong; in pprof's words.
    #[error("{0}")]
    Line(String),
}

/// What contradicts what in a profile.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidProfile {
    /// Samples, but no types of values.
    #[error("missing sample type information")]
    NoSampleTypes,
    /// A sample with another number of values than there are types.
    #[error("mismatch: sample has {found} values vs. {expected} types")]
    ValueCount {
        /// The sample's values.
        found: usize,
        /// The profile's types.
        expected: usize,
    },
    /// A sample with a location that does not exist.
    #[error("sample has nil location")]
    UnknownLocation,
    /// A mapping with the id 0.
    #[error("found mapping with reserved ID=0")]
    MappingZero,
    /// Two mappings of one id.
    #[error("multiple mappings with same id: {0}")]
    DuplicateMapping(u64),
    /// A function with the id 0.
    #[error("found function with reserved ID=0")]
    FunctionZero,
    /// Two functions of one id.
    #[error("multiple functions with same id: {0}")]
    DuplicateFunction(u64),
    /// A location with the id 0.
    #[error("found location with reserved id=0")]
    LocationZero,
    /// Two locations of one id.
    #[error("multiple locations with same id: {0}")]
    DuplicateLocation(u64),
    /// A line without a function, or of one that does not exist.
    #[error("location id: {0} has a line with nil function")]
    UnknownFunction(u64),
}
