//! Growth that is measured in a process that records.

use crate::support::{Case, Figures, Ran};
use heapdiff::test::{Growth, GrowthError};
use std::hint::black_box;

/// Measured before a recording, in one and after it: figures are exact each time, and in the snapshot too, where all else
/// is sampled.
pub(crate) const MEASURED: Case = Case {
    name: "growth_is_measured_before_during_and_after_a_recording",
    environment: &[],
    inside: || {
        expect_growth(|| leak_before(500));
        let profiler = heapdiff::Profiler::builder().dir("profiles").period(64 * 1024).start().unwrap();
        expect_growth(|| leak_meanwhile(500));
        Growth::new().assert(|| leak_meanwhile(0));
        let kept = keep_sampled();
        profiler.snapshot().unwrap();
        drop(black_box(kept));
        drop(profiler);
        expect_growth(|| leak_after(500));
    },
    check: |ran: &Ran| {
        assert_eq!(ran.stderr(), "");
        let snapshots = ran.snapshots();
        let exact =
            Figures { inuse_objects: 32, inuse_space: 16_000, alloc_objects: 32, alloc_space: 16_000 };
        for snapshot in &snapshots {
            assert_eq!(snapshot.of("leak_before"), exact);
            assert_eq!(snapshot.of("leak_meanwhile"), exact);
            assert_eq!(snapshot.of("leak_after"), Figures::default());
        }
        // 64 MiB are some 1,024 samples, known to 3 %; the probability of 15 % is below one in a million.
        let sampled = snapshots[0].of("keep_sampled").inuse_space as f64 / f64::from(64 << 20);
        assert!((0.85..1.15).contains(&sampled), "{sampled}");
        let objects = snapshots[0].sum(|sample| !snapshots[0].frames(sample).is_empty()).inuse_objects;
        assert!(objects > 10_000, "{objects}");
        assert!(snapshots[0].metadata().dropped.values().all(|&lost| lost == 0));
    },
};

/// In the child of `fork` nothing is recorded, and it is said.
pub(crate) const FORKED: Case = Case {
    name: "growth_is_not_measured_in_a_forked_child",
    environment: &[],
    inside: || {
        Growth::new().assert(|| leak_before(0));
        // SAFETY: the process has one thread, so the child can do what its parent can.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let error = Growth::new().check(|| leak_before(8)).unwrap_err();
            assert!(matches!(error, GrowthError::NotReady(_)), "{error}");
            println!("refused");
            std::process::exit(0);
        }
        let mut status = 0;
        // SAFETY: the child is this process's, and the status has its place.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!(status, 0);
        expect_growth(|| leak_before(500));
    },
    check: |ran: &Ran| assert_eq!(ran.stdout(), "refused\n"),
};

fn expect_growth(action: impl FnMut()) {
    let error = Growth::new().check(action).unwrap_err();
    let found = if let GrowthError::Grows(found) = &error { Some(found) } else { None }.unwrap();
    assert_eq!((found.rows()[0].bytes(), found.rows()[0].objects()), (28 * 500, 28), "{found}");
    assert_eq!(found.rows().len(), 1, "{found}");
}

#[inline(never)]
fn leak_before(bytes: usize) {
    std::mem::forget(black_box(vec![0_u8; bytes]));
}

// Bytes that no other function of these tests fills a block with: equal functions are made one, with one of their names.
#[inline(never)]
fn leak_meanwhile(bytes: usize) {
    std::mem::forget(black_box(vec![101_u8; bytes]));
}

#[inline(never)]
fn leak_after(bytes: usize) {
    std::mem::forget(black_box(vec![102_u8; bytes]));
}

#[inline(never)]
fn keep_sampled() -> Vec<Box<[u8]>> {
    let kept = (0..64 << 10).map(|_| vec![3_u8; 1024].into_boxed_slice()).collect();
    // Something to do after the call, so that it stays a call.
    black_box(kept)
}
