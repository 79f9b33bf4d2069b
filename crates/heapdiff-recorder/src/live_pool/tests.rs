use super::*;
use crate::charge::{Charge, Period};
use crate::live_record::BlockFlags;
use crate::shard::SHARDS;
use crate::size_class::SizeClass;
use crate::stack_table::StackId;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::vec::Vec;

/// The words of a pool with room for so many records.
struct Room {
    slots: Vec<AtomicU64>,
    marks: [AtomicU64; 3],
    shards: [ShardWords; SHARDS],
}

impl Room {
    fn new(records: usize) -> Self {
        let room = Self {
            slots: (0..records * SLOT_WORDS).map(|_| AtomicU64::new(0)).collect(),
            marks: Default::default(),
            shards: core::array::from_fn(|_| core::array::from_fn(|_| AtomicU64::new(0))),
        };
        room.marks[1].store(u64::MAX, Ordering::Relaxed);
        room
    }

    fn pool(&self) -> LivePool<'_> {
        let area = GrowingArea::new(&self.slots, &self.marks[0], &self.marks[1]);
        LivePool::new(area, &self.shards, self.epoch())
    }

    fn epoch(&self) -> &AtomicU64 {
        &self.marks[2]
    }
}

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

#[derive(Clone, Debug)]
enum Step {
    Insert,
    /// Frees or changes the n-th block, modulo the number of blocks.
    Remove(usize),
    Change(usize, u64),
    Snapshot,
}

fn steps() -> impl Strategy<Value = Vec<(Step, u64)>> {
    let step = prop_oneof![
        5 => Just(Step::Insert),
        4 => any::<usize>().prop_map(Step::Remove),
        2 => (any::<usize>(), 1u64..1 << 40).prop_map(|(which, size)| Step::Change(which, size)),
        1 => Just(Step::Snapshot),
    ];
    prop::collection::vec((step, any::<u64>()), 1..800)
}

proptest! {
    /// Against a map: records by slot, epochs kept, slots used again before new ones, any thread's shard.
    #[test]
    fn behaves_like_a_map(steps in steps()) {
        let room = Room::new(100);
        let pool = room.pool();
        let mut model: BTreeMap<SlotId, (u64, LiveRecord)> = BTreeMap::new();
        let (mut next, mut epoch, mut most) = (1, 0, 0);
        for (step, shard) in steps {
            let shard = Shard::new(shard);
            let nth = |n: usize| model.iter().nth(n % model.len().max(1)).map(|(slot, block)| (*slot, *block));
            match step {
                Step::Insert => {
                    next += 1;
                    let address = next * 3;
                    let slot = pool.insert(shard, address, &record(next));
                    prop_assert_eq!(slot.is_some(), model.len() < 100);
                    if let Some(slot) = slot {
                        let block = (address, LiveRecord { epoch, ..record(next) });
                        prop_assert!(model.insert(slot, block).is_none());
                    }
                }
                Step::Remove(n) => if let Some((slot, (address, record))) = nth(n) {
                    prop_assert_eq!(pool.remove(shard, slot, address + 1), None);
                    prop_assert_eq!(pool.remove(shard, slot, address), Some(record));
                    prop_assert_eq!(pool.remove(shard, slot, address), None);
                    model.remove(&slot);
                },
                Step::Change(n, size) => if let Some((slot, (address, before))) = nth(n) {
                    next += 1;
                    let changed = LiveRecord { epoch: before.epoch, stack: before.stack, ..record(size) };
                    prop_assert!(!pool.change(slot, address + 1, next * 3, &changed));
                    prop_assert!(pool.change(slot, address, next * 3, &changed));
                    prop_assert_eq!(pool.get(slot, address), None);
                    prop_assert_eq!(pool.get(slot, next * 3), Some(changed));
                    model.insert(slot, (next * 3, changed));
                },
                Step::Snapshot => {
                    epoch += 1;
                    room.epoch().store(u64::from(epoch), Ordering::Relaxed);
                }
            }
            most = most.max(model.len());
            prop_assert_eq!(pool.words_used(), (most * SLOT_WORDS) as u64);
        }
        let mut visited = Vec::new();
        prop_assert_eq!(pool.visit(EPOCH_ALL, |address, record| visited.push((address, record))), 0);
        prop_assert_eq!(visited, model.into_values().collect::<Vec<_>>());
    }

    /// A slot number may come from memory that the program has overwritten, and an address from anywhere.
    #[test]
    fn any_slot_and_any_address_are_safe(slot: u32, address: u64, is_near: bool) {
        let room = Room::new(8);
        let pool = room.pool();
        let own = pool.insert(Shard::new(1), 4096, &record(1)).unwrap();
        let freed = pool.insert(Shard::new(1), 8192, &record(2)).unwrap();
        pool.remove(Shard::new(1), freed, 8192).unwrap();
        let slot = SlotId::from_bits(if is_near { slot % 10 } else { slot });
        for address in [address, 0, u64::from(u32::MAX) << 32, u64::MAX] {
            prop_assert_eq!(pool.remove(Shard::new(2), slot, address), None);
            prop_assert_eq!(pool.get(slot, address), None);
            prop_assert!(!pool.change(slot, address, 4096, &record(3)));
        }
        prop_assert!(!pool.change(own, 4096, u64::MAX, &record(3)));
        prop_assert_eq!(pool.get(own, 4096), Some(record(1)));
    }
}

const EPOCH_ALL: u32 = crate::live_slot::EPOCH_MAX;

#[test]
fn later_epochs_are_not_visited() {
    let room = Room::new(8);
    let pool = room.pool();
    assert!(pool.insert(Shard::new(0), 64, &record(1)).is_some());
    room.epoch().store(7, Ordering::Relaxed);
    assert!(pool.insert(Shard::new(0), 128, &record(2)).is_some());
    let mut seen = Vec::new();
    pool.visit(6, |address, record| seen.push((address, record.epoch)));
    assert_eq!(seen, [(64, 0)]);
}

#[test]
fn a_slot_that_another_thread_freed_is_found_before_a_new_one_is_begun() {
    let room = Room::new(4);
    let pool = room.pool();
    let slot = pool.insert(Shard::new(0), 64, &record(1)).unwrap();
    pool.remove(Shard::new(9), slot, 64).unwrap();
    assert_eq!(pool.insert(Shard::new(3), 128, &record(1)), Some(slot));
}

#[test]
fn nothing_is_inserted_beyond_what_is_backed() {
    let room = Room::new(8);
    room.marks[1].store(3 * SLOT_WORDS as u64 + 1, Ordering::Relaxed);
    let pool = room.pool();
    let inserted = (1..9).filter(|n| pool.insert(Shard::new(0), n * 64, &record(1)).is_some()).count();
    assert_eq!(inserted, 3);
    assert!(room.slots[3 * SLOT_WORDS..].iter().all(|word| word.load(Ordering::Relaxed) == 0));
}

/// A file in which every slot is in the middle of a change is read in bounded time.
#[test]
fn a_visitor_loses_patience_only_once() {
    let room = Room::new(5000);
    let pool = room.pool();
    for n in 1..=5000 {
        assert!(pool.insert(Shard::new(0), n * 64, &record(n)).is_some());
    }
    for slot in room.slots.as_chunks::<SLOT_WORDS>().0 {
        slot[3].fetch_add(1, Ordering::Relaxed);
    }
    let mut seen = 0;
    assert_eq!(pool.visit(4, |_, record| seen += u64::from(record.size > 0)), 5000);
    assert_eq!(seen, 5000);
}

/// The process died between the steps of an owner: what is half there is read as what it was, or left out.
#[test]
fn what_a_dead_owner_left_half_done_ends_and_is_said() {
    let room = Room::new(4);
    let pool = room.pool();
    for n in 1..4 {
        assert!(pool.insert(Shard::new(0), n * 64, &record(n)).is_some());
    }
    room.epoch().store(5, Ordering::Relaxed);
    // It had not read the epoch yet: the allocation had not happened when the snapshot began.
    room.slots[2].store(9 << 32 | 0xff00_0001, Ordering::Relaxed);
    // It was changing a size.
    room.slots[4 + 3].fetch_add(1, Ordering::Relaxed);
    // It had just removed one, and not listed it yet.
    room.slots[8].store(u64::from(u32::MAX) << 32, Ordering::Relaxed);
    let mut seen = Vec::new();
    assert_eq!(pool.visit(4, |address, record| seen.push((address, record.size, record.epoch))), 1);
    assert_eq!(seen, [(128, 2, 0)]);
    seen.clear();
    assert_eq!(pool.visit(5, |address, record| seen.push((address, record.size, record.epoch))), 1);
    assert_eq!(seen, [(64, 1, 5), (128, 2, 0)]);
}
