//! The sampled blocks that are alive: a dense pool of records, each found directly by its slot.
//!
//! ```text
//! slot 0 │ slot 1 │ slot 2 │ ...            │ never used yet ...
//! record │ free ──┼─► next │ record         │
//!                                           used: grows when no list has a free slot
//! ```
//!
//! Whoever records a block is told the [`SlotId`] of its record and hands it back with the free: the block carries it in
//! front of it, or an [`AddressIndex`](crate::AddressIndex) remembers it. So neither an insertion nor a removal searches
//! anything, and memory is that of the most blocks that were ever alive at once: 32 bytes each.
//!
//! A slot number may come from memory that the program has overwritten. So a record is only touched if its key is the
//! block's address, and any number is safe.
//!
//! # Visits
//! A visit goes from slot 0 to the last one used. Records do not move: a block that lives through a visit is seen once,
//! also if it is reallocated meanwhile, since its record changes in its place. A slot that comes into use after the
//! visitor has looked at how many there are belongs to a block with a later epoch, by the argument of `live_slot.rs`: the
//! mark is raised before the fence of the inserter, and read after that of the visitor.

use crate::free_list::FreeLists;
use crate::growing_area::GrowingArea;
use crate::live_record::{LiveRecord, SlotId};
use crate::live_slot::{Found, Patience, SLOT_WORDS, Slot, is_address};
use crate::shard::{Shard, ShardWords};
use crate::sync::{AtomicU64, Ordering, fence};

/// The pool; see the module page.
#[derive(Clone, Copy, Debug)]
pub struct LivePool<'a> {
    area: GrowingArea<'a>,
    free: FreeLists<'a>,
    epoch: &'a AtomicU64,
}

impl<'a> LivePool<'a> {
    /// Words of a slot.
    pub const SLOT_WORDS: usize = SLOT_WORDS;
    /// Slots of the largest pool.
    pub const SLOTS_MAX: usize = crate::free_list::SLOTS_MAX;

    /// A pool in `area`, with its free lists in `shards`; all zero at first. `epoch` is the number of snapshots that have
    /// begun.
    #[must_use]
    pub const fn new(area: GrowingArea<'a>, shards: &'a [ShardWords], epoch: &'a AtomicU64) -> Self {
        Self { area, free: FreeLists::new(shards), epoch }
    }

    /// Words of the pool that were ever in use.
    #[must_use]
    pub fn words_used(&self) -> u64 {
        self.area.used_words()
    }

    /// Stores the record of a block, with the epoch that is in force instead of its own.
    ///
    /// `None` if there is no room, or if the address is none that a block can have.
    #[inline]
    pub fn insert(&self, shard: Shard, address: u64, record: &LiveRecord) -> Option<SlotId> {
        if !is_address(address) {
            return None;
        }
        let index = self.free.pop(shard, |index| self.slot(index)?.next_free()).or_else(|| self.fresh())?;
        self.slot(index)?.fill(address, record, self.epoch);
        Some(SlotId::from_bits(index))
    }

    /// Removes and returns the record of the block at `address`, if it is in `slot`.
    #[inline]
    pub fn remove(&self, shard: Shard, slot: SlotId, address: u64) -> Option<LiveRecord> {
        let index = slot.to_bits();
        let owned = self.owned(slot, address)?;
        let record = owned.read();
        self.free.push(shard, index, |next| owned.set_free(next));
        Some(record)
    }

    /// The record of the block at `address`, if it is in `slot`, for the thread that owns the block. It stays.
    #[must_use]
    pub fn get(&self, slot: SlotId, address: u64) -> Option<LiveRecord> {
        self.owned(slot, address).map(Slot::read)
    }

    /// Changes the record of the block at `address`, if it is in `slot`: the block is at `new_address` now. Its epoch and
    /// its stack trace stay what they are.
    pub fn change(&self, slot: SlotId, address: u64, new_address: u64, record: &LiveRecord) -> bool {
        let owned = self.owned(slot, address).filter(|_| is_address(new_address));
        if let Some(owned) = owned {
            owned.change(new_address, record);
        }
        owned.is_some()
    }

    /// Calls `visit` with every record whose epoch is at most `epoch_max`, while other threads go on. The caller has raised
    /// the epoch above that before.
    ///
    /// A block that is freed meanwhile may or may not be visited. Returns the number of records whose owner was stopped
    /// while it changed them: these were visited with a size and a charge of which one may be from before and one from
    /// after.
    pub fn visit(&self, epoch_max: u32, mut visit: impl FnMut(u64, LiveRecord)) -> u64 {
        // The visitor's half of the agreement about epochs; the number of slots is read behind it.
        fence(Ordering::SeqCst);
        let (slots, _) = self.area.used().as_chunks::<SLOT_WORDS>();
        let (mut changing, mut patience) = (0, Patience::new());
        for slot in slots {
            let (address, record, is_changing) = match Slot(slot).look(self.epoch, &mut patience) {
                Found::Nothing => continue,
                Found::Record(address, record) => (address, record, false),
                Found::Changing(address, record) => (address, record, true),
            };
            if record.epoch <= epoch_max {
                changing += u64::from(is_changing);
                visit(address, record);
            }
        }
        changing
    }

    fn fresh(&self) -> Option<u32> {
        let word = self.area.append(SLOT_WORDS)?;
        u32::try_from(word / SLOT_WORDS).ok()
    }

    #[inline]
    fn owned(&self, slot: SlotId, address: u64) -> Option<Slot<'a>> {
        self.slot(slot.to_bits()).filter(|slot| slot.belongs_to(address))
    }

    #[inline]
    fn slot(&self, index: u32) -> Option<Slot<'a>> {
        // Beyond what is backed no word may be touched, whatever number the program has left in front of a block.
        if (u64::from(index) + 1) * SLOT_WORDS as u64 > self.area.backed_words() {
            return None;
        }
        let (slots, _) = self.area.words().as_chunks::<SLOT_WORDS>();
        slots.get(index as usize).map(Slot)
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
