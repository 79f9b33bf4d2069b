//! Makes names fit: a name that is too long loses its middle, for both its ends say more.

use std::borrow::Cow;
use unicode_width::UnicodeWidthChar as _;

/// Stands for what was left out.
const ELLIPSIS: char = '…';

/// Columns that `text` takes on a terminal.
#[must_use]
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|character| character.width().unwrap_or(0)).sum()
}

/// `text` without control characters: a name in a file must not be able to command the terminal.
#[must_use]
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        Cow::Owned(
            text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect(),
        )
    } else {
        Cow::Borrowed(text)
    }
}

/// `text` in at most `columns`, with `…` in place of its middle if it is longer.
///
/// The tail gets the larger part: in `crate::module::Type<..>::function` it names what ran.
#[must_use]
pub(crate) fn middle(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let kept = columns.saturating_sub(1);
    let head_columns = kept * 2 / 5;
    let head = fitting(text.chars(), head_columns);
    let mut tail = fitting(text.chars().rev(), kept - width(&head));
    tail = tail.chars().rev().collect();
    match columns {
        0 => Cow::Borrowed(""),
        _ => Cow::Owned(format!("{head}{ELLIPSIS}{tail}")),
    }
}

/// `text` in at most `columns`, with `…` in place of its beginning if it is longer.
#[must_use]
pub(crate) fn start(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let tail: String = fitting(text.chars().rev(), columns.saturating_sub(1)).chars().rev().collect();
    Cow::Owned(if columns == 0 { String::new() } else { format!("{ELLIPSIS}{tail}") })
}

/// `text` in at most `columns`, with `…` in place of its end if it is longer.
#[must_use]
pub(crate) fn end(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let head = fitting(text.chars(), columns.saturating_sub(1));
    Cow::Owned(if columns == 0 { String::new() } else { format!("{head}{ELLIPSIS}") })
}

/// The longest run of the first `characters` that fits.
fn fitting(characters: impl Iterator<Item = char>, columns: usize) -> String {
    let mut taken = 0;
    characters
        .take_while(|character| {
            taken += character.width().unwrap_or(0);
            taken <= columns
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_middle_goes_and_both_ends_stay() {
        assert_eq!(middle("short", 10), "short");
        assert_eq!(middle("session::Cache<K, V>::insert", 20), "session…, V>::insert");
        assert_eq!(start("/home/me/project/src/session.rs:88", 20), "…t/src/session.rs:88");
        assert_eq!(middle("anything", 1), "…");
        assert_eq!(middle("anything", 0), "");
    }

    #[test]
    fn escape_codes_in_names_do_not_reach_the_terminal() {
        assert_eq!(printable("evil\x1b[31m\nname"), "evil\u{fffd}[31m\u{fffd}name");
        assert!(matches!(printable("plain"), Cow::Borrowed("plain")));
    }

    proptest! {
        #[test]
        fn never_wider_than_asked(text in "\\PC{0,60}", columns in 0usize..70) {
            prop_assert!(width(&middle(&text, columns)) <= columns);
            prop_assert!(width(&start(&text, columns)) <= columns);
            prop_assert!(width(&end(&text, columns)) <= columns);
        }

        #[test]
        fn what_fits_is_untouched(text in "\\PC{0,60}") {
            prop_assert_eq!(middle(&text, width(&text)), text.as_str());
        }
    }
}
