//! The period changes while the program runs, and estimates stay right.

use crate::support::{Case, Ran};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Each part is recorded with the period that was in force: the first estimated, the second exact, the third estimated.
pub(crate) const CHANGED: Case = Case {
    name: "a_changed_period_weighs_each_sample_as_it_was_drawn",
    environment: &[],
    inside: || {
        let profiler =
            heapdiff::Profiler::builder().dir("profiles").period(64 << 10).seed(7).start().unwrap();
        keep_first();
        profiler.set_period(1);
        until_noticed();
        keep_second();
        profiler.set_period(256 << 10);
        until_noticed();
        keep_third();
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let snapshot = &ran.snapshots()[0];
        assert_eq!(snapshot.0.period, 256 << 10, "the one in force");
        let exact = snapshot.of("keep_second");
        assert_eq!((exact.inuse_objects, exact.inuse_space), (1000, 1000 * 500));
        // Standard deviation of an estimate of B bytes in small blocks: the root of period times B.
        for (function, period, bytes) in [("keep_first", 64 << 10, 40e6), ("keep_third", 256 << 10, 40e6)] {
            let estimate = snapshot.of(function).inuse_space as f64;
            let sd = (f64::from(period) * bytes).sqrt();
            assert!((estimate - bytes).abs() < 5.0 * sd, "{function}: {estimate}, {bytes} +- {sd}");
        }
    },
};

/// A thread looks at the period again after a mebibyte of its own.
fn until_noticed() {
    for _ in 0..3 << 10 {
        black_box(Vec::<u8>::with_capacity(1 << 10));
    }
}

/// Blocks of `bytes` bytes that are never freed, and nothing that holds them: it would be counted too.
#[inline(always)]
fn leak(blocks: usize, bytes: usize) {
    for _ in 0..blocks {
        black_box(Box::leak(vec![1u8; bytes].into_boxed_slice()));
    }
}

#[inline(never)]
fn keep_first() {
    leak(40_000, 1000);
}

#[inline(never)]
fn keep_second() {
    leak(1000, 500);
}

#[inline(never)]
fn keep_third() {
    // Not what `keep_first` does: the optimizer would make one function of both.
    leak(20_000, 2000);
}

/// With a budget that exact recording exceeds, the period grows; what was recorded before keeps its weights.
pub(crate) const BUDGET: Case = Case {
    name: "a_budget_makes_the_period_grow_and_estimates_stay_right",
    environment: &[
        ("HEAPDIFF_DIR", "profiles"),
        ("HEAPDIFF_PERIOD", "1"),
        ("HEAPDIFF_BUDGET", "1%"),
        ("HEAPDIFF_EVERY", "200ms"),
    ],
    inside: || {
        keep_second();
        // Until a snapshot has another period than the one that was asked for.
        let until = Instant::now() + Duration::from_secs(60);
        while Instant::now() < until {
            for _ in 0..100_000 {
                black_box(Vec::<u8>::with_capacity(black_box(100)));
            }
            let latest = crate::support::paths(std::path::Path::new("profiles")).pop();
            if latest.is_some_and(|path| crate::support::read(&path).period > 64) {
                break;
            }
        }
        keep_third();
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        let last = snapshots.last().unwrap();
        assert!(last.0.period > 64, "{}", last.0.period);
        let exact = last.of("keep_second");
        assert_eq!((exact.inuse_objects, exact.inuse_space), (1000, 1000 * 500));
        // The period may have changed on the way; it is at most the last one or a few doublings of it.
        let sd = (last.0.period as f64 * 16.0 * 40e6).sqrt();
        let estimate = last.of("keep_third").inuse_space as f64;
        assert!((estimate - 40e6).abs() < 5.0 * sd, "{estimate} +- {sd}");
    },
};
