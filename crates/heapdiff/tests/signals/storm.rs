//! Handlers that allocate while the hook runs, and the signal that asks for a snapshot.

use crate::support::{Case, Figures, Ran, Snapshot, paths};
use heapdiff::{Profiler, Signal};
use heapdiff_profile::SnapshotReason;
use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Handlers that are to interrupt something.
const STORM: u64 = 3000;

/// Blocks allocated by the handler, and those of them that nobody has freed.
static ALLOCATED: AtomicU64 = AtomicU64::new(0);
static KEPT: AtomicU64 = AtomicU64::new(0);
/// A block that one handler leaves to the next one.
static LEFT: AtomicPtr<[u8; 100]> = AtomicPtr::new(std::ptr::null_mut());

extern "C" fn allocate_in_handler(_signal: libc::c_int) {
    let number = ALLOCATED.fetch_add(1, Ordering::Relaxed);
    let block = in_handler();
    if number.is_multiple_of(4) {
        KEPT.fetch_add(1, Ordering::Relaxed);
        Box::leak(block);
        return;
    }
    let before = LEFT.swap(Box::into_raw(block), Ordering::Relaxed);
    if !before.is_null() {
        // SAFETY: made by `Box::into_raw` above, and nobody else has it any more.
        drop(unsafe { Box::from_raw(before) });
    }
}

#[inline(never)]
fn in_handler() -> Box<[u8; 100]> {
    black_box(Box::new([1; 100]))
}

#[inline(never)]
fn interrupted(size: usize) -> Vec<u8> {
    let mut block = black_box(Vec::with_capacity(size));
    block.resize(size, 1);
    // Grows, and with it the ways on which it can be interrupted.
    block.reserve_exact(size);
    block
}

fn handle(signal: libc::c_int, handler: extern "C" fn(libc::c_int), flags: libc::c_int) {
    // SAFETY: all zeros are a valid sigaction.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as libc::sighandler_t;
    action.sa_flags = flags | libc::SA_RESTART;
    // SAFETY: the action is valid for reads.
    assert_eq!(unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) }, 0);
}

fn alarm_every(micros: libc::suseconds_t) {
    let time = libc::timeval { tv_sec: 0, tv_usec: micros };
    let timer = libc::itimerval { it_interval: time, it_value: time };
    // SAFETY: the timer is valid for reads.
    assert_eq!(unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut()) }, 0);
}

/// Allocates and frees on this thread until enough handlers have interrupted it, and returns how many blocks that were.
fn weather_the_storm() -> u64 {
    handle(libc::SIGALRM, allocate_in_handler, 0);
    alarm_every(150);
    let (mut blocks, mut window) = (0, [const { Vec::new() }; 16]);
    while ALLOCATED.load(Ordering::Relaxed) < STORM {
        let slot = &mut window[usize::try_from(blocks % 16).unwrap()];
        *slot = interrupted(8 + usize::try_from(blocks % 512).unwrap());
        assert!(slot.iter().all(|&byte| byte == 1), "nobody else has the block");
        blocks += 1;
    }
    alarm_every(0);
    blocks
}

/// Figures of the interrupted code, without those of handlers on top of it.
fn interrupted_in(snapshot: &Snapshot) -> Figures {
    snapshot.sum(|sample| {
        let frames = snapshot.frames(sample);
        let has = |function| frames.iter().any(|name| name.ends_with(function));
        has("storm::interrupted") && !has("in_handler")
    })
}

/// At period 1 the interrupted thread's figures are the truth to the byte, whatever handlers did meanwhile. Of the
/// handlers' own blocks those are missing that were allocated while a sample was being recorded.
pub(crate) const EXACT: Case = Case {
    name: "a_storm_of_handlers_that_allocate_spoils_nothing",
    environment: &[],
    inside: || {
        let profiler = Profiler::builder().dir("profiles").period(1).every(Duration::MAX).start().unwrap();
        let blocks = weather_the_storm();
        profiler.snapshot().unwrap();
        println!("{blocks} {} {}", ALLOCATED.load(Ordering::Relaxed), KEPT.load(Ordering::Relaxed));
    },
    check: |ran: &Ran| {
        let stdout = ran.stdout();
        let figures: Vec<i64> = stdout.split_whitespace().map(|word| word.parse().unwrap()).collect();
        let (blocks, allocated, kept) = (figures[0], figures[1], figures[2]);
        let snapshots = ran.snapshots();
        let program = interrupted_in(&snapshots[0]);
        assert_eq!((program.inuse_objects, program.alloc_objects), (0, blocks));
        let handlers = snapshots[0].of("in_handler");
        assert!(handlers.alloc_objects <= allocated && handlers.inuse_objects <= kept + 1, "{handlers:?}");
        assert!(handlers.alloc_objects > 0 && handlers.inuse_objects > 0, "{handlers:?} of {stdout}");
    },
};

/// With samples of their own pages, as a large period has it.
pub(crate) const SAMPLED: Case = Case {
    name: "a_storm_of_handlers_over_sparse_samples",
    environment: &[],
    inside: || {
        let builder = Profiler::builder().dir("profiles").period(64 << 10);
        let profiler = builder.every(Duration::from_millis(5)).start().unwrap();
        weather_the_storm();
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        let last = snapshots.last().unwrap();
        let program = interrupted_in(last);
        assert_eq!(program.inuse_objects, 0, "all were found again when they were freed");
        assert!(program.alloc_objects > 0, "{:?}", last.metadata());
    },
};

/// A handler on a stack of its own, in memory of the heap: its allocations are recorded, with as much of the stack as
/// can be walked.
pub(crate) const ALTERNATE_STACK: Case = Case {
    name: "a_handler_on_an_alternate_stack_allocates",
    environment: &[],
    inside: || {
        let profiler = Profiler::builder().dir("profiles").period(1).every(Duration::MAX).start().unwrap();
        let mut memory = vec![0u8; 64 << 10];
        let stack = libc::stack_t { ss_sp: memory.as_mut_ptr().cast(), ss_flags: 0, ss_size: memory.len() };
        // SAFETY: the memory stays until the process ends, see below.
        assert_eq!(unsafe { libc::sigaltstack(&raw const stack, std::ptr::null_mut()) }, 0);
        handle(libc::SIGUSR1, allocate_in_handler, libc::SA_ONSTACK);
        for _ in 0..100 {
            raise(libc::SIGUSR1);
        }
        std::mem::forget(memory);
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        let figures = snapshots[0].of("in_handler");
        assert_eq!((figures.alloc_objects, figures.inuse_objects), (100, 26));
    },
};

fn raise(signal: libc::c_int) {
    // SAFETY: the signal has a handler, or is ignored.
    assert_eq!(unsafe { libc::raise(signal) }, 0);
}

/// Waits until there are so many snapshots; a test that would wait for ever fails.
fn await_snapshots(count: usize) {
    let begun = Instant::now();
    while paths(Path::new("profiles")).len() < count {
        assert!(begun.elapsed() < Duration::from_secs(60), "no snapshot came");
        std::thread::yield_now();
    }
}

/// Each signal is a snapshot, and after the end it is harmless.
pub(crate) const ASKED_FOR: Case = Case {
    name: "a_signal_asks_for_a_snapshot",
    environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "1h"), ("HEAPDIFF_SIGNAL", "USR2")],
    inside: || {
        for count in 1..=3 {
            raise(libc::SIGUSR2);
            await_snapshots(count);
        }
        extern "C" fn after_the_last() {
            raise(libc::SIGUSR2);
        }
        // Runs after the handler that ends the recording, which was registered before `main`... unless that one comes
        // first: then the recording has ended already. Either way the process lives on.
        // SAFETY: the handler is a function of this program.
        unsafe { libc::atexit(after_the_last) };
    },
    check: |ran: &Ran| {
        let count = ran.paths().len();
        assert!((4..=5).contains(&count), "three, perhaps one while it ends, and the last: {count}");
        let signalled =
            ran.snapshots().iter().take(3).all(|one| one.metadata().reason == SnapshotReason::Signal);
        assert!(signalled);
    },
};

static HEARD: AtomicBool = AtomicBool::new(false);

/// The program's own handler is left alone, and that is said.
pub(crate) const HANDLER_STAYS: Case = Case {
    name: "a_handler_of_the_program_stays",
    environment: &[],
    inside: || {
        extern "C" fn hear(_signal: libc::c_int) {
            HEARD.store(true, Ordering::Relaxed);
        }
        handle(libc::SIGUSR2, hear, 0);
        let start = |signal| {
            let builder = Profiler::builder().dir("profiles").every(Duration::MAX);
            builder.snapshot_on_signal(signal).start().unwrap()
        };
        let profiler = start(Signal::User2);
        raise(libc::SIGUSR2);
        assert!(HEARD.load(Ordering::Relaxed));
        drop(profiler);
        // The other signal is free; a second session finds the handler of the first, and hears it.
        drop(start(Signal::User1));
        raise(libc::SIGUSR1);
        let profiler = start(Signal::User1);
        raise(libc::SIGUSR1);
        await_snapshots(3);
        drop(profiler);
        raise(libc::SIGUSR1);
    },
    check: |ran: &Ran| {
        assert_eq!(ran.paths().len(), 4, "three ends, and the signal of the third session");
        let stderr = ran.stderr();
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.contains("SIGUSR2 has a handler already"), "{stderr}");
    },
};

/// A signal that whoever started the program has it ignore stays ignored.
pub(crate) const IGNORED: Case = Case {
    name: "a_signal_that_is_ignored_stays_ignored",
    environment: &[],
    inside: || {
        // SAFETY: to ignore a signal has no preconditions.
        unsafe { libc::signal(libc::SIGUSR2, libc::SIG_IGN) };
        let builder = Profiler::builder().dir("profiles").every(Duration::MAX);
        let profiler = builder.snapshot_on_signal(Signal::User2).start().unwrap();
        raise(libc::SIGUSR2);
        drop(profiler);
    },
    check: |ran: &Ran| {
        assert_eq!(ran.paths().len(), 1);
        assert!(ran.stderr().contains("SIGUSR2"), "{}", ran.stderr());
    },
};
