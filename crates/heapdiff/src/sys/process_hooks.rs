//! Code that runs when the process starts, exits or forks.

use super::{memory, modules, signals};
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, Ordering};
use std::sync::{Once, OnceLock};

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

/// Id of the process that records, in a page that a child does not inherit; null before [`watch_forks`].
static PROCESS: AtomicPtr<AtomicU32> = AtomicPtr::new(std::ptr::null_mut());

/// What stands there in a child.
const IN_CHILD: u32 = 0;

/// From now on [`is_forked_child`] and [`has_writer`] tell parent and child apart, and this process is the one that
/// records.
pub(crate) fn watch_forks() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The kernel wipes the page in every child with memory of its own, also in one that was made without the C
        // library. Where it cannot (before Linux 4.14, or in an emulator), the C library's handler does.
        static INHERITED: AtomicU32 = AtomicU32::new(IN_CHILD);
        let page = memory::map_wiped_in_children().unwrap_or(&INHERITED);
        // Release: whoever sees the page sees that it is zero.
        PROCESS.store(std::ptr::from_ref(page).cast_mut(), Ordering::Release);
        // SAFETY: the handlers stay loaded as long as the process lives. Between `fork` and `exec` nothing but what is
        // async-signal-safe may be done: words are stored, a file is closed, and a thread is started only where
        // `follow_forks` was called.
        unsafe {
            libc::pthread_atfork(Some(modules::lock_loader), Some(modules::unlock_loader), Some(in_child))
        };
    });
    if let Some(process) = process() {
        // Relaxed: read as a mark, for which nothing else has to be visible.
        process.store(std::process::id(), Ordering::Relaxed);
    }
}

unsafe extern "C" fn in_child() {
    modules::unlock_loader();
    // Relaxed: the child has one thread, and it sees what its parent's forking thread saw.
    let file = NOT_FOR_CHILDREN.swap(-1, Ordering::Relaxed);
    if file >= 0 {
        // SAFETY: the child's copy of a file that the parent has open; whoever owns it there does nothing in the child.
        unsafe { libc::close(file) };
    }
    if let Some(process) = process() {
        // Relaxed: the child has one thread.
        process.store(IN_CHILD, Ordering::Relaxed);
    }
    // Relaxed: as above.
    if FOLLOWS.load(Ordering::Relaxed) {
        start_follower();
    }
}

/// A file that a forked child lets go of at once; -1 for none. A lock on a file is held as long as anybody has it open.
static NOT_FOR_CHILDREN: AtomicI32 = AtomicI32::new(-1);

/// Has a forked child close this file, and no longer the one that was named before.
pub(crate) fn close_in_child(file: Option<RawFd>) {
    // Relaxed: a child has one thread, and it sees what its parent's forking thread saw.
    NOT_FOR_CHILDREN.store(file.unwrap_or(-1), Ordering::Relaxed);
}

/// Whether a child that is forked off goes on by itself.
static FOLLOWS: AtomicBool = AtomicBool::new(false);

/// What a child runs that goes on by itself.
static FOLLOW: OnceLock<fn()> = OnceLock::new();

/// Has every child that is forked off from now on run `follow` on a thread of its own, or no longer.
pub(crate) fn follow_forks(does_follow: bool, follow: fn()) {
    let _ = FOLLOW.set(follow);
    // Release: whoever sees it sees the function.
    FOLLOWS.store(does_follow, Ordering::Release);
}

/// Starts the child's follower without allocating from the program's allocator, which may not be ready after a fork
/// yet.
fn start_follower() {
    extern "C" fn run(_nothing: *mut libc::c_void) -> *mut libc::c_void {
        if let Some(follow) = FOLLOW.get() {
            follow();
        }
        std::ptr::null_mut()
    }
    signals::blocked(|| {
        let mut thread = std::mem::MaybeUninit::<libc::pthread_t>::uninit();
        // SAFETY: `thread` is valid for writes, there are no attributes, and `run` takes nothing.
        let result =
            unsafe { libc::pthread_create(thread.as_mut_ptr(), std::ptr::null(), run, std::ptr::null_mut()) };
        if result == 0 {
            // SAFETY: written by the successful call above.
            let thread = unsafe { thread.assume_init() };
            // SAFETY: the thread was just started, and nobody joins it.
            unsafe { libc::pthread_detach(thread) };
        }
    });
}

#[inline]
fn process() -> Option<&'static AtomicU32> {
    // Acquire: see `watch_forks`.
    let page = PROCESS.load(Ordering::Acquire);
    // SAFETY: null, or a word that stays mapped as long as the process lives.
    unsafe { page.as_ref() }
}

/// Whether the process was forked off a recording one: it has neither the writer thread nor a say in the directory, and
/// must not touch tables that it shares with its parent. Two loads and a comparison.
#[inline]
pub(crate) fn is_forked_child() -> bool {
    // Relaxed: a process does not become a child while it runs.
    process().is_some_and(|process| process.load(Ordering::Relaxed) == IN_CHILD)
}

/// Whether this is the recording process itself and not a child of it. Unlike [`is_forked_child`] it makes a system
/// call, and it also tells a child apart that runs in its parent's memory, as after `vfork`.
pub(crate) fn has_writer() -> bool {
    // Relaxed: as above.
    process().is_some_and(|process| process.load(Ordering::Relaxed) == std::process::id())
}

/// Writes to stderr, as far as it can be written to.
pub(crate) fn write_to_stderr(line: &[u8]) {
    // SAFETY: the bytes are valid for reads of their length.
    unsafe { libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), line.len()) };
}

/// Whether the program runs with rights that whoever started it does not have (set-user-id, file capabilities): then
/// its environment must not name files.
pub(crate) fn has_raised_rights() -> bool {
    // SAFETY: getauxval only reads what the kernel handed to the process.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}
