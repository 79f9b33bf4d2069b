//! An allocator that remembers each block's layout and counts whoever gives it back with another one.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Blocks that came back with a layout that they were not allocated with.
pub(crate) static MISTAKES: AtomicUsize = AtomicUsize::new(0);
/// Calls of `alloc_zeroed`.
pub(crate) static ZEROED: AtomicUsize = AtomicUsize::new(0);
/// Calls of `realloc`.
pub(crate) static REALLOCATED: AtomicUsize = AtomicUsize::new(0);
/// Blocks asked for with the alignment of a page.
pub(crate) static OVERALIGNED: AtomicUsize = AtomicUsize::new(0);

/// The allocator. In front of each block, at a distance of its alignment or 16 bytes, it notes the layout.
#[derive(Debug)]
pub(crate) struct Strict;

fn padded(layout: Layout) -> (Layout, usize) {
    let offset = layout.align().max(16);
    let padded = Layout::from_size_align(layout.size() + offset, offset).unwrap_or(layout);
    (padded, offset)
}

fn note(block: *mut u8, layout: Layout) -> *mut u8 {
    let (_, offset) = padded(layout);
    if block.is_null() {
        return block;
    }
    if layout.align() == 4096 {
        OVERALIGNED.fetch_add(1, Ordering::Relaxed);
    }
    let handed_out = block.wrapping_add(offset);
    for (distance, word) in [(16, layout.size()), (8, layout.align())] {
        // SAFETY: the block begins 16 bytes at least before what is handed out, aligned for words.
        unsafe { handed_out.wrapping_sub(distance).cast::<usize>().write(word) };
    }
    handed_out
}

fn check(block: *mut u8, layout: Layout) {
    // SAFETY: written by `note`.
    let noted = |distance| unsafe { block.wrapping_sub(distance).cast::<usize>().read() };
    if (noted(16), noted(8)) != (layout.size(), layout.align()) {
        MISTAKES.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: forwards to the system's allocator with room for the notes.
unsafe impl GlobalAlloc for Strict {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the padded layout is not empty.
        note(unsafe { System.alloc(padded(layout).0) }, layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ZEROED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the padded layout is not empty.
        note(unsafe { System.alloc_zeroed(padded(layout).0) }, layout)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        check(block, layout);
        let (padded, offset) = padded(layout);
        // SAFETY: allocated with that layout, `offset` bytes before what was handed out.
        unsafe { System.dealloc(block.wrapping_sub(offset), padded) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        REALLOCATED.fetch_add(1, Ordering::Relaxed);
        check(block, layout);
        let (padded, offset) = padded(layout);
        let Ok(new_layout) = Layout::from_size_align(new_size, layout.align()) else {
            return std::ptr::null_mut();
        };
        // SAFETY: allocated with that layout, `offset` bytes before what was handed out.
        note(unsafe { System.realloc(block.wrapping_sub(offset), padded, new_size + offset) }, new_layout)
    }
}
