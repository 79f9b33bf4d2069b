//! What a program is asked, and what it answers.

use crate::measure::{Measured, Plan};
use crate::pause::PauseReport;
use crate::residency::ResidencyReport;
use serde::{Deserialize, Serialize};

/// What a program is to do.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Task {
    /// A workload on one thread, pinned to `core`.
    Measure { workload: Workload, plan: Plan, core: usize },
    /// A workload on two threads, on the first two cores.
    Threads { workload: Workload, plan: Plan },
    /// Serve HTTP on a port that is printed, until `/quit` is asked for.
    Http { core: usize },
    /// Hold `live` blocks of `stacks` different stacks and allocate for so many seconds, watching for pauses.
    Pause { seconds: f64, live: usize, stacks: usize, core: usize },
    /// Hold `live` blocks of 64 bytes of `stacks` different stacks, and say what memory that took.
    Residency { live: usize, stacks: usize, core: usize },
}

impl Task {
    /// The core to stay on, if there is one for all threads.
    pub fn core(self) -> Option<usize> {
        match self {
            Self::Measure { core, .. }
            | Self::Http { core }
            | Self::Pause { core, .. }
            | Self::Residency { core, .. } => Some(core),
            Self::Threads { .. } => None,
        }
    }
}

/// What a program answers; [`Task::Http`] answers its client instead.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Outcome {
    Measured(Measured),
    Pause(PauseReport),
    Residency(ResidencyReport),
}

/// What is done over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Workload {
    /// Allocate 64 to 127 bytes and free them at once.
    Pair,
    /// Random sizes and lifetimes: 4,096 blocks, of which a random one is replaced.
    Window,
    /// The same under 40 frames of recursion through four functions, 64 different stacks.
    Deep,
    /// A `Vec<u64>` pushed from empty to 65,536 elements.
    VecGrowth,
    /// serde_json reads and writes a document of 1 MB.
    Json,
    /// A `BTreeMap<String, Vec<u8>>` of 16,384 entries: one out, one in.
    Btree,
    /// Allocated on one thread, freed on another, through a bounded channel.
    CrossThread,
    /// [`Workload::Pair`] on two threads at once.
    Pair2,
    /// A hyper server on loopback that reads and writes JSON.
    Http,
}

/// All workloads, in the order of the tables.
pub const WORKLOADS: [Workload; 9] = [
    Workload::Pair,
    Workload::Window,
    Workload::Deep,
    Workload::VecGrowth,
    Workload::Json,
    Workload::Btree,
    Workload::CrossThread,
    Workload::Pair2,
    Workload::Http,
];

impl Workload {
    /// The name on the command line and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pair => "pair",
            Self::Window => "window",
            Self::Deep => "deep",
            Self::VecGrowth => "vec_growth",
            Self::Json => "json",
            Self::Btree => "btree",
            Self::CrossThread => "cross_thread",
            Self::Pair2 => "pair2",
            Self::Http => "http",
        }
    }

    /// What one operation is.
    pub const fn operation(self) -> &'static str {
        match self {
            Self::Pair | Self::Pair2 => "one allocation and one free",
            Self::Window | Self::Deep | Self::CrossThread => "one allocation, a byte written, and one free",
            Self::VecGrowth => "one vector, from empty to 65,536 elements",
            Self::Json => "the document read and written",
            Self::Btree => "one entry removed and one inserted",
            Self::Http => "one request, CPU time of the server",
        }
    }
}
