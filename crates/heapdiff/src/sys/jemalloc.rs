//! jemalloc's own functions for blocks that are no samples.
//!
//! They do what `tikv_jemallocator::Jemalloc` does, with a branch that is nearly never taken where that computes the
//! flags of an alignment for each call: that pays for a good part of what the countdown costs.

use std::alloc::Layout;
use tikv_jemalloc_sys as je;

/// Every block of jemalloc's that is as large is as aligned.
const ALIGN_OF_ANY: usize = 16;

/// Whether a layout needs no word about its alignment; nearly all need none.
#[inline(always)]
const fn is_aligned_anyway(layout: Layout) -> bool {
    layout.align() <= ALIGN_OF_ANY && layout.align() <= layout.size()
}

/// As [`std::alloc::GlobalAlloc::alloc`].
///
/// # Safety
/// The layout's size is not 0.
#[inline(always)]
pub(crate) unsafe fn alloc(layout: Layout) -> *mut u8 {
    if !is_aligned_anyway(layout) {
        // SAFETY: the caller's duties are passed on.
        return unsafe { alloc_aligned(layout.size(), layout.align()) };
    }
    // SAFETY: the size may be anything.
    unsafe { je::malloc(layout.size()) }.cast()
}

/// Not inlined, or the optimizer computes the flags for all blocks to save the branch.
#[cold]
#[inline(never)]
unsafe fn alloc_aligned(size: usize, align: usize) -> *mut u8 {
    // SAFETY: the size is not 0 by the caller's duty, and the flags are an alignment.
    unsafe { je::mallocx(size, je::MALLOCX_ALIGN(align)) }.cast()
}

/// As [`std::alloc::GlobalAlloc::dealloc`].
///
/// # Safety
/// The block is jemalloc's, has this layout, and is not used any more.
#[inline(always)]
pub(crate) unsafe fn dealloc(block: *mut u8, layout: Layout) {
    if !is_aligned_anyway(layout) {
        // SAFETY: the caller's duties are passed on.
        return unsafe { dealloc_aligned(block, layout.size(), layout.align()) };
    }
    // SAFETY: by the caller's duty; a block of this layout has no flags.
    unsafe { je::sdallocx(block.cast(), layout.size(), 0) };
}

#[cold]
#[inline(never)]
unsafe fn dealloc_aligned(block: *mut u8, size: usize, align: usize) {
    // SAFETY: by the caller's duty; a block of this layout was allocated with this alignment.
    unsafe { je::sdallocx(block.cast(), size, je::MALLOCX_ALIGN(align)) };
}
