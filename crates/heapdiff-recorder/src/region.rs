//! How the tables lie in the one piece of memory, or the one file, that the caller maps for them.
//!
//! ```text
//!  page 0        page 1     ┌─ in use from the start ────────┐┌─ each grows from its beginning ─┐
//! [ header     ][ shards  ][ facts ×2 ][ moments ][ stack slots ][ traces ][ tallies ][ live slots ]
//!   │             └ free lists and counters, 256 bytes a shard
//!   └ word  0  magic           8 stacks            16 epoch             32 trace words used   48 tally words used
//!           1  version         9 trace words       17 traces backed     33 stack traces       49 rows of no stack
//!           2  state          10 tallies           18 tallies backed    64 live words used    80 versions of facts
//!                             11 live blocks       19 live backed                             81 moments
//!                             12 bytes of facts
//!                             13 moments
//! ```
//!
//! Words that the hook writes lie on cache lines apart from those that it only reads. All words are in the byte order
//! of the machine: another one sees a foreign magic. **Whoever changes anything here raises [`VERSION`].**
//!
//! # Files
//! A file of [`Capacities::words`] words may be sparse. Its first [`Capacities::fixed_words`] need disk space before it is
//! used; the growing areas need it up to what [`Region::set_backed`] says, beyond which nothing is touched. `state` says
//! whether somebody goes on recording there; that a process died is not in it, but that its lock on the file is gone.
//!
//! Who reads a region maps it writable, or reads a copy: taking a snapshot raises the epoch, and settles pending ones.
//!
//! Reading words of any content is safe: marks, lengths, numbers and chains are bounded by the capacities, and these by
//! the words there are.

use crate::capacities::{Capacities, PAGE_WORDS};
use crate::facts::Facts;
use crate::growing_area::GrowingArea;
use crate::moments::Moments;
use crate::region_error::RegionError;
use crate::shard::{SHARDS, ShardWords};
use crate::sync::{AtomicU64, Ordering};
use core::ops::Range;

/// The version of the layout.
pub const VERSION: u64 = 2;

const MAGIC: u64 = u64::from_ne_bytes(*b"heapdiff");

const MAGIC_AT: usize = 0;
const VERSION_AT: usize = 1;
const STATE_AT: usize = 2;
const CAPACITIES_AT: usize = 8;
const EPOCH_AT: usize = 16;
const BACKED_AT: usize = 17;
const TRACES_USED_AT: usize = 32;
const STACKS_AT: usize = 33;
const TALLIES_USED_AT: usize = 48;
const NO_STACK_ROWS_AT: usize = 49;
const LIVE_USED_AT: usize = 64;
const FACTS_AT: usize = 80;
const MOMENTS_AT: usize = 81;

/// How far a region has come.
///
/// ```text
/// SettingUp ──► Live ──► Ended
///                ▲─────────┘   another session of the process
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is being made; nothing in it can be relied on.
    SettingUp,
    /// A process records there, or has died doing so.
    Live,
    /// Recording has ended as it should.
    Ended,
}

/// The parts of a region that grow while the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// Stack traces.
    Traces,
    /// Sums by stack trace and size class.
    Tallies,
    /// Records of live blocks.
    Live,
}

impl Area {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Traces, Self::Tallies, Self::Live];
}

/// Where a growing area lies and how far it has come. All figures are bytes from the beginning of the region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Where the area begins: at a page.
    pub start: u64,
    /// Up to here something is recorded.
    pub used: u64,
    /// Up to here it may be.
    pub backed: u64,
    /// Where the area ends: at a page.
    pub end: u64,
}

/// A region cut into its parts.
#[derive(Clone, Copy, Debug)]
pub struct Region<'a> {
    header: &'a [AtomicU64; PAGE_WORDS],
    capacities: Capacities,
    pub(crate) shards: &'a [ShardWords; SHARDS],
    pub(crate) stack_slots: &'a [AtomicU64],
    facts: Facts<'a>,
    moments: Moments<'a>,
    traces: GrowingArea<'a>,
    tallies: GrowingArea<'a>,
    live: GrowingArea<'a>,
}

impl<'a> Region<'a> {
    /// Makes a region of `words`, all zero, in the state [`State::SettingUp`] and with nothing backed.
    ///
    /// `None` if they are fewer than [`Capacities::words`], or the capacities are impossible.
    #[must_use]
    pub fn create(words: &'a [AtomicU64], capacities: &Capacities) -> Option<Self> {
        if !capacities.are_sound() || words.len() < capacities.words() {
            return None;
        }
        let region = Self::cut(words, capacities)?;
        let fields = [
            capacities.stacks,
            capacities.trace_words,
            capacities.tallies,
            capacities.live_blocks,
            capacities.facts_bytes,
            capacities.moments,
        ];
        // Relaxed: whoever opens the region has seen its state change.
        for (word, field) in region.header.iter().skip(CAPACITIES_AT).zip(fields) {
            word.store(field as u64, Ordering::Relaxed);
        }
        region.header[VERSION_AT].store(VERSION, Ordering::Relaxed);
        region.header[MAGIC_AT].store(MAGIC, Ordering::Relaxed);
        Some(region)
    }

    /// Opens a region that another process made, or one from a file.
    ///
    /// # Errors
    /// If the words are no region, one of another version, one that was never completed, or one whose end is missing
    /// although something is recorded there.
    pub fn open(words: &'a [AtomicU64]) -> Result<Self, RegionError> {
        let header: &[AtomicU64; PAGE_WORDS] = words.first_chunk().ok_or(RegionError::NotARegion)?;
        // Relaxed, and below too: ordered by the state.
        if header[MAGIC_AT].load(Ordering::Relaxed) != MAGIC {
            return Err(RegionError::NotARegion);
        }
        let version = header[VERSION_AT].load(Ordering::Relaxed);
        if version != VERSION {
            return Err(RegionError::Version { found: version, known: VERSION });
        }
        // Acquire: pairs with the change of the state.
        if header[STATE_AT].load(Ordering::Acquire) == State::SettingUp as u64 {
            return Err(RegionError::NeverCompleted);
        }
        let size = |word: &AtomicU64| usize::try_from(word.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        let capacities = Capacities {
            stacks: size(&header[CAPACITIES_AT]),
            trace_words: size(&header[CAPACITIES_AT + 1]),
            tallies: size(&header[CAPACITIES_AT + 2]),
            live_blocks: size(&header[CAPACITIES_AT + 3]),
            facts_bytes: size(&header[CAPACITIES_AT + 4]),
            moments: size(&header[CAPACITIES_AT + 5]),
        };
        if !capacities.are_sound() {
            return Err(RegionError::Capacities);
        }
        let too_short =
            |needed: usize| RegionError::CutShort { needed: needed as u64, found: words.len() as u64 };
        let region = Self::cut(words, &capacities).ok_or(too_short(capacities.fixed_words()))?;
        let needed = region.words_needed();
        if needed > words.len() { Err(too_short(needed)) } else { Ok(region) }
    }

    fn cut(words: &'a [AtomicU64], capacities: &Capacities) -> Option<Self> {
        let parts = capacities.parts();
        let header: &[AtomicU64; PAGE_WORDS] = words.get(parts.header)?.first_chunk()?;
        // The end of a file may be missing, as far as it was not used.
        let grown = |part: Range<usize>, used, backed| {
            let words = words.get(part.start.min(words.len())..part.end.min(words.len()));
            GrowingArea::new(words.unwrap_or_default(), used, backed)
        };
        let stack_slots = words.get(parts.stack_slots)?.get(..capacities.stacks)?;
        let moments = words.get(parts.moments)?.get(..capacities.moments * Moments::ENTRY_WORDS)?;
        Some(Self {
            header,
            capacities: *capacities,
            shards: words.get(parts.shards)?.as_chunks().0.first_chunk()?,
            facts: Facts::new(
                words.get(parts.facts)?.get(..Facts::words(capacities.facts_bytes))?,
                &header[FACTS_AT],
            ),
            moments: Moments::new(moments, &header[MOMENTS_AT]),
            stack_slots,
            traces: grown(parts.traces, &header[TRACES_USED_AT], &header[BACKED_AT]),
            tallies: grown(parts.tallies, &header[TALLIES_USED_AT], &header[BACKED_AT + 1]),
            live: grown(parts.live, &header[LIVE_USED_AT], &header[BACKED_AT + 2]),
        })
    }

    /// Words up to the last one that is in use.
    fn words_needed(&self) -> usize {
        let parts = self.capacities.parts();
        let ends = [
            (parts.traces, &self.header[TRACES_USED_AT]),
            (parts.tallies, &self.header[TALLIES_USED_AT]),
            (parts.live, &self.header[LIVE_USED_AT]),
        ];
        ends.into_iter().fold(self.capacities.fixed_words(), |needed, (part, used)| {
            // Relaxed: a mark that grows meanwhile is checked again with every access.
            let used = usize::try_from(used.load(Ordering::Relaxed)).unwrap_or(usize::MAX).min(part.len());
            if used == 0 { needed } else { needed.max(part.start + used) }
        })
    }

    /// How much the tables may hold.
    #[must_use]
    pub const fn capacities(&self) -> &Capacities {
        &self.capacities
    }

    /// How far the region has come. A number from a broken file counts as ended.
    #[must_use]
    pub fn state(&self) -> State {
        // Acquire: pairs with `set_state`.
        match self.header[STATE_AT].load(Ordering::Acquire) {
            0 => State::SettingUp,
            1 => State::Live,
            _ => State::Ended,
        }
    }

    /// Says how far the region has come; for its owner.
    pub fn set_state(&self, state: State) {
        // Release: what was set up is there before the state says so.
        self.header[STATE_AT].store(state as u64, Ordering::Release);
    }

    /// What a reader has to know beside the tables.
    #[must_use]
    pub const fn facts(&self) -> &Facts<'a> {
        &self.facts
    }

    /// How the process was doing in the last minutes.
    #[must_use]
    pub const fn moments(&self) -> &Moments<'a> {
        &self.moments
    }

    /// Where a growing area lies, and how far it has come.
    #[must_use]
    pub fn extent(&self, area: Area) -> Extent {
        let parts = self.capacities.parts();
        let Range { start, end } = match area {
            Area::Traces => parts.traces,
            Area::Tallies => parts.tallies,
            Area::Live => parts.live,
        };
        let words = self.area(area);
        let bytes = |words: u64| (start as u64 + words) * 8;
        Extent {
            start: bytes(0),
            used: bytes(words.used_words()),
            backed: bytes(words.backed_words()),
            end: end as u64 * 8,
        }
    }

    /// Lets an area be used up to `end`, in bytes from the beginning of the region. Its memory must be there: disk space
    /// that is allocated, not merely promised. Never less than before.
    pub fn set_backed(&self, area: Area, end: u64) {
        let bytes = end.saturating_sub(self.extent(area).start);
        self.area(area).set_backed(bytes / 8);
    }

    /// Lets all areas be used to their ends, for memory that is there when it is touched.
    pub fn set_all_backed(&self) {
        for area in Area::ALL {
            self.set_backed(area, u64::MAX);
        }
    }

    pub(crate) const fn area(&self, area: Area) -> &GrowingArea<'a> {
        match area {
            Area::Traces => &self.traces,
            Area::Tallies => &self.tallies,
            Area::Live => &self.live,
        }
    }

    pub(crate) const fn epoch(&self) -> &'a AtomicU64 {
        &self.header[EPOCH_AT]
    }

    pub(crate) const fn stacks(&self) -> &'a AtomicU64 {
        &self.header[STACKS_AT]
    }

    pub(crate) const fn no_stack_rows(&self) -> &'a AtomicU64 {
        &self.header[NO_STACK_ROWS_AT]
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
