//! A wall clock that somebody sets while the program runs.

use crate::support::{Case, Ran};
use std::sync::atomic::{AtomicI64, Ordering};

/// Seconds by which the wall clock of this process is wrong.
static STEP: AtomicI64 = AtomicI64::new(0);

/// Takes the place of the C library's function in this program.
///
/// # Safety
/// As for the function that it replaces.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(clock: libc::clockid_t, time: *mut libc::timespec) -> libc::c_int {
    // SAFETY: the caller's pointer is passed on.
    let result = unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) };
    if result == 0 && clock == libc::CLOCK_REALTIME {
        // SAFETY: the kernel has just written there.
        unsafe { (*time).tv_sec += STEP.load(Ordering::Relaxed) };
    }
    if result == 0 { 0 } else { -1 }
}

const DAY: i64 = 24 * 60 * 60;

/// Snapshots keep their order and their distances; only the time of day that they tell is the clock's.
pub(crate) const STEPS: Case = Case {
    name: "a_clock_that_is_set_changes_neither_order_nor_distances",
    environment: &[],
    inside: || {
        let profiler = heapdiff::Profiler::builder().dir("profiles").period(1).start().unwrap();
        for step in [0, -DAY, DAY] {
            STEP.store(step, Ordering::Relaxed);
            profiler.snapshot().unwrap();
        }
        std::mem::forget(profiler);
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        let seen: Vec<_> =
            snapshots.iter().map(|snapshot| (snapshot.metadata(), snapshot.0.time_nanos)).collect();
        let days = |from: usize, to: usize| (seen[to].1 - seen[from].1).div_euclid(DAY * 1_000_000_000);
        assert_eq!(seen.len(), 3);
        assert_eq!((days(0, 1), days(1, 2)), (-1, 2));
        for pair in seen.windows(2) {
            let (before, after) = (&pair[0].0, &pair[1].0);
            assert_eq!(before.sequence + 1, after.sequence);
            let distance = after.recording_nanos.checked_sub(before.recording_nanos).unwrap();
            assert!(distance < DAY as u64 * 1_000_000_000, "{distance}");
        }
    },
};
