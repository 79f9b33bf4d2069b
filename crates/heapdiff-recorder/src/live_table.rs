//! The sampled blocks that are alive: address to record, without locks.
//!
//! ```text
//! level 0    4,096 slots   ┐ filled first
//! level 1   16,384 slots   ├ a level is touched only when the ones before it have no room for an address
//! ...        four times    ┘
//!
//! level      keys     [ 8 addresses = one cache line ] ...     0 free, 1 being written, else the address
//!            records  [ flags:8 class:8 size:48 ][ stack:32 epoch:32 ][ charge:32 version:32 ] a slot
//! ```
//!
//! An address may sit in one of two buckets of eight on each level. Removing stores a zero key: there are no
//! tombstones, nothing moves, and nothing has to be cleaned up. Memory follows the number of blocks alive, and the
//! capacity is fixed when the region is mapped.
//!
//! # Snapshots
//! A snapshot with number n must hold exactly the blocks that were recorded before it began, and those that come
//! later must carry an epoch above n. So an inserter first makes its record visible with the epoch still pending,
//! *then* reads the epoch; the writer first raises the epoch, *then* looks. A sequentially consistent fence between the
//! two steps on either side makes sure that either the inserter sees the raised epoch or the writer sees the record.

use crate::charge::Charge;
use crate::size_class::SizeClass;
use crate::stack_table::StackId;
use crate::sync::{AtomicU64, Ordering, fence, spin_loop};

/// What a record says about how its block was placed, for the allocator to know when it is freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct BlockFlags(u8);

impl BlockFlags {
    /// Nothing special.
    pub const NONE: Self = Self(0);
    /// The block was asked for with a larger alignment than its layout has.
    pub const OVERALIGNED: Self = Self(1);

    /// Whether all flags of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A sampled block that is alive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveRecord {
    /// Its size in bytes, as the program asked for it; below 2^48.
    pub size: u64,
    /// Where it was allocated.
    pub stack: StackId,
    /// The number of snapshots that had begun before it was allocated.
    pub epoch: u32,
    /// What it was charged, which says how much it stands for.
    pub charge: Charge,
    /// The row of the tally table that counts it.
    pub class: SizeClass,
    /// How it was placed.
    pub flags: BlockFlags,
}

const BUCKET_SLOTS: usize = 8;
const RECORD_WORDS: usize = 3;
/// Words of a slot, its key included.
const SLOT_WORDS: usize = 1 + RECORD_WORDS;
/// Slots of the first level.
const FIRST_LEVEL_SLOTS: usize = 4096;
/// How much larger each level is than the one before it.
const LEVEL_GROWTH: usize = 4;
/// Levels of the largest table: 89 million slots.
const LEVELS_MAX: usize = 8;

const EMPTY: u64 = 0;
const BUSY: u64 = 1;
const EPOCH_PENDING: u32 = u32::MAX;

/// The table; see the module page.
#[derive(Debug)]
pub struct LiveTable<'a> {
    words: &'a [AtomicU64],
    /// Levels in which something was ever stored.
    levels_used: &'a AtomicU64,
    len: &'a AtomicU64,
    levels: usize,
}

struct Level<'a> {
    keys: &'a [AtomicU64],
    records: &'a [AtomicU64],
}

struct Slot<'a> {
    key: &'a AtomicU64,
    record: &'a [AtomicU64; RECORD_WORDS],
}

impl<'a> LiveTable<'a> {
    /// Levels of the largest table that can be asked for.
    pub const LEVELS_MAX: usize = LEVELS_MAX;

    /// Slots of a table with so many levels.
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

    /// Words that a table with so many levels needs.
    #[must_use]
    pub const fn words(levels: usize) -> usize {
        Self::capacity(levels) * SLOT_WORDS
    }

    /// A table in `words`, as many levels as fit, counting in `levels_used` and `len`; all zero at first.
    #[must_use]
    pub fn new(words: &'a [AtomicU64], levels_used: &'a AtomicU64, len: &'a AtomicU64) -> Self {
        let levels = (0..=LEVELS_MAX).rev().find(|&n| Self::words(n) <= words.len()).unwrap_or(0);
        Self { words, levels_used, len, levels }
    }

    /// Number of records.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len.load(Ordering::Relaxed)
    }

    /// Whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Words that the levels in use take.
    #[must_use]
    pub fn words_used(&self) -> u64 {
        Self::words(self.levels_used()) as u64
    }

    fn levels_used(&self) -> usize {
        // Acquire: pairs with the raise in `insert`; whoever frees a block has synchronized with its insertion anyway.
        usize::try_from(self.levels_used.load(Ordering::Acquire)).unwrap_or(usize::MAX).min(self.levels)
    }

    /// Stores the record of a block. With no epoch in `kept_epoch` it gets the one in force.
    ///
    /// `address` is above 1 and has no record. `false` if the table is full.
    pub fn insert(
        &self,
        address: u64,
        record: LiveRecord,
        kept_epoch: Option<u32>,
        epoch: &AtomicU64,
    ) -> bool {
        for level in 0..self.levels {
            if level >= self.levels_used() {
                // Release: whoever sees the level counts it before a record in it can be missed.
                self.levels_used.fetch_max(level as u64 + 1, Ordering::AcqRel);
            }
            let Some(slot) = self.level(level).and_then(|found| found.claim(address)) else { continue };
            slot.fill(address, record, kept_epoch, epoch);
            self.len.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        false
    }

    /// Removes and returns the record of a block, if it has one.
    pub fn remove(&self, address: u64) -> Option<LiveRecord> {
        for level in 0..self.levels_used() {
            let Some(slot) = self.level(level).and_then(|found| found.find(address)) else { continue };
            let record = slot.read();
            // Release: a new owner of the slot must not write before the record was read.
            slot.key.store(EMPTY, Ordering::Release);
            self.len.fetch_sub(1, Ordering::Relaxed);
            return Some(record);
        }
        None
    }

    /// The record of a block, if it has one, for the thread that owns the block. It stays.
    #[must_use]
    pub fn get(&self, address: u64) -> Option<LiveRecord> {
        (0..self.levels_used()).find_map(|level| Some(self.level(level)?.find(address)?.read()))
    }

    /// Calls `visit` with every record whose epoch is at most `epoch_max`, while other threads go on.
    ///
    /// A block that is freed meanwhile may or may not be visited; one that changes its size meanwhile may be missed or
    /// visited twice, which the caller counts.
    pub fn visit(&self, epoch_max: u32, mut visit: impl FnMut(u64, LiveRecord)) {
        // The visitor's half of the agreement with `insert`: see the module page. The caller has raised the epoch.
        fence(Ordering::SeqCst);
        for level in (0..self.levels_used()).filter_map(|level| self.level(level)) {
            for (key, record) in level.keys.iter().zip(level.records.as_chunks::<RECORD_WORDS>().0) {
                if let Some((address, record)) = (Slot { key, record }).read_consistent()
                    && record.epoch <= epoch_max
                {
                    visit(address, record);
                }
            }
        }
    }

    fn level(&self, level: usize) -> Option<Level<'a>> {
        let start = Self::words(level);
        let words = self.words.get(start..start + level_slots(level) * SLOT_WORDS)?;
        let (keys, records) = words.split_at_checked(level_slots(level))?;
        Some(Level { keys, records })
    }
}

impl<'a> Level<'a> {
    /// First slot of each of the two buckets in which an address may sit.
    fn buckets(&self, address: u64) -> [usize; 2] {
        let hash = address.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let buckets = self.keys.len() / BUCKET_SLOTS;
        let [first, second] = [(hash >> 40) as usize, (hash >> 16) as usize & 0xff_ffff];
        [first % buckets * BUCKET_SLOTS, second % buckets * BUCKET_SLOTS]
    }

    fn slots(&self, address: u64) -> impl Iterator<Item = Slot<'a>> {
        let (keys, records) = (self.keys, self.records.as_chunks::<RECORD_WORDS>().0);
        self.buckets(address)
            .into_iter()
            .flat_map(|first| first..first + BUCKET_SLOTS)
            .filter_map(move |index| Some(Slot { key: keys.get(index)?, record: records.get(index)? }))
    }

    fn claim(&self, address: u64) -> Option<Slot<'a>> {
        self.slots(address).find(|slot| {
            // Acquire: what the slot's last owner read of it lies before what the new one writes.
            slot.key.load(Ordering::Relaxed) == EMPTY
                && slot.key.compare_exchange(EMPTY, BUSY, Ordering::Acquire, Ordering::Relaxed).is_ok()
        })
    }

    fn find(&self, address: u64) -> Option<Slot<'a>> {
        // Acquire: pairs with the publication of the key.
        self.slots(address).find(|slot| slot.key.load(Ordering::Acquire) == address)
    }
}

impl Slot<'_> {
    fn fill(&self, address: u64, record: LiveRecord, kept_epoch: Option<u32>, epoch: &AtomicU64) {
        let [size, place, charge] = self.record;
        let version = low(charge.load(Ordering::Relaxed)).wrapping_add(1);
        let stack = u64::from(record.stack.to_bits()) << 32;
        // Release: a visitor that reads any of the words below sees the slot busy when it looks at the key again.
        fence(Ordering::Release);
        // Relaxed: published by the charge and by the key.
        size.store(pack_size(&record), Ordering::Relaxed);
        place.store(stack | u64::from(kept_epoch.unwrap_or(EPOCH_PENDING)), Ordering::Relaxed);
        // Release: a visitor that reads this version sees the words that belong to it.
        charge.store(u64::from(record.charge.to_bits()) << 32 | u64::from(version), Ordering::Release);
        // Release: publishes the words above.
        self.key.store(address, Ordering::Release);
        if kept_epoch.is_none() {
            // The inserter's half of the agreement with `visit`: see the module page.
            fence(Ordering::SeqCst);
            let epoch = epoch.load(Ordering::Relaxed);
            // Release: nothing is read through it but itself.
            place.store(stack | epoch, Ordering::Release);
        }
    }

    /// The record, for the thread that owns its block.
    fn read(&self) -> LiveRecord {
        let [size, place, charge] = self.record;
        unpack(size.load(Ordering::Relaxed), place.load(Ordering::Relaxed), charge.load(Ordering::Relaxed))
    }

    /// The record as it was at one moment, for a thread that does not own its block; `None` if there is none.
    fn read_consistent(&self) -> Option<(u64, LiveRecord)> {
        loop {
            // Acquire: pairs with the publication of the key.
            let address = self.key.load(Ordering::Acquire);
            if address == EMPTY || address == BUSY {
                // A record that is being written gets its epoch after this, so it is not part of the snapshot.
                return None;
            }
            let [size, place, charge] = self.record;
            // Acquire: none of these may be read after the second look at the key, and that not after the second look at
            // the version: an owner that had written a part of the words at the one is busy or done at the other.
            let before = charge.load(Ordering::Acquire);
            let words = (size.load(Ordering::Acquire), place.load(Ordering::Acquire));
            let is_settled = low(words.1) != EPOCH_PENDING
                && self.key.load(Ordering::Acquire) == address
                && charge.load(Ordering::Relaxed) == before;
            if is_settled {
                return Some((address, unpack(words.0, words.1, before)));
            }
            // The inserter is one instruction from done, or the slot has a new owner: look again.
            spin_loop();
            #[cfg(loom)]
            loom::thread::yield_now();
        }
    }
}

const fn level_slots(level: usize) -> usize {
    // Small tables under loom, which tries every interleaving.
    let first = if cfg!(loom) { BUCKET_SLOTS } else { FIRST_LEVEL_SLOTS };
    // LEVEL_GROWTH to the power of the level.
    first << (level * LEVEL_GROWTH.trailing_zeros() as usize)
}

fn pack_size(record: &LiveRecord) -> u64 {
    u64::from(record.flags.0) << 56 | u64::from(record.class.index()) << 48 | record.size & ((1 << 48) - 1)
}

fn unpack(size: u64, place: u64, charge: u64) -> LiveRecord {
    LiveRecord {
        size: size & ((1 << 48) - 1),
        stack: StackId::from_bits(low(place >> 32)),
        epoch: low(place),
        charge: Charge::from_bits(low(charge >> 32)),
        class: SizeClass::from_index(size.to_le_bytes()[6]),
        flags: BlockFlags(size.to_le_bytes()[7]),
    }
}

fn low(word: u64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    let half = word as u32;
    half
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::charge::Period;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::vec::Vec;

    fn record(size: u64) -> LiveRecord {
        LiveRecord {
            size,
            stack: StackId::from_bits(9),
            epoch: 0,
            charge: Charge::new(size, Period::DEFAULT),
            class: SizeClass::of(size),
            flags: BlockFlags::OVERALIGNED,
        }
    }

    fn words(n: usize) -> Vec<AtomicU64> {
        (0..n).map(|_| AtomicU64::new(0)).collect()
    }

    proptest! {
        /// Against a map: insert, remove and visit in any order, over three levels.
        #[test]
        fn behaves_like_a_map(steps in prop::collection::vec((0u64..30_000, any::<bool>()), 1..3000)) {
            let (storage, counts) = (words(LiveTable::words(3)), words(3));
            let table = LiveTable::new(&storage, &counts[0], &counts[1]);
            let mut model = BTreeMap::new();
            for (n, (place, insert)) in steps.into_iter().enumerate() {
                let address = 4096 + place * 16;
                if insert && !model.contains_key(&address) {
                    counts[2].store(n as u64, Ordering::Relaxed);
                    prop_assert!(table.insert(address, record(place), None, &counts[2]));
                    model.insert(address, LiveRecord { epoch: n as u32, ..record(place) });
                } else {
                    prop_assert_eq!(table.remove(address), model.remove(&address));
                }
            }
            let mut visited = BTreeMap::new();
            table.visit(u32::MAX - 1, |address, record| { visited.insert(address, record); });
            prop_assert_eq!(visited, model);
        }
    }

    #[test]
    fn levels_are_used_one_after_the_other_and_a_full_table_refuses() {
        let (storage, counts) = (words(LiveTable::words(2)), words(3));
        let table = LiveTable::new(&storage, &counts[0], &counts[1]);
        let address = |n: u64| 0x7f00_0000_0000 + n * 48;
        let mut stored = Vec::new();
        for n in 0..40_000 {
            if table.insert(address(n), record(n), None, &counts[2]) {
                stored.push(n);
            }
            if n == 2000 {
                assert_eq!(
                    table.words_used(),
                    LiveTable::words(1) as u64,
                    "the first level has room for 2,000"
                );
            }
        }
        let capacity = LiveTable::capacity(2);
        assert!(
            stored.len() > capacity * 95 / 100 && stored.len() <= capacity,
            "{} of {capacity}",
            stored.len()
        );
        for n in stored {
            assert_eq!(table.remove(address(n)).map(|record| record.size), Some(n));
        }
        assert!(table.is_empty());
    }

    #[test]
    fn later_epochs_are_not_visited_and_a_kept_epoch_stays() {
        let (storage, counts) = (words(LiveTable::words(1)), words(3));
        let table = LiveTable::new(&storage, &counts[0], &counts[1]);
        counts[2].store(7, Ordering::Relaxed);
        assert!(table.insert(64, record(1), None, &counts[2]));
        assert!(table.insert(128, record(2), Some(3), &counts[2]));
        let mut seen = Vec::new();
        table.visit(6, |address, record| seen.push((address, record.epoch)));
        assert_eq!(seen, [(128, 3)]);
    }
}
