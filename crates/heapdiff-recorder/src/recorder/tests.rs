use super::*;
use crate::capacities::Capacities;
use crate::region::State;
use crate::sampler::{Draw, Sampler};
use std::vec::Vec;

const SHARD: Shard = Shard::new(3);
const FRAMES: Trace<'_> = Trace { frames: &[10, 20], end: TraceEnd::Complete };

fn with_recorder(test: impl FnOnce(&Recorder<'_>)) {
    let capacities = Capacities {
        stacks: 64,
        trace_words: 512,
        tallies: 64,
        live_blocks: 4096,
        facts_bytes: 64,
        moments: 2,
    };
    let words: Vec<AtomicU64> = (0..capacities.words()).map(|_| AtomicU64::new(0)).collect();
    let region = Region::create(&words, &capacities).unwrap();
    region.set_all_backed();
    region.set_state(State::Live);
    test(&Recorder::new(&region));
}

fn allocate(recorder: &Recorder<'_>, address: u64, size: u64, period: Period) -> Option<SlotId> {
    let stack = recorder.intern(SHARD, FRAMES);
    let charge = Charge::new(size, period);
    let allocation =
        Allocation { address, size, charge, flags: BlockFlags::NONE, stack, end: TraceEnd::Complete };
    recorder.allocated(SHARD, &allocation)
}

fn resize(
    recorder: &Recorder<'_>,
    slot: SlotId,
    from: u64,
    to: u64,
    size: u64,
    period: Option<Period>,
) -> LiveRecord {
    recorder.resized(SHARD, slot, &Resize { from, to, size, period, flags: BlockFlags::NONE }).unwrap()
}

fn live(recorder: &Recorder<'_>, sequence: u32) -> Vec<(u64, u32)> {
    let mut blocks = Vec::new();
    assert_eq!(recorder.visit_live(sequence, |block| blocks.push((block.size, block.epoch))), 0);
    blocks.sort_unstable();
    blocks
}

#[test]
fn a_block_belongs_to_the_snapshots_between_its_birth_and_its_death() {
    with_recorder(|recorder| {
        let early = allocate(recorder, 64, 100, Period::EXACT).unwrap();
        let first = recorder.begin_snapshot();
        assert!(allocate(recorder, 128, 200, Period::EXACT).is_some());
        assert_eq!((first, live(recorder, first)), (0, std::vec![(100, 0)]));
        let second = recorder.begin_snapshot();
        assert_eq!(live(recorder, second), [(100, 0), (200, 1)]);
        assert_eq!(recorder.live_samples(), 2);
        assert_eq!(recorder.freed(SHARD, early, 64).map(|record| record.size), Some(100));
        assert_eq!(recorder.freed(SHARD, early, 64), None);
        let third = recorder.begin_snapshot();
        assert_eq!(live(recorder, third), [(200, 1)]);
        assert_eq!(recorder.live_samples(), 1);
    });
}

/// A block belongs to the scope that allocated it, until another scope makes it grow.
#[test]
fn a_block_belongs_to_the_scope_that_made_it_grow() {
    with_recorder(|recorder| {
        let scopes = [0, 1, Scope::NUMBER_MAX].map(|number| Scope::new(number).unwrap_or(Scope::NONE));
        let scope = || {
            let mut scope = None;
            assert_eq!(recorder.visit_live(0, |block| scope = Some(block.scope)), 0);
            scope.unwrap()
        };
        let stack = recorder.intern(SHARD, FRAMES);
        let (charge, end) = (Charge::new(10, Period::EXACT), TraceEnd::Complete);
        let flags = BlockFlags::OVERALIGNED.with_scope(scopes[1]);
        let allocation = Allocation { address: 64, size: 10, charge, flags, stack, end };
        let slot = recorder.allocated(SHARD, &allocation).unwrap();
        assert_eq!(scope(), scopes[1]);
        // By which scope it changes to which size, and whose it is then.
        for (by, size, whose) in [(0, 20, 1), (2, 5, 1), (2, 5, 1), (2, 6, 2), (0, 7, 2), (1, 8, 1)] {
            let flags = BlockFlags::OVERALIGNED.with_scope(scopes[by]);
            let resize = Resize { from: 64, to: 64, size, period: Some(Period::EXACT), flags };
            let record = recorder.resized(SHARD, slot, &resize).unwrap();
            assert!(record.flags.contains(BlockFlags::OVERALIGNED));
            assert_eq!((scope(), record.flags.scope()), (scopes[whose], scopes[whose]), "{by} {size}");
        }
        assert_eq!((Scope::new(0), Scope::new(Scope::NUMBER_MAX + 1)), (None, None));
    });
}

#[test]
fn growth_keeps_the_epoch_and_moves_the_tally_to_the_new_class() {
    with_recorder(|recorder| {
        let slot = allocate(recorder, 64, 100, Period::EXACT).unwrap();
        recorder.begin_snapshot();
        resize(recorder, slot, 64, 4096, 5000, Some(Period::EXACT));
        assert_eq!(recorder.live(slot, 64), None);
        let second = recorder.begin_snapshot();
        assert_eq!(live(recorder, second), [(5000, 0)]);
        let rows: Vec<_> = recorder.tallies().filter(|row| row.samples != 0).collect();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].objects_estimate, rows[0].bytes_estimate), (1.0, 5000.0));
        resize(recorder, slot, 4096, 4096, 70, Some(Period::EXACT));
        assert_eq!(live(recorder, second), [(70, 0)]);
        let rows: Vec<_> = recorder.tallies().filter(|row| row.samples != 0).collect();
        assert_eq!(rows[0].bytes_estimate, 5000.0, "what was allocated stays allocated");
        assert_eq!(recorder.counters().get(Counter::Reallocations), 2);
    });
}

#[test]
fn growth_while_nothing_is_recorded_keeps_what_a_sample_stands_for() {
    with_recorder(|recorder| {
        let charge = Charge::new(4096, Period::DEFAULT);
        let slot = allocate(recorder, 64, 4096, Period::DEFAULT).unwrap();
        assert_eq!(recorder.live(slot, 64).map(|record| record.charge), Some(charge));
        // None of the blocks that it stands for had another chance to be sampled.
        let record = resize(recorder, slot, 64, 64, 8192, None);
        assert_eq!((record.size, record.charge), (8192, charge));
        assert_eq!(recorder.live(slot, 64), Some(record));
        let objects: f64 = recorder.tallies().map(|row| row.objects_estimate).sum();
        assert!((objects - charge.objects_estimate()).abs() < 1e-3, "{objects}");
    });
}

/// Estimates of the live and of the allocated objects and bytes in the recorder.
fn estimates(recorder: &Recorder<'_>) -> [f64; 4] {
    let (mut objects, mut bytes) = (0.0, 0.0);
    recorder.visit_live(0, |block| {
        objects += block.charge.objects_estimate();
        bytes += block.charge.bytes_estimate(block.size);
    });
    let all = recorder
        .tallies()
        .fold((0.0, 0.0), |sum, row| (sum.0 + row.objects_estimate, sum.1 + row.bytes_estimate));
    [objects, bytes, all.0, all.1]
}

/// Asserts that errors are inside 3 standard errors of zero.
fn assert_unbiased(which: &str, errors: &[f64]) {
    let n = errors.len() as f64;
    let mean = errors.iter().sum::<f64>() / n;
    let standard_error = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt();
    assert!(mean.abs() < 3.0 * standard_error, "{which}: mean {mean}, standard error {standard_error}");
}

/// 300 seeded runs of blocks that grow in steps: estimates of the live and of the allocated bytes and objects stay
/// unbiased, inside 3 standard errors.
#[test]
fn estimates_stay_unbiased_when_blocks_grow() {
    const STEPS: [u64; 5] = [64, 128, 1000, 30_000, 40_000];
    const BLOCKS: u64 = 400;
    let period = Period::new(20_000);
    let truth = [BLOCKS as f64, (BLOCKS * 40_000) as f64];
    let mut errors: [Vec<f64>; 4] = Default::default();
    for run in 0..300u64 {
        with_recorder(|recorder| {
            let mut sampler = Sampler::FRESH;
            for block in 0..BLOCKS {
                let (address, mut size, mut slot) = (4096 + block * 64, 0, None);
                for step in STEPS {
                    sampler.remaining -= (step - size).cast_signed();
                    let is_sample = sampler.remaining < 0
                        && sampler.trip(step - size, Some(period), || run * 77 + 1) != Draw::Pass;
                    if let Some(slot) = slot {
                        resize(recorder, slot, address, address, step, Some(period));
                    } else if is_sample {
                        slot = allocate(recorder, address, step, period);
                    }
                    size = step;
                }
            }
            for ((errors, estimate), truth) in
                errors.iter_mut().zip(estimates(recorder)).zip(truth.iter().cycle())
            {
                errors.push(estimate - truth);
            }
        });
    }
    for (errors, which) in errors.iter().zip(["live objects", "live bytes", "objects", "bytes"]) {
        assert_unbiased(which, errors);
    }
}

#[test]
fn full_tables_are_counted_and_nothing_else_is_lost() {
    with_recorder(|recorder| {
        for n in 0..6000 {
            allocate(recorder, 64 + n * 8, 8, Period::EXACT);
        }
        assert_eq!(recorder.counters().get(Counter::LiveTableFull), 6000 - 4096);
        assert_eq!(recorder.live_samples(), 4096);
        assert_eq!(recorder.tallies().map(|row| row.samples).sum::<u64>(), 6000);
        for n in 0..200 {
            recorder.intern(SHARD, Trace { frames: &[n], end: TraceEnd::Complete });
        }
        assert!(recorder.counters().get(Counter::StackTableFull) > 100);
        let unknown = recorder.intern(SHARD, Trace { frames: &[1000], end: TraceEnd::Failed });
        assert_eq!(unknown, StackId::UNKNOWN);
        let allocation = Allocation {
            address: 1,
            size: 9,
            charge: Charge::new(9, Period::EXACT),
            flags: BlockFlags::NONE,
            stack: unknown,
            end: TraceEnd::Failed,
        };
        assert_eq!(recorder.allocated(SHARD, &allocation), None);
        let of_no_stack: Vec<_> = recorder.tallies().filter(|row| row.stack == unknown).collect();
        assert_eq!((of_no_stack.len(), of_no_stack[0].bytes_estimate), (1, 9.0));
        assert_eq!(recorder.counters().get(Counter::Samples), 6001);
    });
}

/// A block that found no row when it was born must not be taken from the row that it grows into.
#[test]
fn a_block_that_no_row_counts_is_taken_from_none() {
    with_recorder(|recorder| {
        allocate(recorder, 32, 5000, Period::EXACT).unwrap();
        for n in 1..200 {
            let stack = recorder.intern(SHARD, Trace { frames: &[n % 50], end: TraceEnd::Complete });
            recorder.add_tally(SHARD, stack, SizeClass::of(n * 8), n * 8, Charge::new(n * 8, Period::EXACT));
        }
        assert!(recorder.counters().get(Counter::TallyTableFull) > 0);
        let slot = allocate(recorder, 64, 100, Period::EXACT).unwrap();
        for size in [4900, 5000, 9000] {
            resize(recorder, slot, 64, 64, size, Some(Period::EXACT));
        }
        let of_stack = recorder.tallies().filter(|row| row.class == SizeClass::of(5000));
        assert_eq!(of_stack.map(|row| (row.samples, row.bytes_estimate)).collect::<Vec<_>>(), [(1, 5000.0)]);
    });
}

#[test]
fn a_record_whose_name_has_no_place_counts_as_not_recorded() {
    with_recorder(|recorder| {
        let slot = allocate(recorder, 64, 100, Period::EXACT).unwrap();
        assert!(recorder.lost(SHARD, slot, 64).is_some());
        let counters = recorder.counters();
        assert_eq!((counters.get(Counter::LiveTableFull), counters.get(Counter::Frees)), (1, 0));
        assert_eq!(recorder.live_samples(), 0);
    });
}

#[test]
fn memory_in_use_is_within_the_region() {
    with_recorder(|recorder| {
        let (before, max) = recorder.bytes_used_and_max();
        for n in 0..100 {
            allocate(recorder, 64 + n * 8, 8, Period::EXACT);
        }
        let (after, _) = recorder.bytes_used_and_max();
        assert!(
            before + 100 * 32 <= after && after < before + 100 * 64 && after <= max,
            "{before} {after} {max}"
        );
    });
}
