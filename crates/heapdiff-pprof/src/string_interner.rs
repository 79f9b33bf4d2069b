//! The strings that a writer has written, so that each is written once.

use std::collections::BTreeMap;

/// Numbers strings in order of first use; the empty string is 0, as the format demands.
#[derive(Debug, Default)]
pub(crate) struct StringInterner {
    numbers: BTreeMap<Box<str>, u64>,
}

impl StringInterner {
    /// The number of `text`, and whether it is new and so has still to be written.
    pub(crate) fn intern(&mut self, text: &str) -> (u64, bool) {
        if text.is_empty() {
            return (0, false);
        }
        if let Some(&number) = self.numbers.get(text) {
            return (number, false);
        }
        let number = self.numbers.len() as u64 + 1;
        self.numbers.insert(text.into(), number);
        (number, true)
    }
}

#[cfg(test)]
mod tests {
    use super::StringInterner;

    #[test]
    fn numbers_follow_first_use() {
        let mut interner = StringInterner::default();
        assert_eq!(interner.intern("b"), (1, true));
        assert_eq!(interner.intern("a"), (2, true));
        assert_eq!(interner.intern("b"), (1, false));
        assert_eq!(interner.intern(""), (0, false));
    }
}
