//! Runs on all cores.

use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// What is counted over many runs, in whatever order.
pub(crate) trait Count: Default + Send {
    /// Adds what was counted elsewhere.
    fn add(&mut self, other: Self);
}

/// Counts over the runs from 0 to less than `runs`. Each run must depend on its number alone.
pub(crate) fn counted<C: Count>(runs: u64, count: impl Fn(u64, &mut C) + Sync) -> C {
    let next = AtomicU64::new(0);
    let part = || {
        let mut counted = C::default();
        loop {
            // Relaxed: it hands out numbers and publishes nothing.
            let run = next.fetch_add(1, Ordering::Relaxed);
            if run >= runs {
                return counted;
            }
            count(run, &mut counted);
        }
    };
    let mut sum = C::default();
    thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(part)).collect();
        for thread in threads {
            sum.add(thread.join().expect("a run that fails fails them all"));
        }
    });
    sum
}
