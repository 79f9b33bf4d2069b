//! The tables together: what the hook calls, and what a snapshot reads.
//!
//! ```text
//! allocation   intern the trace ──► allocated ──► SlotId, which the block or an index carries
//! reallocation live? then the inner allocator, then ──► resized, with the same SlotId
//! free         freed, then the inner allocator
//! ```

use crate::charge::{Charge, Period};
use crate::counters::{Counter, Counters};
use crate::live_pool::LivePool;
use crate::live_record::{BlockFlags, LiveRecord, Scope, SlotId};
use crate::live_slot::EPOCH_MAX;
use crate::region::{Area, Region};
use crate::shard::Shard;
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

/// A sampled allocation.
#[derive(Clone, Copy, Debug)]
pub struct Allocation {
    /// Where the block is.
    pub address: u64,
    /// Its size in bytes.
    pub size: u64,
    /// What it was charged.
    pub charge: Charge,
    /// How it was placed, and in which scope it was allocated.
    pub flags: BlockFlags,
    /// Where it was allocated.
    pub stack: StackId,
    /// How the walk of its stack ended.
    pub end: TraceEnd,
}

/// A sampled block that has changed its size, and maybe its place.
#[derive(Clone, Copy, Debug)]
pub struct Resize {
    /// Where the block was.
    pub from: u64,
    /// Where it is.
    pub to: u64,
    /// Its size in bytes now.
    pub size: u64,
    /// The period with which its growth was charged. With none nothing was drawn for the growth, so the block stands for as
    /// many others as before.
    pub period: Option<Period>,
    /// How it is placed now, and in which scope it changed.
    pub flags: BlockFlags,
}

/// A sampled block that is alive, as a snapshot sees it.
#[derive(Clone, Copy, Debug)]
pub struct LiveBlock {
    /// Where it is.
    pub address: u64,
    /// Its size in bytes.
    pub size: u64,
    /// Where it was allocated.
    pub stack: StackId,
    /// The number of snapshots that had begun before it was allocated.
    pub epoch: u32,
    /// What it was charged.
    pub charge: Charge,
    /// The scope that allocated it, or made it grow last.
    pub scope: Scope,
}

/// The recorder of a process, in a region that the caller owns.
#[derive(Clone, Copy, Debug)]
pub struct Recorder<'a> {
    region: Region<'a>,
    counters: Counters<'a>,
    stacks: StackTable<'a>,
    tallies: TallyTable<'a>,
    live: LivePool<'a>,
}

impl<'a> Recorder<'a> {
    /// A recorder in `region`.
    #[must_use]
    pub const fn new(region: &Region<'a>) -> Self {
        Self {
            region: *region,
            counters: Counters::new(region.shards),
            stacks: StackTable::new(region.stack_slots, *region.area(Area::Traces), region.stacks()),
            tallies: TallyTable::new(*region.area(Area::Tallies)),
            live: LivePool::new(*region.area(Area::Live), region.shards, region.epoch()),
        }
    }

    /// The region that it records in.
    #[must_use]
    pub const fn region(&self) -> &Region<'a> {
        &self.region
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

    /// Number of sampled blocks that are alive and in the tables. Threads may be between two of the counts that it is
    /// made of.
    #[must_use]
    pub fn live_samples(&self) -> u64 {
        let count = |counter| self.counters.get(counter);
        count(Counter::Samples)
            .saturating_sub(count(Counter::Frees))
            .saturating_sub(count(Counter::LiveTableFull))
    }

    /// Bytes of the region that are in use, rounded up to whole pages where they are spread, and all of its bytes.
    #[must_use]
    pub fn bytes_used_and_max(&self) -> (u64, u64) {
        let capacities = self.region.capacities();
        // A trace touches one page of the slots, unless others have touched it before.
        let slot_bytes = (self.stacks.len().saturating_mul(4096)).min(capacities.stacks as u64 * 8);
        let grown: u64 = Area::ALL
            .into_iter()
            .map(|area| self.region.extent(area))
            .map(|extent| extent.used - extent.start)
            .sum();
        let fixed = (capacities.fixed_words() - capacities.stacks) as u64 * 8;
        (fixed + slot_bytes + grown, capacities.words() as u64 * 8)
    }

    /// The handle of a stack trace, which is stored if it is new. [`StackId::UNKNOWN`] if there is no room, which is
    /// counted.
    pub fn intern(&self, shard: Shard, trace: Trace<'_>) -> StackId {
        self.stacks.intern(trace.frames, trace.end).unwrap_or_else(|| {
            self.counters.add(shard, Counter::StackTableFull);
            StackId::UNKNOWN
        })
    }

    /// Records a sampled allocation, and names its record for whoever frees the block.
    ///
    /// `None` if it could not be recorded among the live blocks, which is counted.
    #[inline]
    pub fn allocated(&self, shard: Shard, allocation: &Allocation) -> Option<SlotId> {
        let Allocation { address, size, charge, flags, stack, end } = *allocation;
        self.counters.add(
            shard,
            match end {
                TraceEnd::Complete => Counter::StacksComplete,
                TraceEnd::Truncated => Counter::StacksTruncated,
                TraceEnd::Failed => Counter::StacksFailed,
            },
        );
        let class = SizeClass::of(size);
        self.add_tally(shard, stack, class, size, charge);
        let record = LiveRecord { size, stack, epoch: 0, charge, class, flags };
        let slot = self.live.insert(shard, address, &record);
        if slot.is_none() {
            self.counters.add(shard, Counter::LiveTableFull);
        }
        slot
    }

    /// Removes the record of a block that is about to be freed. The caller frees it afterwards, never before: another
    /// thread may be handed the address at once.
    #[inline]
    pub fn freed(&self, shard: Shard, slot: SlotId, address: u64) -> Option<LiveRecord> {
        let record = self.live.remove(shard, slot, address)?;
        self.counters.add(shard, Counter::Frees);
        Some(record)
    }

    /// Removes the record of a block that lives on, but whose free would not find the record: the name of its slot had no
    /// place. Counted as a block that was not recorded.
    pub fn lost(&self, shard: Shard, slot: SlotId, address: u64) -> Option<LiveRecord> {
        let record = self.live.remove(shard, slot, address)?;
        self.counters.add(shard, Counter::LiveTableFull);
        Some(record)
    }

    /// The record of a sampled block, which stays.
    #[must_use]
    pub fn live(&self, slot: SlotId, address: u64) -> Option<LiveRecord> {
        self.live.get(slot, address)
    }

    /// Records that the block of `slot` has changed its size. It keeps its slot, its stack trace and its epoch, and is
    /// charged for what it grew. It keeps its scope too, unless another one made it grow. Returns its record as it is now; `None` if there is none.
    ///
    /// The caller owns the block at both addresses, or has just been given the one for the other by the inner allocator:
    /// what another thread makes of the old address meanwhile has a slot of its own.
    pub fn resized(&self, shard: Shard, slot: SlotId, resize: &Resize) -> Option<LiveRecord> {
        let Resize { from, to, size, period, flags } = *resize;
        let before = self.live.get(slot, from)?;
        let has_new_scope = size > before.size && flags.scope().is_some();
        let flags = if has_new_scope { flags } else { flags.with_scope(before.flags.scope()) };
        let mut record = LiveRecord { size, flags, ..before };
        if size > before.size {
            if let Some(period) = period {
                record.charge = before.charge.grown(size - before.size, period);
            }
            // The row of the old class loses the block and that of the new one gains it. A block that no row counts, which
            // was counted as a loss, stays with its class: another one may have a row, which never had this block.
            if self.retract_tally(&before) {
                record.class = SizeClass::of(size);
                self.add_tally(shard, record.stack, record.class, size, record.charge);
            }
        }
        self.counters.add(shard, Counter::Reallocations);
        self.live.change(slot, from, to, &record).then_some(record)
    }

    #[inline]
    fn add_tally(&self, shard: Shard, stack: StackId, class: SizeClass, size: u64, charge: Charge) {
        let head = self.first_row(stack, class);
        if !head.is_some_and(|head| self.tallies.add(head, stack, class, size, charge)) {
            self.counters.add(shard, Counter::TallyTableFull);
        }
    }

    fn retract_tally(&self, record: &LiveRecord) -> bool {
        let head = self.first_row(record.stack, record.class);
        head.is_some_and(|head| self.tallies.retract(head, record.class, record.size, record.charge))
    }

    #[inline]
    fn first_row(&self, stack: StackId, class: SizeClass) -> Option<&'a AtomicU64> {
        if stack == StackId::UNKNOWN {
            Some(self.region.no_stack_rows())
        } else {
            self.stacks.first_row(stack, class)
        }
    }

    /// Begins a snapshot and returns its sequence number: allocations from here on carry a later epoch.
    ///
    /// Any number of threads, also of other processes that map the same region, may take snapshots at the same time: each
    /// gets a number of its own, and blocks and numbers agree for each of them, since the hook's half of the agreement
    /// (`live_slot.rs`) is the same for all.
    pub fn begin_snapshot(&self) -> u32 {
        // Relaxed: the fence in `LivePool::visit` orders it with the inserters' reads.
        let before = self.region.epoch().fetch_add(1, Ordering::Relaxed);
        u32::try_from(before).unwrap_or(u32::MAX).min(EPOCH_MAX - 1)
    }

    /// Number of snapshots that have begun.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        // Relaxed: whoever needs it in order with something else sees to that.
        u32::try_from(self.region.epoch().load(Ordering::Relaxed)).unwrap_or(u32::MAX).min(EPOCH_MAX)
    }

    /// Calls `visit` with every block that belongs to the snapshot `sequence`. Returns how many of them were caught in the
    /// middle of a change of size, whose thread was stopped there: these may be seen with a size from before it.
    pub fn visit_live(&self, sequence: u32, mut visit: impl FnMut(LiveBlock)) -> u64 {
        self.live.visit(sequence, |address, record| {
            let LiveRecord { size, stack, epoch, charge, flags, .. } = record;
            visit(LiveBlock { address, size, stack, epoch, charge, scope: flags.scope() });
        })
    }

    /// Everything that was ever allocated, by stack trace and size class.
    pub fn tallies(&self) -> impl Iterator<Item = Tally> + use<'a> {
        self.tallies.iter()
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
