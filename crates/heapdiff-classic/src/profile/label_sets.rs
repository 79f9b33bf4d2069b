//! The labels of samples: each distinct set of them once.

use super::string_table::{StringId, StringTable};
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// A fact about a sample beyond its stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// Its name.
    pub key: StringId,
    /// Its value.
    pub value: LabelValue,
}

/// The value of a [`Label`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LabelValue {
    /// A word.
    Text(StringId),
    /// A number with its unit, which is empty where none is stated.
    Number {
        /// The number.
        value: i64,
        /// Its unit.
        unit: StringId,
    },
}

impl Label {
    fn is_number(&self) -> bool {
        matches!(self.value, LabelValue::Number { .. })
    }
}

/// A set of labels of one profile. The default is the empty set, in every profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelSetId(u32);

impl LabelSetId {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// Its place among the sets, from 0, for tables that go along with them.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The distinct sets of labels. Samples share them: of 100,000 samples of a heap a few hundred sets of labels are
/// different, and a question about labels is asked once a set.
#[derive(Clone, Debug)]
pub struct LabelSets {
    labels: Vec<Label>,
    ends: Vec<usize>,
    numbers: HashTable<LabelSetId>,
}

impl Default for LabelSets {
    fn default() -> Self {
        let mut sets = Self { labels: Vec::new(), ends: Vec::new(), numbers: HashTable::new() };
        sets.intern_sorted(&[]);
        sets
    }
}

impl LabelSets {
    /// The set of `labels`, which are put into pprof's order: words before numbers, each by key. The values of one
    /// key stay in their order.
    pub fn intern(&mut self, labels: &mut [Label], strings: &StringTable) -> LabelSetId {
        if labels.len() > 1 {
            labels.sort_by(|a, b| {
                (a.is_number(), strings.get(a.key)).cmp(&(b.is_number(), strings.get(b.key)))
            });
        }
        self.intern_sorted(labels)
    }

    fn intern_sorted(&mut self, set: &[Label]) -> LabelSetId {
        let hash = FixedState::default().hash_one(set);
        let Self { labels, ends, numbers } = self;
        if let Some(&number) = numbers.find(hash, |&number| part(labels, ends, number) == set) {
            return number;
        }
        let number = LabelSetId(u32::try_from(ends.len()).unwrap_or(u32::MAX));
        labels.extend_from_slice(set);
        ends.push(labels.len());
        numbers.insert_unique(hash, number, |&number| {
            FixedState::default().hash_one(part(labels, ends, number))
        });
        number
    }

    /// The labels of a set: first the words by key, then the numbers by key.
    #[must_use]
    pub fn get(&self, set: LabelSetId) -> &[Label] {
        part(&self.labels, &self.ends, set)
    }

    /// All sets, the empty one first.
    pub fn ids(&self) -> impl Iterator<Item = LabelSetId> + use<> {
        (0..self.ends.len()).map(|index| LabelSetId(u32::try_from(index).unwrap_or(u32::MAX)))
    }

    /// How many sets there are, the empty one among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is only the empty set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.len() == 1
    }

    /// Whether a set says `key` is the word `value`.
    #[must_use]
    pub fn has_text(&self, set: LabelSetId, key: StringId, value: StringId) -> bool {
        self.get(set).contains(&Label { key, value: LabelValue::Text(value) })
    }
}

fn part<'l>(labels: &'l [Label], ends: &[usize], set: LabelSetId) -> &'l [Label] {
    let start = set.index().checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    ends.get(set.index()).and_then(|&end| labels.get(start..end)).unwrap_or(&[])
}
