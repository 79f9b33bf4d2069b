//! Things that come and go on many threads, each under an id that never means another one.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use crate::thread;
use heapdiff_recorder::Rng;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Parts that are locked apart. A power of two.
const SHARDS: usize = 16;
/// What a table holds at most; what is beyond is counted, see [`SlotTable::refused`].
const ENTRIES_MAX: usize = 1 << 20;
const ENTRIES_MAX_PER_SHARD: usize = ENTRIES_MAX / SHARDS;

/// Which entry of the table is meant. Never one that was there before under the same number, nor one of another table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlotId(NonZeroU64);

const INDEX_BITS: u32 = 20;
const SHARD_BITS: u32 = SHARDS.trailing_zeros();
/// Ids of one table are apart from those of all others by this many generations.
const GENERATIONS: u64 = 1 << 28;

impl SlotId {
    fn new(shard: usize, index: usize, generation: u64) -> Option<Self> {
        let bits = (generation << (INDEX_BITS + SHARD_BITS)) | ((index as u64) << SHARD_BITS) | shard as u64;
        NonZeroU64::new(bits).map(Self)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lowest bits are what counts")]
    const fn shard(self) -> usize {
        self.0.get() as usize % SHARDS
    }

    const fn index(self) -> usize {
        ((self.0.get() >> SHARD_BITS) & ((1 << INDEX_BITS) - 1)) as usize
    }

    const fn generation(self) -> u64 {
        self.0.get() >> (INDEX_BITS + SHARD_BITS)
    }
}

/// Entries, each of which is reached by its id alone.
#[derive(Debug)]
pub(crate) struct SlotTable<T> {
    shards: [Mutex<Shard<T>>; SHARDS],
    first_generation: u64,
    /// Entries that found no room.
    refused: AtomicU64,
}

#[derive(Debug)]
struct Shard<T> {
    slots: Vec<Slot<T>>,
    free: Vec<usize>,
    rng: Rng,
}

#[derive(Debug)]
struct Slot<T> {
    generation: u64,
    entry: Option<T>,
}

impl<T> SlotTable<T> {
    pub(crate) fn new() -> Self {
        /// From 1 on, so that no id is zero. It wraps around after 2^12 tables, of which a process makes a few.
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // Relaxed: only that numbers differ matters.
        let first_generation = NEXT.fetch_add(GENERATIONS, Ordering::Relaxed);
        let shard = |number| {
            Mutex::new(Shard {
                slots: Vec::new(),
                free: Vec::new(),
                rng: Rng::new(first_generation ^ number),
            })
        };
        let mut number = 0;
        let shards = [(); SHARDS].map(|()| {
            number += 1;
            shard(number)
        });
        Self { shards, first_generation, refused: AtomicU64::new(0) }
    }

    /// Puts an entry in, which `make` makes once its place is the caller's alone. `None` if there is no room.
    pub(crate) fn insert(&self, make: impl FnOnce() -> T) -> Option<SlotId> {
        let at = thread::number() as usize % SHARDS;
        let mut shard = lock(self.shards.get(at)?);
        let index = match shard.free.pop() {
            Some(index) => index,
            None if shard.slots.len() < ENTRIES_MAX_PER_SHARD => {
                shard.slots.push(Slot { generation: self.first_generation, entry: None });
                shard.slots.len() - 1
            }
            None => {
                // Relaxed: it is a sum.
                self.refused.fetch_add(1, Ordering::Relaxed);
                return None;
            }
        };
        let slot = shard.slots.get_mut(index)?;
        slot.generation += 1;
        slot.entry = Some(make());
        SlotId::new(at, index, slot.generation)
    }

    /// Takes an entry out; `None` if it is not there.
    pub(crate) fn remove(&self, id: SlotId) -> Option<T> {
        let mut shard = lock(self.shards.get(id.shard())?);
        let entry = shard.slot(id)?.entry.take();
        shard.free.push(id.index());
        entry
    }

    /// Changes an entry, with random numbers at hand; `None` if it is not there.
    pub(crate) fn change<R>(&self, id: SlotId, change: impl FnOnce(&mut T, &mut Rng) -> R) -> Option<R> {
        let mut shard = lock(self.shards.get(id.shard())?);
        let mut rng = Rng::new(shard.rng.next_u64());
        shard.slot(id).and_then(|slot| slot.entry.as_mut()).map(|entry| change(entry, &mut rng))
    }

    /// Shows every entry, shard by shard. Those that come and go meanwhile may be missed or seen.
    pub(crate) fn visit(&self, mut visit: impl FnMut(&T)) {
        for shard in &self.shards {
            lock(shard).slots.iter().filter_map(|slot| slot.entry.as_ref()).for_each(&mut visit);
        }
    }

    /// Changes every entry, shard by shard, as [`Self::visit`].
    #[cfg(feature = "test")]
    pub(crate) fn change_all(&self, mut change: impl FnMut(&mut T)) {
        for shard in &self.shards {
            lock(shard).slots.iter_mut().filter_map(|slot| slot.entry.as_mut()).for_each(&mut change);
        }
    }

    /// Entries that found no room.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// What the table takes, in bytes, without what allocators add and its entries point to.
    pub(crate) fn bytes(&self) -> u64 {
        let of_shard = |shard: &Mutex<Shard<T>>| {
            let shard = lock(shard);
            shard.slots.capacity() * size_of::<Slot<T>>() + shard.free.capacity() * size_of::<usize>()
        };
        (size_of::<Self>() + self.shards.iter().map(of_shard).sum::<usize>()) as u64
    }
}

impl<T> Shard<T> {
    fn slot(&mut self, id: SlotId) -> Option<&mut Slot<T>> {
        let slot = self.slots.get_mut(id.index())?;
        (slot.generation == id.generation() && slot.entry.is_some()).then_some(slot)
    }
}

/// Locks whatever a panicking thread may have left behind: no state here is ever half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_means_one_entry_and_none_that_has_its_place_later() {
        let table = SlotTable::new();
        let first = table.insert(|| 1).unwrap();
        assert_eq!(table.remove(first), Some(1));
        let second = table.insert(|| 2).unwrap();
        assert_ne!(first, second);
        assert_eq!((table.remove(first), table.change(first, |_, _| ())), (None, None));
        assert_eq!(table.change(second, |entry, _| *entry += 1), Some(()));
        let mut seen = Vec::new();
        table.visit(|entry| seen.push(*entry));
        assert_eq!(seen, [3]);
        let other = SlotTable::new();
        let _ = other.insert(|| 7);
        assert_eq!(
            other.insert(|| 8).and_then(|id| table.remove(id)),
            None,
            "ids of another table mean nothing"
        );
    }

    #[test]
    fn a_full_table_refuses_and_counts() {
        let table = SlotTable::new();
        let ids: Vec<_> = (0..=ENTRIES_MAX_PER_SHARD).map(|_| table.insert(|| 1)).collect();
        assert_eq!(ids.iter().flatten().count(), ENTRIES_MAX_PER_SHARD, "one thread, one shard");
        assert_eq!(table.refused(), 1);
        ids.into_iter().flatten().for_each(|id| assert!(table.remove(id).is_some()));
        assert!(table.insert(|| 1).is_some(), "there is room again");
    }
}
