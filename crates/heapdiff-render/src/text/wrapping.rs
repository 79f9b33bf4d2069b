//! Breaks sentences into lines; nothing is left out.

use super::TextOptions;
use crate::elide;
use std::io::{self, Write};

/// Writes a remark, in as many lines as it takes.
pub(super) fn write_remark(text: &str, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    wrapped(text, options.width).iter().try_for_each(|line| writeln!(out, "{}", options.theme.faint(line)))
}

/// `text` in lines of at most `columns`, broken at blanks where there are any.
pub(super) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word = word.to_owned();
        while let Some(line) = lines.last_mut() {
            let gap = usize::from(!line.is_empty());
            if elide::width(line) + gap + elide::width(&word) <= columns {
                line.push_str(if gap == 1 { " " } else { "" });
                line.push_str(&word);
                break;
            }
            if line.is_empty() {
                let cut = word.char_indices().nth(columns.max(1)).map_or(word.len(), |(at, _)| at);
                let rest = word.split_off(cut);
                line.push_str(&word);
                word = rest;
                if word.is_empty() {
                    break;
                }
            }
            lines.push(String::new());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_break_at_blanks_and_long_words_anywhere() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrapped("", 4), [""]);
    }

    proptest! {
        #[test]
        fn nothing_is_left_out(text in "[a-z ]{0,60}", columns in 1usize..30) {
            let joined: String = wrapped(&text, columns).concat();
            prop_assert_eq!(joined.replace(' ', ""), text.replace(' ', ""));
        }
    }
}
