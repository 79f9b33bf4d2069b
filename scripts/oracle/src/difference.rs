//! Where two outputs differ.

use std::borrow::Cow;
use std::fmt;

/// The longest part of a line that is shown, in characters.
const LINE_CHARS_MAX: usize = 160;

/// How much of it comes before the place where the lines differ.
const CONTEXT_CHARS: usize = 60;

/// A line in which two texts differ, or after which only one goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Counted from 1.
    line: usize,
    expected: Option<String>,
    found: Option<String>,
}

/// The differing lines, the first ones up to `max`. Lines are compared one by one: the first is what matters.
pub(crate) fn differences(expected: &[u8], found: &[u8], max: usize) -> Vec<Difference> {
    // Inclusive, so that a missing newline at the end is a difference too.
    let mut expected_lines = expected.split_inclusive(|byte| *byte == b'\n');
    let mut found_lines = found.split_inclusive(|byte| *byte == b'\n');
    let mut differences = Vec::new();
    for line in 1.. {
        let (expected, found) = (expected_lines.next(), found_lines.next());
        if (expected.is_none() && found.is_none()) || differences.len() == max {
            break;
        }
        if expected != found {
            let [expected, found] = [expected, found].map(|side| side.map(String::from_utf8_lossy));
            let pairs =
                expected.iter().flat_map(|side| side.chars()).zip(found.iter().flat_map(|side| side.chars()));
            let start = pairs.take_while(|(left, right)| left == right).count().saturating_sub(CONTEXT_CHARS);
            let show = |side: Option<Cow<str>>| side.map(|side| show(&side, start));
            differences.push(Difference { line, expected: show(expected), found: show(found) });
        }
    }
    differences
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "nothing".to_owned());
        writeln!(f, "    line {}, expected: {}", self.line, side(&self.expected))?;
        write!(f, "    line {}, found:    {}", self.line, side(&self.found))
    }
}

/// Escaped and in quotes, since trailing spaces, tabs and missing newlines are differences too. An ellipsis stands for
/// what is cut off: everything before the character number `start`, unless the line is short, and a long rest.
fn show(line: &str, start: usize) -> String {
    let chars = line.chars().count();
    let start = if chars <= LINE_CHARS_MAX { 0 } else { start };
    let shown: String = line.chars().skip(start).take(LINE_CHARS_MAX).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if chars > start + LINE_CHARS_MAX { "…" } else { "" };
    format!("{before}{shown:?}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_no_difference() {
        assert!(differences(b"a\nb\n", b"a\nb\n", 9).is_empty());
        assert!(differences(b"", b"", 9).is_empty());
    }

    #[test]
    fn a_missing_newline_at_the_end_is_a_difference() {
        let [difference] = &*differences(b"a\nb\n", b"a\nb", 9) else { panic!("expected one difference") };
        assert_eq!(difference.line, 2);
    }

    #[test]
    fn a_text_that_ends_early_differs_in_the_first_line_it_lacks() {
        let [difference] = &*differences(b"a\nb\nc\n", b"a\n", 1) else { panic!("expected one difference") };
        assert_eq!((difference.line, &difference.found), (2, &None));
    }

    #[test]
    fn a_long_line_is_shown_around_the_place_where_it_differs() {
        let line = |end: &str| format!("{}{end}\n", "x".repeat(5_000));
        let [difference] = &*differences(line("a").as_bytes(), line("b").as_bytes(), 1) else {
            panic!("expected one difference")
        };
        let shown = difference.to_string();
        assert!(shown.contains("xa\\n") && shown.contains("xb\\n"), "{shown}");
        assert!(shown.len() < 500, "{shown}");
    }
}
