//! The tables under real threads: what loom proves for two blocks, at full speed for many.
#![cfg(not(loom))]

use heapdiff_recorder::{
    Allocation, AtomicU64, BlockFlags, Capacities, Charge, Counter, Period, Recorder, Region, Resize, Rng,
    Shard, SlotId, Trace, TraceEnd,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

const THREADS: u64 = 4;
const STEPS: u64 = 60_000;
/// Blocks of each thread that live from before the first visit to after the last one.
const RESIDENTS: u64 = 50;

const CAPACITIES: Capacities = Capacities {
    stacks: 1 << 10,
    trace_words: 1 << 13,
    tallies: 1 << 10,
    live_blocks: 480,
    facts_bytes: 64,
    moments: 1,
};

/// One thread's blocks: addresses and sizes of its own, so that whoever sees a record knows whether it is right.
struct Owner<'a> {
    recorder: &'a Recorder<'a>,
    number: u64,
    rng: Rng,
    blocks: BTreeMap<u64, (SlotId, u64)>,
}

impl Owner<'_> {
    /// A size from which the owner follows, and whether the block is a resident.
    fn size(&mut self, is_resident: bool) -> u64 {
        ((self.rng.next_u64() % 1000 + 1) * 2 + u64::from(is_resident)) * THREADS + self.number
    }

    fn allocate(&mut self, address: u64, is_resident: bool) {
        let (size, shard) = (self.size(is_resident), Shard::new(self.number));
        let frames = [self.number + 1, size % 50];
        let stack = self.recorder.intern(shard, Trace { frames: &frames, end: TraceEnd::Complete });
        let (charge, flags, end) = (Charge::new(size, Period::EXACT), BlockFlags::NONE, TraceEnd::Complete);
        let allocation = Allocation { address, size, charge, flags, stack, end };
        if let Some(slot) = self.recorder.allocated(shard, &allocation) {
            self.blocks.insert(address, (slot, size));
        }
    }

    fn resize(&mut self, address: u64, to: u64, is_resident: bool) {
        let Some((slot, before)) = self.blocks.remove(&address) else { return };
        let (size, period, flags) = (self.size(is_resident), Some(Period::EXACT), BlockFlags::NONE);
        assert_eq!(self.recorder.live(slot, address).map(|record| record.size), Some(before));
        let resize = Resize { from: address, to, size, period, flags };
        assert!(self.recorder.resized(Shard::new(self.number), slot, &resize).is_some());
        self.blocks.insert(to, (slot, size));
    }

    fn free(&mut self, address: u64) {
        let Some((slot, size)) = self.blocks.remove(&address) else { return };
        // Another shard than the one that it came from, as if another thread freed it.
        let shard = Shard::new(self.rng.next_u64());
        assert_eq!(self.recorder.freed(shard, slot, address).map(|record| record.size), Some(size));
    }

    fn run(mut self) -> u64 {
        // Each thread has addresses of its own; residents move between two.
        let base = (self.number + 1) << 32;
        let place = |n: u64, side: u64| base + n * 64 + side * 32;
        let mut sides: Vec<u64> = (0..RESIDENTS).map(|_| 0).collect();
        for _ in 0..STEPS {
            let n = self.rng.next_u64() % 200;
            match usize::try_from(n).ok().and_then(|n| sides.get_mut(n)) {
                Some(side) => {
                    let to = place(n, 1 - *side);
                    if self.blocks.contains_key(&place(n, *side)) {
                        self.resize(place(n, *side), to, true);
                        *side = 1 - *side;
                    }
                }
                None if self.blocks.contains_key(&place(n, 0)) => self.free(place(n, 0)),
                None => self.allocate(place(n, 0), false),
            }
        }
        self.blocks.len() as u64
    }
}

/// Visitors pass while threads allocate, free and resize: each resident is seen once in every visit, every record is that
/// of one block at one moment, and afterwards everything adds up.
#[test]
fn every_visit_sees_each_resident_once_and_nothing_else_than_blocks() {
    let words: Vec<AtomicU64> = (0..CAPACITIES.words()).map(|_| AtomicU64::new(0)).collect();
    let region = Region::create(&words, &CAPACITIES).unwrap();
    region.set_all_backed();
    let recorder = Recorder::new(&region);
    let is_over = AtomicBool::new(false);
    let owners: Vec<Owner<'_>> = (0..THREADS)
        .map(|number| {
            let mut owner =
                Owner { recorder: &recorder, number, rng: Rng::new(number), blocks: BTreeMap::new() };
            for n in 0..RESIDENTS {
                owner.allocate(((number + 1) << 32) + n * 64, true);
            }
            owner
        })
        .collect();
    let visit = || {
        let mut residents = BTreeMap::new();
        let sequence = recorder.begin_snapshot();
        let changing = recorder.visit_live(sequence, |block| {
            let owner = block.size % THREADS;
            let frames: Vec<u64> = recorder.stacks().get(block.stack).unwrap().1.collect();
            assert_eq!(frames[0], owner + 1, "a stack trace and a size of different threads");
            assert!(block.epoch <= sequence && block.charge.is_certain());
            *residents.entry(owner).or_insert(0) += block.size / THREADS % 2;
        });
        // One that was caught in the middle is seen nevertheless.
        assert!(changing <= THREADS);
        assert!(residents.values().all(|&seen| seen == RESIDENTS), "{residents:?}");
    };
    let left: u64 = std::thread::scope(|scope| {
        let visitors: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        visit();
                    }
                })
            })
            .collect();
        let owners: Vec<_> = owners.into_iter().map(|owner| scope.spawn(|| owner.run())).collect();
        let left = owners.into_iter().map(|owner| owner.join().unwrap()).sum();
        is_over.store(true, Ordering::Relaxed);
        visitors.into_iter().for_each(|visitor| visitor.join().unwrap());
        left
    });
    visit();
    assert_eq!(recorder.live_samples(), left);
    assert_eq!(recorder.visit_live(recorder.begin_snapshot(), |_| ()), 0);
    let counter = |counter| recorder.counters().get(counter);
    let samples: u64 = recorder.tallies().map(|row| row.samples).sum();
    assert_eq!(samples + counter(Counter::TallyTableFull), counter(Counter::Samples));
    assert!(counter(Counter::LiveTableFull) > 0 && counter(Counter::Reallocations) > STEPS / 10);
}
