//! Addresses of sampled blocks that cannot carry the name of their record themselves, without locks.
//!
//! ```text
//! word 0     levels in which something was ever stored
//! level 0    4,096 slots   ┐ filled first
//! level 1   16,384 slots   ├ a level is touched only when the ones before it have no room for an address
//! ...        four times    ┘
//!
//! level      keys   [ 8 addresses = one cache line ] ...     0 free, else the address
//!            values [ 8 values    = one cache line ] ...     [ flags:8 unused:24 slot:32 ]
//! ```
//!
//! An address may sit in one of two buckets of eight on each level. Removing stores a zero key: there are no
//! tombstones, nothing moves, and nothing has to be cleaned up. An address belongs to its block's owner, so two
//! operations on one address never race, and one compare-and-swap per insertion is all there is.
//!
//! The index lives in memory of its own that no other process maps: it means nothing without the program, and a forked
//! child, whose copy of it is its own, can still tell how an inherited block was placed without touching the records
//! of its parent.

use crate::live_record::{BlockFlags, SlotId, halves, high, low};
use crate::sync::{AtomicU64, Ordering};

const BUCKET_SLOTS: usize = 8;
/// Words of a slot: key and value.
const SLOT_WORDS: usize = 2;
/// Words before the first level: a cache line.
const HEADER_WORDS: usize = 8;
/// Slots of the first level; few under loom, which tries every interleaving.
const FIRST_LEVEL_SLOTS: usize = if cfg!(loom) { BUCKET_SLOTS } else { 4096 };
/// How much larger each level is than the one before it, as a power of two.
const LEVEL_GROWTH_BITS: usize = 2;
/// Levels of the largest index: 89 million slots.
const LEVELS_MAX: usize = 8;

const EMPTY: u64 = 0;

/// The index; see the module page.
#[derive(Debug)]
pub struct AddressIndex<'a> {
    levels_used: &'a AtomicU64,
    words: &'a [AtomicU64],
    levels: usize,
}

struct Level<'a> {
    keys: &'a [AtomicU64],
    values: &'a [AtomicU64],
}

impl<'a> AddressIndex<'a> {
    /// Slots of an index with so many levels: 6 hold 5.5 million blocks, 7 hold 22 million.
    #[must_use]
    pub const fn capacity(levels: usize) -> usize {
        let mut slots = 0;
        let mut level = 0;
        while level < levels {
            slots += level_slots(level);
            level += 1;
        }
        slots
    }

    /// Words that an index with so many levels needs.
    #[must_use]
    pub const fn words(levels: usize) -> usize {
        HEADER_WORDS + Self::capacity(levels) * SLOT_WORDS
    }

    /// An index in `words`, all zero at first, of as many levels as fit. `None` if not even one does.
    #[must_use]
    pub fn new(words: &'a [AtomicU64]) -> Option<Self> {
        let levels = (1..=LEVELS_MAX).rev().find(|&n| Self::words(n) <= words.len())?;
        let ([levels_used, ..], words) = words.split_first_chunk::<HEADER_WORDS>()?;
        Some(Self { levels_used, words, levels })
    }

    /// Notes where the record of a block is, and how the block was placed. `false` if there is no room.
    ///
    /// `address` is not 0 and not in the index.
    #[must_use]
    pub fn insert(&self, address: u64, slot: SlotId, flags: BlockFlags) -> bool {
        if address == EMPTY {
            return false;
        }
        for level in 0..self.levels {
            if level >= self.levels_used() {
                // Release: whoever sees an address in the level counts the level first.
                self.levels_used.fetch_max(level as u64 + 1, Ordering::AcqRel);
            }
            if self.level(level).is_some_and(|level| level.insert(address, slot, flags)) {
                return true;
            }
        }
        false
    }

    /// Where the record of a block is and how it was placed, if the block is in the index. It stays.
    #[inline]
    #[must_use]
    pub fn get(&self, address: u64) -> Option<(SlotId, BlockFlags)> {
        self.find(address).map(|(_, value)| unpack(value.load(Ordering::Relaxed)))
    }

    /// Removes a block, if it is in the index, and tells where its record is and how it was placed.
    #[inline]
    pub fn remove(&self, address: u64) -> Option<(SlotId, BlockFlags)> {
        let (key, value) = self.find(address)?;
        let found = unpack(value.load(Ordering::Relaxed));
        // Release: the next owner of the slot must not write before the value was read.
        key.store(EMPTY, Ordering::Release);
        Some(found)
    }

    /// Words of the levels in use.
    #[must_use]
    pub fn words_used(&self) -> usize {
        Self::words(self.levels_used())
    }

    fn find(&self, address: u64) -> Option<(&'a AtomicU64, &'a AtomicU64)> {
        if address == EMPTY {
            return None;
        }
        (0..self.levels_used()).find_map(|level| self.level(level)?.find(address))
    }

    fn levels_used(&self) -> usize {
        // Acquire: pairs with the raise in `insert`; whoever frees a block has synchronized with its insertion anyway.
        usize::try_from(self.levels_used.load(Ordering::Acquire)).unwrap_or(usize::MAX).min(self.levels)
    }

    fn level(&self, level: usize) -> Option<Level<'a>> {
        let start = Self::capacity(level) * SLOT_WORDS;
        let words = self.words.get(start..start + level_slots(level) * SLOT_WORDS)?;
        let (keys, values) = words.split_at_checked(level_slots(level))?;
        Some(Level { keys, values })
    }
}

impl<'a> Level<'a> {
    fn insert(&self, address: u64, slot: SlotId, flags: BlockFlags) -> bool {
        let free = self.slots(address).find(|(key, _)| {
            // Relaxed: only a look, to spare the cache line. Acquire: what the slot's last owner read of it lies before
            // what the new one writes. The key needs no Release: only who owns the block looks for it.
            key.load(Ordering::Relaxed) == EMPTY
                && key.compare_exchange(EMPTY, address, Ordering::Acquire, Ordering::Relaxed).is_ok()
        });
        if let Some((_, value)) = free {
            // Relaxed: read by who owns the block.
            value.store(halves(u32::from(flags.to_bits()) << 24, slot.to_bits()), Ordering::Relaxed);
        }
        free.is_some()
    }

    fn find(&self, address: u64) -> Option<(&'a AtomicU64, &'a AtomicU64)> {
        // Relaxed: who owns the block has synchronized with who inserted it; no other thread's key is this address.
        self.slots(address).find(|(key, _)| key.load(Ordering::Relaxed) == address)
    }

    fn slots(&self, address: u64) -> impl Iterator<Item = (&'a AtomicU64, &'a AtomicU64)> {
        let (keys, values) =
            (self.keys.as_chunks::<BUCKET_SLOTS>().0, self.values.as_chunks::<BUCKET_SLOTS>().0);
        let hash = address.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mask = keys.len().wrapping_sub(1);
        [(hash >> 40) as usize, (hash >> 16) as usize]
            .into_iter()
            .filter_map(move |bucket| Some((keys.get(bucket & mask)?, values.get(bucket & mask)?)))
            .flat_map(|(keys, values)| keys.iter().zip(values))
    }
}

const fn level_slots(level: usize) -> usize {
    FIRST_LEVEL_SLOTS << (level * LEVEL_GROWTH_BITS)
}

fn unpack(value: u64) -> (SlotId, BlockFlags) {
    let [flags, ..] = high(value).to_be_bytes();
    (SlotId::from_bits(low(value)), BlockFlags::from_bits(flags))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::vec::Vec;

    fn words(n: usize) -> Vec<AtomicU64> {
        (0..n).map(|_| AtomicU64::new(0)).collect()
    }

    fn flags(number: u32) -> BlockFlags {
        if number.is_multiple_of(2) { BlockFlags::OVERALIGNED } else { BlockFlags::NONE }
    }

    proptest! {
        /// Against a map: insert, remove and get in any order, over three levels.
        #[test]
        fn behaves_like_a_map(steps in prop::collection::vec((0u64..30_000, any::<bool>(), any::<u32>()), 1..3000)) {
            let storage = words(AddressIndex::words(3));
            let index = AddressIndex::new(&storage).unwrap();
            let mut model = BTreeMap::new();
            for (place, insert, number) in steps {
                // Odd ones too: a wrapped allocator may place small blocks anywhere.
                let address = 4096 + place * 3;
                prop_assert_eq!(index.get(address), model.get(&address).copied());
                if insert && !model.contains_key(&address) {
                    prop_assert!(index.insert(address, SlotId::from_bits(number), flags(number)));
                    model.insert(address, (SlotId::from_bits(number), flags(number)));
                } else {
                    prop_assert_eq!(index.remove(address), model.remove(&address));
                }
            }
        }
    }

    #[test]
    fn levels_are_used_one_after_the_other_and_a_full_index_refuses() {
        let storage = words(AddressIndex::words(2));
        let index = AddressIndex::new(&storage).unwrap();
        let address = |n: u32| 0x7f00_0000_0000 + u64::from(n) * 48;
        let mut stored = Vec::new();
        for n in 0..40_000 {
            if index.insert(address(n), SlotId::from_bits(n), BlockFlags::NONE) {
                stored.push(n);
            }
            if n == 2000 {
                let words = AddressIndex::words(1);
                assert_eq!(index.words_used(), words, "the first level has room for 2,000");
            }
        }
        let capacity = AddressIndex::capacity(2);
        let is_full = stored.len() > capacity * 95 / 100 && stored.len() <= capacity;
        assert!(is_full, "{} of {capacity}", stored.len());
        for n in stored {
            assert_eq!(index.remove(address(n)), Some((SlotId::from_bits(n), BlockFlags::NONE)));
        }
        assert!(storage[HEADER_WORDS..].iter().take(4096).all(|key| key.load(Ordering::Relaxed) == EMPTY));
    }

    #[test]
    fn address_zero_is_never_there() {
        let storage = words(AddressIndex::words(1));
        let index = AddressIndex::new(&storage).unwrap();
        assert!(!index.insert(0, SlotId::from_bits(1), BlockFlags::NONE));
        assert_eq!((index.get(0), index.remove(0)), (None, None));
        assert!(AddressIndex::new(&storage[1..]).is_none());
    }
}
