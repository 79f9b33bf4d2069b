//! What heapdiff's recorder says about the process and about itself, beside the stacks.
//!
//! It travels as JSON in one comment of the profile, behind [`Metadata::COMMENT_PREFIX`]; other tools do not print
//! comments that begin with `#`. Fields may be added within a schema version, so unknown ones are ignored and absent
//! ones read as zero or unknown.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The whole comment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Metadata {
    /// `heapdiff/snapshot/v1`, or a later version's.
    pub schema: String,
    /// Which process this is.
    pub process: Process,
    /// Number of snapshots that this process had begun before this one: the first is 0.
    pub sequence: u32,
    /// Why it was taken.
    pub reason: SnapshotReason,
    /// Sequence numbers of the earlier snapshots that still existed when this one was written, ascending. Epochs
    /// are told apart only between these: a base that is not among them cannot be paired exactly.
    pub boundaries: Vec<u32>,
    /// Time since recording began, in nanoseconds of a clock that does not jump.
    pub recording_nanos: u64,
    /// Mean bytes between samples when the snapshot was taken; 1 records every allocation.
    pub period_bytes: u64,
    /// How stacks were walked.
    pub unwinder: Unwinder,
    /// How many stack traces are whole.
    pub stacks: StackQuality,
    /// Losses by name, such as `live_table_full`; each counts events since recording began.
    pub dropped: BTreeMap<String, u64>,
    /// The allocator's own figures, where it has any.
    pub allocator: Option<AllocatorFigures>,
    /// The kernel's figures.
    pub memory: MemoryFigures,
    /// What recording cost.
    pub recorder: RecorderCost,
    /// What the program counts, such as requests, by name: items since it started.
    pub counters: BTreeMap<String, u64>,
    /// The pools that the program has told of.
    pub pools: Vec<PoolFigures>,
    /// In a snapshot of resources: what is known of all of their type. `None` in one of the heap.
    pub resource: Option<ResourceFigures>,
    /// In a snapshot of tasks: what is known of all of them. `None` in one of the heap.
    pub tasks: Option<TaskFigures>,
}

impl Metadata {
    /// What the comment begins with, before the JSON.
    pub const COMMENT_PREFIX: &'static str = "#heapdiff ";
    /// The schema version that this code reads and the recorder writes.
    pub const SCHEMA: &'static str = "heapdiff/snapshot/v1";
}

/// The identity of a process: equal for two snapshots exactly if one process wrote both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Process {
    /// The kernel's identity of this boot of the machine.
    pub boot_id: String,
    /// Process id, in the process's own namespace.
    pub pid: u32,
    /// When the process started, in nanoseconds since 1970 UTC.
    pub start_nanos: u64,
    /// Random identity of the recorder in the process, hexadecimal.
    pub recorder_id: String,
    /// File name of the program.
    pub program: String,
    /// Its arguments, the program's path first; `None` where they were redacted.
    pub command_line: Option<Vec<String>>,
}

impl Process {
    /// Whether both snapshots come from one process.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        !self.recorder_id.is_empty()
            && (&self.boot_id, self.pid, self.start_nanos, &self.recorder_id)
                == (&other.boot_id, other.pid, other.start_nanos, &other.recorder_id)
    }
}

/// How the recorder walked stacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unwinder {
    /// By the chain of saved frame pointers.
    FramePointers,
    /// By the unwind tables of the loaded files.
    UnwindTables,
    /// Not at all: neither way passed the test at start.
    None,
    /// Not said, or a way that this version does not know.
    #[default]
    #[serde(other)]
    Unknown,
}

/// Why a snapshot was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SnapshotReason {
    /// It was time.
    Interval,
    /// The program asked.
    Request,
    /// A signal asked.
    Signal,
    /// Recording was switched off: the program dropped its profiler, at its end or long before.
    Stop,
    /// The process was ending.
    Exit,
    /// Another process took it from the tables of one that goes on.
    Outside,
    /// It was taken from the tables of a process that had died.
    Death,
    /// Not said, or a reason that this version does not know.
    #[default]
    #[serde(other)]
    Unknown,
}

/// How many sampled allocations have a whole stack trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct StackQuality {
    /// The walk ended at the root of a thread.
    pub complete: u64,
    /// The walk was cut at the depth limit; the root side is missing.
    pub truncated: u64,
    /// The walk stopped at a frame that it could not pass; the root side is missing.
    pub failed: u64,
}

/// jemalloc's own figures, in bytes, under the names of its manual.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct AllocatorFigures {
    /// `jemalloc`.
    pub name: String,
    /// Bytes in blocks that the program holds, each rounded up to its size class.
    pub allocated: u64,
    /// Bytes in pages that hold such blocks.
    pub active: u64,
    /// Bytes in pages that are mapped and may be resident.
    pub resident: u64,
    /// Address space kept for later use, not resident.
    pub retained: u64,
    /// Bytes in mapped extents.
    pub mapped: u64,
    /// Bytes of the allocator's own bookkeeping.
    pub metadata: u64,
}

/// The kernel's figures, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct MemoryFigures {
    /// Resident set size of the process.
    pub rss: Option<u64>,
    /// Memory that the cgroup uses which, of the process's own and those above it, has least left; its own if none is
    /// limited.
    pub cgroup_current: Option<u64>,
    /// The limit of that cgroup; `None` where there is none.
    pub cgroup_max: Option<u64>,
    /// Memory of the machine that all its programs share.
    pub host_total: Option<u64>,
    /// The part of it that programs can have without swapping, by the kernel's estimate.
    pub host_available: Option<u64>,
}

/// What recording cost the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct RecorderCost {
    /// CPU time of the writer thread, in nanoseconds.
    pub writer_cpu_nanos: u64,
    /// Allocations sampled since recording began.
    pub samples: u64,
    /// Sampled blocks alive now.
    pub live_samples: u64,
    /// Distinct stack traces stored.
    pub stacks: u64,
    /// Memory that the recorder's tables have touched, in bytes.
    pub table_bytes: u64,
    /// Memory that they may grow to, in bytes.
    pub table_bytes_max: u64,
}

/// What is known of all resources of a type, exactly, however many of them have a stack trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct ResourceFigures {
    /// The type, as its files are called.
    pub name: String,
    /// How much is kept of each: `count`, `sampled:128`, `all`, `records`.
    pub level: String,
    /// Of how many resources one has a stack trace; 0 if none has.
    pub one_in: u32,
    /// Acquired since the program started.
    pub acquired: u64,
    /// Released of these.
    pub released: u64,
    /// Lost of these: dropped although they had to be closed.
    pub unclosed: u64,
    /// Bytes of those that are not released.
    pub open_bytes: u64,
    /// Resources of which nothing is kept because the table is full.
    pub refused: u64,
    /// Accesses to open resources that are not kept.
    pub accesses_dropped: u64,
    /// What the detector's table takes, in bytes.
    pub table_bytes: u64,
}

/// What is known of the table of tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct TaskFigures {
    /// Tasks that are not shown because the table was full when they were spawned, since the program started.
    pub refused: u64,
    /// What the detector's table takes, in bytes.
    pub table_bytes: u64,
}

/// How a pool of the program's own is doing: memory that it takes in chunks, of which it hands out parts by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct PoolFigures {
    /// Its name, which its chunks have as the label `pool`.
    pub name: String,
    /// The type of resources that its parts are, as its files are called; empty if it names none.
    pub resource: String,
    /// Parts that are handed out, in the pool's own unit.
    pub used: u64,
    /// Parts that are not, in the same unit.
    pub free: u64,
    /// Chunks that it has.
    pub chunks: u64,
    /// Their bytes.
    pub chunk_bytes: u64,
}
