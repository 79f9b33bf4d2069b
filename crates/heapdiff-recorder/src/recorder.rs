//! The tables together: what the hook calls, and what a snapshot reads.

use crate::charge::{Charge, Period};
use crate::counters::{Counter, Counters};
use crate::live_table::{BlockFlags, LiveRecord, LiveTable};
use crate::region::{self, Region};
use crate::size_class::SizeClass;
use crate::stack_table::{StackId, StackTable, TraceEnd};
use crate::sync::{AtomicU64, Ordering};
use crate::tally_table::{Tally, TallyTable};

/// A stack trace as it was walked.
#[derive(Clone, Copy, Debug)]
pub struct Trace<'f> {
    /// Return addresses, leaf first.
    pub frames: &'f [u64],
    /// How the walk ended.
    pub end: TraceEnd,
}

/// A sampled block that is alive, as a snapshot sees it.
#[derive(Clone, Copy, Debug)]
pub struct LiveBlock {
    /// Its size in bytes.
    pub size: u64,
    /// Where it was allocated.
    pub stack: StackId,
    /// The number of snapshots that had begun before it was allocated.
    pub epoch: u32,
    /// What it was charged.
    pub charge: Charge,
}

/// The recorder of a process, in memory that the caller owns.
#[derive(Debug)]
pub struct Recorder<'a> {
    epoch: &'a AtomicU64,
    counters: Counters<'a>,
    stacks: StackTable<'a>,
    tallies: TallyTable<'a>,
    live: LiveTable<'a>,
    words_max: u64,
}

impl<'a> Recorder<'a> {
    /// A recorder in `region`.
    #[must_use]
    pub fn new(region: &Region<'a>) -> Option<Self> {
        let single = |index: usize| region.header.get(index);
        let parts =
            [region.header, region.counters, region.stack_slots, region.traces, region.tallies, region.live];
        Some(Self {
            epoch: single(region::EPOCH)?,
            counters: Counters::new(region.counters),
            stacks: StackTable::new(
                region.stack_slots,
                region.traces,
                single(region::TRACE_WORDS_USED)?,
                single(region::STACKS)?,
            ),
            tallies: TallyTable::new(region.tallies, single(region::TALLIES)?),
            live: LiveTable::new(region.live, single(region::LIVE_LEVELS_USED)?, single(region::LIVE)?),
            words_max: parts.iter().map(|part| part.len() as u64).sum(),
        })
    }

    /// What was counted.
    #[must_use]
    pub const fn counters(&self) -> &Counters<'a> {
        &self.counters
    }

    /// The stack traces.
    #[must_use]
    pub const fn stacks(&self) -> &StackTable<'a> {
        &self.stacks
    }

    /// Number of sampled blocks that are alive.
    #[must_use]
    pub fn live_samples(&self) -> u64 {
        self.live.len()
    }

    /// Bytes of the region that are in use, rounded up to whole tables where they are spread, and all of its bytes.
    #[must_use]
    pub fn bytes_used_and_max(&self) -> (u64, u64) {
        let spread = self.stacks.len() * 512 + self.tallies.len() * 512;
        let words = self.stacks.words_used() + spread + self.live.words_used();
        (words.min(self.words_max) * 8, self.words_max * 8)
    }

    /// Records a sampled allocation of `size` bytes at `address`.
    ///
    /// `false` if it could not be recorded among the live blocks, which is counted: its free must then not be looked
    /// for.
    pub fn allocated(
        &self,
        address: u64,
        size: u64,
        charge: Charge,
        flags: BlockFlags,
        trace: Trace<'_>,
    ) -> bool {
        self.counters.add(Counter::Samples);
        self.counters.add(match trace.end {
            TraceEnd::Complete => Counter::StacksComplete,
            TraceEnd::Truncated => Counter::StacksTruncated,
            TraceEnd::Failed => Counter::StacksFailed,
        });
        let stack = self.stacks.intern(trace.frames, trace.end).unwrap_or_else(|| {
            self.counters.add(Counter::StackTableFull);
            StackId::UNKNOWN
        });
        let class = SizeClass::of(size);
        if !self.tallies.add(stack, class, size, charge) {
            self.counters.add(Counter::TallyTableFull);
        }
        let record = LiveRecord { size, stack, epoch: 0, charge, class, flags };
        self.insert(address, record, None)
    }

    /// Removes the record of a block that is about to be freed. The caller frees it afterwards, never before: another
    /// thread may be handed the address at once.
    pub fn freed(&self, address: u64) -> Option<LiveRecord> {
        let record = self.live.remove(address)?;
        self.counters.add(Counter::Frees);
        Some(record)
    }

    /// The record of a sampled block, which stays.
    #[must_use]
    pub fn live(&self, address: u64) -> Option<LiveRecord> {
        self.live.get(address)
    }

    /// Removes the record of a block that is about to change its size, until [`Self::reallocated`] or
    /// [`Self::restored`] brings it back.
    pub fn taken(&self, address: u64) -> Option<LiveRecord> {
        let record = self.live.remove(address)?;
        self.counters.add(Counter::Reallocations);
        Some(record)
    }

    /// Brings back the record of a block that could not change its size after all.
    pub fn restored(&self, address: u64, record: LiveRecord) -> bool {
        self.insert(address, record, Some(record.epoch))
    }

    /// Records that the block of `before` now has `size` bytes and is at `address`. It keeps its stack trace and its
    /// epoch, and is charged for what it grew while `period` was in force. With no period nothing was drawn for the
    /// growth, so the block stands for as many others as before.
    pub fn reallocated(
        &self,
        address: u64,
        before: LiveRecord,
        size: u64,
        period: Option<Period>,
        flags: BlockFlags,
    ) -> bool {
        let mut record = LiveRecord { size, flags, ..before };
        if size > before.size {
            if let Some(period) = period {
                record.charge = before.charge.grown(size - before.size, period);
            }
            record.class = SizeClass::of(size);
            // The row of the old class loses the block and that of the new one gains it; the rows exist or their
            // absence was counted when the block was born.
            if self.tallies.retract(before.stack, before.class, before.size, before.charge)
                && !self.tallies.add(record.stack, record.class, size, record.charge)
            {
                self.counters.add(Counter::TallyTableFull);
            }
        }
        self.insert(address, record, Some(before.epoch))
    }

    fn insert(&self, address: u64, record: LiveRecord, kept_epoch: Option<u32>) -> bool {
        let stored = self.live.insert(address, record, kept_epoch, self.epoch);
        if !stored {
            self.counters.add(Counter::LiveTableFull);
        }
        stored
    }

    /// Begins a snapshot and returns its sequence number: allocations from here on carry a later epoch.
    ///
    /// Only one thread takes snapshots.
    pub fn begin_snapshot(&self) -> u32 {
        // Relaxed: the fence in `LiveTable::visit` orders it with the inserters' reads.
        let before = self.epoch.fetch_add(1, Ordering::Relaxed);
        u32::try_from(before).unwrap_or(u32::MAX - 2)
    }

    /// Calls `visit` with every block that belongs to the snapshot `sequence`.
    pub fn visit_live(&self, sequence: u32, mut visit: impl FnMut(LiveBlock)) {
        self.live.visit(sequence, |_, record| {
            let LiveRecord { size, stack, epoch, charge, .. } = record;
            visit(LiveBlock { size, stack, epoch, charge });
        });
    }

    /// Everything that was ever allocated, by stack trace and size class.
    pub fn tallies(&self) -> impl Iterator<Item = Tally> + use<'a> {
        self.tallies.iter()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::region::Capacities;
    use std::vec::Vec;

    const CAPACITIES: Capacities = Capacities { stacks: 64, trace_words: 512, tallies: 64, live_levels: 1 };
    const TRACE: Trace<'_> = Trace { frames: &[10, 20], end: TraceEnd::Complete };

    fn with_recorder(test: impl FnOnce(&Recorder<'_>)) {
        let words: Vec<AtomicU64> = (0..CAPACITIES.words()).map(|_| AtomicU64::new(0)).collect();
        test(&Recorder::new(&Region::new(&words, &CAPACITIES).unwrap()).unwrap());
    }

    fn live(recorder: &Recorder<'_>, sequence: u32) -> Vec<(u64, u32)> {
        let mut blocks = Vec::new();
        recorder.visit_live(sequence, |block| blocks.push((block.size, block.epoch)));
        blocks.sort_unstable();
        blocks
    }

    #[test]
    fn a_block_belongs_to_the_snapshots_between_its_birth_and_its_death() {
        with_recorder(|recorder| {
            let exact = |size| Charge::new(size, Period::EXACT);
            assert!(recorder.allocated(64, 100, exact(100), BlockFlags::NONE, TRACE));
            let first = recorder.begin_snapshot();
            assert!(recorder.allocated(128, 200, exact(200), BlockFlags::NONE, TRACE));
            assert_eq!((first, live(recorder, first)), (0, std::vec![(100, 0)]));
            let second = recorder.begin_snapshot();
            assert_eq!(live(recorder, second), [(100, 0), (200, 1)]);
            assert_eq!(recorder.freed(64).map(|record| record.size), Some(100));
            assert_eq!(recorder.freed(64), None);
            let third = recorder.begin_snapshot();
            assert_eq!(live(recorder, third), [(200, 1)]);
        });
    }

    #[test]
    fn growth_keeps_the_epoch_and_moves_the_tally_to_the_new_class() {
        with_recorder(|recorder| {
            let charge = Charge::new(100, Period::EXACT);
            assert!(recorder.allocated(64, 100, charge, BlockFlags::NONE, TRACE));
            recorder.begin_snapshot();
            let before = recorder.taken(64).unwrap();
            assert!(recorder.reallocated(4096, before, 5000, Some(Period::EXACT), BlockFlags::NONE));
            let second = recorder.begin_snapshot();
            assert_eq!(live(recorder, second), [(5000, 0)]);
            let rows: Vec<_> = recorder.tallies().filter(|row| row.samples != 0).collect();
            assert_eq!(rows.len(), 1);
            assert_eq!((rows[0].objects_estimate, rows[0].bytes_estimate), (1.0, 5000.0));
            let before = recorder.taken(4096).unwrap();
            assert!(recorder.reallocated(4096, before, 70, Some(Period::EXACT), BlockFlags::NONE));
            assert_eq!(live(recorder, second), [(70, 0)]);
            let rows: Vec<_> = recorder.tallies().filter(|row| row.samples != 0).collect();
            assert_eq!(rows[0].bytes_estimate, 5000.0, "what was allocated stays allocated");
        });
    }

    #[test]
    fn growth_while_nothing_is_recorded_keeps_what_a_sample_stands_for() {
        with_recorder(|recorder| {
            let charge = Charge::new(4096, Period::DEFAULT);
            assert!(recorder.allocated(64, 4096, charge, BlockFlags::NONE, TRACE));
            assert_eq!(recorder.live(64).map(|record| record.charge), Some(charge));
            let before = recorder.taken(64).unwrap();
            assert!(recorder.reallocated(64, before, 8192, None, BlockFlags::NONE));
            // None of the blocks that it stands for had another chance to be sampled.
            let record = recorder.live(64).unwrap();
            assert_eq!((record.size, record.charge), (8192, charge));
            let objects: f64 = recorder.tallies().map(|row| row.objects_estimate).sum();
            assert!((objects - charge.objects_estimate()).abs() < 1e-3, "{objects}");
        });
    }

    /// 300 seeded runs of blocks that grow in steps: estimates of the live and of the allocated bytes and objects stay
    /// unbiased, inside 3 standard errors.
    #[test]
    fn estimates_stay_unbiased_when_blocks_grow() {
        use crate::sampler::{Draw, Sampler};
        const STEPS: [u64; 5] = [64, 128, 1000, 30_000, 40_000];
        const BLOCKS: u64 = 400;
        let period = Period::new(20_000);
        let truth = (BLOCKS as f64, (BLOCKS * 40_000) as f64);
        let mut errors: [Vec<f64>; 4] = Default::default();
        for run in 0..300u64 {
            with_recorder(|recorder| {
                let mut sampler = Sampler::FRESH;
                for block in 0..BLOCKS {
                    let (address, mut size) = (4096 + block * 64, 0);
                    for step in STEPS {
                        sampler.remaining -= (step - size).cast_signed();
                        let is_sample = sampler.remaining < 0
                            && sampler.trip(step - size, Some(period), || run * 77 + 1) != Draw::Pass;
                        if let Some(before) = recorder.taken(address) {
                            recorder.reallocated(address, before, step, Some(period), BlockFlags::NONE);
                        } else if is_sample {
                            let charge = Charge::new(step, period);
                            recorder.allocated(address, step, charge, BlockFlags::NONE, TRACE);
                        }
                        size = step;
                    }
                }
                let (mut objects, mut bytes) = (0.0, 0.0);
                recorder.visit_live(0, |block| {
                    objects += block.charge.objects_estimate();
                    bytes += block.charge.bytes_estimate(block.size);
                });
                let all = recorder
                    .tallies()
                    .fold((0.0, 0.0), |sum, row| (sum.0 + row.objects_estimate, sum.1 + row.bytes_estimate));
                let estimates = [objects - truth.0, bytes - truth.1, all.0 - truth.0, all.1 - truth.1];
                for (errors, error) in errors.iter_mut().zip(estimates) {
                    errors.push(error);
                }
            });
        }
        for (which, errors) in errors.iter().enumerate() {
            let n = errors.len() as f64;
            let mean = errors.iter().sum::<f64>() / n;
            let standard_error =
                (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt();
            assert!(mean.abs() < 3.0 * standard_error, "figure {which}: mean {mean}, error {standard_error}");
        }
    }

    #[test]
    fn a_full_live_table_is_counted_and_nothing_else_is_lost() {
        with_recorder(|recorder| {
            let charge = Charge::new(8, Period::EXACT);
            for n in 0..6000 {
                recorder.allocated(64 + n * 8, 8, charge, BlockFlags::NONE, TRACE);
            }
            let lost = recorder.counters().get(Counter::LiveTableFull);
            assert!(lost > 0);
            assert_eq!(recorder.live_samples() + lost, 6000);
            assert_eq!(recorder.tallies().map(|row| row.samples).sum::<u64>(), 6000);
        });
    }
}
