//! A recorder's tables, and what is known about its process, as a snapshot.
//!
//! Two write snapshots: the process's own writer thread, and the command that reads the tables of a process from
//! outside or after its death. Both go through [`Snapshot::write`], so their files differ in nothing but who wrote
//! them.
//!
//! ```text
//!  Recorder   what was allocated, what is alive      tables of the region, changed by the hook
//!  Facts      what seldom changes: identity, files   bytes of the region, see facts_bytes.rs     ──► profile.proto
//!  Moment     what changes all the time: memory, CPU words of the region's ring, see moment.rs
//! ```
//!
//! # What it does not do
//! It reads no clock, no file and nothing of the process that it runs in: whoever takes the snapshot brings all of it.
#![forbid(unsafe_code)]

mod age_class;
mod comment;
mod facts;
mod facts_bytes;
mod heap_estimates;
mod live_rows;
mod moment;
mod names;
mod places;
mod pools;
mod reason;
mod resource_snapshot;
mod snapshot;
mod task_snapshot;

pub use facts::{Facts, Identity, Mapping};
pub use facts_bytes::BadFacts;
pub use heap_estimates::HeapEstimates;
pub use live_rows::{LiveRows, epoch_label};
pub use moment::{AllocatorFigures, Memory, Moment};
pub use names::{snapshot_name, snapshot_sequence};
pub use pools::{Chunks, PoolFigures};
pub use reason::Reason;
pub use resource_snapshot::{OpenResource, ResourceFacts, ResourceRows, ResourceSnapshot, When};
pub use snapshot::Snapshot;
pub use task_snapshot::{OpenTask, TaskFacts, TaskLints, TaskRows, TaskSnapshot, TaskState};
