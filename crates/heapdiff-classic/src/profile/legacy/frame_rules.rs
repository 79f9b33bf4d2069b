//! Which frames of an older profile are the profiler's own or the allocator's.
//!
//! The expressions are shown by `-raw` and written by `-proto`, so their text and order are pprof's.

use super::super::model::Profile;

/// Sets `drop_frames` and `keep_frames` by the types of the values.
pub(super) fn add(profile: &mut Profile) {
    let kinds: Vec<&str> = profile.sample_types.iter().map(|kind| profile.text(kind.kind)).collect();
    let (drop, keep) = match kinds.as_slice() {
        ["allocations", "size"]
        | ["objects", "space"]
        | ["inuse_objects", "inuse_space"]
        | ["alloc_objects", "alloc_space"]
        | ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"] => {
            (ALLOCATION.join("|"), AMID_ALLOCATION.join("|"))
        }
        ["contentions", "delay"] => (LOCKS.join("|"), String::new()),
        _ => (CPU_PROFILER.join("|"), String::new()),
    };
    profile.drop_frames = profile.strings.intern(&drop);
    profile.keep_frames = profile.strings.intern(&keep);
}

/// Allocators: of the C library, tcmalloc, macOS, Go, and some C++ libraries.
#[rustfmt::skip]
const ALLOCATION: [&str; 49] = [
    "calloc", "cfree", "malloc", "free", "memalign", "do_memalign", "(__)?posix_memalign", "pvalloc", "valloc",
    "realloc",
    "tcmalloc::.*", "tc_calloc", "tc_cfree", "tc_malloc", "tc_free", "tc_memalign", "tc_posix_memalign", "tc_pvalloc",
    "tc_valloc", "tc_realloc", "tc_new", "tc_delete", "tc_newarray", "tc_deletearray", "tc_new_nothrow",
    "tc_newarray_nothrow",
    "malloc_zone_malloc", "malloc_zone_calloc", "malloc_zone_valloc", "malloc_zone_realloc", "malloc_zone_memalign",
    "malloc_zone_free",
    r"runtime\..*",
    "BaseArena::.*", "(::)?do_malloc_no_errno", "(::)?do_malloc_pages", "(::)?do_malloc", "DoSampledAllocation",
    "MallocedMemBlock::MallocedMemBlock", "_M_allocate", "__builtin_(vec_)?delete", "__builtin_(vec_)?new",
    "__gnu_cxx::new_allocator::allocate", "__libc_malloc", "__malloc_alloc_template::allocate", "allocate",
    "cpp_alloc", r"operator new(\[\])?", "simple_alloc::allocate",
];

/// Frames of Go's runtime that stand amid a stack.
const AMID_ALLOCATION: [&str; 3] = [r"runtime\.panic", r"runtime\.reflectcall", r"runtime\.call[0-9]*"];

/// The signal handler of a CPU profiler.
const CPU_PROFILER: [&str; 5] = [
    "ProfileData::Add",
    "ProfileData::prof_handler",
    "CpuProfiler::prof_handler",
    "__pthread_sighandler",
    "__restore",
];

/// Locks, and what notes that they were contended.
#[rustfmt::skip]
const LOCKS: [&str; 17] = [
    "RecordLockProfileData", "(base::)?RecordLockProfileData.*", "(base::)?SubmitMutexProfileData.*",
    "(base::)?SubmitSpinLockProfileData.*",
    "(base::Mutex::)?AwaitCommon.*", "(base::Mutex::)?Unlock.*", "(base::Mutex::)?UnlockSlow.*",
    "(base::Mutex::)?ReaderUnlock.*", "(base::MutexLock::)?~MutexLock.*",
    "(Mutex::)?AwaitCommon.*", "(Mutex::)?Unlock.*", "(Mutex::)?UnlockSlow.*", "(Mutex::)?ReaderUnlock.*",
    "(MutexLock::)?~MutexLock.*",
    "(SpinLock::)?Unlock.*", "(SpinLock::)?SlowUnlock.*", "(SpinLockHolder::)?~SpinLockHolder.*",
];
