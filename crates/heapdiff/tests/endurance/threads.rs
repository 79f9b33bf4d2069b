//! Ten thousand threads, five hundred of them at a time.

use crate::series;
use crate::support::{Case, Ran, Snapshot};
use std::hint::black_box;
use std::sync::Barrier;

const THREADS: usize = 10_000;
const AT_A_TIME: usize = 500;
/// Bytes of the block that a thread leaves behind.
const LEFT: usize = 1000;
const PERIOD: u64 = 64 << 10;
/// Blocks that a thread frees itself, of 20, 40, ... bytes.
const CHURNED: usize = 20;
/// As little stack as a program may give its threads; without optimization a sample takes more than 64 KiB of it.
const STACK: usize = if cfg!(debug_assertions) { 128 << 10 } else { 32 << 10 };

pub(crate) const EXACT: Case = Case {
    name: "ten_thousand_threads_in_exact_mode",
    environment: &[],
    inside: || run(1),
    check: |ran: &Ran| {
        let last = check(ran);
        // Hundreds of threads that begin and end at once wait in the kernel for each other's address space, some of them in
        // the middle of a sample.
        let cut = series::cut_stacks(&last, 10);
        let left = last.of("threads::leave");
        series::assert_near(left.inuse_objects, THREADS as i64, cut);
        assert_eq!(left.inuse_space, left.inuse_objects * LEFT as i64);
        let churned = last.of("threads::churn");
        assert_eq!(churned.inuse_objects, 0);
        series::assert_near(churned.alloc_objects, (CHURNED * THREADS) as i64, cut);
    },
};

pub(crate) const SAMPLED: Case = Case {
    name: "ten_thousand_threads_with_a_period_of_64_kib",
    environment: &[],
    inside: || run(PERIOD),
    check: |ran: &Ran| {
        let last = check(ran);
        assert_eq!(last.of("threads::churn").inuse_space, 0);
        // Each thread allocates 5 KiB and ends: a countdown that began anew with each would see none or all of them.
        for (found, truth) in [
            (last.of("threads::leave").inuse_space, THREADS * LEFT),
            (last.of("threads::churn").alloc_space, THREADS * (1..=CHURNED).map(|n| n * 20).sum::<usize>()),
        ] {
            let error = (truth as f64 * PERIOD as f64).sqrt();
            assert!(
                found.abs_diff(truth as i64) as f64 <= 6.0 * error,
                "{found} of {truth}, error {error:.0}"
            );
        }
    },
};

fn run(period: u64) {
    let builder = heapdiff::Profiler::builder().dir("profiles").every(std::time::Duration::MAX);
    let profiler = builder.period(period).seed(8).start().unwrap();
    let mut left: Vec<Vec<u8>> = Vec::with_capacity(THREADS);
    for wave in 0..THREADS / AT_A_TIME {
        let all_are_there = Barrier::new(AT_A_TIME);
        std::thread::scope(|scope| {
            let spawn = || {
                let thread = std::thread::Builder::new().stack_size(STACK);
                let all_are_there = &all_are_there;
                thread.spawn_scoped(scope, move || {
                    all_are_there.wait();
                    churn();
                    leave()
                })
            };
            let threads: Vec<_> = (0..AT_A_TIME).map(|_| spawn().unwrap()).collect();
            left.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
        });
        if wave == 1 || wave == THREADS / AT_A_TIME - 1 {
            profiler.snapshot().unwrap();
        }
    }
    black_box(&left);
    std::mem::forget((left, profiler));
}

#[inline(never)]
fn churn() {
    for n in 1..=CHURNED {
        drop(black_box(Vec::<u8>::with_capacity(n * 20)));
    }
}

#[inline(never)]
fn leave() -> Vec<u8> {
    black_box(Vec::with_capacity(LEFT))
}

/// Nothing is lost, and a thread that is gone leaves nothing but its block.
fn check(ran: &Ran) -> Snapshot {
    let mut snapshots = ran.snapshots();
    assert_eq!(snapshots.len(), 2);
    series::check(ran, &snapshots);
    let rss = |index: usize| snapshots[index].metadata().memory.rss.unwrap() as usize;
    let (early, late) = (rss(0), rss(1));
    // A record of some tens of bytes for each block that is left.
    let explained = (THREADS - 2 * AT_A_TIME) * (LEFT + 200);
    assert!(late < early + explained + (16 << 20), "{early} early, {late} late");
    snapshots.pop().unwrap()
}
