//! Stack traces, each stored once and never removed.
//!
//! ```text
//! slots   [ tag:32 | offset:32 ]  open addressing by the hash of the frames; 0 is empty
//!                       │
//! traces  [ end:32 | length:32 ][ first row ×4 ][ frame 0 = leaf ][ frame 1 ] ... [ next trace ...
//! ```
//!
//! The words between belong to the tally table: its rows for this trace begin there, in a chain for every fourth size
//! class.
//!
//! A trace is written to fresh words first and published by one compare-and-swap on its slot, so a reader never sees
//! a half-written one and nobody waits. A thread that loses the race to the same slot uses the winner's trace, and
//! the words that it wrote are wasted: rare, and bounded with everything else.

use crate::growing_area::GrowingArea;
use crate::live_record::{halves, high, low};
use crate::size_class::SizeClass;
use crate::sync::{AtomicU64, Ordering};

/// A stack trace of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StackId(u32);

impl StackId {
    /// The trace that could not be stored, or of which there are no frames.
    pub const UNKNOWN: Self = Self(0);

    /// The handle that [`Self::to_bits`] has made a number of.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The handle as a number, for keys and words.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0
    }
}

/// How the walk of a stack ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TraceEnd {
    /// At the root of the thread.
    Complete,
    /// At the depth limit.
    Truncated,
    /// At a frame that could not be passed.
    Failed,
}

/// Slots looked at before the table counts as full: at three quarters of its capacity a search is longer than this
/// about once in 10^6.
const PROBES_MAX: usize = 64;
/// Chains of rows that a trace has in the tally table. A buffer that grows, or blocks of random sizes, have ten to
/// twenty classes on one trace, and each row on the way to the right one is a line that is in no cache near by:
/// with one chain that was an eighth of a sample's cost.
const ROW_CHAINS: usize = 4;
/// Words of a trace before its frames.
const HEADER_WORDS: usize = 1 + ROW_CHAINS;

/// The table; see the module page.
#[derive(Clone, Copy, Debug)]
pub struct StackTable<'a> {
    slots: &'a [AtomicU64],
    traces: GrowingArea<'a>,
    /// Distinct traces.
    len: &'a AtomicU64,
}

impl<'a> StackTable<'a> {
    /// Frames of the longest trace that is kept.
    pub const FRAMES_MAX: usize = 1024;

    /// A table in `slots` (a power of two of them) and `traces`, counting in `len`; all zero at first.
    #[must_use]
    pub const fn new(slots: &'a [AtomicU64], traces: GrowingArea<'a>, len: &'a AtomicU64) -> Self {
        Self { slots, traces, len }
    }

    /// Number of distinct traces.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len.load(Ordering::Relaxed)
    }

    /// Whether no trace is stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Words of traces in use.
    #[must_use]
    pub fn words_used(&self) -> u64 {
        self.traces.used_words()
    }

    /// The handle of a trace (return addresses, leaf first), which is stored if it is new.
    ///
    /// `None` if the table is full, or the trace too long.
    pub fn intern(&self, frames: &[u64], end: TraceEnd) -> Option<StackId> {
        if frames.len() > Self::FRAMES_MAX {
            return None;
        }
        let header = halves(end as u32, u32::try_from(frames.len()).ok()?);
        let hash = hash(header, frames);
        let mask = self.slots.len().checked_sub(1)?;
        let mut written = None;
        for probe in 0..PROBES_MAX {
            #[expect(clippy::cast_possible_truncation, reason = "masked")]
            let slot = self.slots.get((hash as usize).wrapping_add(probe) & mask)?;
            // Acquire: pairs with the compare-and-swap that published the trace.
            let mut word = slot.load(Ordering::Acquire);
            if word == 0 {
                let id = match written {
                    Some(id) => id,
                    None => self.write(header, frames)?,
                };
                written = Some(id);
                // Release: publishes the words of the trace; Acquire on failure: reads the winner's.
                match slot.compare_exchange(0, pack(hash, id), Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => {
                        self.len.fetch_add(1, Ordering::Relaxed);
                        return Some(id);
                    }
                    Err(winner) => word = winner,
                }
            }
            if high(word) == high(hash) && self.is_equal(StackId(low(word)), header, frames) {
                return Some(StackId(low(word)));
            }
        }
        None
    }

    /// The frames of a trace, leaf first, and how its walk ended. `None` for a handle of another table.
    #[must_use]
    pub fn get(&self, id: StackId) -> Option<(TraceEnd, impl ExactSizeIterator<Item = u64> + use<'a>)> {
        let ([header, ..], rest) = self.trace(id)?;
        // Relaxed: whoever holds the handle has synchronized with the trace's publication.
        let header = header.load(Ordering::Relaxed);
        let length = low(header) as usize;
        let end = match high(header) {
            0 => TraceEnd::Complete,
            1 => TraceEnd::Truncated,
            _ => TraceEnd::Failed,
        };
        let frames = rest.get(..length).filter(|frames| frames.len() <= Self::FRAMES_MAX)?;
        Some((end, frames.iter().map(|frame| frame.load(Ordering::Relaxed))))
    }

    /// The word at which the rows of a trace begin in the tally table, as far as they may be of this class.
    pub(crate) fn first_row(&self, id: StackId, class: SizeClass) -> Option<&'a AtomicU64> {
        let ([_, first_rows @ ..], _) = self.trace(id)?;
        first_rows.get(usize::from(class.index()) % ROW_CHAINS)
    }

    /// The words of a trace before its frames, and all that follow.
    fn trace(&self, id: StackId) -> Option<(&'a [AtomicU64; HEADER_WORDS], &'a [AtomicU64])> {
        // The handle is the offset + 1.
        let start = (id.0 as usize).checked_sub(1)?;
        self.traces.used().get(start..)?.split_first_chunk()
    }

    fn write(&self, header: u64, frames: &[u64]) -> Option<StackId> {
        let start = self.traces.append(HEADER_WORDS + frames.len())?;
        let id = StackId(u32::try_from(start + 1).ok()?);
        let target = self.traces.words().get(start..)?;
        let first_rows = [0; ROW_CHAINS];
        let values = [header].into_iter().chain(first_rows).chain(frames.iter().copied());
        for (word, value) in target.iter().zip(values) {
            // Relaxed: published with the slot.
            word.store(value, Ordering::Relaxed);
        }
        Some(id)
    }

    /// Whether a trace is this one. Not by its hash alone: two traces may share one, and must not be merged silently.
    fn is_equal(&self, id: StackId, header: u64, frames: &[u64]) -> bool {
        let Some(([stored_header, ..], rest)) = self.trace(id) else { return false };
        // Relaxed: acquired through the slot.
        let Some(stored) = rest.get(..frames.len()) else { return false };
        let is_different = |(stored, frame): (&AtomicU64, &u64)| stored.load(Ordering::Relaxed) ^ frame;
        // Nearly always equal, so all frames are looked at without a branch for each.
        let different = stored.iter().zip(frames).map(is_different).fold(0, |all, bits| all | bits);
        different == 0 && stored_header.load(Ordering::Relaxed) == header
    }
}

const fn pack(hash: u64, id: StackId) -> u64 {
    halves(high(hash), id.0)
}

/// Products of pairs of frames, in four chains since each step waits for the one before; the length and the end are part
/// of it. Never 0.
fn hash(header: u64, frames: &[u64]) -> u64 {
    const K: u64 = 0x9e37_79b9_7f4a_7c15;
    let step = |hash: u64, first: u64, second: u64| {
        let product = u128::from(hash ^ first) * u128::from(second ^ K);
        #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
        let folded = product as u64 ^ (product >> 64) as u64;
        folded
    };
    let (eights, rest) = frames.as_chunks::<8>();
    let mut lanes = [K, K.rotate_left(16), K.rotate_left(32), header ^ K.rotate_left(48)];
    for eight in eights {
        for (lane, [first, second]) in lanes.iter_mut().zip(eight.as_chunks::<2>().0) {
            *lane = step(*lane, *first, *second);
        }
    }
    let hash =
        lanes.into_iter().chain(rest.iter().copied()).fold(K, |hash, word| step(hash, word, hash >> 32));
    (hash ^ hash >> 29).wrapping_mul(K) | 1 << 63
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::vec::Vec;

    fn words(n: usize) -> Vec<AtomicU64> {
        (0..n).map(|_| AtomicU64::new(0)).collect()
    }

    fn table<'a>(
        slots: &'a [AtomicU64],
        storage: &'a [AtomicU64],
        counts: &'a [AtomicU64],
    ) -> StackTable<'a> {
        counts[1].store(u64::MAX, Ordering::Relaxed);
        StackTable::new(slots, GrowingArea::new(storage, &counts[0], &counts[1]), &counts[2])
    }

    #[test]
    fn every_frame_and_its_place_change_the_hash() {
        let frames: Vec<u64> = (0..11).map(|n| 0x5555_0000 + n * 16).collect();
        let mut seen = std::collections::BTreeSet::new();
        for (length, number) in (0..=frames.len()).zip(0..) {
            for end in [TraceEnd::Complete, TraceEnd::Truncated, TraceEnd::Failed] {
                assert!(seen.insert(hash(halves(end as u32, number), &frames[..length])));
            }
        }
        for changed in 0..frames.len() {
            let mut other = frames.clone();
            other[changed] += 1;
            assert!(seen.insert(hash(11, &other)));
            other = frames.clone();
            other.swap(changed, (changed + 4) % 11);
            assert!(seen.insert(hash(11, &other)));
        }
    }

    #[test]
    fn a_trace_beyond_the_limit_is_refused() {
        let (slots, storage, counts) = (words(16), words(4096), words(3));
        let table = table(&slots, &storage, &counts);
        assert_eq!(table.intern(&[7; StackTable::FRAMES_MAX + 1], TraceEnd::Complete), None);
        let id = table.intern(&[7; StackTable::FRAMES_MAX], TraceEnd::Truncated).unwrap();
        assert_eq!(table.get(id).unwrap().1.len(), StackTable::FRAMES_MAX);
        assert!(table.get(StackId::from_bits(u32::MAX)).is_none());
    }

    proptest! {
        /// Against a map: equal traces get equal handles, different ones different handles, and each reads back.
        #[test]
        fn behaves_like_a_map(traces in prop::collection::vec(prop::collection::vec(1u64..6, 0..5), 1..120)) {
            let (slots, storage, counts) = (words(256), words(2048), words(3));
            let table = table(&slots, &storage, &counts);
            let mut model = BTreeMap::new();
            for trace in &traces {
                let id = table.intern(trace, TraceEnd::Complete).expect("there is room");
                prop_assert_eq!(*model.entry(trace.clone()).or_insert(id), id);
                prop_assert_eq!(table.get(id).unwrap().1.collect::<Vec<_>>(), trace.clone());
            }
            prop_assert_eq!(table.len(), model.len() as u64);
            let mut ids: Vec<_> = model.values().collect();
            ids.sort();
            ids.dedup();
            prop_assert_eq!(ids.len(), model.len());
        }
    }

    #[test]
    fn a_full_table_refuses_and_keeps_what_it_has() {
        let (slots, storage, counts) = (words(1024), words(160), words(3));
        let table = table(&slots, &storage, &counts);
        let stored = (0..50u64).filter_map(|n| table.intern(&[n, n + 1, n + 2], TraceEnd::Failed)).count();
        assert_eq!(stored, 20, "8 words a trace");
        for _ in 0..1000 {
            assert_eq!(table.intern(&[7; 90], TraceEnd::Complete), None);
        }
        let id = table.intern(&[3, 4, 5], TraceEnd::Failed).unwrap();
        let (end, frames) = table.get(id).unwrap();
        assert_eq!((end, frames.collect::<Vec<_>>()), (TraceEnd::Failed, std::vec![3, 4, 5]));
    }
}
