//! A range of addresses in one word, which every free of the program reads.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A range whose length is a power of two and whose start is a multiple of it: the word holds the start, and in its low
/// bits the length's logarithm. On a cache line that nobody writes to while the program runs.
///
/// One load, an exclusive or and a shift answer whether an address is in it; start and length as two words would be two
/// loads, on two lines once the optimizer has taken them apart.
#[repr(align(128))]
pub(crate) struct AddressRange(AtomicUsize);

impl AddressRange {
    /// Lengths from here on leave room for their logarithm in the low bits of a start.
    const LEN_MIN: usize = usize::BITS as usize;

    /// A range where no block is: above every address that a program has, one byte long.
    pub(crate) const fn nowhere() -> Self {
        Self(AtomicUsize::new(1 << (usize::BITS - 1)))
    }

    /// Whether the address lies in the range.
    #[inline(always)]
    pub(crate) fn contains(&self, address: usize) -> bool {
        // Relaxed: whoever holds a block of the range has synchronized with its allocation, which came after the store.
        let word = self.0.load(Ordering::Relaxed);
        (address ^ word).wrapping_shr(log(word)) == 0
    }

    /// Sets the range; `false` if it is none of the kind, and nothing is changed.
    pub(crate) fn set(&self, start: usize, len: usize) -> bool {
        let is_of_the_kind = len >= Self::LEN_MIN && len.is_power_of_two() && start.is_multiple_of(len);
        if is_of_the_kind {
            self.0.store(start | len.trailing_zeros() as usize, Ordering::Relaxed);
        }
        is_of_the_kind
    }

    /// The first address after the range.
    pub(crate) fn end(&self) -> usize {
        let word = self.0.load(Ordering::Relaxed);
        let len = 1usize.wrapping_shl(log(word));
        (word & !(Self::LEN_MIN - 1)).saturating_add(len)
    }
}

/// The low six bits, by which a processor shifts anyway; what else the word holds makes no difference.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
const fn log(word: usize) -> u32 {
    word as u32
}

#[cfg(test)]
mod tests {
    use super::AddressRange;

    #[test]
    fn it_contains_what_lies_between_its_ends() {
        let range = AddressRange::nowhere();
        for address in [0, 1, 1 << 47, usize::MAX] {
            assert!(!range.contains(address), "{address:#x}");
        }
        for (start, len) in [(64, 64), (1 << 22, 1 << 22), (3 << 40, 1 << 40), (0x7f00_0000_0000, 1 << 40)] {
            assert!(range.set(start, len));
            assert_eq!(range.end(), start + len);
            for (address, is_inside) in [
                (start - 1, false),
                (start, true),
                (start + len / 2 + 8, true),
                (start + len - 1, true),
                (start + len, false),
            ] {
                assert_eq!(range.contains(address), is_inside, "{address:#x} in {start:#x} + {len:#x}");
            }
        }
    }

    #[test]
    fn what_cannot_be_one_word_is_refused() {
        let range = AddressRange::nowhere();
        for (start, len) in [(0, 32), (64, 96), (1 << 20, 1 << 22), (8, 64)] {
            assert!(!range.set(start, len), "{start:#x} + {len:#x}");
        }
        assert!(!range.contains(64));
    }
}
