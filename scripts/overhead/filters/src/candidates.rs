//! The filters.

use crate::range;
use crate::shim::Filter;
use std::alloc::{GlobalAlloc, Layout};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU8, Ordering};
use tikv_jemallocator::Jemalloc;

const PAGE: usize = 4096;

/// Never samples: what the countdown costs alone. With `COUNTED` frees are counted.
#[derive(Debug)]
pub struct NoFilter<const COUNTED: bool>;

impl<const COUNTED: bool> Filter for NoFilter<COUNTED> {
    const BYTES: usize = 0;
    const COUNTS_FREES: bool = COUNTED;

    #[inline(always)]
    fn may_be_sampled(_block: *const u8, _layout: Layout) -> bool {
        false
    }

    fn place(_layout: Layout) -> *mut u8 {
        null_mut()
    }

    unsafe fn take_back(_block: *mut u8, _layout: Layout) {}
}

/// Samples lie in an address range of their own.
#[derive(Debug)]
pub struct Range;

impl Filter for Range {
    const BYTES: usize = 0;

    #[inline(always)]
    fn may_be_sampled(block: *const u8, _layout: Layout) -> bool {
        // Relaxed: whoever holds a sample has synchronized with its allocation, which came after both stores.
        block.addr().wrapping_sub(range::START.load(Ordering::Relaxed)) < range::LEN.load(Ordering::Relaxed)
    }

    fn place(layout: Layout) -> *mut u8 {
        range::alloc(layout)
    }

    unsafe fn take_back(block: *mut u8, layout: Layout) {
        // SAFETY: the caller's duties are passed on.
        unsafe { range::free(block, layout) };
    }
}

/// Small samples start a page; large blocks, and small ones that start a page, are looked up.
#[derive(Debug)]
pub struct Pages;

impl Pages {
    const LARGE: usize = 32 * 1024;

    fn placed(layout: Layout) -> Layout {
        if layout.size() >= Self::LARGE { layout } else { layout.align_to(PAGE).unwrap_or(layout) }
    }
}

impl Filter for Pages {
    const BYTES: usize = 0;

    #[inline(always)]
    fn may_be_sampled(block: *const u8, layout: Layout) -> bool {
        layout.size() >= Self::LARGE || block.addr().is_multiple_of(PAGE)
    }

    fn place(layout: Layout) -> *mut u8 {
        // SAFETY: the size is not 0 by the duty of whoever allocates.
        unsafe { Jemalloc.alloc(Self::placed(layout)) }
    }

    unsafe fn take_back(block: *mut u8, layout: Layout) {
        // SAFETY: it was placed with this layout.
        unsafe { Jemalloc.dealloc(block, Self::placed(layout)) };
    }
}

/// Samples are counted in one of `1 << LOG_COUNTERS` bytes, which a hash of the address chooses.
#[derive(Debug)]
pub struct Counting<const LOG_COUNTERS: u32>;

/// As many as the largest filter has.
static COUNTERS: [AtomicU8; 1 << 18] = [const { AtomicU8::new(0) }; 1 << 18];

impl<const LOG_COUNTERS: u32> Counting<LOG_COUNTERS> {
    #[inline(always)]
    fn counter(block: *const u8) -> &'static AtomicU8 {
        let hash = (block.addr() as u64 >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // The hash has LOG_COUNTERS bits, so the optimizer drops the check.
        &COUNTERS[(hash >> (64 - LOG_COUNTERS)) as usize]
    }
}

impl<const LOG_COUNTERS: u32> Filter for Counting<LOG_COUNTERS> {
    const BYTES: usize = 1 << LOG_COUNTERS;

    #[inline(always)]
    fn may_be_sampled(block: *const u8, _layout: Layout) -> bool {
        // Relaxed: as above.
        Self::counter(block).load(Ordering::Relaxed) != 0
    }

    fn place(layout: Layout) -> *mut u8 {
        // SAFETY: the size is not 0 by the duty of whoever allocates.
        let block = unsafe { Jemalloc.alloc(layout) };
        // A counter that is full stays so. Relaxed: as above.
        let _ = Self::counter(block)
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_add(1));
        block
    }

    unsafe fn take_back(block: *mut u8, layout: Layout) {
        let _ = Self::counter(block).fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
            (count != u8::MAX).then(|| count - 1)
        });
        // SAFETY: it was placed with this layout.
        unsafe { Jemalloc.dealloc(block, layout) };
    }
}

/// Samples have a number in front that nobody else would write. Every free reads what is in front of its block, which
/// is somebody else's memory: for a measurement only.
#[derive(Debug)]
pub struct Header;

impl Header {
    const MAGIC: u64 = 0x6865_6170_6469_6666;
    /// From the start of what jemalloc gave to the block; more where the block would start a page.
    const BYTES_BEFORE: usize = 16;

    fn placed(layout: Layout) -> Layout {
        let size = layout.size().saturating_add(2 * Self::BYTES_BEFORE);
        Layout::from_size_align(size, Self::BYTES_BEFORE).unwrap_or(layout)
    }
}

impl Filter for Header {
    const BYTES: usize = 0;

    #[inline(always)]
    fn may_be_sampled(block: *const u8, _layout: Layout) -> bool {
        if block.addr().is_multiple_of(PAGE) {
            return false;
        }
        let before = block.wrapping_sub(Self::BYTES_BEFORE).cast::<u64>();
        // SAFETY: on the same page as the block, so it is mapped. That it is not the block's own memory is what speaks
        // against this filter; volatile, so that the compiler makes nothing of it.
        unsafe { before.read_volatile() == Self::MAGIC }
    }

    fn place(layout: Layout) -> *mut u8 {
        if layout.align() > Self::BYTES_BEFORE {
            return null_mut();
        }
        // SAFETY: the size is not 0.
        let start = unsafe { Jemalloc.alloc(Self::placed(layout)) };
        if start.is_null() {
            return start;
        }
        // SAFETY: 32 bytes more than asked for are there.
        let mut block = unsafe { start.add(Self::BYTES_BEFORE) };
        let is_moved = block.addr().is_multiple_of(PAGE);
        if is_moved {
            // SAFETY: as above.
            block = unsafe { block.add(Self::BYTES_BEFORE) };
        }
        let before = block.wrapping_sub(Self::BYTES_BEFORE).cast::<u64>();
        // SAFETY: within the block, behind its start.
        unsafe { before.write(Self::MAGIC) };
        // SAFETY: as above; says where jemalloc's block starts.
        unsafe { before.add(1).write(u64::from(is_moved)) };
        block
    }

    unsafe fn take_back(block: *mut u8, layout: Layout) {
        let before = block.wrapping_sub(Self::BYTES_BEFORE).cast::<u64>();
        // SAFETY: written when it was placed.
        let is_moved = unsafe { before.add(1).read() } == 1;
        // SAFETY: ours; cleared, or the next block here would look like a sample.
        unsafe { before.write(0) };
        let bytes_before = if is_moved { 2 * Self::BYTES_BEFORE } else { Self::BYTES_BEFORE };
        // SAFETY: this is where it started, and it was placed with this layout.
        unsafe { Jemalloc.dealloc(block.wrapping_sub(bytes_before), Self::placed(layout)) };
    }
}

/// All blocks but samples start at multiples of 16, samples 8 behind one. Blocks of 8 bytes take 16 for that, and what
/// has to be aligned to 16 cannot be sampled.
#[derive(Debug)]
pub struct Misaligned;

impl Misaligned {
    const OFFSET: usize = 8;

    fn placed(layout: Layout) -> Layout {
        Layout::from_size_align(layout.size().saturating_add(2 * Self::OFFSET), 16).unwrap_or(layout)
    }
}

impl Filter for Misaligned {
    const BYTES: usize = 0;

    #[inline(always)]
    fn may_be_sampled(block: *const u8, _layout: Layout) -> bool {
        block.addr() & Self::OFFSET != 0
    }

    #[inline(always)]
    fn unsampled(layout: Layout) -> Layout {
        // From 16 bytes on all of jemalloc's sizes are multiples of 16, and so are its blocks' addresses.
        // SAFETY: the alignment is that of a layout, and 16 bytes are not too many for it.
        unsafe { Layout::from_size_align_unchecked(layout.size().max(16), layout.align()) }
    }

    fn place(layout: Layout) -> *mut u8 {
        if layout.align() > Self::OFFSET {
            return null_mut();
        }
        // SAFETY: the size is not 0.
        let start = unsafe { Jemalloc.alloc(Self::placed(layout)) };
        if start.is_null() { start } else { start.wrapping_add(Self::OFFSET) }
    }

    unsafe fn take_back(block: *mut u8, layout: Layout) {
        // SAFETY: this is where it started, and it was placed with this layout.
        unsafe { Jemalloc.dealloc(block.wrapping_sub(Self::OFFSET), Self::placed(layout)) };
    }
}
