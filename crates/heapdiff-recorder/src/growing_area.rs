//! A part of the region that is handed out word by word from its beginning, and never taken back.
//!
//! ```text
//! [ handed out ........ | free ....... | not backed yet ................. ]
//!                       used           backed                            words.len()
//! ```
//!
//! In a file, words beyond `backed` may have no disk space: touching them could end the program with SIGBUS. So nothing
//! here goes beyond it, and whoever owns the file raises it once the space is there.

use crate::sync::{AtomicU64, Ordering};

/// The area; see the module page.
#[derive(Clone, Copy, Debug)]
pub struct GrowingArea<'a> {
    words: &'a [AtomicU64],
    used: &'a AtomicU64,
    backed: &'a AtomicU64,
}

impl<'a> GrowingArea<'a> {
    /// An area in `words`, of which those beyond `used` are zero. Both marks count words.
    #[must_use]
    pub const fn new(words: &'a [AtomicU64], used: &'a AtomicU64, backed: &'a AtomicU64) -> Self {
        Self { words, used, backed }
    }

    /// Hands out `count` words and returns the index of the first one. `None` if so many are not backed.
    #[must_use]
    pub fn append(&self, count: usize) -> Option<usize> {
        let limit = self.backed_words();
        // Relaxed: only the uniqueness of the range matters; whoever fills it publishes it. A loop and not an addition
        // that is taken back when it does not fit: another thread may have built on it meanwhile.
        let before = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            let after = used.checked_add(count as u64)?;
            (after <= limit).then_some(after)
        });
        before.ok().and_then(|first| usize::try_from(first).ok())
    }

    /// Words handed out.
    #[must_use]
    pub fn used_words(&self) -> u64 {
        // Relaxed: those who need an order with what is in the words bring it themselves. Marks that came with a file may
        // be anything.
        self.used.load(Ordering::Relaxed).min(self.backed_words())
    }

    /// Words that may be touched.
    #[must_use]
    pub fn backed_words(&self) -> u64 {
        // Acquire: pairs with `set_backed`.
        self.backed.load(Ordering::Acquire).min(self.words.len() as u64)
    }

    /// Lets the first `count` words be touched. Never less than before.
    pub fn set_backed(&self, count: u64) {
        // Release: the memory is there before somebody relies on it.
        self.backed.fetch_max(count.min(self.words.len() as u64), Ordering::Release);
    }

    /// All words, backed or not.
    #[must_use]
    pub const fn words(&self) -> &'a [AtomicU64] {
        self.words
    }

    /// The words handed out so far.
    #[must_use]
    pub fn used(&self) -> &'a [AtomicU64] {
        let used = usize::try_from(self.used_words()).unwrap_or(usize::MAX);
        self.words.get(..used).unwrap_or_default()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        /// Pieces follow each other without gap or overlap, and none reaches beyond what is backed.
        #[test]
        fn pieces_are_dense_and_backed(steps in prop::collection::vec((0u64..150, 0usize..20), 1..60)) {
            let words: Vec<AtomicU64> = (0..102).map(|_| AtomicU64::new(0)).collect();
            let area = GrowingArea::new(&words[2..], &words[0], &words[1]);
            let (mut used, mut backed) = (0, 0);
            for (raise, count) in steps {
                area.set_backed(raise);
                backed = backed.max(raise.min(100));
                let piece = area.append(count);
                if used + count as u64 <= backed {
                    prop_assert_eq!(piece, Some(usize::try_from(used).unwrap()));
                    used += count as u64;
                } else {
                    prop_assert_eq!(piece, None);
                }
                prop_assert_eq!((area.used_words(), area.backed_words()), (used, backed));
                prop_assert_eq!(area.used().len() as u64, used);
            }
        }
    }

    #[test]
    fn marks_from_a_broken_file_are_bounded() {
        let words: Vec<AtomicU64> = (0..12).map(|_| AtomicU64::new(u64::MAX)).collect();
        let area = GrowingArea::new(&words[2..], &words[0], &words[1]);
        assert_eq!((area.used_words(), area.backed_words()), (10, 10));
        assert_eq!(area.append(1), None);
    }
}
