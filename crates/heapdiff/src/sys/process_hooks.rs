//! Code that runs when the process starts, exits or forks.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Runs `at_start` before `main`. The macro's caller names a function without arguments.
macro_rules! run_before_main {
    ($function:path) => {
        // Sound: the section holds pointers to functions that the loader calls once, before `main`, with the C calling
        // convention; what they are called with beyond that is ignored by a function without parameters.
        #[used]
        #[unsafe(link_section = ".init_array")]
        static RUN_BEFORE_MAIN: extern "C" fn() = {
            extern "C" fn start() {
                $function();
            }
            start
        };
    };
}
pub(crate) use run_before_main;

/// Has `at_exit` called when the process exits by `exit` or by returning from `main`.
pub(crate) fn on_exit(at_exit: extern "C" fn()) {
    // SAFETY: the function stays loaded as long as the process lives.
    unsafe { libc::atexit(at_exit) };
}

/// Whether this process is a child that was forked off after [`watch_forks`].
static IS_CHILD: AtomicBool = AtomicBool::new(false);

/// Process id of the recording process; 0 before [`watch_forks`].
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// From now on [`is_forked_child`] and [`has_writer`] tell parent and child apart.
pub(crate) fn watch_forks() {
    static ONCE: Once = Once::new();
    extern "C" fn in_child() {
        // Relaxed: the child has one thread. A store is all that may be done between fork and exec.
        IS_CHILD.store(true, Ordering::Relaxed);
    }
    ONCE.call_once(|| {
        // Relaxed: of the child's own thread, or of this one.
        PROCESS.store(std::process::id(), Ordering::Relaxed);
        // SAFETY: the handler stays loaded as long as the process lives, and is async-signal-safe: it stores one flag.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
}

/// Whether the process was forked off a recording one: it has neither the writer thread nor a say in the directory.
#[inline]
pub(crate) fn is_forked_child() -> bool {
    IS_CHILD.load(Ordering::Relaxed)
}

/// Whether this is the recording process itself and not a child of it. Unlike [`is_forked_child`] it makes a system call,
/// and it also tells a child apart that was made without the C library's `fork`, so that no handler ran.
pub(crate) fn has_writer() -> bool {
    !is_forked_child() && PROCESS.load(Ordering::Relaxed) == std::process::id()
}

/// Whether the program runs with rights that whoever started it does not have (set-user-id, file capabilities): then its
/// environment must not name files.
pub(crate) fn has_raised_rights() -> bool {
    // SAFETY: getauxval only reads what the kernel handed to the process.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}
