//! pprof's analysis as pprof does it: the same numbers, lines and error texts, to the byte.
//!
//! A pure library: no files, network, clock, environment or printing. What an analysis needs from outside comes in
//! as an argument, and what it has to say goes out as bytes and messages.
//!
//! It does not share the model of `heapdiff-profile`, which corrects what pprof gets wrong; here pprof is right by
//! definition, its oddities included.
//!
//! **Source:** pprof as it comes with Go 1.24.11, run with `TZ=UTC`.
#![forbid(unsafe_code)]

pub mod foreign_bytes;
mod graph;
pub mod measurement;
pub mod options;
mod path;
pub mod pattern;
pub mod profile;
mod quote;
pub mod report;
pub mod session;
pub mod shell;
mod source_path;
pub mod url;
