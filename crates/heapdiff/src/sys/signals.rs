//! Keeps the program's signals away from the thread that writes snapshots, and the deadly signal of a pipe that nobody
//! reads away from the program; and hears the one signal that asks for a snapshot.

use super::doorbell::Doorbell;
use crate::settings::Signal;
use std::io;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// Why a signal is not heard.
#[derive(Debug)]
pub(crate) enum NotHeard {
    /// The program, or whoever started it, has said what it does.
    HasHandler,
    /// The system refuses.
    Refused(io::Error),
}

/// The bell that the handler rings. Async-signal-safe to read, and never taken away.
static BELL: AtomicPtr<Doorbell> = AtomicPtr::new(std::ptr::null_mut());

/// Signals that asked for a snapshot so far.
static HEARD: AtomicU32 = AtomicU32::new(0);

/// How many signals have asked for a snapshot so far.
pub(crate) fn heard() -> u32 {
    // Relaxed: whoever was woken for it has seen the bell, which is rung with Release.
    HEARD.load(Ordering::Relaxed)
}

/// Has `signal` ring `bell` from now on, and for the rest of the process: a signal that once asked for a snapshot must
/// not kill the program because nobody records any more.
///
/// A handler of the program stays, and so does a signal that is ignored. One that the program sets later takes the
/// place of this one. Chaining them is not tried: whose turn it is cannot be told, and a snapshot can be asked for in
/// code.
pub(crate) fn ring_on(signal: Signal, bell: &'static Doorbell) -> Result<(), NotHeard> {
    // Release: the handler sees the bell.
    BELL.store(std::ptr::from_ref(bell).cast_mut(), Ordering::Release);
    let number = match signal {
        Signal::User1 => libc::SIGUSR1,
        Signal::User2 => libc::SIGUSR2,
    };
    if !may_take(disposition(number, None)?) {
        return Err(NotHeard::HasHandler);
    }
    // SAFETY: all zeros are a valid sigaction: no handler, no flags, no signals blocked.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler();
    // On the alternate stack if the program has one, and system calls that were interrupted go on.
    action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
    let before = disposition(number, Some(&action))?;
    if !may_take(before) {
        // Somebody was faster between the two calls.
        disposition(number, Some(&before))?;
        return Err(NotHeard::HasHandler);
    }
    Ok(())
}

extern "C" fn on_signal(_signal: libc::c_int) {
    HEARD.fetch_add(1, Ordering::Relaxed);
    // Acquire: see `ring_on`.
    let bell = BELL.load(Ordering::Acquire);
    // SAFETY: null, or a bell that lives as long as the process, of which only shared references exist.
    if let Some(bell) = unsafe { bell.as_ref() } {
        bell.ring();
    }
}

fn handler() -> libc::sighandler_t {
    on_signal as extern "C" fn(libc::c_int) as libc::sighandler_t
}

/// Whether a signal with this disposition is free, or ours from an earlier session.
fn may_take(action: libc::sigaction) -> bool {
    [libc::SIG_DFL, handler()].contains(&action.sa_sigaction)
}

/// Sets what a signal does, if that is given, and returns what it did.
fn disposition(number: libc::c_int, set: Option<&libc::sigaction>) -> Result<libc::sigaction, NotHeard> {
    // SAFETY: all zeros are a valid sigaction.
    let mut before: libc::sigaction = unsafe { std::mem::zeroed() };
    let set = set.map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: `set` is null or valid for reads, with a handler that stays loaded; `before` is valid for writes.
    let result = unsafe { libc::sigaction(number, set, &raw mut before) };
    if result == 0 { Ok(before) } else { Err(NotHeard::Refused(io::Error::last_os_error())) }
}

/// Runs `start` with all signals blocked, so that a thread started in it never runs a handler of the program, and a
/// write beyond a file size limit is an error there and no deadly signal.
pub(crate) fn blocked<T>(start: impl FnOnce() -> T) -> T {
    let mut all = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset initializes the set that it is handed; it fails only for an invalid pointer.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: `all` is initialized above and `before` is valid for writes.
    let changed = unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) } == 0;
    let result = start();
    if changed {
        // SAFETY: `before` was written by the successful call above.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
    }
    result
}

/// Runs `write` so that writing to a pipe that nobody reads is an error and no signal.
pub(crate) fn without_sigpipe(write: impl FnOnce()) {
    let mut set = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    let mut pending = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset initializes the set that it is handed; it fails only for an invalid pointer.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: the set is initialized above.
    unsafe { libc::sigaddset(set.as_mut_ptr(), libc::SIGPIPE) };
    // SAFETY: sigpending initializes the set that it is handed; it fails only for an invalid pointer.
    unsafe { libc::sigpending(pending.as_mut_ptr()) };
    // SAFETY: initialized by the call above.
    let was_pending = unsafe { libc::sigismember(pending.as_ptr(), libc::SIGPIPE) } == 1;
    // SAFETY: `set` is initialized above and `before` is valid for writes.
    let changed = unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), before.as_mut_ptr()) } == 0;
    write();
    if !changed {
        return;
    }
    if !was_pending {
        let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // The signal goes to the thread that wrote: it is taken here, if there is one.
        // SAFETY: the set is initialized above, nothing is asked about the signal, and the time is valid for reads.
        unsafe { libc::sigtimedwait(set.as_ptr(), std::ptr::null_mut(), &raw const now) };
    }
    // SAFETY: `before` was written by the successful call above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
}
