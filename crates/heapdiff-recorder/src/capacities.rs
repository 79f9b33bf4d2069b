//! How much the tables may hold, and so where each lies.

use crate::facts::Facts;
use crate::live_pool::LivePool;
use crate::moments::Moments;
use crate::shard::{SHARD_WORDS, SHARDS};
use crate::tally_table::TallyTable;
use core::ops::Range;

/// How much the tables may hold. All memory of a recorder follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacities {
    /// Distinct stack traces: slots, a power of two.
    pub stacks: usize,
    /// Words for the frames of all of them, five words of header each.
    pub trace_words: usize,
    /// Distinct pairs of stack trace and size class.
    pub tallies: usize,
    /// Sampled blocks that are alive at once.
    pub live_blocks: usize,
    /// Bytes of one version of the facts.
    pub facts_bytes: usize,
    /// Moments that are remembered.
    pub moments: usize,
}

/// Words of a page. Parts begin at pages, so that each can be given disk space, or be looked at, alone.
pub(crate) const PAGE_WORDS: usize = 512;

impl Capacities {
    /// For programs with up to 16.8 million sampled blocks: 804 MiB of address space, touched as it is needed.
    pub const LARGE: Self = Self {
        stacks: 1 << 18,
        trace_words: 1 << 25,
        tallies: 1 << 20,
        live_blocks: 1 << 24,
        facts_bytes: 512 << 10,
        moments: 256,
    };
    /// Where address space is short: 262,144 sampled blocks and 32,768 stacks in 19 MiB.
    pub const SMALL: Self = Self {
        stacks: 1 << 15,
        trace_words: 1 << 20,
        tallies: 1 << 16,
        live_blocks: 1 << 18,
        facts_bytes: 256 << 10,
        moments: 256,
    };
    /// Where it is very short: 32,768 sampled blocks and 4,096 stacks in 2 MiB.
    pub const TINY: Self = Self {
        stacks: 1 << 12,
        trace_words: 1 << 16,
        tallies: 1 << 13,
        live_blocks: 1 << 15,
        facts_bytes: 64 << 10,
        moments: 128,
    };

    /// Words of the whole region.
    #[must_use]
    pub const fn words(&self) -> usize {
        self.parts().live.end
    }

    /// Words at its beginning that are in use from the start, whatever is recorded; what follows grows.
    #[must_use]
    pub const fn fixed_words(&self) -> usize {
        self.parts().traces.start
    }

    /// Whether a region can be made so. Tables name their entries by numbers of limited width.
    #[must_use]
    pub const fn are_sound(&self) -> bool {
        self.stacks.is_power_of_two()
            && self.trace_words < u32::MAX as usize
            && self.tallies <= TallyTable::ROWS_MAX
            && self.live_blocks <= LivePool::SLOTS_MAX
            && self.words() < usize::MAX / 8
    }

    pub(crate) const fn parts(&self) -> Parts {
        let header = Part(0).next(PAGE_WORDS);
        let shards = Part(header.end).next(SHARDS * SHARD_WORDS);
        let facts = Part(shards.end).next(Facts::words(self.facts_bytes));
        let moments = Part(facts.end).next(self.moments.saturating_mul(Moments::ENTRY_WORDS));
        let stack_slots = Part(moments.end).next(self.stacks);
        let traces = Part(stack_slots.end).next(self.trace_words);
        let tallies = Part(traces.end).next(self.tallies.saturating_mul(TallyTable::ROW_WORDS));
        let live = Part(tallies.end).next(self.live_blocks.saturating_mul(LivePool::SLOT_WORDS));
        Parts { header, shards, facts, moments, stack_slots, traces, tallies, live }
    }
}

/// Where each part of a region lies, in words; whole pages. Sums saturate, and no region is as long as that.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) header: Range<usize>,
    pub(crate) shards: Range<usize>,
    pub(crate) facts: Range<usize>,
    pub(crate) moments: Range<usize>,
    pub(crate) stack_slots: Range<usize>,
    pub(crate) traces: Range<usize>,
    pub(crate) tallies: Range<usize>,
    pub(crate) live: Range<usize>,
}

/// A part that begins here.
struct Part(usize);

impl Part {
    const fn next(self, words: usize) -> Range<usize> {
        let end = self.0.saturating_add(words).saturating_add(PAGE_WORDS - 1);
        self.0..end / PAGE_WORDS * PAGE_WORDS
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_sizes_are_as_their_pages_say() {
        let sizes = [Capacities::LARGE, Capacities::SMALL, Capacities::TINY];
        assert!(sizes.iter().all(Capacities::are_sound));
        assert_eq!(sizes.map(|size| (size.words() * 8) >> 20), [803, 18, 1]);
        assert_eq!(sizes.map(|size| (size.fixed_words() * 8) >> 10), [3132, 828, 196]);
    }

    #[test]
    fn a_stack_table_is_a_power_of_two_and_nothing_overflows() {
        assert!(!Capacities { stacks: 3, ..Capacities::TINY }.are_sound());
        for huge in [usize::MAX, usize::MAX / 8, 1 << 60, 1 << 32] {
            let tiny = Capacities::TINY;
            assert!(!Capacities { trace_words: huge, ..tiny }.are_sound());
            assert!(!Capacities { tallies: huge, ..tiny }.are_sound());
            assert!(!Capacities { live_blocks: huge, ..tiny }.are_sound());
            let _ = Capacities { facts_bytes: huge, moments: huge, ..tiny }.words();
        }
        assert!(!Capacities { facts_bytes: usize::MAX, ..Capacities::TINY }.are_sound());
        assert!(!Capacities { moments: usize::MAX, ..Capacities::TINY }.are_sound());
    }
}
