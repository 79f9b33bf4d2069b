//! What happened to a resource between acquire and release: the first access, the last, and some between.
//!
//! As many as a resource has had, few are kept, and most of these are late: after the first few each access takes the
//! place of the one before it with a chance that grows with the number of those that are kept, so a million accesses keep
//! some twenty, spread over its life in proportion to how long ago they were.
//!
//! **Source:** the law is that of Netty's `ResourceLeakDetector` (`DefaultResourceLeak.record0`, 4.2).
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use heapdiff_recorder::{Rng, StackId};
use std::borrow::Cow;

/// Accesses that are always kept, beside the last.
const KEPT_ALWAYS: usize = 4;
/// At most so many are kept.
pub(crate) const KEPT_MAX: usize = 40;
/// A hint is cut after so many bytes.
const HINT_BYTES_MAX: usize = 120;

/// One access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    /// What the program said about it.
    pub(crate) hint: Cow<'static, str>,
    /// Where it happened.
    pub(crate) stack: StackId,
    /// The thread that did it, by its number.
    pub(crate) thread: u32,
    /// The task that the thread polled, by its number; 0 for none.
    pub(crate) task: u64,
    /// When, in nanoseconds of a clock that does not jump.
    pub(crate) nanos: u64,
}

/// The accesses of one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Accesses {
    /// In the order in which they happened: the first is the first of all, the last the last.
    kept: Vec<Access>,
    dropped: u64,
}

impl Accesses {
    /// Adds the newest one.
    pub(crate) fn add(&mut self, mut access: Access, rng: &mut Rng) {
        cut(&mut access.hint);
        // The first one stays, so it takes two for one to take the other's place.
        let replaces = match self.kept.len() {
            kept if kept <= KEPT_ALWAYS => false,
            kept if kept >= KEPT_MAX => true,
            kept => rng.next_u64() & ((1 << (kept - KEPT_ALWAYS)) - 1) != 0,
        };
        if replaces {
            let _ = self.kept.pop();
            self.dropped = self.dropped.saturating_add(1);
        }
        self.kept.push(access);
    }

    /// Those that were kept.
    pub(crate) fn kept(&self) -> &[Access] {
        &self.kept
    }

    /// How many were not.
    pub(crate) const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// What they take, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        let hints = self.kept.iter().map(|access| access.hint.len()).sum::<usize>();
        (size_of::<Self>() + self.kept.capacity() * size_of::<Access>() + hints) as u64
    }

    /// What was said last.
    pub(crate) fn last_hint(&self) -> Option<&str> {
        self.kept.last().map(|access| access.hint.as_ref())
    }
}

fn cut(hint: &mut Cow<'static, str>) {
    if hint.len() > HINT_BYTES_MAX {
        let end = (0..=HINT_BYTES_MAX).rev().find(|end| hint.is_char_boundary(*end)).unwrap_or(0);
        *hint = Cow::Owned(hint.get(..end).unwrap_or_default().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(number: u64) -> Access {
        Access { hint: number.to_string().into(), stack: StackId::UNKNOWN, thread: 1, task: 0, nanos: number }
    }

    #[test]
    fn of_a_million_accesses_few_are_kept_with_the_first_and_the_last() {
        for seed in 0..20 {
            let (mut accesses, mut rng) = (Accesses::default(), Rng::new(seed));
            let count = 1_000_000;
            (0..count).for_each(|number| accesses.add(access(number), &mut rng));
            let kept = accesses.kept();
            assert!((10..=KEPT_MAX).contains(&kept.len()), "{} with seed {seed}", kept.len());
            assert_eq!((kept[0].nanos, accesses.last_hint()), (0, Some("999999")));
            assert_eq!(kept.len() as u64 + accesses.dropped(), count, "each is kept or counted");
            assert!(kept.is_sorted_by_key(|access| access.nanos));
        }
    }

    #[test]
    fn few_accesses_are_all_kept_and_long_hints_are_cut() {
        let (mut accesses, mut rng) = (Accesses::default(), Rng::new(1));
        (0..5).for_each(|number| accesses.add(access(number), &mut rng));
        assert_eq!((accesses.kept().len(), accesses.dropped()), (5, 0));
        accesses.add(Access { hint: "ä".repeat(100).into(), ..access(5) }, &mut rng);
        assert_eq!(accesses.last_hint().map(str::len), Some(HINT_BYTES_MAX));
    }
}
