//! Stack traces, each stored once and never removed.
//!
//! ```text
//! slots   [ tag:32 | offset:32 ]  open addressing by the hash of the frames; 0 is empty
//!                       │
//! traces  [ hash ][ end:32 | length:32 ][ frame 0 = leaf ][ frame 1 ] ... [ next trace ...
//! ```
//!
//! A trace is written to fresh words first and published by one compare-and-swap on its slot, so a reader never sees
//! a half-written one and nobody waits. A thread that loses the race to the same slot uses the winner's trace, and
//! the words that it wrote are wasted: rare, and bounded with everything else.

use crate::sync::{AtomicU64, Ordering};

/// A stack trace of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StackId(u32);

impl StackId {
    /// The trace that could not be stored, or of which there are no frames.
    pub const UNKNOWN: Self = Self(0);

    pub(crate) const fn from_bits(bits: u32) -> Self {
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

/// The table; see the module page.
#[derive(Debug)]
pub struct StackTable<'a> {
    slots: &'a [AtomicU64],
    traces: &'a [AtomicU64],
    /// Words of `traces` in use, at least 1: offset 0 means [`StackId::UNKNOWN`].
    used: &'a AtomicU64,
    /// Distinct traces.
    len: &'a AtomicU64,
}

impl<'a> StackTable<'a> {
    /// A table in `slots` (a power of two of them) and `traces`, counting in `used` and `len`; all zero at first.
    #[must_use]
    pub const fn new(
        slots: &'a [AtomicU64],
        traces: &'a [AtomicU64],
        used: &'a AtomicU64,
        len: &'a AtomicU64,
    ) -> Self {
        Self { slots, traces, used, len }
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
        self.used.load(Ordering::Relaxed)
    }

    /// The handle of a trace (return addresses, leaf first), which is stored if it is new.
    ///
    /// `None` if the table is full.
    pub fn intern(&self, frames: &[u64], end: TraceEnd) -> Option<StackId> {
        let hash = hash(frames, end);
        let mask = self.slots.len().checked_sub(1)?;
        let mut written = None;
        for probe in 0..PROBES_MAX {
            #[expect(clippy::cast_possible_truncation, reason = "masked")]
            let slot = self.slots.get((hash as usize).wrapping_add(probe) & mask)?;
            // Acquire: pairs with the compare-and-swap that published the trace.
            let mut word = slot.load(Ordering::Acquire);
            if word == 0 {
                let offset = match written {
                    Some(offset) => offset,
                    None => self.write(hash, frames, end)?,
                };
                written = Some(offset);
                // Release: publishes the words of the trace; Acquire on failure: reads the winner's.
                match slot.compare_exchange(0, pack(hash, offset), Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => {
                        self.len.fetch_add(1, Ordering::Relaxed);
                        return Some(StackId(offset));
                    }
                    Err(winner) => word = winner,
                }
            }
            let offset = unpack(word);
            if word >> 32 == hash >> 32 && self.is_equal(offset, hash, frames) {
                return Some(StackId(offset));
            }
        }
        None
    }

    /// The frames of a trace, leaf first, and how its walk ended.
    #[must_use]
    pub fn get(&self, id: StackId) -> Option<(TraceEnd, impl ExactSizeIterator<Item = u64> + use<'a>)> {
        if id == StackId::UNKNOWN {
            return None;
        }
        let start = id.0 as usize;
        // Relaxed: whoever holds the handle has synchronized with the trace's publication.
        let header = self.traces.get(start.checked_add(1)?)?.load(Ordering::Relaxed);
        let length = unpack(header) as usize;
        let end = match header >> 32 {
            0 => TraceEnd::Complete,
            1 => TraceEnd::Truncated,
            _ => TraceEnd::Failed,
        };
        let first = start.checked_add(2)?;
        let frames = self.traces.get(first..first.checked_add(length)?)?;
        Some((end, frames.iter().map(|frame| frame.load(Ordering::Relaxed))))
    }

    fn write(&self, hash: u64, frames: &[u64], end: TraceEnd) -> Option<u32> {
        let words = frames.len() as u64 + 2;
        // Relaxed: only the uniqueness of the range matters; its words are published with the slot. A loop and not an
        // addition that is taken back when it does not fit: another thread may have built on it meanwhile.
        let before = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            let after = used + words;
            (after < self.traces.len() as u64).then_some(after)
        });
        let offset = u32::try_from(before.ok()? + 1).ok()?;
        let target = self.traces.get(offset as usize..)?;
        let header = (end as u64) << 32 | frames.len() as u64;
        for (word, value) in target.iter().zip([hash, header].into_iter().chain(frames.iter().copied())) {
            word.store(value, Ordering::Relaxed);
        }
        Some(offset)
    }

    fn is_equal(&self, offset: u32, hash: u64, frames: &[u64]) -> bool {
        let stored_hash = self.traces.get(offset as usize).map(|word| word.load(Ordering::Relaxed));
        stored_hash == Some(hash)
            && self.get(StackId(offset)).is_some_and(|(_, stored)| stored.eq(frames.iter().copied()))
    }
}

fn pack(hash: u64, offset: u32) -> u64 {
    hash >> 32 << 32 | u64::from(offset)
}

fn unpack(word: u64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    let offset = word as u32;
    offset
}

/// Multiply and rotate over the frames; the length and the end are part of it. Never 0.
fn hash(frames: &[u64], end: TraceEnd) -> u64 {
    const K: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = (frames.len() as u64) << 2 | end as u64;
    for frame in frames {
        hash = (hash.rotate_left(23) ^ frame).wrapping_mul(K);
    }
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

    proptest! {
        /// Against a map: equal traces get equal handles, different ones different handles, and each reads back.
        #[test]
        fn behaves_like_a_map(traces in prop::collection::vec(prop::collection::vec(1u64..6, 0..5), 1..120)) {
            let (slots, storage, counts) = (words(256), words(2048), words(2));
            let table = StackTable::new(&slots, &storage, &counts[0], &counts[1]);
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
        let (slots, storage, counts) = (words(1024), words(100), words(2));
        let table = StackTable::new(&slots, &storage, &counts[0], &counts[1]);
        let stored = (0..50u64).filter_map(|n| table.intern(&[n, n + 1, n + 2], TraceEnd::Failed)).count();
        assert_eq!(stored, 19, "5 words a trace, one word is never used");
        for _ in 0..1000 {
            assert_eq!(table.intern(&[7; 90], TraceEnd::Complete), None);
        }
        let id = table.intern(&[3, 4, 5], TraceEnd::Failed).unwrap();
        let (end, frames) = table.get(id).unwrap();
        assert_eq!((end, frames.collect::<Vec<_>>()), (TraceEnd::Failed, std::vec![3, 4, 5]));
    }
}
