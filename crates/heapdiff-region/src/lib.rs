//! The black box of a process, from outside: the region file that its recorder keeps beside its snapshots.
//!
//! A process that is killed leaves the file, and with it the heap as it was when it died. That of a living process is
//! mapped and read while the process goes on.
//!
//! ```text
//!  {stem}.region ──► RegionFile ──► a snapshot, as the process itself writes it
//!                       │
//!                       ├─ dead: a copy of what is in use; nothing that happens to the file later can hurt
//!                       └─ live: shared memory; all that is written to it is the number of the next snapshot
//! ```
//!
//! # Invariants
//! - Any file is an error of one line or a region, never a panic: what a file claims is held against its length.
//! - A snapshot of a dead process has the same bytes each time.
//! - Unsafe code is in `mapping.rs`.
#![expect(unsafe_code, reason = "memory that another process writes to: see `mapping`")]

mod defect;
mod finding;
mod mapping;
mod region_file;
mod taking;
mod words;

pub use defect::{Defect, RegionFileError};
pub use finding::{find_in_directory, find_of_process};
pub use region_file::{Fate, RegionFile};
pub use taking::Taken;
