//! Addresses to frames, offline and by build ID.
//!
//! A recorder writes bare addresses, because reading debug information costs more time and memory than a program
//! that is being watched can spare. This crate adds the functions and lines afterwards, wherever the same binary, or
//! its debug file, is at hand:
//!
//! ```
//! use heapdiff_symbols::{Options, Symbolizer};
//!
//! let mut profile = heapdiff_profile::Profile::default();
//! let mut symbolizer = Symbolizer::new(Options::default());
//! let report = symbolizer.symbolize(&mut [&mut profile]);
//! for warning in report.warnings() {
//!     eprintln!("warning: {warning}");
//! }
//! ```
//!
//! # Your duties
//! - Hand over all profiles of a series at once, so that each address is looked up once.
//! - Show the [warnings](SymbolReport::warnings): an address that stays bare always has a reason there, unless its
//!   mapping is no file.
//!
//! # Our duties
//! - A name is never taken from another build than the one that wrote the profile: build IDs must be equal. Where a
//!   profile has none, names are given and [doubted](MappingOutcome::Unverified).
//! - Profiles and files are not trusted. Paths are opened for reading and nothing else, regular files only; a damaged
//!   file costs names, not the process.
//! - Frames are those of the compiler: inlined functions in their order, lines of the calls between them, `/rustc/`
//!   paths as they are. Functions whose debug information has only the last part of a name (as with
//!   `debug = "line-tables-only"`) get the whole path from the symbol table, if they were not inlined themselves.
//!
//! # Limits
//! - ELF files. No network, so no debuginfod.
//! - No split debug information (`.dwo`, `.dwp`) and no supplementary files (`.gnu_debugaltlink`): such code keeps
//!   the names of its symbol table.
//! - A file that is made for the purpose can still cost much time and memory.
//!
//! # How this is verified
//! The tests symbolize small ELF files of every shape, those files cut and altered at every byte, and the test program
//! itself. `scripts/bench-symbols` measures time and memory.
#![forbid(unsafe_code)]

mod batch;
mod cache;
mod debug_information;
mod demangle;
mod elf_file;
mod function_table;
mod named_places;
mod parallel;
mod report;
mod search;
mod symbol_table;
mod symbolizer;

pub use demangle::demangle;
pub use report::{MappingOutcome, MappingReport, SymbolReport};
pub use symbolizer::{Options, Symbolizer};
