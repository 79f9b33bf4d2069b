//! The strings of a profile, each stored once and named by a small handle.

use foldhash::fast::RandomState;
use indexmap::IndexSet;
use std::sync::Arc;

/// A handle to a string of one [`StringTable`]; meaningless in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StringId(u32);

impl StringId {
    /// The empty string, which is the first entry of every table.
    pub const EMPTY: Self = Self(0);
}

/// Strings stored once each. Handles are given in order of first use, so equal input gives equal handles.
#[derive(Clone, Debug)]
pub struct StringTable {
    /// Hashed, because names and paths share long beginnings: a sorted map spent half of the time that naming a series
    /// takes on comparing them.
    strings: IndexSet<Arc<str>, RandomState>,
}

impl Default for StringTable {
    fn default() -> Self {
        Self { strings: IndexSet::from_iter([Arc::from("")]) }
    }
}

impl StringTable {
    /// The handle of `text`, which is added if it is new.
    ///
    /// # Panics
    /// Past four billion distinct strings, which no reader's size limit lets through.
    pub fn intern(&mut self, text: &str) -> StringId {
        let index = match self.strings.get_index_of(text) {
            Some(index) => index,
            None => self.strings.insert_full(Arc::from(text)).0,
        };
        StringId(u32::try_from(index).expect("readers bound the number of strings"))
    }

    /// As [`Self::intern`], for text that many profiles hold: they share one copy of it.
    ///
    /// # Panics
    /// As [`Self::intern`].
    pub fn intern_shared(&mut self, text: &Arc<str>) -> StringId {
        let index = match self.strings.get_index_of(&**text) {
            Some(index) => index,
            None => self.strings.insert_full(Arc::clone(text)).0,
        };
        StringId(u32::try_from(index).expect("readers bound the number of strings"))
    }

    /// The handle of `text` if it is in the table.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<StringId> {
        self.strings.get_index_of(text).and_then(|index| u32::try_from(index).ok()).map(StringId)
    }

    /// The string behind a handle; empty for a handle of another table.
    #[must_use]
    pub fn get(&self, id: StringId) -> &str {
        self.strings.get_index(id.0 as usize).map_or("", |text| text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_text_is_stored_once_for_all_tables() {
        let text: Arc<str> = Arc::from("alloc::vec::Vec::push");
        let (mut first, mut second) = (StringTable::default(), StringTable::default());
        let known = first.intern("alloc::vec::Vec::push");
        assert_eq!(first.intern_shared(&text), known);
        assert_eq!(Arc::strong_count(&text), 1, "the table keeps the copy that it has");
        let id = second.intern_shared(&text);
        assert_eq!((second.get(id), Arc::strong_count(&text)), (&*text, 2));
    }
}
