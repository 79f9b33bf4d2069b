//! Ways to find out at a free whether the block was sampled: the candidates of decision 1.
//!
//! Each is an allocator over jemalloc with the same countdown as heapdiff's; they differ in [`Filter`] alone. Samples
//! are really placed and registered, one each 512 KiB, so that false answers are real. No stack is walked.

mod candidates;
mod range;
mod shim;
mod table;

pub use candidates::{Counting, Header, Misaligned, NoFilter, Pages, Range};
pub use shim::{Filter, Shim};

use std::sync::atomic::{AtomicU64, Ordering};

/// What was asked of the table of samples, for the report.
#[derive(Debug)]
pub struct Counts {
    /// Samples that were placed.
    pub samples: AtomicU64,
    /// Frees and reallocations for which the filter asked the table, which knew the block.
    pub hits: AtomicU64,
    /// The same, but the block was no sample.
    pub misses: AtomicU64,
    /// Samples that could not be placed.
    pub lost: AtomicU64,
}

pub(crate) static COUNTS: Counts = Counts {
    samples: AtomicU64::new(0),
    hits: AtomicU64::new(0),
    misses: AtomicU64::new(0),
    lost: AtomicU64::new(0),
};

pub(crate) fn count(counter: &AtomicU64) {
    // Relaxed: read when all is done.
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Runs the workload, then prints what the filter `F` asked of the table, as a line of JSON.
pub fn run<F: Filter>() {
    overhead_workloads::run();
    // Relaxed: the workload is done.
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    println!(
        "{}",
        serde_json::json!({
            "samples": read(&COUNTS.samples),
            "hits": read(&COUNTS.hits),
            "misses": read(&COUNTS.misses),
            "lost": read(&COUNTS.lost),
            "frees": read(&shim::FREES),
            "filter_bytes": F::BYTES,
        })
    );
}
