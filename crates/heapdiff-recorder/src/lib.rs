//! What the allocator hook writes to and the snapshot writer reads from: the sampler and three tables.
//!
//! ```text
//! hook ──► Sampler: is this allocation a sample?
//!            │ yes
//!            ├──► StackTable   frames ──► StackId          append-only
//!            ├──► TallyTable   (StackId, size class) ──► what was ever allocated there
//!            └──► LiveTable    address ──► size, StackId, epoch, charge     until it is freed
//! ```
//!
//! # Invariants
//! - Nothing here allocates, blocks, formats or panics: a table that is full refuses, and the refusal is counted.
//! - All state is words of one [`Region`], which the caller maps: a copy of those words is a copy of the tables.
//! - An address has at most one record. The thread that owns a block is the only one that inserts or removes its
//!   record, so two operations on one address never race; operations on different addresses do.
//!
//! # What it does not do
//! It walks no stack, reads no clock and maps no memory.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    expect(
        clippy::float_cmp,
        clippy::cast_possible_truncation,
        clippy::unwrap_used,
        reason = "exact figures, and panics, are what tests are for"
    )
)]

#[cfg(any(test, loom))]
extern crate std;

mod charge;
mod counters;
mod live_table;
mod recorder;
mod region;
mod rng;
mod sampler;
mod size_class;
mod stack_table;
mod sync;
mod tally_table;

pub use charge::{Charge, Period};
pub use counters::{Counter, Counters};
pub use live_table::{BlockFlags, LiveRecord, LiveTable};
pub use recorder::{LiveBlock, Recorder, Trace};
pub use region::{Capacities, Region};
pub use rng::Rng;
pub use sampler::{Draw, Sampler};
pub use size_class::SizeClass;
pub use stack_table::{StackId, StackTable, TraceEnd};
pub use sync::AtomicU64;
pub use tally_table::{Tally, TallyTable};
