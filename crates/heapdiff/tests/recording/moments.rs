//! Allocations and frees at odd moments: on other threads, while threads end, after `main`, and around `fork`.

use crate::support::{Case, Ran};
use std::cell::RefCell;
use std::hint::black_box;

fn profiler() -> heapdiff::Profiler {
    heapdiff::Profiler::builder().dir("profiles").period(1).start().unwrap()
}

/// Blocks that threads leave behind are counted; those that another thread frees are gone.
pub(crate) const OTHER_THREADS: Case = Case {
    name: "threads_that_end_and_frees_on_other_threads",
    environment: &[],
    inside: || {
        let profiler = profiler();
        let mut left = Vec::with_capacity(40);
        for _ in 0..40 {
            left.push(std::thread::spawn(left_behind).join().unwrap());
        }
        let handed: Vec<_> = (0..50).map(|_| handed_on()).collect();
        std::thread::spawn(move || drop(handed)).join().unwrap();
        profiler.snapshot().unwrap();
        black_box(left);
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        let figures = snapshots[0].of("left_behind");
        assert_eq!((figures.inuse_objects, figures.inuse_space), (40, 40 * 3000));
        let figures = snapshots[0].of("handed_on");
        assert_eq!((figures.inuse_objects, figures.alloc_objects, figures.alloc_space), (0, 50, 50 * 1500));
    },
};

#[inline(never)]
fn left_behind() -> Box<[u8; 3000]> {
    black_box(Box::new([1; 3000]))
}

#[inline(never)]
fn handed_on() -> Box<[u8; 1500]> {
    black_box(Box::new([1; 1500]))
}

struct Ending(Option<Box<[u8; 700]>>);

impl Drop for Ending {
    fn drop(&mut self) {
        drop(self.0.take());
        Box::leak(while_ending());
    }
}

thread_local! {
    static ENDING: RefCell<Ending> = const { RefCell::new(Ending(None)) };
}

/// In the destructor of a thread local a block is freed and another is leaked: both are noticed.
pub(crate) const THREAD_LOCAL_DESTRUCTORS: Case = Case {
    name: "thread_local_destructors_allocate_and_free",
    environment: &[],
    inside: || {
        let profiler = profiler();
        for _ in 0..20 {
            let thread =
                std::thread::spawn(|| ENDING.with(|ending| ending.borrow_mut().0 = Some(before_ending())));
            thread.join().unwrap();
        }
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        let before = snapshots[0].of("before_ending");
        assert_eq!((before.inuse_objects, before.alloc_objects), (0, 20));
        let while_ending = snapshots[0].of("while_ending");
        assert_eq!((while_ending.inuse_objects, while_ending.inuse_space), (20, 20 * 900));
    },
};

#[inline(never)]
fn before_ending() -> Box<[u8; 700]> {
    black_box(Box::new([2; 700]))
}

#[inline(never)]
fn while_ending() -> Box<[u8; 900]> {
    black_box(Box::new([3; 900]))
}

/// Handlers that run after `main` allocate and free as before; the last snapshot is written when the process exits.
pub(crate) const AFTER_MAIN: Case = Case {
    name: "allocation_after_main",
    environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "1h"), ("HEAPDIFF_PERIOD", "1")],
    inside: || {
        extern "C" fn after_main() {
            assert!(kept_until_exit().len() == 1 << 16);
            Box::leak(leaked_at_exit());
        }
        // SAFETY: the handler is a function of this program.
        unsafe { libc::atexit(after_main) };
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        assert_eq!(snapshots.len(), 1, "{}", ran.stderr());
        // Handlers run in the reverse order of their registration, so this one ran before the last snapshot.
        assert_eq!(snapshots[0].of("leaked_at_exit").inuse_space, 4321);
        assert_eq!(snapshots[0].of("kept_until_exit").inuse_space, 0);
    },
};

#[inline(never)]
fn kept_until_exit() -> Vec<u8> {
    black_box(vec![1; 1 << 16])
}

#[inline(never)]
fn leaked_at_exit() -> Box<[u8; 4321]> {
    black_box(Box::new([1; 4321]))
}

/// A forked child goes on allocating and freeing what its parent recorded, and leaves the parent's files alone.
pub(crate) const FORK: Case = Case {
    name: "a_forked_child_stops_recording",
    environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "1h"), ("HEAPDIFF_PERIOD", "1")],
    inside: || {
        let kept: Vec<_> = (0..100).map(|_| handed_on()).collect();
        // SAFETY: the child only allocates, frees and exits; allocators are fork-safe.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let started = heapdiff::Profiler::builder().dir("child").start();
            assert!(matches!(started, Err(heapdiff::StartError::ForkedChild)));
            drop(kept);
            drop(black_box(vec![1u8; 1 << 20]));
            std::process::exit(7);
        }
        let mut status = 0;
        // SAFETY: `status` is valid for writes.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(libc::WEXITSTATUS(status), 7);
        black_box(kept);
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        assert_eq!(snapshots.len(), 1, "the child writes none");
        assert_eq!(snapshots[0].of("handed_on").alloc_objects, 100);
    },
};

/// A child that was made without the C library, so that no handler ran: it has no writer to wait for either.
pub(crate) const CLONED: Case = Case {
    name: "a_child_made_by_a_system_call_waits_for_no_writer",
    environment: &[],
    inside: || {
        let profiler = profiler();
        // SAFETY: with these arguments it is a fork; the child only asks and exits.
        let child = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
        if child == 0 {
            // SAFETY: an alarm that is too late ends the child, and so the test.
            unsafe { libc::alarm(5) };
            let is_told = profiler.snapshot() == Err(heapdiff::SnapshotError::ForkedChild);
            drop(profiler);
            // SAFETY: ends the child without anything that its parent has set up for its own end.
            unsafe { libc::_exit(if is_told { 7 } else { 8 }) };
        }
        let mut status = 0;
        // SAFETY: `status` is valid for writes.
        unsafe { libc::waitpid(child as libc::pid_t, &raw mut status, 0) };
        assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 7, "{status}");
    },
    check: |ran: &Ran| assert_eq!(ran.snapshots().len(), 1),
};

static KEPT_TO_THE_END: std::sync::OnceLock<heapdiff::Profiler> = std::sync::OnceLock::new();

/// Runs after all handlers of `atexit`, heapdiff's own included.
#[used]
#[unsafe(link_section = ".fini_array")]
static AT_THE_VERY_END: extern "C" fn() = {
    extern "C" fn ask() {
        let answer = KEPT_TO_THE_END.get().map(heapdiff::Profiler::snapshot);
        if answer.is_some_and(|answer| answer != Err(heapdiff::SnapshotError::Stopped)) {
            // SAFETY: ends the process at once.
            unsafe { libc::_exit(9) };
        }
    }
    ask
};

/// Whoever asks after the last snapshot is told so, and is not given an earlier one.
pub(crate) const AFTER_THE_END: Case = Case {
    name: "a_snapshot_asked_for_after_the_last_one_is_refused",
    environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "1h"), ("HEAPDIFF_PERIOD", "1")],
    inside: || {
        profiler().snapshot().unwrap();
        KEPT_TO_THE_END.set(profiler()).unwrap();
    },
    check: |ran: &Ran| assert_eq!(ran.snapshots().len(), 3, "asked for, at the drop, at the exit"),
};
