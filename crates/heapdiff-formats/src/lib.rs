//! Profiles of other shapes to and from heapdiff's model.
//!
//! [`read_profile`] takes whatever a user points at, recognizes it by its content, and gives a
//! [`heapdiff_profile::Profile`] on whose invariants everything else relies, or an error of one line that
//! says what was found, what was expected and what to do. The caller adds the name of the file.
//! [`write_profile`] is the way back, and [`export`] to other tools.
//!
//! What is read, plain or compressed with gzip or zstd, and told by its content alone:
//!
//! | format | of | module |
//! |---|---|---|
//! | `profile.proto` | heapdiff, Go, Pyroscope, `jemalloc_pprof`, ... | `pprof_conversion` |
//! | older texts, binary CPU profiles | gperftools, tcmalloc, Go's `debug=1`, Java | `legacy` |
//! | collapsed stacks | inferno, FlameGraph, `jeprof --collapsed`, py-spy, ... | `collapsed` |
//! | `heap_v2` | jemalloc | `jemalloc` |
//! | DHAT's JSON | valgrind, dhat-rs | `dhat` |
//! | recordings of heaptrack | heaptrack | `heaptrack` |
//!
//! Other files are recognized and declined by name.
//!
//! # Example
//!
//! ```
//! use heapdiff_formats::{read_profile, write_profile, Limits, ReadError};
//! use heapdiff_profile::{Profile, ValueType};
//!
//! let profile = Profile {
//!     sample_types: vec![ValueType { kind: "inuse_space".into(), unit: "bytes".into() }],
//!     ..Profile::default()
//! };
//! let file = write_profile(&profile, Vec::new())?;
//! let (read, warnings) = read_profile(file.as_slice(), &Limits::default())?;
//! assert_eq!(read.sample_types, profile.sample_types);
//! assert!(warnings.is_empty());
//!
//! let cut = read_profile(&file[..20], &Limits::default());
//! assert!(matches!(cut, Err(ReadError::Truncated { .. })));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod assembly;
mod collapsed;
mod dhat;
mod export;
mod foreign;
mod format;
mod heaptrack;
mod jemalloc;
mod legacy;
mod limits;
mod lines;
mod memory_map;
mod pprof_conversion;
mod read_error;
mod reading;
mod unpacking;
mod warning;

pub use export::{ExportError, ExportFormat, ExportOptions, export, write_profile};
pub use foreign::Foreign;
pub use limits::Limits;
pub use read_error::ReadError;
pub use reading::{ReadOptions, Rows, read_profile, read_profile_with};
pub use unpacking::Packing;
pub use warning::Warning;
