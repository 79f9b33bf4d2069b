//! The allocator that the program calls.
//!
//! # Contract
//! What std asks of a [`GlobalAlloc`] (its "Safety" section, Rust 1.95), and how it is kept:
//! - "It's undefined behavior if global allocators unwind": nothing here or below panics. Arithmetic saturates or
//!   wraps, tables refuse and count, and there is no `unwrap`, no `expect` and no indexing.
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

mod placement;

use crate::gate;
use crate::lanes::Lane;
use crate::meter::Call;
use crate::profiler::StartError;
use crate::recording::{self, Tables};
use crate::sys::registers;
#[cfg(feature = "jemalloc")]
use crate::sys::{jemalloc, sampled_heap};
use crate::thread;
use heapdiff_recorder::{Allocation, Charge, Counter, Period, Resize};
use heapdiff_unwind::Registers;
pub(crate) use placement::Place;
use placement::{Found, Placement};
use std::alloc::{GlobalAlloc, Layout};

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

/// Whether the program allocates through [`Allocator::jemalloc`].
#[cfg(feature = "jemalloc")]
pub(crate) fn serves_from_jemalloc() -> bool {
    Placement::SampledHeap.is_used()
}

/// Makes ready what the program's allocator needs to place samples; `false` if the address space cannot be had.
///
/// The calling thread has just made an allocation that had to trip the countdown, if there is one.
pub(crate) fn prepare_placement() -> Result<bool, StartError> {
    if !Placement::is_any_used() {
        return Err(StartError::NotTheGlobalAllocator);
    }
    #[cfg(feature = "jemalloc")]
    if Placement::SampledHeap.is_used() {
        return Ok(sampled_heap::prepare());
    }
    Ok(true)
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
            return Self::alloc_cold(layout.size(), layout.align(), Contents::Any, self);
        }
        // SAFETY: the caller's duties are passed on.
        unsafe { self.alloc_unsampled(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if thread::spend(layout.size()) {
            return Self::alloc_cold(layout.size(), layout.align(), Contents::Zero, self);
        }
        // SAFETY: the caller's duties are the inner allocator's.
        unsafe { self.inner.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.may_be_sampled(block, layout) {
            // SAFETY: the caller's duties are passed on.
            return unsafe { Self::dealloc_cold(block, layout.size(), layout.align(), self) };
        }
        // SAFETY: the block is no sample, so it came from the inner allocator with this layout.
        unsafe { self.dealloc_unsampled(block, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let has_tripped = thread::spend(new_size.saturating_sub(layout.size()));
        if has_tripped || self.may_be_sampled(block, layout) {
            // SAFETY: the caller's duties are passed on.
            return unsafe {
                Self::realloc_cold(block, layout.size(), layout.align(), new_size, has_tripped, self)
            };
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

    /// # Safety
    /// As [`GlobalAlloc::alloc`].
    #[inline(always)]
    unsafe fn alloc_unsampled(&self, layout: Layout) -> *mut u8 {
        match self.placement {
            #[cfg(feature = "jemalloc")]
            // SAFETY: the caller's duties are passed on.
            Placement::SampledHeap => unsafe { jemalloc::alloc(layout) },
            // SAFETY: the caller's duties are the inner allocator's.
            Placement::Inner => unsafe { self.inner.alloc(layout) },
        }
    }

    /// # Safety
    /// As [`GlobalAlloc::dealloc`], for a block that came from the inner allocator.
    #[inline(always)]
    unsafe fn dealloc_unsampled(&self, block: *mut u8, layout: Layout) {
        match self.placement {
            #[cfg(feature = "jemalloc")]
            // SAFETY: this placement is that of jemalloc alone, so the block is jemalloc's; the caller's duties are
            // passed on.
            Placement::SampledHeap => unsafe { jemalloc::dealloc(block, layout) },
            // SAFETY: the caller's duties are the inner allocator's.
            Placement::Inner => unsafe { self.inner.dealloc(block, layout) },
        }
    }

    fn alloc_inner(&self, layout: Layout, contents: Contents) -> *mut u8 {
        match contents {
            // SAFETY: the layout is the one that the program passed to `alloc`, whose duties are the same, or the same
            // with a greater alignment.
            Contents::Any => unsafe { self.inner.alloc(layout) },
            // SAFETY: as above, for `alloc_zeroed`.
            Contents::Zero => unsafe { self.inner.alloc_zeroed(layout) },
        }
    }

    // What is cold takes its arguments in the order of the calls that Rust makes, so that they are where they belong
    // already, and what is hot moves none: six instructions less for a pair.

    /// An allocation that made the countdown trip.
    #[cold]
    #[inline(never)]
    fn alloc_cold(size: usize, align: usize, contents: Contents, this: &Self) -> *mut u8 {
        let registers = registers::capture();
        this.placement.note_use();
        let Ok(layout) = Layout::from_size_align(size, align) else { return std::ptr::null_mut() };
        let Some(period) = thread::trip(size) else { return this.alloc_inner(layout, contents) };
        if let Some(block) = this.alloc_sampled(layout, contents, period, &registers) {
            return block;
        }
        let block = this.alloc_inner(layout, contents);
        if !block.is_null() {
            count_unplaced();
        }
        block
    }

    /// Allocates a block and records it. `None` if it could not be placed as a sample: then it is to be none.
    fn alloc_sampled(
        &self,
        layout: Layout,
        contents: Contents,
        period: Period,
        registers: &Registers,
    ) -> Option<*mut u8> {
        let tables = recording::tables()?;
        thread::muted(|| {
            // Before the lane is taken: a thread's first sample asks the kernel, which takes long.
            let own_stack = thread::stack(registers.stack_pointer);
            let mut lane = tables.lanes.take();
            let call = lane.as_deref_mut().map_or(Call::UNTIMED, Lane::start);
            let place = self.place_for(layout);
            let block = self.alloc_at(place, layout, contents, lane.as_deref_mut());
            if block.is_null() {
                return None;
            }
            let (recorder, shard) = (&tables.recorder, thread::shard());
            let (stack, end) =
                Lane::trace(lane.as_deref_mut(), recorder, shard, registers, own_stack.as_ref());
            let (address, size) = (block.addr() as u64, layout.size() as u64);
            let charge = Charge::new(size, period);
            let flags = place.flags().with_scope(thread::scope());
            let allocation = Allocation { address, size, charge, flags, stack, end };
            let slot = recorder.allocated(shard, &allocation);
            let is_remembered = self.remember(place, block, slot);
            if let (false, Some(slot)) = (is_remembered, slot) {
                let _ = recorder.lost(shard, slot, address);
            }
            call.stop(recorder.counters(), shard);
            if is_remembered || place.is_known_without_record() {
                return Some(block);
            }
            // SAFETY: allocated at `place` just now, and given to nobody yet.
            unsafe { self.dealloc_at(place, block, layout, lane.as_deref_mut()) };
            None
        })
    }

    /// Frees a block that may be a sample. Its record goes first: once freed, the address may be handed to another
    /// thread at once.
    #[cold]
    #[inline(never)]
    unsafe fn dealloc_cold(block: *mut u8, size: usize, align: usize, this: &Self) {
        // SAFETY: they are those of a layout.
        let layout = unsafe { Layout::from_size_align_unchecked(size, align) };
        // SAFETY: the caller's duties are passed on.
        let Some(Found { place, slot }) = (unsafe { this.forget(block, layout) }) else {
            // SAFETY: the block is no sample, so it came from the inner allocator with this layout.
            return unsafe { this.inner.dealloc(block, layout) };
        };
        let tables = recording::tables();
        let mut lane = tables.and_then(|tables| tables.lanes.take_for(place));
        let call = lane.as_deref_mut().map_or(Call::UNTIMED, Lane::start);
        if let (Some(tables), Some(slot)) = (tables, slot) {
            let _ = tables.recorder.freed(thread::shard(), slot, block.addr() as u64);
        }
        // SAFETY: the caller's duties; the block was found to be at `place`.
        unsafe { this.dealloc_at(place, block, layout, lane.as_deref_mut()) };
        if let Some(tables) = tables {
            call.stop(tables.recorder.counters(), thread::shard());
        }
    }

    /// A reallocation that made the countdown trip, or of a block that may be a sample.
    #[cold]
    #[inline(never)]
    unsafe fn realloc_cold(
        block: *mut u8,
        size: usize,
        align: usize,
        new_size: usize,
        has_tripped: bool,
        this: &Self,
    ) -> *mut u8 {
        let registers = registers::capture();
        // SAFETY: they are those of a layout.
        let layout = unsafe { Layout::from_size_align_unchecked(size, align) };
        let drawn = if has_tripped { thread::trip(new_size.saturating_sub(size)) } else { None };
        let Ok(new_layout) = Layout::from_size_align(new_size, align) else {
            return std::ptr::null_mut();
        };
        if this.may_be_sampled(block, layout) {
            // SAFETY: the caller's duties are passed on.
            if let Some(found) = unsafe { this.find(block, layout) } {
                // SAFETY: as above.
                return unsafe { this.realloc_sampled(found, block, layout, new_layout) };
            }
        }
        if let Some(period) = drawn
            && let Some(moved) = this.alloc_sampled(new_layout, Contents::Any, period, &registers)
        {
            // It becomes a sample by what it grew, and moves to where samples are.
            // SAFETY: both blocks are live, and hold what the smaller layout says.
            unsafe { copy_block(block, moved, size.min(new_size)) };
            // SAFETY: the block is no sample, so it came from the inner allocator with this layout.
            unsafe { this.inner.dealloc(block, layout) };
            return moved;
        }
        // SAFETY: the block is no sample, so it came from the inner allocator with this layout.
        unsafe { this.inner.realloc(block, layout, new_size) }
    }

    /// Reallocates a block that is where samples are. It keeps its stack trace and its epoch.
    ///
    /// # Safety
    /// As [`GlobalAlloc::realloc`], for the block that was found so.
    unsafe fn realloc_sampled(
        &self,
        found: Found,
        block: *mut u8,
        layout: Layout,
        new_layout: Layout,
    ) -> *mut u8 {
        let tables = recording::tables();
        let mut lane = tables.and_then(|tables| tables.lanes.take_for(found.place));
        let lane = lane.as_deref_mut();
        if self.place_for(new_layout) != found.place {
            // SAFETY: the caller's duties are passed on.
            return unsafe { self.move_sampled(found, block, layout, new_layout, lane) };
        }
        // SAFETY: the caller's duties. Afterwards the address may be somebody else's.
        let _ = unsafe { self.forget(block, layout) };
        // SAFETY: the caller's duties; the block was found at this place.
        let moved = unsafe { self.realloc_at(found.place, block, layout, new_layout, lane) };
        if moved.is_null() {
            // It was just there, so there is room for it.
            let _ = self.remember(found.place, block, found.slot);
            // The heap of samples may be used up.
            // SAFETY: the caller's duties are passed on.
            return unsafe { self.move_sampled(found, block, layout, new_layout, None) };
        }
        let is_remembered = self.remember(found.place, moved, found.slot);
        resize_record(tables, found, block, moved, new_layout.size(), is_remembered.then_some(found.place));
        moved
    }

    /// Moves a block that is where samples are to the place that its new layout asks for, or among all other blocks if
    /// there is no room for it there.
    ///
    /// # Safety
    /// As for [`Self::realloc_sampled`].
    unsafe fn move_sampled(
        &self,
        found: Found,
        block: *mut u8,
        layout: Layout,
        new_layout: Layout,
        mut lane: Option<&mut Lane>,
    ) -> *mut u8 {
        let place = self.place_for(new_layout);
        let mut moved = self.alloc_at(place, new_layout, Contents::Any, lane.as_deref_mut());
        let is_remembered = !moved.is_null() && self.remember(place, moved, found.slot);
        if !moved.is_null() && !is_remembered && !place.is_known_without_record() {
            // SAFETY: allocated at `place` just now, and given to nobody yet.
            unsafe { self.dealloc_at(place, moved, new_layout, lane.as_deref_mut()) };
            moved = std::ptr::null_mut();
        }
        if moved.is_null() {
            moved = self.alloc_inner(new_layout, Contents::Any);
            if moved.is_null() {
                return moved;
            }
            count_unplaced();
        }
        // SAFETY: both blocks are live, and hold what the smaller layout says.
        unsafe { copy_block(block, moved, layout.size().min(new_layout.size())) };
        // SAFETY: the caller's duties.
        let _ = unsafe { self.forget(block, layout) };
        let place = is_remembered.then_some(place);
        resize_record(recording::tables(), found, block, moved, new_layout.size(), place);
        // SAFETY: the caller's duties; the block was found at this place.
        unsafe { self.dealloc_at(found.place, block, layout, lane) };
        moved
    }
}

/// # Safety
/// Both blocks are live, different, and hold `bytes` bytes.
unsafe fn copy_block(from: *const u8, to: *mut u8, bytes: usize) {
    // SAFETY: two live blocks do not overlap, and both are as large by the caller's duty.
    unsafe { std::ptr::copy_nonoverlapping(from, to, bytes) };
}

/// Has the record of a block follow it to its new address and size; if its free would not find it there, it goes.
fn resize_record(
    tables: Option<&Tables>,
    found: Found,
    block: *const u8,
    moved: *const u8,
    size: usize,
    place: Option<Place>,
) {
    let (Some(tables), Some(slot)) = (tables, found.slot) else { return };
    let (from, to) = (block.addr() as u64, moved.addr() as u64);
    let (recorder, shard) = (&tables.recorder, thread::shard());
    let Some(place) = place else {
        let _ = recorder.lost(shard, slot, from);
        return;
    };
    let scope = thread::scope();
    let (period, flags) = (recording::setting_in(scope), place.flags().with_scope(scope));
    let resize = Resize { from, to, size: size as u64, period, flags };
    let _ = recorder.resized(shard, slot, &resize);
}

/// Counts a sample that was lost because there was no memory for it where samples are. An allocation that fails
/// elsewhere too is none: the program got nothing, and nothing is missing.
fn count_unplaced() {
    if let Some(tables) = recording::tables() {
        tables.recorder.counters().add(thread::shard(), Counter::SampledHeapFull);
    }
}
