//! Keeps the program's signals away from the thread that writes snapshots, and the deadly signal of a pipe that nobody
//! reads away from the program.

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
