//! How samples are recognized over an allocator that is not ours, by address and size alone.
//!
//! With a large period a small sample is placed at the start of a page: of the small blocks only those that start a
//! page can be samples, one in 256 for blocks of 16 bytes, and large blocks are dear to free anyway. Both are looked
//! up. With a small period most blocks are samples and a page each would be too much: then every block is looked up.

use heapdiff_recorder::{BlockFlags, Period};
use std::alloc::Layout;
use std::sync::atomic::{AtomicU8, Ordering};

/// Alignment of small samples.
const PAGE: usize = 4096;
/// Blocks from this size on are looked up wherever they are.
const LARGE: usize = 32 * 1024;
/// With a period from here on, samples are rare enough for a page each: at most 1/16 of what is allocated.
const SPARSE_PERIOD: u64 = 64 * 1024;

/// Nothing was ever recorded: no block is a sample.
const CLOSED: u8 = 0;
/// Small samples start a page.
const PAGES: u8 = 1;
/// Any block may be a sample.
const OPEN: u8 = 2;

/// It is only ever opened further: blocks that were placed before must still be recognized.
static GATE: AtomicU8 = AtomicU8::new(CLOSED);

/// Lets samples of `period` be recognized from here on.
pub(crate) fn open_for(period: Period) {
    let wanted = if period.bytes() >= SPARSE_PERIOD { PAGES } else { OPEN };
    // Relaxed: a thread that records has seen the period, which is stored after this with Release.
    GATE.fetch_max(wanted, Ordering::Relaxed);
}

/// Whether a block may be a sample.
#[inline(always)]
pub(crate) fn may_be_sampled(block: *const u8, layout: Layout) -> bool {
    // Relaxed: whoever holds a sample has synchronized with its allocation, which came after the gate was opened.
    match GATE.load(Ordering::Relaxed) {
        CLOSED => false,
        PAGES => layout.size() >= LARGE || block.addr().is_multiple_of(PAGE),
        _ => true,
    }
}

/// How a sample of this layout is to be placed.
pub(crate) fn flags(layout: Layout) -> BlockFlags {
    let is_recognized_anywhere =
        layout.size() >= LARGE || layout.align() >= PAGE || GATE.load(Ordering::Relaxed) != PAGES;
    if is_recognized_anywhere { BlockFlags::NONE } else { BlockFlags::OVERALIGNED }
}

/// Bytes of a sample at the start of a page, at least: more than the C library keeps in its thread cache. From there a
/// freed sample would be handed out as an ordinary block of its size, again and again, and looked up at each free.
const PLACED_MIN: usize = 1040;

/// The layout at the start of a page.
pub(crate) fn page_aligned(layout: Layout) -> Layout {
    Layout::from_size_align(layout.size().max(PLACED_MIN), layout.align().max(PAGE)).unwrap_or(layout)
}
