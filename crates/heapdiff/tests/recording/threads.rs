//! Threads by the thousand, and a process that has run out of what it needs.

use crate::support::{Case, Ran};
use std::hint::black_box;
use std::sync::Barrier;

const EXACT: &[(&str, &str)] =
    &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "1h"), ("HEAPDIFF_PERIOD", "1")];

#[inline(never)]
fn kept_by_thread(size: usize) -> Box<[u8]> {
    black_box(vec![1; size].into_boxed_slice())
}

fn small() -> std::thread::Builder {
    std::thread::Builder::new().stack_size(128 << 10)
}

/// 10,000 threads, each of which allocates one block, hands it on and ends.
pub(crate) const SHORT_LIVED: Case = Case {
    name: "ten_thousand_threads_one_after_the_other",
    environment: EXACT,
    inside: || {
        let mut kept = Vec::with_capacity(10_000);
        for _ in 0..10_000 {
            kept.push(small().spawn(|| kept_by_thread(33)).unwrap().join().unwrap());
        }
        std::mem::forget(kept);
    },
    check: |ran: &Ran| {
        let figures = ran.snapshots()[0].of("kept_by_thread");
        assert_eq!((figures.inuse_objects, figures.inuse_space), (10_000, 330_000));
    },
};

/// 1,000 threads that allocate at the same moment: none waits for another, and none is lost.
pub(crate) const MANY: Case = Case {
    name: "a_thousand_threads_at_once",
    environment: EXACT,
    inside: || {
        let barrier = Barrier::new(1000);
        std::thread::scope(|scope| {
            for number in 0..1000 {
                let barrier = &barrier;
                let allocate = move || {
                    barrier.wait();
                    for round in 0..20 {
                        let block = kept_by_thread(10);
                        if round % 2 == 0 {
                            Box::leak(block);
                        }
                    }
                    barrier.wait();
                    drop(black_box(kept_by_thread(number)));
                };
                small().spawn_scoped(scope, allocate).unwrap();
            }
        });
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        let about = snapshots[0].metadata();
        let figures = snapshots[0].of("kept_by_thread");
        let without_stack = about.stacks.failed as i64;
        // Whoever found all walkers busy is counted, and is there without its stack.
        assert!((10_000 - without_stack..=10_000).contains(&figures.inuse_objects), "{figures:?} {about:?}");
        let all = snapshots[0].sum(|_| true);
        assert!(all.inuse_objects >= 10_000, "{all:?}");
        assert_eq!(about.dropped["live_table_full"], 0);
    },
};

/// The process ends on another thread than the first, while others allocate.
pub(crate) const EXIT_FROM_A_THREAD: Case = Case {
    name: "a_thread_ends_the_process",
    environment: EXACT,
    inside: || {
        let busy = || {
            loop {
                drop(black_box(vec![1u8; 100]));
            }
        };
        std::thread::spawn(busy);
        std::thread::spawn(|| {
            Box::leak(kept_by_thread(4444));
            std::process::exit(0);
        });
        busy();
    },
    check: |ran: &Ran| assert_eq!(ran.snapshots()[0].of("kept_by_thread").inuse_space, 4444),
};

/// No descriptor is left: samples are recorded, snapshots are not written until there is one again.
pub(crate) const NO_DESCRIPTORS: Case = Case {
    name: "without_descriptors_snapshots_are_late_and_nothing_else",
    environment: EXACT,
    inside: || {
        let profiler = heapdiff::Profiler::builder().dir("profiles").start().unwrap();
        let mut taken = Vec::new();
        while let Ok(file) = std::fs::File::open("/dev/null") {
            taken.push(file);
        }
        // A thread whose stack is unknown yet, and cannot be looked up.
        let block = std::thread::spawn(|| kept_by_thread(777)).join().unwrap();
        assert!(profiler.snapshot().is_err());
        drop(taken);
        profiler.snapshot().unwrap();
        std::mem::forget((block, profiler));
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        assert_eq!(snapshots.len(), 2);
        let about = snapshots[0].metadata();
        assert_eq!(about.dropped["snapshots_failed"], 1);
        let all = snapshots[0].sum(|_| true);
        assert!(about.stacks.failed > 0 && all.inuse_space >= 777, "{about:?}");
    },
};

/// stdin, stdout and stderr are closed: what is said goes nowhere, and above all not into somebody's file.
pub(crate) const CLOSED_STDIO: Case = Case {
    name: "closed_standard_descriptors_stay_unharmed",
    environment: &[],
    inside: || {
        let program = std::env::current_exe().unwrap();
        let script = format!(
            "exec env RECORDING_TEST_CASE={} HEAPDIFF_DIR=profiles HEAPDIFF_EVERY=1ms '{}' 0<&- 1>&- 2>&-",
            crate::lifecycle::QUIET.name,
            program.display()
        );
        // The child prints to a stdout that is closed, which std turns into nothing.
        assert!(std::process::Command::new("sh").args(["-c", &script]).status().unwrap().success());
    },
    check: |ran: &Ran| assert!(!ran.snapshots().is_empty()),
};
