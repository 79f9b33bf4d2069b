//! Stack traces reach to the root, and say so where they do not.

use crate::support::{Case, Ran};
use std::hint::black_box;

#[inline(never)]
fn deep(levels: usize, kept: &mut Vec<Vec<u8>>) {
    if levels == 0 {
        kept.push(bottom());
    } else {
        deep(black_box(levels - 1), kept);
    }
    black_box(levels);
}

#[inline(never)]
fn bottom() -> Vec<u8> {
    black_box(vec![1; 12_345])
}

fn frames_of_bottom(ran: &Ran, snapshot: usize) -> (Vec<String>, heapdiff_profile::StackQuality) {
    let snapshots = ran.snapshots();
    let snapshot = &snapshots[snapshot];
    let samples = snapshot.0.samples.iter();
    let mut stacks = samples
        .map(|sample| snapshot.frames(sample).iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        .filter(|frames| frames.iter().any(|name| name.ends_with("bottom")));
    (stacks.next().expect("the block is recorded"), snapshot.metadata().stacks)
}

/// 200 nested calls, on a thread of its own and through closures of std.
pub(crate) const DEEP: Case = Case {
    name: "a_stack_of_200_calls_is_whole",
    environment: &[],
    inside: || {
        let profiler = heapdiff::Profiler::builder().dir("profiles").period(1).start().unwrap();
        let mut kept = Vec::new();
        std::thread::scope(|scope| {
            scope.spawn(|| deep(200, &mut kept));
        });
        profiler.snapshot().unwrap();
        black_box(kept);
    },
    check: |ran: &Ran| {
        let (frames, quality) = frames_of_bottom(ran, 0);
        assert_eq!(frames.iter().filter(|name| name.ends_with("deep")).count(), 201);
        assert!(frames.iter().any(|name| name.contains("thread_start")), "the root is there: {frames:?}");
        assert_eq!((quality.truncated, quality.failed), (0, 0), "{quality:?}");
    },
};

/// A stack beyond the limit keeps its leaf side and is counted.
pub(crate) const TOO_DEEP: Case = Case {
    name: "a_stack_beyond_the_limit_is_cut_and_counted",
    environment: &[],
    inside: || {
        let profiler = heapdiff::Profiler::builder().dir("profiles").period(1).start().unwrap();
        let mut kept = Vec::with_capacity(1);
        deep(1000, &mut kept);
        profiler.snapshot().unwrap();
        black_box(kept);
    },
    check: |ran: &Ran| {
        let (frames, quality) = frames_of_bottom(ran, 0);
        let deep = frames.iter().filter(|name| name.ends_with("deep")).count();
        assert!((128..1001).contains(&deep), "{deep}");
        assert_eq!(quality.truncated, 1);
    },
};

/// A fiber by hand: its memory is cut in half between two samples, so the stack that the first one saw is no longer
/// there up to its end. The tables describe the switching function as if it were on one stack, so walks go beyond the
/// fiber's first word.
#[cfg(target_arch = "x86_64")]
pub(crate) const FIBER: Case = Case {
    name: "a_stack_that_got_shorter_is_not_read_beyond_its_end",
    environment: &[],
    inside: || {
        const LENGTH: usize = 256 << 10;
        let profiler = heapdiff::Profiler::builder().dir("profiles").period(1).start().unwrap();
        let access = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping where the kernel likes it touches no existing memory.
        let memory = unsafe { libc::mmap(std::ptr::null_mut(), LENGTH, access.0, access.1, -1, 0) };
        let top = memory.cast::<u8>().wrapping_add(LENGTH / 2);
        on_stack(top);
        // SAFETY: nobody uses the upper half.
        assert_eq!(unsafe { libc::munmap(top.cast(), LENGTH / 2) }, 0);
        on_stack(top);
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        assert_eq!(ran.snapshots()[0].of("on_a_fiber").alloc_objects, 2);
    },
};

#[cfg(target_arch = "x86_64")]
extern "C" fn on_a_fiber() {
    drop(black_box(vec![1u8; 777]));
}

#[cfg(target_arch = "x86_64")]
#[inline(never)]
fn on_stack(top: *mut u8) {
    // SAFETY: below `top` there are 128 KiB that nobody else uses; the stack pointer is put back, and what a call may
    // change is declared.
    unsafe {
        std::arch::asm!(
            "mov r12, rsp",
            "mov rsp, {top}",
            "call {function}",
            "mov rsp, r12",
            top = in(reg) top,
            function = sym on_a_fiber,
            out("r12") _,
            clobber_abi("C"),
        );
    }
}

/// A library that is loaded after one recording and before the next is walked through all the same. It has another use
/// for the frame pointer, so that nothing but its own tables leads out of it.
#[cfg(target_arch = "x86_64")]
pub(crate) const LOADED_BETWEEN: Case = Case {
    name: "a_library_loaded_between_two_recordings_is_walked_through",
    environment: &[],
    inside: || {
        let builder = || heapdiff::Profiler::builder().dir("profiles").period(1);
        drop(builder().start().unwrap());
        let source = "int through(int (*f)(void)) { __asm__ volatile(\"mov $8, %%rbp\" ::: \"rbp\"); return f() + 1; }";
        std::fs::write("through.c", source).unwrap();
        let arguments =
            ["-shared", "-fPIC", "-O1", "-fomit-frame-pointer", "-o", "libthrough.so", "through.c"];
        assert!(std::process::Command::new("cc").args(arguments).status().unwrap().success());
        // SAFETY: the library runs no code of its own when it is loaded.
        let library = unsafe { libc::dlopen(c"./libthrough.so".as_ptr(), libc::RTLD_NOW) };
        // SAFETY: the library is open, or null, which means all libraries.
        let through = unsafe { libc::dlsym(library, c"through".as_ptr()) };
        assert!(!library.is_null() && !through.is_null());
        // SAFETY: this is its type in the source above.
        let through: extern "C" fn(extern "C" fn() -> i32) -> i32 = unsafe { std::mem::transmute(through) };
        let profiler = builder().start().unwrap();
        black_box(through(called_back));
        drop(profiler);
    },
    check: |ran: &Ran| {
        let (frames, quality) = frames_of_bottom(ran, 1);
        assert_eq!((quality.truncated, quality.failed), (0, 0));
        let place = |name: &str| frames.iter().position(|frame| frame.ends_with(name));
        assert!(place("called_back").is_some() && place("called_back") < place("main"), "{frames:?}");
    },
};

#[cfg(target_arch = "x86_64")]
extern "C" fn called_back() -> i32 {
    std::mem::forget(bottom());
    1
}
