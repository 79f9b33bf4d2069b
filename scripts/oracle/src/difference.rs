//! Where two outputs differ.

use std::fmt;

/// The longest part of a line that is shown, in characters.
const LINE_CHARS_MAX: usize = 160;

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
            differences.push(Difference { line, expected: expected.map(show), found: found.map(show) });
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

/// Escaped and in quotes, since trailing spaces, tabs and missing newlines are differences too.
fn show(line: &[u8]) -> String {
    let line = String::from_utf8_lossy(line);
    let mut shown: String = line.chars().take(LINE_CHARS_MAX).collect();
    let is_cut = shown.len() < line.len();
    shown = format!("{shown:?}");
    if is_cut {
        shown.push('…');
    }
    shown
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
}
