//! What wakes the writer thread, also from a signal handler.
//!
//! A condition variable cannot be signalled from a handler, and a pipe can be closed by a program that closes whatever
//! it did not open. So this is a word that the kernel waits on.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Counts how often it was rung; nothing is lost between a look and a wait.
#[derive(Debug)]
pub(crate) struct Doorbell(AtomicU32);

/// How often a bell had been rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rings(u32);

impl Doorbell {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Wakes whoever waits. Async-signal-safe: an addition and a system call, and `errno` is kept.
    pub(crate) fn ring(&self) {
        // Release: pairs with `rings`, so that whoever sees the ring sees what it is about.
        self.0.fetch_add(1, Ordering::Release);
        // SAFETY: errno is a thread local of libc that is always there.
        let errno = unsafe { libc::__errno_location() };
        // SAFETY: as above; it is valid for reads as long as the thread lives.
        let before = unsafe { errno.read() };
        // SAFETY: the word is valid as long as `self`; waking reads nothing.
        unsafe { libc::syscall(libc::SYS_futex, self.0.as_ptr(), WAKE, i32::MAX) };
        // SAFETY: as above; valid for writes.
        unsafe { errno.write(before) };
    }

    /// To be asked before looking for work, so that [`Self::wait`] returns at once for work that came meanwhile.
    pub(crate) fn rings(&self) -> Rings {
        // Acquire: see `ring`.
        Rings(self.0.load(Ordering::Acquire))
    }

    /// Waits until the bell is rung once more than `seen`, at most `patience`, and sometimes for less.
    pub(crate) fn wait(&self, seen: Rings, patience: Duration) {
        let time = libc::timespec {
            tv_sec: libc::time_t::try_from(patience.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: libc::c_long::from(patience.subsec_nanos().cast_signed()),
        };
        // SAFETY: the word is valid as long as `self`, and the time, counted by the monotonic clock, for the call.
        unsafe { libc::syscall(libc::SYS_futex, self.0.as_ptr(), WAIT, seen.0, &raw const time) };
    }
}

const WAIT: libc::c_int = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
const WAKE: libc::c_int = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    /// For ever, as far as a test is concerned.
    const LONG: Duration = Duration::from_secs(600);

    #[test]
    fn a_ring_between_the_look_and_the_wait_is_not_lost() {
        let bell = Doorbell::new();
        let seen = bell.rings();
        bell.ring();
        let begun = Instant::now();
        bell.wait(seen, LONG);
        assert!(begun.elapsed() < LONG / 2);
        assert_ne!(bell.rings(), seen);
        bell.wait(bell.rings(), Duration::from_millis(1));
        assert!(begun.elapsed() >= Duration::from_millis(1));
    }

    #[test]
    fn a_ring_wakes_a_waiter_and_keeps_errno() {
        let bell = &Doorbell::new();
        let begun = Instant::now();
        std::thread::scope(|scope| {
            let seen = bell.rings();
            let waiter = scope.spawn(move || {
                while bell.rings() == seen {
                    bell.wait(seen, LONG);
                }
            });
            while !waiter.is_finished() {
                // SAFETY: errno is a thread local of libc that is always there.
                let errno = unsafe { libc::__errno_location() };
                // SAFETY: as above.
                unsafe { errno.write(4321) };
                bell.ring();
                // SAFETY: as above.
                assert_eq!(unsafe { errno.read() }, 4321);
            }
        });
        assert!(begun.elapsed() < LONG / 2);
    }

    /// A time that the kernel's type can hardly say is a long one, and no error that makes the wait a loop.
    #[test]
    fn the_longest_wait_is_one() {
        let bell = &Doorbell::new();
        std::thread::scope(|scope| {
            let seen = bell.rings();
            let waiter = scope.spawn(move || bell.wait(seen, Duration::MAX));
            std::thread::sleep(Duration::from_millis(20));
            assert!(!waiter.is_finished());
            while !waiter.is_finished() {
                bell.ring();
            }
        });
    }
}
