//! Code that runs when the process starts, exits or forks.

use std::sync::atomic::{AtomicBool, Ordering};

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

/// From now on [`is_forked_child`] tells parent and child apart.
pub(crate) fn watch_forks() {
    extern "C" fn in_child() {
        // Relaxed: the child has one thread. A store is all that may be done between fork and exec.
        IS_CHILD.store(true, Ordering::Relaxed);
    }
    // SAFETY: the handler stays loaded as long as the process lives, and is async-signal-safe: it stores one flag.
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
}

/// Whether the process was forked off a recording one: it has neither the writer thread nor a say in the directory.
pub(crate) fn is_forked_child() -> bool {
    IS_CHILD.load(Ordering::Relaxed)
}
