//! The names of a stack's functions, looked up in this very process. It takes long, and is done for stacks that grow.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::found::FoundFrame;
use crate::recording::Tables;
use heapdiff_recorder::StackId;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Functions of addresses that were looked up before.
#[derive(Debug, Default)]
pub(super) struct StackNames {
    frames: BTreeMap<u64, Vec<FoundFrame>>,
    /// Where the test runs: files below are named from there.
    folder: Option<PathBuf>,
}

/// A stack, leaf first, from the allocator up to what the measurement has called.
#[derive(Debug)]
pub(super) struct StackName(Vec<FoundFrame>);

impl StackNames {
    /// The names of a stack.
    pub(super) fn of(&mut self, tables: &Tables, stack: StackId) -> StackName {
        let mut frames = Vec::new();
        for address in tables.recorder.stacks().get(stack).into_iter().flat_map(|(_, addresses)| addresses) {
            for frame in self.at(address) {
                if is_measurement(&frame.function) {
                    return StackName(frames);
                }
                frames.push(frame.clone());
            }
        }
        StackName(frames)
    }

    /// The functions at a return address, innermost first: more than one if some were inlined.
    fn at(&mut self, address: u64) -> &[FoundFrame] {
        // Below the root is everything, std too, which is known by its path.
        let here = || std::env::current_dir().ok().filter(|folder| folder.parent().is_some());
        let folder = &*self.folder.get_or_insert_with(|| here().unwrap_or_default());
        self.frames.entry(address).or_insert_with(|| {
            let mut frames = Vec::new();
            // A return address: it is looked up as the one before it, which is in the call.
            let address = usize::try_from(address).unwrap_or_default();
            backtrace::resolve(std::ptr::without_provenance_mut(address), |symbol| {
                let path = symbol.filename().map(|path| path.strip_prefix(folder).unwrap_or(path));
                frames.push(FoundFrame {
                    // Without the hash at its end.
                    function: symbol.name().map_or_else(String::new, |name| format!("{name:#}")),
                    file: path.map(|path| path.display().to_string()),
                    line: symbol.lineno().filter(|line| *line > 0),
                });
            });
            if frames.is_empty() {
                frames.push(FoundFrame { function: format!("{address:#x}"), file: None, line: None });
            }
            frames
        })
    }
}

impl StackName {
    /// Whether it is printing: the harness keeps what a test prints, and std what it has read to name a panic's functions.
    pub(super) fn is_printing(&self) -> bool {
        ["std::io::stdio::", "std::panicking::default_hook", "std::backtrace_rs::"]
            .iter()
            .any(|printer| self.mentions(printer))
    }

    /// Whether it makes what is made once and stays: the value of a lazy static or of a thread local.
    pub(super) fn is_made_once(&self) -> bool {
        /// Functions that are on the stack only while such a value is made, not while it is used.
        const MAKERS: [&str; 9] = [
            "std::sync::once_lock::",
            "std::sync::lazy_lock::",
            "core::cell::once::",
            "core::cell::lazy::",
            "std::sys::sync::once::",
            "std::sys::thread_local::",
            "once_cell::",
            "lazy_static::",
            // A thread's list of those who let others run first, which is used again.
            "tokio::runtime::scheduler::defer::",
        ];
        MAKERS.iter().any(|maker| self.mentions(maker))
    }

    /// The functions that it may be called after: the first that is not std's, and the first that is not a library's
    /// either.
    pub(super) fn top(&self) -> impl Iterator<Item = &str> {
        let visible = || self.0.iter().filter(|frame| !is_hidden(frame));
        let tops = [visible().next(), visible().find(|frame| !is_of_library(frame))];
        tops.into_iter().flatten().map(|frame| frame.function.as_str())
    }

    /// Whether a function's name contains `text`.
    pub(super) fn mentions(&self, text: &str) -> bool {
        self.0.iter().any(|frame| frame.function.contains(text))
    }

    /// Its frames without those of std and of the allocator; if there are no others, those.
    pub(super) fn into_visible(self) -> Vec<FoundFrame> {
        let is_visible = |frame: &&FoundFrame| !is_hidden(frame);
        let visible: Vec<_> = self.0.iter().filter(is_visible).cloned().collect();
        if visible.is_empty() { self.0 } else { visible }
    }
}

/// Whether it is where the rounds run.
fn is_measurement(function: &str) -> bool {
    path(function).starts_with("heapdiff::test::")
}

/// Whether it is std's, or the allocator's.
fn is_hidden(frame: &FoundFrame) -> bool {
    /// Where the sources of std and of what it is made from are said to be.
    const FOLDERS: [&str; 3] = ["/rustc/", "/rust/deps/", "/rustlib/src/rust/library/"];
    const MODULES: [&str; 4] = ["std::", "core::", "alloc::", "hashbrown::"];
    let name = path(&frame.function);
    let is_std = match &frame.file {
        Some(file) => FOLDERS.iter().any(|folder| file.contains(folder)),
        None => MODULES.iter().any(|module| name.starts_with(module)),
    };
    is_std || ["heapdiff::", "__rust"].iter().any(|module| name.starts_with(module))
}

/// Whether it is what called the user's outermost function: an executor, a C library.
pub(super) fn is_beyond_user(frame: &FoundFrame) -> bool {
    const STARTS: [&str; 5] = ["start_thread", "clone", "__libc_", "_start", "__clone"];
    is_of_library(frame) || STARTS.iter().any(|start| frame.function.starts_with(start))
}

/// Whether its source is one that cargo has downloaded.
pub(super) fn is_of_library(frame: &FoundFrame) -> bool {
    const FOLDERS: [&str; 2] = ["/registry/src/", "/git/checkouts/"];
    frame.file.as_ref().is_some_and(|file| FOLDERS.iter().any(|folder| file.contains(folder)))
}

/// A function's name from where its path begins: `<a::B as c::D>::e` begins with `a`.
fn path(function: &str) -> &str {
    function.trim_start_matches(['<', '&'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_users_is_hidden() {
        let frame = |function: &str, file: Option<&str>| FoundFrame {
            function: function.to_owned(),
            file: file.map(str::to_owned),
            line: Some(1),
        };
        let std = Some("/rustc/0123456789abcdef/library/alloc/src/raw_vec/mod.rs");
        for (function, file) in [
            ("alloc::raw_vec::RawVecInner<A>::finish_grow", std),
            ("hashbrown::raw::RawTableInner::new", Some("/rust/deps/hashbrown-0.16.1/src/raw/mod.rs")),
            ("<alloc::vec::Vec<T> as core::iter::FromIterator<T>>::from_iter", None),
            ("__rust_alloc", None),
            ("__rustc::__rust_alloc", None),
            ("<heapdiff::hook::Allocator<A> as core::alloc::GlobalAlloc>::alloc", Some("src/hook.rs")),
        ] {
            assert!(is_hidden(&frame(function, file)), "{function}");
        }
        for (function, file) in [
            ("app::main", Some("src/main.rs")),
            ("<core::option::Option<T> as app::Keep>::keep", Some("src/keep.rs")),
            ("<app::Kept as core::clone::Clone>::clone", None),
            ("0x55d0c0ffee00", None),
        ] {
            assert!(!is_hidden(&frame(function, file)), "{function}");
        }
        assert!(is_measurement("<heapdiff::test::growth::Growth>::check::<(), app::f>::{closure#0}"));
        assert!(!is_measurement("<heapdiff::hook::Allocator<A> as core::alloc::GlobalAlloc>::alloc"));
    }
}
