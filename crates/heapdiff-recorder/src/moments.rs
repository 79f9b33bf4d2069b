//! How the process was doing in the last minutes: a ring of a few figures each, the oldest overwritten first.
//!
//! ```text
//! count (a word of the header)     moments that were ever pushed
//! entry [ number + 1 ][ field 0 ][ field 1 ] ... [ field 22 ]      the number is 0 while the entry is written
//! ```
//!
//! What the fields mean is the owner's; those that it does not push are 0. One thread writes. A reader leaves out an
//! entry that is overwritten while it reads, or that a dying process left half-written.

use crate::sync::{AtomicU64, Ordering, fence};

/// Few under loom, which tries every old value of every word.
const ENTRY_WORDS: usize = if cfg!(loom) { 3 } else { 24 };

/// The ring; see the module page.
#[derive(Clone, Copy, Debug)]
pub struct Moments<'a> {
    words: &'a [AtomicU64],
    count: &'a AtomicU64,
}

impl<'a> Moments<'a> {
    /// Fields of a moment.
    pub const FIELDS: usize = ENTRY_WORDS - 1;
    /// Words of an entry.
    pub const ENTRY_WORDS: usize = ENTRY_WORDS;

    /// A ring in `words`, all zero at first, of as many entries as fit.
    #[must_use]
    pub const fn new(words: &'a [AtomicU64], count: &'a AtomicU64) -> Self {
        Self { words, count }
    }

    /// Adds a moment. Only one thread of one process does.
    pub fn push<const FIELDS: usize>(&self, fields: [u64; FIELDS]) {
        const { assert!(FIELDS <= Moments::FIELDS, "an entry has no room for so many fields") };
        // Relaxed: nobody else writes it.
        let number = self.count.load(Ordering::Relaxed);
        let Some((version, target)) = self.entry(number) else { return };
        // Relaxed: the fence orders it.
        version.store(0, Ordering::Relaxed);
        // Release: a reader that has read any of the fields below sees the version gone when it looks again.
        fence(Ordering::Release);
        for (word, value) in target.iter().zip(fields.into_iter().chain(core::iter::repeat(0))) {
            // Relaxed: published by the version.
            word.store(value, Ordering::Relaxed);
        }
        // Release: publishes the fields.
        version.store(number.wrapping_add(1), Ordering::Release);
        // Release: publishes the entry to those who learn of it from here.
        self.count.store(number.wrapping_add(1), Ordering::Release);
    }

    /// The moments that are still there, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = [u64; Moments::FIELDS]> + use<'a> {
        let moments = *self;
        // Acquire: pairs with the publication of the last entry.
        let count = self.count.load(Ordering::Acquire);
        let entries = (self.words.len() / ENTRY_WORDS) as u64;
        (count.saturating_sub(entries)..count).filter_map(move |number| moments.read(number))
    }

    fn read(&self, number: u64) -> Option<[u64; Moments::FIELDS]> {
        let (version, fields) = self.entry(number)?;
        // Acquire: pairs with the publication of the version.
        let is_whole = |ordering| version.load(ordering) == number.wrapping_add(1);
        if !is_whole(Ordering::Acquire) {
            return None;
        }
        // Relaxed: the fence orders all of them before the second look at the version.
        let read = fields.each_ref().map(|field| field.load(Ordering::Relaxed));
        // Acquire: pairs with the writer's fence.
        fence(Ordering::Acquire);
        is_whole(Ordering::Relaxed).then_some(read)
    }

    fn entry(&self, number: u64) -> Option<(&'a AtomicU64, &'a [AtomicU64; Moments::FIELDS])> {
        let (entries, _) = self.words.as_chunks::<ENTRY_WORDS>();
        let index = usize::try_from(number.checked_rem(entries.len() as u64)?).ok()?;
        let (version, fields) = entries.get(index)?.split_first()?;
        Some((version, fields.first_chunk()?))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn words(entries: usize) -> Vec<AtomicU64> {
        (0..=entries * ENTRY_WORDS).map(|_| AtomicU64::new(0)).collect()
    }

    #[test]
    fn the_last_ones_are_there_oldest_first() {
        let words = words(4);
        let moments = Moments::new(&words[1..], &words[0]);
        assert_eq!(moments.iter().count(), 0);
        for n in 0..10 {
            moments.push([n, n * n]);
            let seen: Vec<_> = moments.iter().map(|fields| (fields[0], fields[1], fields[2])).collect();
            let expected: Vec<_> = (n.saturating_sub(3)..=n).map(|n| (n, n * n, 0)).collect();
            assert_eq!(seen, expected);
        }
    }

    #[test]
    fn an_entry_that_is_not_whole_is_left_out_and_any_count_is_safe() {
        let words = words(4);
        let moments = Moments::new(&words[1..], &words[0]);
        for n in 0..6 {
            moments.push([n]);
        }
        // The writer died while it replaced moment 2 by moment 6.
        words[1 + 2 * ENTRY_WORDS].store(0, Ordering::Relaxed);
        assert_eq!(moments.iter().map(|fields| fields[0]).collect::<Vec<_>>(), [3, 4, 5]);
        words[0].store(u64::MAX, Ordering::Relaxed);
        assert_eq!(moments.iter().count(), 0);
        moments.push([1]);
        let none = Moments::new(&words[..5], &words[0]);
        none.push([1]);
        assert_eq!(none.iter().count(), 0);
    }
}
