//! Every text of a profile, once.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// The number of a text in one [`StringTable`]. The default is the empty text, in every table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StringId(u32);

impl StringId {
    /// The empty text.
    pub const EMPTY: Self = Self(0);

    /// Whether it is the empty text.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its place in the table, for tables that go along with it.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Texts, each stored once, so that equal texts have equal numbers.
///
/// All texts lie in one piece of memory: a profile has tens of thousands of them, most of them short.
#[derive(Clone, Debug)]
pub struct StringTable {
    text: String,
    // Where each text ends; it begins where the one before it ends.
    ends: Vec<usize>,
    numbers: HashTable<StringId>,
}

impl Default for StringTable {
    fn default() -> Self {
        let mut table = Self { text: String::new(), ends: Vec::new(), numbers: HashTable::new() };
        table.intern("");
        table
    }
}

impl StringTable {
    /// The number of `text`, which is added if it is new.
    ///
    /// A table holds at most 2^32 texts; a profile's bytes end long before.
    pub fn intern(&mut self, text: &str) -> StringId {
        let hash = hash(text);
        let Self { text: all, ends, numbers } = self;
        if let Some(&number) = numbers.find(hash, |&number| part(all, ends, number) == text) {
            return number;
        }
        let number = StringId(u32::try_from(ends.len()).unwrap_or(u32::MAX));
        all.push_str(text);
        ends.push(all.len());
        numbers.insert_unique(hash, number, |&number| hash_of(all, ends, number));
        number
    }

    /// The number of `text` if it is in the table.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<StringId> {
        self.numbers.find(hash(text), |&number| self.get(number) == text).copied()
    }

    /// The text of a number; empty for a number of another table.
    #[must_use]
    pub fn get(&self, number: StringId) -> &str {
        part(&self.text, &self.ends, number)
    }

    /// How many texts there are, the empty one among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether only the empty text is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.len() == 1
    }
}

fn part<'t>(text: &'t str, ends: &[usize], number: StringId) -> &'t str {
    let start = number.index().checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    ends.get(number.index()).and_then(|&end| text.get(start..end)).unwrap_or("")
}

fn hash(text: &str) -> u64 {
    FixedState::default().hash_one(text)
}

fn hash_of(text: &str, ends: &[usize], number: StringId) -> u64 {
    hash(part(text, ends, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_one_number() {
        let mut table = StringTable::default();
        let first = table.intern("alloc_space");
        for filler in 0..1000 {
            table.intern(&filler.to_string());
        }
        assert_eq!(table.intern("alloc_space"), first);
        assert_eq!(table.intern(""), StringId::EMPTY);
        assert_eq!(table.get(first), "alloc_space");
        assert_eq!(table.find("999").map(|number| table.get(number)), Some("999"));
        assert_eq!(table.find("1000"), None);
        assert_eq!(table.len(), 1002);
    }
}
