//! How the tables lie in the one piece of memory that the caller maps for them.
//!
//! ```text
//! [ counters and lengths ][ stack slots ][ traces ][ tallies ][ live table, level by level ]
//! ```
//!
//! Every table is touched from its beginning, or at places spread over no more than it has entries, so address space
//! that is reserved but not used stays without memory.

use crate::counters::Counters;
use crate::live_table::LiveTable;
use crate::sync::AtomicU64;
use crate::tally_table::TallyTable;

/// How much the tables may hold. All memory of a recorder follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacities {
    /// Distinct stack traces: slots, a power of two.
    pub stacks: usize,
    /// Words for the frames of all of them, two words of header each.
    pub trace_words: usize,
    /// Distinct pairs of stack trace and size class, a power of two.
    pub tallies: usize,
    /// Levels of the live table: 6 hold 5.5 million blocks, 7 hold 22 million.
    pub live_levels: usize,
}

impl Capacities {
    /// For programs with up to 22 million sampled blocks: 1 GiB of address space, touched as it is needed.
    pub const LARGE: Self = Self { stacks: 1 << 18, trace_words: 1 << 25, tallies: 1 << 19, live_levels: 7 };
    /// Where address space is short: 348,000 sampled blocks and 32,768 stacks in 21 MiB.
    pub const SMALL: Self = Self { stacks: 1 << 15, trace_words: 1 << 20, tallies: 1 << 16, live_levels: 4 };

    /// Words of the whole region.
    #[must_use]
    pub const fn words(&self) -> usize {
        HEADER_WORDS
            + self.stacks
            + self.trace_words
            + self.tallies * TallyTable::SLOT_WORDS
            + LiveTable::words(self.live_levels)
    }
}

/// Single words that the tables count with.
pub(crate) const EPOCH: usize = 0;
pub(crate) const TRACE_WORDS_USED: usize = 1;
pub(crate) const STACKS: usize = 2;
pub(crate) const TALLIES: usize = 3;
pub(crate) const LIVE_LEVELS_USED: usize = 4;
pub(crate) const LIVE: usize = 5;
const COUNTERS: usize = 8;
/// A whole page, so that what changes all the time shares no cache line with the tables.
const HEADER_WORDS: usize = 512;
const _: () = assert!(COUNTERS + Counters::WORDS <= HEADER_WORDS, "the counters must fit the header");

/// A region cut into its parts.
#[derive(Debug)]
pub struct Region<'a> {
    pub(crate) header: &'a [AtomicU64],
    pub(crate) counters: &'a [AtomicU64],
    pub(crate) stack_slots: &'a [AtomicU64],
    pub(crate) traces: &'a [AtomicU64],
    pub(crate) tallies: &'a [AtomicU64],
    pub(crate) live: &'a [AtomicU64],
}

impl<'a> Region<'a> {
    /// Cuts `words`, all zero at first. `None` if they are fewer than [`Capacities::words`].
    #[must_use]
    pub fn new(words: &'a [AtomicU64], capacities: &Capacities) -> Option<Self> {
        let (header, rest) = words.split_at_checked(HEADER_WORDS)?;
        let (header, counters) = header.split_at_checked(COUNTERS)?;
        let (stack_slots, rest) = rest.split_at_checked(capacities.stacks)?;
        let (traces, rest) = rest.split_at_checked(capacities.trace_words)?;
        let (tallies, rest) = rest.split_at_checked(capacities.tallies * TallyTable::SLOT_WORDS)?;
        let (live, _) = rest.split_at_checked(LiveTable::words(capacities.live_levels))?;
        Some(Self { header, counters, stack_slots, traces, tallies, live })
    }
}
