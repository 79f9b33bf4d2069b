//! The rules that have been learned, by address.

use crate::rule::Rule;
use crate::state::State;

/// Addresses whose rules are kept. A stack of 40 frames takes 40; with 1,000 call sites in use, four in ten share their
/// place with another and are learned anew now and then. 16 bytes each.
const ENTRIES: usize = 2048;

/// Set in the key of an address that is no return address, since framehop treats the two differently. No address of a
/// program has it.
const FIRST_FRAME: u64 = 1 << 63;

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// 0 if there is none.
    key: u64,
    rule: Rule,
}

/// A direct-mapped table of rules.
#[derive(Debug)]
pub(crate) struct RuleCache {
    entries: Box<[Entry]>,
}

impl RuleCache {
    pub(crate) fn new() -> Self {
        Self { entries: vec![Entry::default(); ENTRIES].into_boxed_slice() }
    }

    /// The rule at a frame's address, if it is known.
    #[inline]
    pub(crate) fn get(&self, state: &State) -> Option<Rule> {
        let key = key(state);
        let entry = self.entries.get(slot(key))?;
        (entry.key == key).then_some(entry.rule)
    }

    pub(crate) fn set(&mut self, state: &State, rule: Rule) {
        let key = key(state);
        if let Some(entry) = self.entries.get_mut(slot(key)) {
            *entry = Entry { key, rule };
        }
    }

    pub(crate) fn clear(&mut self) {
        self.entries.fill(Entry::default());
    }
}

const fn key(state: &State) -> u64 {
    if state.is_first { state.address | FIRST_FRAME } else { state.address }
}

/// The low bits of return addresses are as good as random.
#[expect(clippy::cast_possible_truncation, reason = "the remainder is all that counts")]
const fn slot(key: u64) -> usize {
    key as usize % ENTRIES
}
