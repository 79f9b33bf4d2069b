//! Clocks of the processor, and the core to run on.

use std::mem::MaybeUninit;

/// CPU time of the calling thread.
pub(crate) fn thread_cpu_ns() -> u64 {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// CPU time of all threads of this process.
pub fn process_cpu_ns() -> u64 {
    read(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// CPU time of another thread of this process; `None` once it is gone.
pub(crate) fn cpu_ns_of(thread: libc::pid_t) -> Option<u64> {
    /// The kernel's number for "the scheduler's clock of this thread": CPUCLOCK_SCHED and CPUCLOCK_PERTHREAD_MASK.
    const SCHEDULER_OF_THREAD: libc::clockid_t = 2 | 4;
    try_read((!thread << 3) | SCHEDULER_OF_THREAD)
}

fn read(clock: libc::clockid_t) -> u64 {
    try_read(clock).expect("Linux has this clock")
}

fn try_read(clock: libc::clockid_t) -> Option<u64> {
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: the pointer is to a timespec that may be written.
    let result = unsafe { libc::clock_gettime(clock, time.as_mut_ptr()) };
    if result != 0 {
        return None;
    }
    // SAFETY: the call succeeded, so it is filled.
    let time = unsafe { time.assume_init() };
    Some(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

/// Keeps the calling thread, and those it starts, on one core. Where that is not allowed the figures are noisier.
pub fn pin(core: usize) {
    // SAFETY: a set of cores is plain data, for which all zeros is the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: changes a bit of the set; libc checks that the core is within it.
    unsafe { libc::CPU_SET(core, &mut set) };
    // SAFETY: the set is as large as said, and 0 is the calling thread.
    unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) };
}

/// What has happened to the calling thread since it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Switches {
    /// It was taken off its core because another was to run.
    pub(crate) preempted: i64,
    /// It gave its core away, since it had to wait: for a lock, or for a page of a file.
    pub(crate) waited: i64,
}

pub(crate) fn switches() -> Switches {
    let mut usage = MaybeUninit::<libc::rusage>::uninit();
    // SAFETY: the pointer is to an rusage that may be written.
    let result = unsafe { libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr()) };
    if result != 0 {
        return Switches { preempted: 0, waited: 0 };
    }
    // SAFETY: the call succeeded, so it is filled.
    let usage = unsafe { usage.assume_init() };
    Switches { preempted: usage.ru_nivcsw, waited: usage.ru_nvcsw }
}
