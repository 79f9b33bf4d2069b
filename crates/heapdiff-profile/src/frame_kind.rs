//! Whose code a frame is: the program's, or machinery that everybody's allocations pass through.
//!
//! Rules are tried in this order, and the first that matches decides:
//!
//! 1. **Names of allocators and of what starts threads**, whatever the file: the shims that `#[global_allocator]`
//!    makes carry the file and line of the user's `static`, and the C library may come with its own sources' names.
//! 2. **The file**, where it is known. Code of the standard library is compiled into every crate that uses it, and
//!    only the path tells `alloc::raw_vec::RawVec<my::T>::grow_one` from code that the user wrote. Neither does a
//!    type of the standard library in a name say that the standard library wrote the function: a user's
//!    `impl From<my::Id> for String` is `<alloc::string::String as core::convert::From<my::Id>>::from`.
//! 3. **The name**, where no file is known. A function belongs to machinery only if both its type and its trait do:
//!    `<my::T as core::clone::Clone>::clone` and `<alloc::vec::Vec<my::T> as my::Trait>::f` are `my`'s.

use crate::frame::Frame;
use crate::frame_rules as rules;
use crate::function_name::owners;

/// Whose code a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameKind {
    /// The program's and its libraries': shown.
    Program,
    /// An allocator, or heapdiff's wrapper around it.
    Allocator,
    /// What containers are made of: `alloc`, `core` and the hash tables of the standard library.
    Library,
    /// The rest of the standard library: threads, files, sockets, standard streams.
    Runtime,
    /// What polls futures and runs tasks.
    Executor,
    /// What runs before `main` or a thread's closure.
    ThreadStart,
}

impl FrameKind {
    /// Whose code `frame` is.
    pub(crate) fn of(frame: Frame<'_>) -> Self {
        let name = frame.function.split('@').next().unwrap_or_default();
        let owners = owners(name);
        if starts_with_any(owners.of_type, rules::RUST_ALLOCATOR_PREFIXES) {
            return Self::Allocator;
        }
        if !frame.file.ends_with(".rs")
            && let Some(kind) = Self::of_c_name(name)
        {
            return kind;
        }
        if !frame.file.is_empty() {
            return Self::of_file(frame.file);
        }
        // A `main` without a file is the C function that rustc makes; a C program's own has one.
        if name == "main" {
            return Self::ThreadStart;
        }
        if name.contains("+0x")
            && let Some((_, kind)) =
                rules::MAPPING_PREFIXES.iter().find(|(prefix, _)| name.starts_with(prefix))
        {
            return *kind;
        }
        let of_type = Self::of_path(owners.of_type);
        match owners.of_trait.map(Self::of_path) {
            None => of_type.unwrap_or(Self::Program),
            // A type without a path is a generic parameter, a primitive or made of those: the trait decides.
            Some(of_trait) if !owners.of_type.contains("::") => of_trait.unwrap_or(Self::Program),
            Some(of_trait) => of_type.filter(|_| of_trait.is_some()).unwrap_or(Self::Program),
        }
    }

    /// Whose code `frame` is in the stack of a task that waits. There, what it waits in is machinery too.
    pub(crate) fn of_waiting(frame: Frame<'_>) -> Self {
        let kind = Self::of(frame);
        let is_wait = || {
            let of_type = owners(frame.function).of_type;
            rules::WAITING_PACKAGES.iter().any(|package| in_package(frame.file, package).is_some())
                || starts_with_any(of_type, rules::WAITING_PREFIXES)
        };
        if kind == Self::Program && is_wait() { Self::Executor } else { kind }
    }

    fn of_c_name(name: &str) -> Option<Self> {
        if starts_with_any(name, rules::C_ALLOCATOR_PREFIXES) || rules::C_ALLOCATOR_FUNCTIONS.contains(&name)
        {
            return Some(Self::Allocator);
        }
        rules::C_THREAD_START_FUNCTIONS.contains(&name).then_some(Self::ThreadStart)
    }

    fn of_file(file: &str) -> Self {
        if let Some(inside) = in_standard_library(file) {
            return match inside {
                _ if starts_with_any(inside, rules::STANDARD_ALLOCATOR_FILES) => Self::Allocator,
                _ if starts_with_any(inside, rules::STANDARD_CONTAINER_FILES) => Self::Library,
                _ if starts_with_any(inside, rules::STANDARD_START_FILES) => Self::ThreadStart,
                _ => Self::Runtime,
            };
        }
        for &(package, modules, kind) in rules::PACKAGE_RULES {
            if let Some(inside) = in_package(file, package)
                && (modules.is_empty() || starts_with_any(inside, modules))
            {
                return kind;
            }
        }
        if rules::ALLOCATOR_FOLDERS.iter().any(|folder| file.contains(folder)) {
            return Self::Allocator;
        }
        Self::Program
    }

    fn of_path(path: &str) -> Option<Self> {
        rules::NAME_RULES.iter().find(|(prefix, _)| path.starts_with(prefix)).map(|&(_, kind)| kind)
    }
}

fn starts_with_any(text: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| text.starts_with(prefix))
}

/// The path below `library/` of a file of the Rust sources.
///
/// rustc names them `/rustc/<commit>/library/...`, distributions `/usr/src/rustc-1.90.0/library/...`, the `rust-src`
/// component `.../lib/rustlib/src/rust/library/...`, and reproducible builds may strip all before `library/`. What
/// the standard library itself depends on is built from `/rust/deps/`.
fn in_standard_library(file: &str) -> Option<&str> {
    if file.starts_with("/rust/deps/") {
        return Some("deps/");
    }
    let (before, inside) = match file.strip_prefix("library/") {
        Some(inside) => ("", inside),
        None => file.split_once("/library/")?,
    };
    let of_rust = before.is_empty() || before.contains("/rustc") || before.contains("/rustlib/src/");
    of_rust.then_some(inside)
}

/// The path below `src/` of a file of a package: `.../tokio-1.47.1/src/...` as cargo unpacks it, or
/// `.../tokio/src/...` where sources are vendored or checked out by cargo.
pub(crate) fn in_package<'a>(file: &'a str, package: &str) -> Option<&'a str> {
    let mut rest = file;
    while let Some(at) = rest.find(package) {
        let starts_folder = at == 0 || rest.as_bytes().get(at - 1) == Some(&b'/');
        rest = rest.get(at + package.len()..)?;
        if !starts_folder {
            continue;
        }
        let (folder_rest, below) = rest.split_once('/')?;
        let versioned = folder_rest
            .strip_prefix('-')
            .is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()));
        let fetched = folder_rest.is_empty() && (file.contains("/vendor/") || file.contains("/.cargo/"));
        if versioned || fetched {
            return below.strip_prefix("src/");
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(function: &str, file: &str) -> FrameKind {
        FrameKind::of(Frame { function, file, line: 1 })
    }

    const RUST: &str = "/rustc/0123456789abcdef0123456789abcdef01234567/library";
    const CARGO: &str = "/home/u/.cargo/registry/src/index-1949cf8c6b5b557f";

    #[test]
    fn the_file_decides_where_it_is_known() {
        for (function, file, expected) in [
            (
                "alloc::raw_vec::RawVec<my::T>::grow_one",
                format!("{RUST}/alloc/src/raw_vec/mod.rs"),
                FrameKind::Library,
            ),
            ("alloc::alloc::exchange_malloc", format!("{RUST}/alloc/src/alloc.rs"), FrameKind::Allocator),
            (
                "<alloc::string::String as core::convert::From<my::Id>>::from",
                "src/id.rs".into(),
                FrameKind::Program,
            ),
            ("core::ops::function::FnOnce::call_once", "/home/u/my/src/lib.rs".into(), FrameKind::Program),
            (
                "<my::T as alloc::slice::hack::ConvertVec>::to_vec",
                format!("{RUST}/alloc/src/slice.rs"),
                FrameKind::Library,
            ),
            (
                "hashbrown::raw::RawTable<T>::reserve_rehash",
                "/rust/deps/hashbrown-0.15.5/src/raw/mod.rs".into(),
                FrameKind::Library,
            ),
            (
                "hashbrown::map::HashMap<K,V>::insert",
                format!("{CARGO}/hashbrown-0.17.1/src/map.rs"),
                FrameKind::Library,
            ),
            ("std::thread::Builder::spawn", format!("{RUST}/std/src/thread/builder.rs"), FrameKind::Runtime),
            (
                "tokio::runtime::task::core::Cell<T,S>::new",
                format!("{CARGO}/tokio-1.47.1/src/runtime/task/core.rs"),
                FrameKind::Executor,
            ),
            (
                "tokio::sync::mpsc::list::Tx<T>::push",
                format!("{CARGO}/tokio-1.47.1/src/sync/mpsc/list.rs"),
                FrameKind::Executor,
            ),
            (
                "tokio::sync::mpsc::bounded::Receiver<T>::recv",
                format!("{CARGO}/tokio-1.47.1/src/sync/mpsc/bounded.rs"),
                FrameKind::Program,
            ),
            (
                "tokio::task::spawn::spawn",
                "/src/app/vendor/tokio/src/task/spawn.rs".into(),
                FrameKind::Executor,
            ),
            ("mine::run", "/home/u/tokio/src/task/mine.rs".into(), FrameKind::Program),
            ("my_tokio::run", format!("{CARGO}/my-tokio-1.0.0/src/runtime/a.rs"), FrameKind::Program),
            ("mine::core", "/home/u/library/core/src/lib.rs".into(), FrameKind::Program),
            (
                "je_malloc_default",
                "/b/tikv-jemalloc-sys/out/build/src/jemalloc.c".into(),
                FrameKind::Allocator,
            ),
            (
                "prof_backtrace_impl",
                "/b/target/release/build/tikv-jemalloc-sys-71d5ba755ae1b594/out/build/src/prof_sys.c".into(),
                FrameKind::Allocator,
            ),
            ("alloc", "dhat-0.3.3/src/lib.rs".into(), FrameKind::Allocator),
            ("alloc<A>", "/home/u/heapdiff/crates/heapdiff/src/hook.rs".into(), FrameKind::Allocator),
            ("alloc<A>", format!("{CARGO}/heapdiff-0.1.0/src/hook.rs"), FrameKind::Allocator),
        ] {
            assert_eq!(kind(function, &file), expected, "{function} in {file}");
        }
    }

    #[test]
    fn the_name_decides_where_no_file_is_known() {
        for (function, expected) in [
            ("<alloc::vec::Vec<my::T> as my::Trait>::f", FrameKind::Program),
            ("<my::T as core::clone::Clone>::clone", FrameKind::Program),
            ("<alloc::vec::Vec<my::T> as core::clone::Clone>::clone", FrameKind::Library),
            ("<alloc::vec::Vec<my::T>>::push", FrameKind::Library),
            ("alloc::raw_vec::RawVec<my::T>::grow_one", FrameKind::Library),
            ("<T as alloc::slice::hack::ConvertVec>::to_vec", FrameKind::Library),
            ("<(A, B) as my::Trait>::f", FrameKind::Program),
            ("<heapdiff::Allocator<A> as core::alloc::global::GlobalAlloc>::alloc", FrameKind::Allocator),
            ("std::thread::local::LocalKey<T>::with", FrameKind::Runtime),
            ("tokio::runtime::scheduler::multi_thread::worker::run", FrameKind::Executor),
            ("tokio::net::tcp::stream::TcpStream::connect", FrameKind::Program),
            ("main", FrameKind::ThreadStart),
            ("_start", FrameKind::ThreadStart),
            ("__libc_start_main@@GLIBC_2.34", FrameKind::ThreadStart),
            ("libc.so.6+0x29d90", FrameKind::ThreadStart),
            ("app+0x29d90", FrameKind::Program),
            ("core_affinity::set", FrameKind::Program),
            ("net/http.(*conn).serve", FrameKind::Program),
        ] {
            assert_eq!(kind(function, ""), expected, "{function}");
        }
    }

    #[test]
    fn shims_of_the_global_allocator_are_the_allocators_although_they_have_the_users_file() {
        for function in [
            "__rust_alloc",
            "__rg_alloc",
            "__rustc::__rust_alloc_zeroed",
            "__rustc[5224e6b81cd82a8f]::__rg_realloc",
        ] {
            assert_eq!(kind(function, "src/main.rs"), FrameKind::Allocator, "{function}");
        }
    }

    #[test]
    fn the_c_library_starts_threads_although_its_files_are_known() {
        assert_eq!(kind("start_thread", "./nptl/pthread_create.c"), FrameKind::ThreadStart);
        assert_eq!(kind("clone3", "../sysdeps/unix/sysv/linux/x86_64/clone3.S"), FrameKind::ThreadStart);
        assert_eq!(kind("main", "src/main.c"), FrameKind::Program, "a C program's own");
        for bare in ["main", "clone", "free", "je_suis"] {
            assert_eq!(
                kind(bare, "src/main.rs"),
                FrameKind::Program,
                "inlined, without full debug information"
            );
        }
    }
}
