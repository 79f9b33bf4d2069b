//! How stacks are walked in this process, decided by a test at start.
//!
//! Unwind tables come first: they are there in every build that can unwind, and they see through C code in between.
//! Frame pointers come next, for builds without tables. A stack trace that cannot be walked to its root is kept as far
//! as it goes, and counted.

use crate::sys::modules::LoadedFile;
use crate::sys::registers;
use crate::thread;
use heapdiff_recorder::{Counter, Counters};
use heapdiff_unwind::{FrameBuffer, FramePointerWalker, Registers, TableWalker, WalkEnd};
use std::hint::black_box;
use std::sync::{Mutex, TryLockError};

/// Threads that can walk a stack at the same moment, at 40 KiB each. Another one records a sample without its stack.
const WALKERS: usize = 8;

/// Which way of walking passed the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Through `.eh_frame`.
    UnwindTables,
    /// Along saved frame pointers.
    FramePointers,
    /// No way: samples have no stack.
    None,
}

impl Way {
    /// The way's name in a snapshot.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::UnwindTables => "unwind_tables",
            Self::FramePointers => "frame_pointers",
            Self::None => "none",
        }
    }
}

/// The walkers of the process.
#[derive(Debug)]
pub(crate) struct Unwinders {
    way: Way,
    walkers: [Mutex<TableWalker>; WALKERS],
}

impl Unwinders {
    /// Takes the tables of all loaded files and tests which way of walking works.
    pub(crate) fn new(files: &[LoadedFile]) -> Self {
        let first = TableWalker::new(files.iter().map(|file| &file.module));
        let walkers = std::array::from_fn(|_| Mutex::new(first.sibling()));
        let mut unwinders = Self { way: Way::None, walkers };
        for way in [Way::UnwindTables, Way::FramePointers] {
            unwinders.way = way;
            if unwinders.passes_test() {
                return unwinders;
            }
        }
        unwinders.way = Way::None;
        unwinders
    }

    /// The way that passed the test.
    pub(crate) const fn way(&self) -> Way {
        self.way
    }

    /// Takes over a changed list of loaded files. Waits for walks that are under way, and makes none wait.
    pub(crate) fn refresh(&self, files: &[LoadedFile]) {
        let fresh = TableWalker::new(files.iter().map(|file| &file.module));
        for walker in &self.walkers {
            // A poisoned lock means that a walk panicked, and walks do not panic; its walker would still be sound.
            walker.lock().unwrap_or_else(std::sync::PoisonError::into_inner).adopt_modules(&fresh);
        }
    }

    /// Walks the calling thread's stack from `registers` up. Allocates nothing and waits for nobody.
    pub(crate) fn walk(
        &self,
        registers: &Registers,
        counters: Option<&Counters<'_>>,
        into: &mut FrameBuffer,
    ) -> WalkEnd {
        let Some(stack) = thread::stack(registers.stack_pointer) else { return WalkEnd::Failed };
        let read = |address| stack.read(address);
        match self.way {
            Way::None => WalkEnd::Failed,
            Way::FramePointers => FramePointerWalker.walk(registers, read, into),
            Way::UnwindTables => {
                // Threads begin at different walkers, so that they seldom meet.
                let first = (registers.stack_pointer >> 16) as usize;
                for offset in 0..WALKERS {
                    let Some(walker) = self.walkers.get(first.wrapping_add(offset) % WALKERS) else {
                        continue;
                    };
                    match walker.try_lock() {
                        Ok(mut walker) => return walker.walk(registers, read, into),
                        Err(TryLockError::Poisoned(walker)) => {
                            return walker.into_inner().walk(registers, read, into);
                        }
                        Err(TryLockError::WouldBlock) => {}
                    }
                }
                if let Some(counters) = counters {
                    counters.add(Counter::UnwinderBusy);
                }
                WalkEnd::Failed
            }
        }
    }

    /// Walks up from within a known chain of calls. The way works if every call of the chain is found.
    fn passes_test(&self) -> bool {
        /// Calls in the chain.
        const DEPTH: usize = 16;
        #[inline(never)]
        fn chain(depth: usize, walk: &mut dyn FnMut(Registers)) {
            if black_box(depth) == 0 {
                walk(registers::capture());
            } else {
                chain(depth - 1, walk);
            }
            // Something to do after the call, so that it stays a call.
            black_box(depth);
        }
        let mut frames = FrameBuffer::default();
        chain(DEPTH, &mut |registers| {
            let _ = self.walk(&registers, None, &mut frames);
        });
        // All but the outermost call return to one place.
        frames.frames().windows(DEPTH - 1).any(|run| run.iter().all(|frame| Some(frame) == run.first()))
    }
}
