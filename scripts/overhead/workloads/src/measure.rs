//! Many short blocks of the same work.

use crate::clock;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// How long to measure.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// Before anything is measured.
    pub warm_up_ms: u64,
    /// One block at least.
    pub block_ms: u64,
    /// So many blocks, but not far beyond `blocks * block_ms` where one operation takes longer than a block.
    pub blocks: usize,
}

/// What a batch did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Done {
    pub(crate) ops: u64,
    /// Bytes that were asked for.
    pub(crate) bytes: u64,
}

/// Nanoseconds an operation.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Block {
    pub wall_ns: f64,
    pub cpu_ns: f64,
}

/// What was measured.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Measured {
    pub blocks: Vec<Block>,
    /// Operations in all, those of the warm-up too.
    pub ops: u64,
    pub bytes_per_op: f64,
}

impl Measured {
    /// The middle block's CPU time.
    pub fn cpu_ns(&self) -> f64 {
        median(self.blocks.iter().map(|block| block.cpu_ns).collect())
    }

    /// The middle block's time.
    pub fn wall_ns(&self) -> f64 {
        median(self.blocks.iter().map(|block| block.wall_ns).collect())
    }
}

/// The middle value; NaN of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        len if len % 2 == 1 => values[len / 2],
        len => (values[len / 2 - 1] + values[len / 2]) / 2.0,
    }
}

/// Runs `batch` again and again. `cpu_ns` reads the clock of those who work.
pub(crate) fn measure(plan: Plan, cpu_ns: fn() -> u64, batch: &mut dyn FnMut() -> Done) -> Measured {
    let block = Duration::from_millis(plan.block_ms);
    let mut measured = Measured { blocks: Vec::with_capacity(plan.blocks), ..Measured::default() };
    let mut bytes = 0;
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(plan.warm_up_ms) {
        let done = batch();
        measured.ops += done.ops;
        bytes += done.bytes;
    }
    let start = Instant::now();
    while measured.blocks.len() < plan.blocks {
        if measured.blocks.len() >= 3 && start.elapsed() > 2 * block * plan.blocks as u32 {
            break;
        }
        let (wall_start, cpu_start) = (Instant::now(), cpu_ns());
        let mut ops = 0;
        let wall = loop {
            let done = batch();
            ops += done.ops;
            bytes += done.bytes;
            let wall = wall_start.elapsed();
            if wall >= block {
                break wall;
            }
        };
        let cpu = cpu_ns() - cpu_start;
        measured.ops += ops;
        let per_op = |nanos: f64| nanos / ops as f64;
        measured.blocks.push(Block { wall_ns: per_op(wall.as_nanos() as f64), cpu_ns: per_op(cpu as f64) });
    }
    measured.bytes_per_op = bytes as f64 / measured.ops as f64;
    measured
}

/// The clock of a workload on one thread.
pub(crate) fn own_cpu() -> fn() -> u64 {
    clock::thread_cpu_ns
}
