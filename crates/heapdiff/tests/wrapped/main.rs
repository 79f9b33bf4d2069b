//! Recording over another allocator: every block goes back the way it came.
#![expect(unsafe_code, reason = "it implements an allocator")]
#![expect(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test program may panic, and is no allocator hook"
)]

#[path = "../support/mod.rs"]
mod support;

mod strict;

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use strict::Strict;
use support::{Case, Ran};

#[global_allocator]
static ALLOC: heapdiff::Allocator<Strict> = heapdiff::Allocator::wrap(Strict);

static CASES: &[Case] = &[
    Case {
        name: "exact_figures_over_any_allocator",
        environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "1h"), ("HEAPDIFF_PERIOD", "1")],
        inside: || {
            black_box(churn(3000));
            let kept = keep();
            assert_eq!(strict::MISTAKES.load(Ordering::Relaxed), 0);
            std::mem::forget(kept);
        },
        check: |ran: &Ran| {
            let snapshots = ran.snapshots();
            let figures = snapshots[0].of("keep");
            assert_eq!((figures.inuse_objects, figures.inuse_space), (101, 100 * 1000 + 100 * 24));
            assert_eq!(snapshots[0].of("churn").inuse_space, 0);
            assert_eq!(snapshots[0].metadata().allocator, None);
        },
    },
    Case {
        name: "sparse_samples_are_placed_and_found_again",
        environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "5ms"), ("HEAPDIFF_PERIOD", "64KiB")],
        inside: || {
            std::thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| black_box(churn(60_000)));
                }
            });
            assert_eq!(strict::MISTAKES.load(Ordering::Relaxed), 0);
        },
        check: |ran: &Ran| {
            let snapshots = ran.snapshots();
            let last = snapshots.last().unwrap().of("churn");
            assert!(last.alloc_space > 50 << 20, "{last:?}");
            assert_eq!((last.inuse_objects, last.inuse_space), (0, 0));
        },
    },
    Case {
        name: "samples_whose_record_finds_no_room_go_back_with_their_layouts",
        environment: &[],
        inside: || {
            // Makes the tables small.
            let limit = libc::rlimit { rlim_cur: 1 << 30, rlim_max: libc::RLIM_INFINITY };
            // SAFETY: the pointer is valid for reads.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
            let start = |period| {
                let builder = heapdiff::Profiler::builder().dir("profiles").period(period);
                builder.every(std::time::Duration::from_secs(3600)).start().unwrap()
            };
            let sparse = start(64 << 10);
            let mut early: Vec<Vec<u8>> = (0..20_000).map(|_| Vec::with_capacity(1000)).collect();
            drop(sparse);
            assert!(strict::OVERALIGNED.load(Ordering::Relaxed) > 100);
            let exact = start(1);
            let filling: Vec<Box<u32>> = (0..450_000).map(Box::new).collect();
            for block in &mut early {
                block.reserve_exact(2000);
            }
            drop(exact);
            drop(black_box((filling, early)));
            assert_eq!(strict::MISTAKES.load(Ordering::Relaxed), 0);
        },
        check: |ran: &Ran| {
            let snapshots = ran.snapshots();
            assert!(snapshots[1].metadata().dropped["live_table_full"] > 0);
        },
    },
    Case {
        name: "zeroed_allocations_and_reallocations_are_forwarded_with_their_layouts",
        environment: &[],
        inside: || {
            let before =
                (strict::ZEROED.load(Ordering::Relaxed), strict::REALLOCATED.load(Ordering::Relaxed));
            let mut block = black_box(vec![0u8; 5000]);
            block.reserve_exact(9000);
            assert!(strict::ZEROED.load(Ordering::Relaxed) > before.0);
            assert!(strict::REALLOCATED.load(Ordering::Relaxed) > before.1);
            assert_eq!(
                strict::OVERALIGNED.load(Ordering::Relaxed),
                0,
                "layouts of blocks that are no samples"
            );
            assert_eq!(strict::MISTAKES.load(Ordering::Relaxed), 0);
        },
        check: |ran: &Ran| assert!(ran.stdout().is_empty() && ran.snapshots().is_empty()),
    },
];

/// Children that give back what their parent had placed at the starts of pages: silent ones, and such that go on.
const INHERITED: &[Case] = &[
    Case {
        name: "a_silent_child_gives_samples_back_with_their_layouts",
        environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "1h"), ("HEAPDIFF_PERIOD", "64KiB")],
        inside: || inherit(false),
        check: |ran: &Ran| assert_eq!(ran.snapshots().len(), 1, "{}", ran.stderr()),
    },
    Case {
        name: "a_child_that_goes_on_gives_samples_back_with_their_layouts",
        environment: &[
            ("HEAPDIFF_DIR", "profiles"),
            ("HEAPDIFF_EVERY", "1h"),
            ("HEAPDIFF_PERIOD", "64KiB"),
            ("HEAPDIFF_FORK", "follow"),
        ],
        inside: || inherit(true),
        check: |ran: &Ran| {
            let snapshots = ran.snapshots();
            assert_eq!(snapshots.len(), 2, "{}", ran.stderr());
            let in_use = snapshots.iter().map(|of| of.of("wrapped::inherited").inuse_space);
            assert_eq!(in_use.filter(|&bytes| bytes > 0).count(), 1, "the parent's alone");
        },
    },
];

#[inline(never)]
fn inherited() -> Vec<Vec<u8>> {
    let blocks = (0..40_000).map(|_| vec![1; 700]).collect();
    // So that the call is not the last thing it does, and its frame stays.
    black_box(blocks)
}

/// Frees, grows and shrinks in a child what was allocated before the fork.
fn inherit(goes_on: bool) {
    let mut blocks = inherited();
    assert!(strict::OVERALIGNED.load(Ordering::Relaxed) > 100);
    let profiler = heapdiff::Profiler::builder().dir("profiles").start();
    // SAFETY: the process has no thread that allocates beside this one, and the allocator is fork-safe.
    let child = unsafe { libc::fork() };
    if child == 0 {
        if goes_on {
            let profiler = profiler.unwrap();
            while profiler.snapshot().is_err() {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            drop(black_box(vec![0u8; 1 << 20]));
            std::mem::forget(profiler);
        }
        for (number, block) in blocks.iter_mut().enumerate() {
            match number % 3 {
                0 => *block = black_box(vec![1; 300]),
                1 => block.reserve_exact(5000),
                _ => block.truncate(50),
            }
            block.shrink_to_fit();
            assert!(block.iter().all(|&byte| byte == 1));
        }
        drop(blocks);
        // SAFETY: ends the process.
        unsafe { libc::_exit(if strict::MISTAKES.load(Ordering::Relaxed) == 0 { 0 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: `status` is valid for writes.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "{status:#x}");
    std::mem::forget((blocks, profiler));
}

fn main() -> ExitCode {
    support::main([CASES, INHERITED].concat().leak())
}

#[inline(never)]
fn keep() -> Vec<Vec<u8>> {
    let mut kept = Vec::with_capacity(100);
    for _ in 0..100 {
        kept.push(Vec::with_capacity(1000));
    }
    kept
}

/// Allocates, grows, shrinks and frees blocks of 1 to 300,000 bytes, and checks their contents.
#[inline(never)]
fn churn(rounds: u32) -> usize {
    let mut state = 1u64;
    let mut held: Vec<Vec<u8>> = Vec::new();
    for round in 0..rounds {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let random = (state >> 33) as usize;
        let size = if random.is_multiple_of(50) { random % 300_000 } else { random % 3000 } + 1;
        match held.get_mut(random % 64) {
            Some(block) if round % 3 != 0 => {
                let byte = block[0];
                assert!(block.iter().all(|&b| b == byte));
                block.resize(size, byte);
                block.shrink_to_fit();
            }
            Some(block) => *block = vec![0; size],
            None => held.push(vec![random as u8; size]),
        }
    }
    held.len()
}
