//! What is machinery, as tables: [`FrameKind`] says how they are used and which comes first.

use crate::frame_kind::FrameKind;

/// Paths of functions and types that allocate for everybody. `__rustc` is the crate that rustc puts the shims of
/// `#[global_allocator]` into; with the v0 mangling its name may carry a hash in brackets.
pub(crate) const RUST_ALLOCATOR_PREFIXES: &[&str] = &[
    "__rust_alloc",
    "__rust_realloc",
    "__rust_dealloc",
    "__rdl_",
    "__rg_",
    "__rustc::",
    "__rustc[",
    "heapdiff::",
    "heapdiff_recorder::",
    "heapdiff_unwind::",
    "tikv_jemallocator::",
    "tikv_jemalloc_sys::",
    "jemallocator::",
    "mimalloc::",
    "snmalloc_rs::",
];

/// The same of allocators that are written in C or C++. Only for frames whose file is not Rust's: without full debug
/// information an inlined function goes by its bare name, and anything may be called `je_suis`.
pub(crate) const C_ALLOCATOR_PREFIXES: &[&str] = &[
    "_rjem_",
    "je_",
    "mi_malloc",
    "mi_zalloc",
    "mi_calloc",
    "mi_realloc",
    "mi_heap_",
    "tcmalloc::",
    "tc_malloc",
    "tc_calloc",
    "tc_realloc",
    "tc_memalign",
    "tc_new",
    "operator new",
    "operator delete",
];

/// The C library's family of allocation functions, by whole name. Not for Rust's files either.
pub(crate) const C_ALLOCATOR_FUNCTIONS: &[&str] = &[
    "malloc",
    "calloc",
    "realloc",
    "reallocarray",
    "free",
    "cfree",
    "memalign",
    "aligned_alloc",
    "posix_memalign",
    "valloc",
    "pvalloc",
    "mallocx",
    "rallocx",
    "xallocx",
    "dallocx",
    "sdallocx",
    "_int_malloc",
    "_int_realloc",
    "sysmalloc",
    "tcache_init",
    "__libc_malloc",
    "__libc_calloc",
    "__libc_realloc",
    "__libc_memalign",
];

/// What calls `main` or a thread's start routine, in the C library. Not for Rust's files either: there `clone` is a
/// derived method.
pub(crate) const C_THREAD_START_FUNCTIONS: &[&str] = &[
    "_start",
    "start_thread",
    "__rust_try",
    "clone",
    "clone3",
    "__clone",
    "__clone3",
    "__GI___clone",
    "__GI___clone3",
    "__libc_start_main",
    "__libc_start_main_impl",
    "__libc_start_call_main",
    "thread_start",
    "_pthread_start",
];

/// Mapped files of which an address without symbols is machinery.
pub(crate) const MAPPING_PREFIXES: &[(&str, FrameKind)] = &[
    ("libjemalloc", FrameKind::Allocator),
    ("libtcmalloc", FrameKind::Allocator),
    ("libmimalloc", FrameKind::Allocator),
    ("libc.so", FrameKind::ThreadStart),
    ("libc-", FrameKind::ThreadStart),
    ("libpthread", FrameKind::ThreadStart),
    ("ld-linux", FrameKind::ThreadStart),
    ("ld-musl", FrameKind::ThreadStart),
    ("libstdc++", FrameKind::Library),
];

/// Files below `library/` of the Rust sources that only pass requests on to the allocator.
pub(crate) const STANDARD_ALLOCATOR_FILES: &[&str] =
    &["alloc/src/alloc.rs", "std/src/alloc.rs", "core/src/alloc/"];

/// Files below `library/` of the Rust sources that say no more than that something is kept in a container.
pub(crate) const STANDARD_CONTAINER_FILES: &[&str] = &["alloc/", "core/", "deps/", "std/src/collections/"];

/// Files below `library/` of the Rust sources that call `main` or a thread's closure.
pub(crate) const STANDARD_START_FILES: &[&str] = &[
    "std/src/rt.rs",
    "std/src/panic",
    "std/src/sys/backtrace.rs",
    "std/src/sys/thread/",
    "std/src/sys/pal/unix/thread.rs",
];

/// Packages that are machinery: their name, the parts of `src/` that are (all if none), and of which kind.
///
/// Of tokio, channels, timers and sockets are not: who allocates or waits in those is worth a name. What they are made of
/// is.
pub(crate) const PACKAGE_RULES: &[(&str, &[&str], FrameKind)] = &[
    ("hashbrown", &[], FrameKind::Library),
    ("heapdiff", &[], FrameKind::Allocator),
    ("heapdiff-recorder", &[], FrameKind::Allocator),
    ("heapdiff-unwind", &[], FrameKind::Allocator),
    ("tikv-jemallocator", &[], FrameKind::Allocator),
    ("tikv-jemalloc-sys", &[], FrameKind::Allocator),
    ("jemallocator", &[], FrameKind::Allocator),
    ("dhat", &[], FrameKind::Allocator),
    ("mimalloc", &[], FrameKind::Allocator),
    ("libmimalloc-sys", &[], FrameKind::Allocator),
    ("tokio", &["runtime/", "task/", "util/", "loom/", "future/", "park"], FrameKind::Executor),
    ("tokio", &["sync/task/", "sync/mpsc/chan.rs", "sync/mpsc/list.rs"], FrameKind::Executor),
    ("tokio", &["sync/mpsc/block.rs", "sync/batch_semaphore.rs", "io/poll_evented.rs"], FrameKind::Executor),
    ("tokio-util", &["task/"], FrameKind::Executor),
    ("futures-core", &[], FrameKind::Executor),
    ("futures-executor", &[], FrameKind::Executor),
    ("futures-lite", &[], FrameKind::Executor),
    ("futures-task", &[], FrameKind::Executor),
    ("futures-util", &[], FrameKind::Executor),
    ("async-executor", &[], FrameKind::Executor),
    ("async-std", &["rt/", "task/"], FrameKind::Executor),
    ("async-task", &[], FrameKind::Executor),
    ("smol", &[], FrameKind::Executor),
    ("rayon", &[], FrameKind::Executor),
    ("rayon-core", &[], FrameKind::Executor),
    ("tracing", &["instrument.rs"], FrameKind::Executor),
];

/// Packages of channels, locks, timers and sockets: of a task that waits, who waits is worth more than for what.
pub(crate) const WAITING_PACKAGES: &[&str] = &[
    "tokio",
    "tokio-util",
    "tokio-stream",
    "futures",
    "futures-channel",
    "async-channel",
    "async-io",
    "async-lock",
    "event-listener",
    "flume",
    "kanal",
    "pin-project",
    "pin-project-lite",
];

/// The same as a name tells it.
pub(crate) const WAITING_PREFIXES: &[&str] = &[
    "tokio::",
    "tokio_util::",
    "tokio_stream::",
    "futures_channel::",
    "async_channel::",
    "async_io::",
    "async_lock::",
    "event_listener",
    "flume::",
    "kanal::",
];

/// Paths that are machinery, where no file is known. The same as above, as a name tells it.
pub(crate) const NAME_RULES: &[(&str, FrameKind)] = &[
    ("alloc::alloc::", FrameKind::Allocator),
    ("core::alloc::", FrameKind::Allocator),
    ("std::alloc::", FrameKind::Allocator),
    ("std::rt::", FrameKind::ThreadStart),
    ("std::sys::backtrace::", FrameKind::ThreadStart),
    ("std::sys::thread::", FrameKind::ThreadStart),
    ("std::panic", FrameKind::ThreadStart),
    ("std::collections::", FrameKind::Library),
    ("std::", FrameKind::Runtime),
    ("core::", FrameKind::Library),
    ("alloc::", FrameKind::Library),
    ("__gnu_cxx::", FrameKind::Library),
    ("hashbrown::", FrameKind::Library),
    ("tokio::runtime::", FrameKind::Executor),
    ("tokio::task::", FrameKind::Executor),
    ("tokio::util::", FrameKind::Executor),
    ("tokio::loom::", FrameKind::Executor),
    ("tokio::future::", FrameKind::Executor),
    ("tokio::park", FrameKind::Executor),
    ("tokio::sync::task::", FrameKind::Executor),
    ("tokio::sync::mpsc::chan::", FrameKind::Executor),
    ("tokio::sync::mpsc::list::", FrameKind::Executor),
    ("tokio::sync::mpsc::block::", FrameKind::Executor),
    ("tokio::sync::batch_semaphore::", FrameKind::Executor),
    ("tokio::io::poll_evented::", FrameKind::Executor),
    ("tokio_util::task::", FrameKind::Executor),
    ("futures_core::", FrameKind::Executor),
    ("futures_executor::", FrameKind::Executor),
    ("futures_lite::", FrameKind::Executor),
    ("futures_task::", FrameKind::Executor),
    ("futures_util::", FrameKind::Executor),
    ("async_executor::", FrameKind::Executor),
    ("async_std::rt::", FrameKind::Executor),
    ("async_std::task::", FrameKind::Executor),
    ("async_task::", FrameKind::Executor),
    ("smol::", FrameKind::Executor),
    ("rayon::", FrameKind::Executor),
    ("rayon_core::", FrameKind::Executor),
    ("tracing::instrument::", FrameKind::Executor),
];

/// Folders of sources that allocate for everybody, wherever they lie: jemalloc's, and heapdiff's own when it is built
/// from a checkout.
pub(crate) const ALLOCATOR_FOLDERS: &[&str] = &[
    "/jemalloc/src/",
    "/jemalloc/include/",
    "/build/tikv-jemalloc-sys-",
    "/build/jemalloc-sys-",
    "/crates/heapdiff/src/",
    "/crates/heapdiff-recorder/src/",
    "/crates/heapdiff-unwind/src/",
];
