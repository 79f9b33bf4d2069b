//! The allocator around a filter.

use crate::{COUNTS, count, table};
use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::atomic::AtomicU64;
use tikv_jemallocator::Jemalloc;

/// Mean bytes between samples.
const PERIOD: f64 = 512.0 * 1024.0;

/// Frees and reallocations; counted by [`NoFilter`](crate::NoFilter)`<true>` alone.
pub(crate) static FREES: AtomicU64 = AtomicU64::new(0);

/// A way to find out whether a block was sampled.
pub trait Filter {
    /// Memory that it takes for itself.
    const BYTES: usize;
    /// Whether frees are counted, which costs more than any filter.
    const COUNTS_FREES: bool = false;

    /// Whether the block may be a sample: what every free asks.
    fn may_be_sampled(block: *const u8, layout: Layout) -> bool;

    /// What jemalloc is asked for a block that is none.
    #[inline(always)]
    fn unsampled(layout: Layout) -> Layout {
        layout
    }

    /// Allocates a block that will be recognized; null where that cannot be.
    fn place(layout: Layout) -> *mut u8;

    /// Frees a block that [`Filter::place`] gave.
    ///
    /// # Safety
    /// It was given for this layout, and has not been freed.
    unsafe fn take_back(block: *mut u8, layout: Layout);
}

/// jemalloc with a countdown, and a filter.
#[derive(Debug)]
pub struct Shim<F>(PhantomData<F>);

impl<F> Shim<F> {
    /// The allocator.
    #[expect(clippy::new_without_default, reason = "it has to be constant")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

thread_local! {
    static REMAINING: Cell<i64> = const { Cell::new(0) };
    static RANDOM: Cell<u64> = const { Cell::new(0) };
}

#[inline(always)]
fn spend(bytes: usize) -> bool {
    REMAINING.with(|remaining| {
        let left = remaining.get().wrapping_sub(bytes as i64);
        remaining.set(left);
        left < 0
    })
}

/// Whether the allocation that tripped the countdown is a sample; draws the next interval.
fn trip() -> bool {
    let mut random = RANDOM.get();
    let is_first = random == 0;
    if is_first {
        random = 0x9e37_79b9_7f4a_7c15;
    }
    random ^= random >> 12;
    random ^= random << 25;
    random ^= random >> 27;
    RANDOM.set(random);
    let unit = ((random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) + 1) as f64 / (1_u64 << 53) as f64;
    REMAINING.set((-unit.ln() * PERIOD) as i64);
    !is_first
}

#[cold]
#[inline(never)]
fn alloc_cold<F: Filter>(layout: Layout, is_zeroed: bool) -> *mut u8 {
    if trip() {
        let block = sampled::<F>(layout);
        if !block.is_null() {
            if is_zeroed {
                // SAFETY: the block has just been allocated with this layout.
                unsafe { block.write_bytes(0, layout.size()) };
            }
            return block;
        }
    }
    let layout = F::unsampled(layout);
    if is_zeroed {
        // SAFETY: the caller's duties are those of the inner allocator.
        unsafe { Jemalloc.alloc_zeroed(layout) }
    } else {
        // SAFETY: as above.
        unsafe { Jemalloc.alloc(layout) }
    }
}

/// A block that is registered as a sample, or null.
fn sampled<F: Filter>(layout: Layout) -> *mut u8 {
    let block = F::place(layout);
    if block.is_null() {
        count(&COUNTS.lost);
        return block;
    }
    if !table::insert(block.addr()) {
        count(&COUNTS.lost);
        // SAFETY: it has just been placed, and nobody has it.
        unsafe { F::take_back(block, layout) };
        return std::ptr::null_mut();
    }
    count(&COUNTS.samples);
    block
}

/// # Safety
/// As [`GlobalAlloc::dealloc`].
#[cold]
#[inline(never)]
unsafe fn dealloc_cold<F: Filter>(block: *mut u8, layout: Layout) {
    if table::remove(block.addr()) {
        count(&COUNTS.hits);
        // SAFETY: only placed blocks are in the table.
        unsafe { F::take_back(block, layout) };
    } else {
        count(&COUNTS.misses);
        // SAFETY: the block is no sample, so it came from jemalloc with this layout.
        unsafe { Jemalloc.dealloc(block, F::unsampled(layout)) };
    }
}

/// # Safety
/// As [`GlobalAlloc::realloc`].
#[cold]
#[inline(never)]
unsafe fn realloc_cold<F: Filter>(
    block: *mut u8,
    layout: Layout,
    new_size: usize,
    has_tripped: bool,
) -> *mut u8 {
    let Ok(new_layout) = Layout::from_size_align(new_size, layout.align()) else {
        return std::ptr::null_mut();
    };
    let becomes_sample = has_tripped && trip();
    let is_asked = F::may_be_sampled(block, layout);
    let is_sample = is_asked && table::contains(block.addr());
    if is_asked && !is_sample {
        count(&COUNTS.misses);
    }
    if !is_sample && !becomes_sample {
        let (layout, new_size) = (F::unsampled(layout), F::unsampled(new_layout).size());
        // SAFETY: the block is no sample, so it came from jemalloc with this layout.
        return unsafe { Jemalloc.realloc(block, layout, new_size) };
    }
    let mut moved = sampled::<F>(new_layout);
    if moved.is_null() {
        // SAFETY: the size is not 0 by the caller's duty.
        moved = unsafe { Jemalloc.alloc(F::unsampled(new_layout)) };
    }
    if !moved.is_null() {
        // SAFETY: both are live, different, and hold so many bytes.
        unsafe { std::ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size)) };
        if is_sample {
            // SAFETY: the block is live with this layout.
            unsafe { dealloc_cold::<F>(block, layout) };
        } else {
            // SAFETY: the block is no sample, so it came from jemalloc with this layout.
            unsafe { Jemalloc.dealloc(block, F::unsampled(layout)) };
        }
    }
    moved
}

// SAFETY: blocks come from jemalloc or from the filter, as large and as aligned as asked for, and go back there.
unsafe impl<F: Filter> GlobalAlloc for Shim<F> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if spend(layout.size()) {
            return alloc_cold::<F>(layout, false);
        }
        // SAFETY: the caller's duties are those of the inner allocator.
        unsafe { Jemalloc.alloc(F::unsampled(layout)) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if spend(layout.size()) {
            return alloc_cold::<F>(layout, true);
        }
        // SAFETY: the caller's duties are those of the inner allocator.
        unsafe { Jemalloc.alloc_zeroed(F::unsampled(layout)) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if F::COUNTS_FREES {
            count(&FREES);
        }
        if F::may_be_sampled(block, layout) {
            // SAFETY: the caller's duties are passed on.
            return unsafe { dealloc_cold::<F>(block, layout) };
        }
        // SAFETY: the block is no sample, so it came from jemalloc with this layout.
        unsafe { Jemalloc.dealloc(block, F::unsampled(layout)) };
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if F::COUNTS_FREES {
            count(&FREES);
        }
        let has_tripped = spend(new_size.saturating_sub(layout.size()));
        if has_tripped || F::may_be_sampled(block, layout) {
            // SAFETY: the caller's duties are passed on.
            return unsafe { realloc_cold::<F>(block, layout, new_size, has_tripped) };
        }
        let Ok(new_layout) = Layout::from_size_align(new_size, layout.align()) else {
            return std::ptr::null_mut();
        };
        // SAFETY: the block is no sample, so it came from jemalloc with this layout.
        unsafe { Jemalloc.realloc(block, F::unsampled(layout), F::unsampled(new_layout).size()) }
    }
}
