//! Why an input cannot be read.

use crate::foreign::Foreign;
use crate::unpacking::Packing;
use heapdiff_pprof::DecodeError;
use std::io;

/// The input is no profile that can be read. Each message says what was found, what was expected and what to
/// do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is nothing.
    #[error("found an empty file, expected a profile: take the profile again")]
    Empty,
    /// A compressed file without content.
    #[error("found a {packing} file with nothing in it, expected a profile: take the profile again")]
    EmptyPacked {
        /// How it is compressed.
        packing: Packing,
    },
    /// A compressed file without its end.
    #[error(
        "the {packing} data ends early, after `{unpacked}` unpacked bytes, expected the rest: copy the file again, or \
         take the profile again if its writer was interrupted"
    )]
    Truncated {
        /// How it is compressed.
        packing: Packing,
        /// Bytes that could be unpacked.
        unpacked: u64,
    },
    /// A compressed file with wrong bytes in it, or something else behind its end.
    #[error(
        "the {packing} data is damaged, after `{unpacked}` good unpacked bytes, expected a valid stream: copy the file \
         again, in binary mode"
    )]
    Corrupt {
        /// How it is compressed.
        packing: Packing,
        /// Bytes that could be unpacked.
        unpacked: u64,
        /// What the decompressor says.
        #[source]
        source: io::Error,
    },
    /// More than [`Limits::unpacked_bytes_max`](crate::Limits::unpacked_bytes_max), or than
    /// [`Limits::streamed_bytes_max`](crate::Limits::streamed_bytes_max) of a format that is read as a stream.
    #[error(
        "found more than `{limit}` bytes of uncompressed data, expected at most that: this is hardly a profile; if it is \
         one, filter it with pprof first"
    )]
    TooBig {
        /// The limit in bytes.
        limit: u64,
    },
    /// More than [`Limits::model_bytes_max`](crate::Limits::model_bytes_max).
    #[error(
        "found a profile that takes more than `{limit}` bytes in memory, expected at most that: filter it with pprof \
         first"
    )]
    ModelTooBig {
        /// The limit in bytes.
        limit: u64,
    },
    /// The system has not the memory that the input takes.
    #[error("no memory for more than `{held}` bytes of uncompressed data: read it on a machine with more")]
    NoMemory {
        /// Bytes that there was memory for.
        held: u64,
    },
    /// Something that is known, but no profile.
    #[error("found {}, expected a profile: {}", found.name(), found.remedy())]
    Foreign {
        /// What it is.
        found: Foreign,
    },
    /// Neither a profile nor anything that is known, or a damaged profile.
    #[error("expected a complete pprof profile, found data that is not: copy it or take it again")]
    Malformed {
        /// Where the data go wrong.
        #[source]
        source: DecodeError,
    },
    /// A line of a text format that is not as it should be.
    #[error("{format}, line `{line}`: expected {expected}, found {found}")]
    Line {
        /// The format, as the beginning of a message.
        format: &'static str,
        /// Which line, counting from 1.
        line: u64,
        /// What should be there.
        expected: &'static str,
        /// What is there, in one line.
        found: String,
    },
    /// A text of one of the formats before `profile.proto` that is not as it should be.
    #[error(
        "profile in an old text format of gperftools or Go, line `{line}`: expected what pprof reads: {reason}"
    )]
    Legacy {
        /// Which line, counting from 1.
        line: u64,
        /// What is wrong, in pprof's words, in one line.
        reason: String,
    },
    /// A binary CPU profile of gperftools that is not as it should be.
    #[error("CPU profile in the old binary format of gperftools: expected what pprof reads: {reason}")]
    LegacyBinary {
        /// What is wrong, in pprof's words, in one line.
        reason: String,
    },
    /// JSON of DHAT that is not as it should be.
    #[error("DHAT's profile: expected JSON as valgrind and dhat-rs write it")]
    Dhat {
        /// What is wrong, and where.
        #[source]
        source: serde_json::Error,
    },
    /// JSON of another version of DHAT.
    #[error(
        "DHAT's profile: expected `dhatFileVersion` `2`, found `{found}`: take it with another valgrind or dhat-rs"
    )]
    DhatVersion {
        /// The version.
        found: u64,
    },
    /// A stack of DHAT with a frame that does not exist.
    #[error("DHAT's profile, entry `{point}` of `pps`: expected one of `{count}` frames, found `{frame}`")]
    DhatFrame {
        /// Which stack, counting from 0.
        point: u64,
        /// The frame that it names.
        frame: u32,
        /// How many there are.
        count: u64,
    },
    /// A profile that does not say what it counts.
    #[error(
        "found a profile without sample types, expected at least one: take it with another profiler or version"
    )]
    NoSampleTypes,
    /// A profile with more entries than handles can name.
    #[error("found more than `{}` {what}, expected fewer: filter the profile with pprof first", u32::MAX)]
    TooMany {
        /// What there are too many of.
        what: &'static str,
    },
    /// The input cannot be read at all.
    #[error("failed to read")]
    Io {
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

impl ReadError {
    /// The error that an unpacking reader wrapped, or else one of the input itself.
    pub(crate) fn from_io(error: io::Error) -> Self {
        match error.downcast() {
            Ok(error) => error,
            Err(source) => Self::Io { source },
        }
    }
}
