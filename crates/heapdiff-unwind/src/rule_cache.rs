//! The rules that have been learned, by address.

use crate::rule::Rule;
use crate::state::State;

/// Sets of entries: 32 KiB in all.
const SETS: usize = 512;

/// Entries of a set, 16 bytes each, so that a set is one line of the processor's cache.
///
/// With one entry a set, two of the 49 addresses of a stack shared a place more often than not, and each had to be
/// learned anew in every walk, at half a microsecond. With four, five addresses would have to meet in one of 512 sets.
const WAYS: usize = 4;

/// Set in the key of an address that is no return address, since framehop treats the two differently. No address of a
/// program has it.
const FIRST_FRAME: u64 = 1 << 63;

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// 0 if there is none.
    key: u64,
    rule: Rule,
}

/// A set-associative table of rules; the oldest of a set gives way.
#[derive(Debug)]
pub(crate) struct RuleCache {
    sets: Box<[Set]>,
}

#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Set([Entry; WAYS]);

impl RuleCache {
    pub(crate) fn new() -> Self {
        Self { sets: vec![Set::default(); SETS].into_boxed_slice() }
    }

    /// The rule at a frame's address, if it is known.
    #[inline]
    pub(crate) fn get(&self, state: State) -> Option<Rule> {
        let key = key(state);
        let set = self.sets.get(place(key))?;
        set.0.iter().find(|entry| entry.key == key).map(|entry| entry.rule)
    }

    pub(crate) fn set(&mut self, state: State, rule: Rule) {
        let key = key(state);
        if let Some(Set(entries)) = self.sets.get_mut(place(key)) {
            entries.rotate_right(1);
            let [first, ..] = entries;
            *first = Entry { key, rule };
        }
    }

    pub(crate) fn clear(&mut self) {
        self.sets.fill(Set::default());
    }
}

const fn key(state: State) -> u64 {
    if state.is_first { state.address | FIRST_FRAME } else { state.address }
}

/// The low bits of return addresses are as good as random.
#[expect(clippy::cast_possible_truncation, reason = "the remainder is all that counts")]
const fn place(key: u64) -> usize {
    key as usize % SETS
}
