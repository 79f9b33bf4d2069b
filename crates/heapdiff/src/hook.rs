//! The allocator that the program calls.
//!
//! # Contract
//! What std asks of a [`GlobalAlloc`] (its "Safety" section, Rust 1.95), and how it is kept:
//! - "It's undefined behavior if global allocators unwind": nothing here or below panics. Arithmetic saturates or wraps,
//!   tables refuse and count, and there is no `unwrap`, no `expect` and no indexing.
//! - No re-entry: nothing on the way from here allocates, formats, or makes a thread local.
//! - Layouts reach the inner allocator unchanged for a block that is no sample, and null is passed on as null. A failed
//!   reallocation leaves the block and its record as they were.
//! - It works before `main`, in destructors of thread locals and after `main`: state is constant at first and has no
//!   destructor.
//!
//! # How a free knows whether its block was sampled
//! [`Allocator::jemalloc`] puts sampled blocks into an address range of their own, see `sampled_heap`. Over another
//! allocator a sampled block is recognized by what `dealloc` is handed anyway: small samples are placed at the start of
//! a page, so a small block elsewhere is none; large blocks and small ones that start a page are looked up.

use crate::gate;
use crate::profiler::StartError;
use crate::recording::{self, Tables};
use crate::sys::registers;
#[cfg(feature = "jemalloc")]
use crate::sys::sampled_heap;
use crate::thread;
use heapdiff_recorder::{BlockFlags, Charge, Counter, LiveRecord, Period, Trace, TraceEnd};
use heapdiff_unwind::{FrameBuffer, Registers, WalkEnd};
use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicU8, Ordering};

/// A global allocator that serves from another one and samples what it serves.
///
/// ```
/// #[global_allocator]
/// static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();
/// # fn main() {}
/// ```
///
/// Nothing is recorded until `HEAPDIFF_DIR` is set at start or a [`Profiler`](crate::Profiler) is built; until then an
/// allocation costs a subtraction and a branch more than the inner allocator's.
#[derive(Debug)]
pub struct Allocator<A = crate::Inner> {
    inner: A,
    placement: Placement,
}

/// Where sampled blocks are put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placement {
    /// Into the heap of sampled blocks.
    #[cfg(feature = "jemalloc")]
    SampledHeap,
    /// Where the inner allocator puts them, small ones at the start of a page.
    Inner,
}

/// The placements that were ever asked for a block: bit 0 for [`Placement::Inner`], bit 1 for the heap of samples.
static PLACEMENTS_USED: AtomicU8 = AtomicU8::new(0);

impl Placement {
    const fn bit(self) -> u8 {
        match self {
            Self::Inner => 1,
            #[cfg(feature = "jemalloc")]
            Self::SampledHeap => 2,
        }
    }

    fn note_use(self) {
        // Relaxed: read by the thread that has just caused it.
        PLACEMENTS_USED.fetch_or(self.bit(), Ordering::Relaxed);
    }
}

/// Whether the program allocates through [`Allocator::jemalloc`].
#[cfg(feature = "jemalloc")]
pub(crate) fn serves_from_jemalloc() -> bool {
    PLACEMENTS_USED.load(Ordering::Relaxed) & 2 != 0
}

/// Makes ready what the program's allocator needs to place samples; `false` if the address space cannot be had.
///
/// The calling thread has just made an allocation that had to trip the countdown, if there is one.
pub(crate) fn prepare_placement() -> Result<bool, StartError> {
    match PLACEMENTS_USED.load(Ordering::Relaxed) {
        0 => Err(StartError::NotTheGlobalAllocator),
        #[cfg(feature = "jemalloc")]
        used if used & Placement::SampledHeap.bit() != 0 => Ok(sampled_heap::prepare()),
        _ => Ok(true),
    }
}

#[cfg(feature = "jemalloc")]
impl Allocator<crate::Inner> {
    /// Serves from jemalloc.
    #[must_use]
    pub const fn jemalloc() -> Self {
        Self { inner: tikv_jemallocator::Jemalloc, placement: Placement::SampledHeap }
    }
}

impl<A> Allocator<A> {
    /// Serves from any other allocator.
    ///
    /// ```
    /// use std::alloc::System;
    ///
    /// #[global_allocator]
    /// static ALLOC: heapdiff::Allocator<System> = heapdiff::Allocator::wrap(System);
    /// # fn main() {}
    /// ```
    #[must_use]
    pub const fn wrap(inner: A) -> Self {
        Self { inner, placement: Placement::Inner }
    }
}

// SAFETY: blocks come from the inner allocator or from the heap of sampled blocks, are as large and as aligned as asked
// for, and go back where they came from; the rest of the contract is kept as the module page says.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Allocator<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if thread::spend(layout.size()) {
            return self.alloc_cold(layout, Contents::Any);
        }
        // SAFETY: the caller's duties are the inner allocator's.
        unsafe { self.inner.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if thread::spend(layout.size()) {
            return self.alloc_cold(layout, Contents::Zero);
        }
        // SAFETY: the caller's duties are the inner allocator's.
        unsafe { self.inner.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.may_be_sampled(block, layout) {
            // SAFETY: the caller's duties are passed on.
            return unsafe { self.dealloc_cold(block, layout) };
        }
        // SAFETY: the block is no sample, so it came from the inner allocator with this layout.
        unsafe { self.inner.dealloc(block, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let has_tripped = thread::spend(new_size.saturating_sub(layout.size()));
        if has_tripped || self.may_be_sampled(block, layout) {
            // SAFETY: the caller's duties are passed on.
            return unsafe { self.realloc_cold(block, layout, new_size, has_tripped) };
        }
        // SAFETY: the block is no sample, so it came from the inner allocator with this layout.
        unsafe { self.inner.realloc(block, layout, new_size) }
    }
}

/// What a fresh block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contents {
    Any,
    Zero,
}

/// A block as it was placed for a sample.
struct Placed {
    block: *mut u8,
    flags: BlockFlags,
}

/// Why an allocation that was drawn is no sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unsampled {
    /// There is no memory for it where samples are.
    NoMemory,
    /// There is no room for its record, which the table has counted.
    NoRecord,
}

/// Counts a sample that was lost because there was no memory for it where samples are. An allocation that fails
/// elsewhere too is none: the program got nothing, and nothing is missing.
fn count_unsampled(block: *const u8, reason: Unsampled) {
    if reason == Unsampled::NoMemory
        && !block.is_null()
        && let Some(tables) = recording::tables()
    {
        tables.recorder.counters().add(Counter::SampledHeapFull);
    }
}

impl<A: GlobalAlloc> Allocator<A> {
    /// Whether a block may be a sample. No lock, no table, and nothing behind a pointer is looked at.
    #[inline(always)]
    fn may_be_sampled(&self, block: *const u8, layout: Layout) -> bool {
        match self.placement {
            #[cfg(feature = "jemalloc")]
            Placement::SampledHeap => sampled_heap::contains(block),
            Placement::Inner => gate::may_be_sampled(block, layout),
        }
    }

    /// An allocation that made the countdown trip.
    #[cold]
    #[inline(never)]
    fn alloc_cold(&self, layout: Layout, contents: Contents) -> *mut u8 {
        let registers = registers::capture();
        self.placement.note_use();
        let Some(period) = thread::trip(layout.size()) else { return self.alloc_inner(layout, contents) };
        match self.alloc_sampled(layout, contents, period, &registers) {
            Ok(block) => block,
            Err(reason) => {
                let block = self.alloc_inner(layout, contents);
                count_unsampled(block, reason);
                block
            }
        }
    }

    /// Allocates a block and records it. If it cannot be placed as a sample it is to be none.
    fn alloc_sampled(
        &self,
        layout: Layout,
        contents: Contents,
        period: Period,
        registers: &Registers,
    ) -> Result<*mut u8, Unsampled> {
        let placed = self.place(layout, contents).ok_or(Unsampled::NoMemory)?;
        let size = layout.size() as u64;
        let recorded = record(placed.block, size, Charge::new(size, period), placed.flags, registers);
        if !recorded && placed.flags.contains(BlockFlags::OVERALIGNED) {
            // Without a record its free would not know the layout that it was placed with.
            // SAFETY: placed by `place` with these flags, and given to nobody yet.
            unsafe { self.inner.dealloc(placed.block, self.placed_layout(layout, placed.flags)) };
            return Err(Unsampled::NoRecord);
        }
        Ok(placed.block)
    }

    fn alloc_inner(&self, layout: Layout, contents: Contents) -> *mut u8 {
        match contents {
            // SAFETY: the layout is the one that the program passed to `alloc`, whose duties are the same.
            Contents::Any => unsafe { self.inner.alloc(layout) },
            // SAFETY: as above, for `alloc_zeroed`.
            Contents::Zero => unsafe { self.inner.alloc_zeroed(layout) },
        }
    }

    /// Allocates a block where its free will recognize it. `None` if there is no memory for it there.
    fn place(&self, layout: Layout, contents: Contents) -> Option<Placed> {
        let placed = match self.placement {
            #[cfg(feature = "jemalloc")]
            Placement::SampledHeap => {
                let is_zero = contents == Contents::Zero;
                Placed {
                    block: sampled_heap::alloc(layout.size(), layout.align(), is_zero),
                    flags: BlockFlags::NONE,
                }
            }
            Placement::Inner => {
                let flags = self.flags(layout);
                Placed { block: self.alloc_inner(self.placed_layout(layout, flags), contents), flags }
            }
        };
        if placed.block.is_null() { None } else { Some(placed) }
    }

    /// How a sample of this layout is to be placed.
    fn flags(&self, layout: Layout) -> BlockFlags {
        if self.placement == Placement::Inner { gate::flags(layout) } else { BlockFlags::NONE }
    }

    /// The layout that the inner allocator was asked for a sampled block.
    fn placed_layout(&self, layout: Layout, flags: BlockFlags) -> Layout {
        if flags.contains(BlockFlags::OVERALIGNED) { gate::page_aligned(layout) } else { layout }
    }

    /// Frees a block that may be a sample. Its record goes first: once freed, the address may be handed to another
    /// thread at once.
    #[cold]
    #[inline(never)]
    unsafe fn dealloc_cold(&self, block: *mut u8, layout: Layout) {
        let record = recording::tables().and_then(|tables| tables.recorder.freed(block.addr() as u64));
        // SAFETY: the caller's duties; `record` tells how the block was placed.
        unsafe { self.dealloc_placed(block, layout, record.map_or(BlockFlags::NONE, |record| record.flags)) };
    }

    /// Gives a block back where it came from.
    ///
    /// # Safety
    /// As [`GlobalAlloc::dealloc`], for a block that may be a sample and was placed with `flags`.
    unsafe fn dealloc_placed(&self, block: *mut u8, layout: Layout, flags: BlockFlags) {
        match self.placement {
            #[cfg(feature = "jemalloc")]
            // SAFETY: the block lies in the heap of sampled blocks, so it came from there with this layout.
            Placement::SampledHeap => unsafe { sampled_heap::dealloc(block, layout.size(), layout.align()) },
            // SAFETY: it came from the inner allocator with this layout, by the caller's duty.
            Placement::Inner => unsafe { self.inner.dealloc(block, self.placed_layout(layout, flags)) },
        }
    }

    /// A reallocation that made the countdown trip, or of a block that may be a sample.
    #[cold]
    #[inline(never)]
    unsafe fn realloc_cold(
        &self,
        block: *mut u8,
        layout: Layout,
        new_size: usize,
        has_tripped: bool,
    ) -> *mut u8 {
        let registers = registers::capture();
        let drawn = if has_tripped { thread::trip(new_size.saturating_sub(layout.size())) } else { None };
        let is_candidate = self.may_be_sampled(block, layout);
        if is_candidate
            && let Some(tables) = recording::tables()
            && let Some(record) = tables.recorder.live(block.addr() as u64)
        {
            // SAFETY: the caller's duties are passed on; the block is a sample.
            return unsafe { self.realloc_sampled(tables, block, layout, new_size, record) };
        }
        let is_foreign = is_candidate && self.placement != Placement::Inner;
        let mut missed = None;
        if let (Some(period), Ok(new_layout)) = (drawn, Layout::from_size_align(new_size, layout.align())) {
            match self.alloc_sampled(new_layout, Contents::Any, period, &registers) {
                Ok(moved) => {
                    // It becomes a sample by what it grew, and moves to where samples are.
                    // SAFETY: the old block is live with `layout`, and the new one is as large as the smaller of both
                    // at least.
                    unsafe { self.move_block(block, layout, moved, new_size) };
                    return moved;
                }
                Err(reason) => missed = Some(reason),
            }
        }
        let moved = if is_foreign {
            // In the heap of sampled blocks but without a record, since the live table was full.
            // SAFETY: the caller's duties are passed on.
            unsafe { self.realloc_in_place(block, layout, new_size) }
        } else {
            // SAFETY: the block is no sample, so it came from the inner allocator with this layout.
            unsafe { self.inner.realloc(block, layout, new_size) }
        };
        if let Some(reason) = missed {
            count_unsampled(moved, reason);
        }
        moved
    }

    /// Reallocates a sampled block. It keeps its stack trace and its epoch.
    ///
    /// # Safety
    /// As [`GlobalAlloc::realloc`], for the block that `record` belongs to.
    unsafe fn realloc_sampled(
        &self,
        tables: &Tables,
        block: *mut u8,
        layout: Layout,
        new_size: usize,
        record: LiveRecord,
    ) -> *mut u8 {
        let Ok(new_layout) = Layout::from_size_align(new_size, layout.align()) else {
            return std::ptr::null_mut();
        };
        let (recorder, address, size) = (&tables.recorder, block.addr() as u64, new_size as u64);
        let period = recording::setting();
        if record.flags == BlockFlags::NONE && self.flags(new_layout) == BlockFlags::NONE {
            let _ = recorder.taken(address);
            // SAFETY: the caller's duties are passed on; the record tells that the layout is the program's own.
            let moved = unsafe { self.realloc_in_place(block, layout, new_size) };
            // If there is no room for the record any more, that is counted. The block can be freed without it.
            let _ = if moved.is_null() {
                recorder.restored(address, record)
            } else if self.may_be_sampled(moved, new_layout) {
                recorder.reallocated(moved.addr() as u64, record, size, period, BlockFlags::NONE)
            } else {
                // It left the heap of sampled blocks, which is used up: its free will not be looked at.
                recorder.counters().add(Counter::SampledHeapFull);
                false
            };
            return moved;
        }
        // It starts a page, or has to from now on: the free needs its record, so the new one is there before the old one
        // goes, and without room for it the block becomes one like all others.
        let mut reason = Unsampled::NoMemory;
        let moved = self.place(new_layout, Contents::Any).and_then(|Placed { block, flags }| {
            let recorded = recorder.reallocated(block.addr() as u64, record, size, period, flags);
            if recorded || flags == BlockFlags::NONE {
                return Some(block);
            }
            // SAFETY: placed with these flags, and given to nobody yet.
            unsafe { self.dealloc_placed(block, new_layout, flags) };
            reason = Unsampled::NoRecord;
            None
        });
        let moved = moved.unwrap_or_else(|| {
            let moved = self.alloc_inner(new_layout, Contents::Any);
            count_unsampled(moved, reason);
            moved
        });
        if moved.is_null() {
            return moved;
        }
        // SAFETY: both blocks are live and the new one holds `new_size` bytes.
        unsafe { copy_block(block, moved, layout.size().min(new_size)) };
        let _ = recorder.taken(address);
        // SAFETY: the block was placed with the flags of its record.
        unsafe { self.dealloc_placed(block, layout, record.flags) };
        moved
    }

    /// Reallocates a block that is where samples are, with a layout that is the program's own. If the heap of sampled
    /// blocks is used up it moves to where all others are. Null means that nothing happened.
    ///
    /// # Safety
    /// As [`GlobalAlloc::realloc`], for such a block without a record.
    unsafe fn realloc_in_place(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        match self.placement {
            #[cfg(feature = "jemalloc")]
            Placement::SampledHeap => {
                // SAFETY: the block lies in the heap of sampled blocks with this layout.
                let moved = unsafe { sampled_heap::realloc(block, layout.align(), new_size) };
                let Ok(new_layout) = Layout::from_size_align(new_size, layout.align()) else { return moved };
                if !moved.is_null() {
                    return moved;
                }
                let moved = self.alloc_inner(new_layout, Contents::Any);
                if !moved.is_null() {
                    // SAFETY: the block is live without a record, and the new one holds `new_size` bytes.
                    unsafe { self.move_block(block, layout, moved, new_size) };
                }
                moved
            }
            // SAFETY: the block came from the inner allocator with this layout.
            Placement::Inner => unsafe { self.inner.realloc(block, layout, new_size) },
        }
    }

    /// Moves the contents of an unrecorded block to a new one, and frees it.
    ///
    /// # Safety
    /// `from` is live with `layout`, without a record; `to` is live with `new_size` bytes.
    unsafe fn move_block(&self, from: *mut u8, layout: Layout, to: *mut u8, new_size: usize) {
        // SAFETY: by the caller's duty both hold so many bytes.
        unsafe { copy_block(from, to, layout.size().min(new_size)) };
        if self.may_be_sampled(from, layout) && self.placement != Placement::Inner {
            // SAFETY: it lies where samples are; it has no record, so it was not placed in any special way.
            unsafe { self.dealloc_placed(from, layout, BlockFlags::NONE) };
        } else {
            // SAFETY: it came from the inner allocator with this layout.
            unsafe { self.inner.dealloc(from, layout) };
        }
    }
}

/// # Safety
/// Both blocks are live, different, and hold `bytes` bytes.
unsafe fn copy_block(from: *const u8, to: *mut u8, bytes: usize) {
    // SAFETY: two live blocks do not overlap, and both are as large by the caller's duty.
    unsafe { std::ptr::copy_nonoverlapping(from, to, bytes) };
}

/// Walks the stack and puts a sampled block into the tables. `false` if it is not among the live ones.
fn record(block: *const u8, size: u64, charge: Charge, flags: BlockFlags, registers: &Registers) -> bool {
    let Some(tables) = recording::tables() else { return false };
    thread::muted(|| record_muted(tables, block, size, charge, flags, registers))
}

fn record_muted(
    tables: &Tables,
    block: *const u8,
    size: u64,
    charge: Charge,
    flags: BlockFlags,
    registers: &Registers,
) -> bool {
    let mut frames = FrameBuffer::default();
    let end = match tables.unwinders.walk(registers, Some(tables.recorder.counters()), &mut frames) {
        WalkEnd::Root => TraceEnd::Complete,
        WalkEnd::Limit => TraceEnd::Truncated,
        WalkEnd::Failed => TraceEnd::Failed,
    };
    let trace = Trace { frames: frames.frames(), end };
    tables.recorder.allocated(block.addr() as u64, size, charge, flags, trace)
}
