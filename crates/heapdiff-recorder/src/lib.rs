//! What the allocator hook writes to and the snapshot writer reads from: the sampler, and tables without locks.
//!
//! ```text
//! hook ──► Sampler: is this allocation a sample?
//!            │ yes
//!            ├──► StackTable   frames ──► StackId          append-only
//!            ├──► TallyTable   (StackId, size class) ──► what was ever allocated there
//!            └──► LivePool     SlotId ──► address, size, StackId, epoch, charge     until the block is freed
//!                                 ▲
//!         in front of the block ──┴── AddressIndex, for blocks that cannot carry the name of their slot
//! ```
//!
//! # Invariants
//! - Nothing here allocates, blocks, formats or panics: a table that is full refuses, and the refusal is counted.
//! - All state but that of the index is words of one [`Region`], which the caller maps: a copy of those words, or another
//!   mapping of them, is a copy of the tables. Words of any content can be read.
//! - A block has at most one record. The thread that owns a block is the only one that inserts, changes or removes its
//!   record, so two operations on one block never race; operations on different blocks do.
//! - Nobody waits for anybody, and a reader not for a thread that was stopped or killed in the middle of anything.
//!
//! # What it does not do
//! It walks no stack, reads no clock and maps no memory.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    expect(
        clippy::float_cmp,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        reason = "exact figures, and panics, are what tests are for"
    )
)]

#[cfg(any(test, loom))]
extern crate std;

mod address_index;
mod capacities;
mod charge;
mod counters;
mod facts;
mod free_list;
mod growing_area;
mod live_pool;
mod live_record;
mod live_slot;
mod moments;
mod recorder;
mod region;
mod region_error;
mod rng;
mod sampler;
mod shard;
mod size_class;
mod stack_table;
mod sync;
mod tally_table;

pub use address_index::AddressIndex;
pub use capacities::Capacities;
pub use charge::{Charge, Period};
pub use counters::{Counter, Counters};
pub use facts::Facts;
pub use growing_area::GrowingArea;
pub use live_pool::LivePool;
pub use live_record::{BlockFlags, LiveRecord, Scope, SlotId};
pub use moments::Moments;
pub use recorder::{Allocation, LiveBlock, Recorder, Resize, Trace};
pub use region::{Area, Extent, Region, State, VERSION};
pub use region_error::RegionError;
pub use rng::Rng;
pub use sampler::{Draw, Sampler};
pub use shard::{Shard, ShardWords};
pub use size_class::SizeClass;
pub use stack_table::{StackId, StackTable, TraceEnd};
pub use sync::AtomicU64;
pub use tally_table::{Tally, TallyTable};
