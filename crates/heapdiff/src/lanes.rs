//! What a thread needs for a moment to take a sample, of which there are a few for all threads.
//!
//! A lane holds what is too large for every thread to have and must not be shared while it is used: a stack walker with
//! its caches, and a cache of freed sampled blocks. A thread takes one without ever waiting, its own by its number if
//! that is free. With none left a sample has no stack, which is counted, and its block comes from the heap itself.
//!
//! Hundreds of threads on a few processors may each be interrupted while they hold one. Then the writer thread, which
//! sees the count, makes more.

use crate::hook::Place;
use crate::meter::{Call, Meter};
use crate::sys::modules::LoadedFile;
use crate::sys::registers;
#[cfg(feature = "jemalloc")]
use crate::sys::sampled_heap::BlockCache;
use crate::sys::stack::Stack;
use crate::thread;
use heapdiff_recorder::{Counter, Recorder, Shard, StackId, Trace, TraceEnd};
use heapdiff_unwind::{Registers, WalkEnd, Walker};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};

/// Lanes a processor has at first, so that threads that were interrupted while they held one leave enough for the
/// others.
const LANES_PER_PROCESSOR: usize = 2;
/// Both are powers of two, as is every number of lanes.
const LANES_MIN: usize = 8;
const LANES_MAX: usize = 64;
/// The first lanes keep freed blocks; those that are made later would have too many lying about.
#[cfg(feature = "jemalloc")]
const LANES_WITH_BLOCKS: usize = 16;

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

/// One lane, while a thread has it.
#[derive(Debug)]
pub(crate) struct Lane {
    walker: Walker,
    way: Way,
    /// The trace of the walker's last walk, unless it could not be kept.
    last: Option<(StackId, TraceEnd)>,
    meter: Meter,
    #[cfg(feature = "jemalloc")]
    blocks: BlockCache,
}

impl Lane {
    /// The lane of a number.
    #[cfg_attr(not(feature = "jemalloc"), expect(unused_variables, reason = "lanes differ in their blocks"))]
    fn new(number: usize, walker: Walker, way: Way) -> Self {
        Self {
            walker,
            way,
            last: None,
            meter: Meter::default(),
            #[cfg(feature = "jemalloc")]
            blocks: if number < LANES_WITH_BLOCKS { BlockCache::new() } else { BlockCache::NOTHING },
        }
    }

    /// The freed sampled blocks of the lane.
    #[cfg(feature = "jemalloc")]
    pub(crate) const fn block_cache(&mut self) -> &mut BlockCache {
        &mut self.blocks
    }

    /// Begins a call of the hook.
    pub(crate) fn start(&mut self) -> Call {
        self.meter.start()
    }

    /// Walks `stack`, which is the calling thread's, from `registers` up and interns its trace. Without a lane there is
    /// none.
    pub(crate) fn trace(
        lane: Option<&mut Self>,
        recorder: &Recorder<'_>,
        shard: Shard,
        registers: &Registers,
        stack: Option<&Stack>,
    ) -> (StackId, TraceEnd) {
        let Some(lane) = lane else {
            recorder.counters().add(shard, Counter::UnwinderBusy);
            return (StackId::UNKNOWN, TraceEnd::Failed);
        };
        let (Some(stack), true) = (stack, lane.way != Way::None) else {
            return (StackId::UNKNOWN, TraceEnd::Failed);
        };
        let walk = lane.walker.walk(registers, |address| stack.read(address));
        if let (true, Some(last)) = (walk.is_unchanged, lane.last) {
            return last;
        }
        let end = match walk.end {
            WalkEnd::Root => TraceEnd::Complete,
            WalkEnd::Limit => TraceEnd::Truncated,
            WalkEnd::Failed => TraceEnd::Failed,
        };
        let id = recorder.intern(shard, Trace { frames: walk.frames, end });
        // A full table is asked again: what is lost is counted each time.
        lane.last = (id != StackId::UNKNOWN).then_some((id, end));
        (id, end)
    }
}

/// All lanes of the process.
#[derive(Debug)]
pub(crate) struct Lanes {
    way: Way,
    lanes: [OnceLock<Mutex<Lane>>; LANES_MAX],
    /// The lanes that are there: the first so many, a power of two.
    count: AtomicUsize,
    /// What the walkers of new lanes are made from.
    first: Mutex<Walker>,
}

impl Lanes {
    /// Finds out by a test which way of walking works in this process, with these files loaded, and makes the lanes.
    pub(crate) fn new(files: &[LoadedFile]) -> Self {
        let walker = |way| match way {
            Way::UnwindTables => Walker::by_tables(files.iter().map(|file| &file.module)),
            Way::FramePointers | Way::None => Walker::by_frame_pointers(),
        };
        let way = [Way::UnwindTables, Way::FramePointers]
            .into_iter()
            .find(|way| passes_test(&mut walker(*way)))
            .unwrap_or(Way::None);
        let lanes = Self {
            way,
            lanes: [const { OnceLock::new() }; LANES_MAX],
            count: AtomicUsize::new(0),
            first: Mutex::new(walker(way)),
        };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        lanes.make_at_least(processors * LANES_PER_PROCESSOR);
        lanes
    }

    /// Makes four times as many lanes as there are; for the writer thread, when samples found none.
    pub(crate) fn grow(&self) {
        // Relaxed: a number that is out of date makes for less growth.
        self.make_at_least(self.count.load(Ordering::Relaxed) * 4);
    }

    /// Makes lanes until there are `count`, or as many as there may be. Not for the hook: it allocates.
    pub(crate) fn make_at_least(&self, count: usize) {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        // Relaxed: changed with the lock only.
        let count = count.max(self.count.load(Ordering::Relaxed));
        let count = count.clamp(LANES_MIN, LANES_MAX).next_power_of_two();
        for (number, lane) in self.lanes.iter().enumerate().take(count) {
            let _ = lane.get_or_init(|| Mutex::new(Lane::new(number, first.sibling(), self.way)));
        }
        // Release: whoever sees the number finds the lanes.
        self.count.store(count, Ordering::Release);
    }

    /// The way of walking that passed the test.
    pub(crate) const fn way(&self) -> Way {
        self.way
    }

    /// Takes over a changed list of loaded files. Waits for walks that are under way, and makes none wait.
    pub(crate) fn refresh(&self, files: &[LoadedFile]) {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        first.adopt_modules(&Walker::by_tables(files.iter().map(|file| &file.module)));
        for lane in self.lanes.iter().filter_map(OnceLock::get) {
            // A poisoned lock means that a walk panicked, and walks do not panic; its lane would still be sound.
            let mut lane = lane.lock().unwrap_or_else(PoisonError::into_inner);
            lane.last = None;
            lane.walker.adopt_modules(&first);
        }
    }

    /// A lane for the calling thread, its own if nobody else has it. Waits for nobody.
    #[inline]
    pub(crate) fn take(&self) -> Option<MutexGuard<'_, Lane>> {
        // Acquire: pairs with `make`. The number is a power of two.
        let own = thread::number() as usize & self.count.load(Ordering::Acquire).wrapping_sub(1);
        try_lock(self.lanes.get(own)?).or_else(|| self.take_any())
    }

    #[cold]
    fn take_any(&self) -> Option<MutexGuard<'_, Lane>> {
        self.lanes.iter().find_map(try_lock)
    }

    /// As [`Self::take`], if a block at `place` has a use for it.
    pub(crate) fn take_for(&self, place: Place) -> Option<MutexGuard<'_, Lane>> {
        if place.is_in_heap() { self.take() } else { None }
    }
}

#[inline]
fn try_lock(lane: &OnceLock<Mutex<Lane>>) -> Option<MutexGuard<'_, Lane>> {
    match lane.get()?.try_lock() {
        Ok(lane) => Some(lane),
        Err(TryLockError::Poisoned(lane)) => Some(lane.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Walks up from within a known chain of calls. The way works if every call of the chain is found.
fn passes_test(walker: &mut Walker) -> bool {
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
    let mut is_found = false;
    chain(DEPTH, &mut |registers| {
        let Some(stack) = thread::stack(registers.stack_pointer) else { return };
        let walk = walker.walk(&registers, |address| stack.read(address));
        // All but the outermost call return to one place.
        is_found =
            walk.frames.windows(DEPTH - 1).any(|run| run.iter().all(|frame| Some(frame) == run.first()));
    });
    is_found
}
