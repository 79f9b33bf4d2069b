//! Processor time, and time since some moment in the past.

use std::time::Duration;

/// Processor time that all threads of the process have used, those that have ended included.
pub(crate) fn process_time() -> Duration {
    read(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// Processor time that the calling thread has used.
pub(crate) fn thread_time() -> Duration {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// Nanoseconds by a clock that does not jump.
pub(crate) fn nanos() -> u64 {
    u64::try_from(read(libc::CLOCK_MONOTONIC).as_nanos()).unwrap_or(u64::MAX)
}

/// As [`nanos`], at a quarter of the cost: behind by some milliseconds.
pub(crate) fn nanos_coarsely() -> u64 {
    u64::try_from(read(libc::CLOCK_MONOTONIC_COARSE).as_nanos()).unwrap_or(u64::MAX)
}

fn read(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is valid for writes. These clocks are always there, and an error would leave the time at 0.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_has_used_a_part_of_what_the_process_has() {
        let mut sum = 0u64;
        while thread_time() == Duration::ZERO {
            sum = std::hint::black_box(sum + 1);
        }
        let own = thread_time();
        assert!(Duration::ZERO < own && own <= process_time());
    }
}
