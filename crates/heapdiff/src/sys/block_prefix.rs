//! The prefix of a small sampled block, which names its record.
//!
//! ```text
//! start                         block
//! ▼                             ▼
//! [ ...padding... ][slot][check][ what the program asked for ... ]
//!  └── the block's alignment, 16 bytes at least ─┘
//! ```
//!
//! `check` is the complement of `slot`: a prefix that the program wrote over by mistake is taken for none.

use heapdiff_recorder::SlotId;
use std::alloc::Layout;

/// Bytes of the smallest prefix: keeps blocks aligned for any ordinary type.
const PREFIX_MIN: usize = 16;
/// Largest block with its prefix: jemalloc's small classes end here, and above it a block of a power of two would take
/// a larger size class.
const PREFIXED_MAX: usize = 14 * 1024;
/// A slot that no record has.
const NO_SLOT: u32 = u32::MAX;

fn prefix(layout: Layout) -> usize {
    layout.align().max(PREFIX_MIN)
}

/// Whether blocks of this layout have a prefix.
#[inline]
pub(crate) fn fits(layout: Layout) -> bool {
    with_prefix(layout) <= PREFIXED_MAX
}

/// Bytes of a block and its prefix.
#[inline]
pub(crate) fn with_prefix(layout: Layout) -> usize {
    layout.size().saturating_add(prefix(layout))
}

/// The block behind the prefix that begins at `start`; null for null.
#[inline]
pub(crate) fn block(start: *mut u8, layout: Layout) -> *mut u8 {
    if start.is_null() { start } else { start.wrapping_add(prefix(layout)) }
}

/// Where the prefix of a block begins.
#[inline]
pub(crate) fn start(block: *mut u8, layout: Layout) -> *mut u8 {
    block.wrapping_sub(prefix(layout))
}

/// Names the record of a block.
///
/// # Safety
/// The block has a prefix, and belongs to the caller.
#[inline]
pub(crate) unsafe fn write(block: *mut u8, slot: Option<SlotId>) {
    let bits = slot.map_or(NO_SLOT, SlotId::to_bits);
    let word = block.wrapping_sub(size_of::<u64>()).cast::<u64>();
    // SAFETY: the last 8 bytes of the prefix are inside its allocation, aligned since the block is aligned to 16, and
    // nobody else's by the caller's duty.
    unsafe { word.write(u64::from(!bits) << 32 | u64::from(bits)) };
}

/// The record that the prefix names; `None` if it has none, or was written over.
///
/// # Safety
/// As for [`write`], which was called for this block.
#[inline]
pub(crate) unsafe fn read(block: *mut u8) -> Option<SlotId> {
    let word = block.wrapping_sub(size_of::<u64>()).cast::<u64>();
    // SAFETY: inside the allocation and aligned as for `write`, and initialized by it.
    let word = unsafe { word.read() };
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of the word")]
    let (bits, check) = (word as u32, (word >> 32) as u32);
    (check == !bits && bits != NO_SLOT).then(|| SlotId::from_bits(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_of_a_block_is_found_again_unless_the_prefix_was_written_over() {
        let layout = Layout::from_size_align(40, 64).expect("a layout");
        let mut memory = [0u128; 16];
        let start = memory.as_mut_ptr().cast::<u8>();
        let block = block(start, layout);
        assert_eq!((block.addr() - start.addr(), super::start(block, layout)), (64, start));
        let slot = SlotId::from_bits(77);
        for named in [Some(slot), None] {
            // SAFETY: the prefix lies in `memory`.
            unsafe { write(block, named) };
            // SAFETY: as above.
            assert_eq!(unsafe { read(block) }, named);
        }
        memory.fill(u128::MAX);
        // SAFETY: as above.
        assert_eq!(unsafe { read(block) }, None);
    }

    #[test]
    fn small_blocks_have_a_prefix_and_large_or_widely_aligned_ones_do_not() {
        let fits = |size, align| fits(Layout::from_size_align(size, align).expect("a layout"));
        assert!(fits(1, 1) && fits(14 * 1024 - 16, 16) && fits(4096, 4096));
        assert!(!fits(14 * 1024, 1) && !fits(1, 1 << 14) && !fits(isize::MAX as usize, 1));
    }
}
