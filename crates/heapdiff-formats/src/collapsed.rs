//! Collapsed stacks: a line a stack, root first, its frames parted by `;`, then a space and a number.
//!
//! ```text
//! main;serve;Vec<u8>::reserve 4096
//! main;serve;parse 12 15
//! ```
//!
//! Written by `stackcollapse-*.pl`, inferno, `jeprof --collapsed`, py-spy, async-profiler and others; with two numbers,
//! base and head, by `difffolded.pl`. There is no specification; what is decided here:
//!
//! - The number is behind the last space, so names may hold spaces. It may be negative, and may have a fraction: sums
//!   are exact and rounded at the end, half away from zero.
//! - Lines of one stack are added up. Memory is that of the distinct stacks, however many lines there are.
//! - The lines have two numbers if all of the first 64 KiB have; a stack whose name ends in a number does not make it so.
//! - Names stay as they are, suffixes of FlameGraph such as `_[k]` included: a function of the kernel is another one than
//!   that of the program. Empty frames are left out; a line of spaces and a number is a stack without frames.
//! - Empty lines and those that begin with `# ` are skipped. Lines may end as in Windows, and the last one need not end.
//! - What is no UTF-8 becomes U+FFFD, and is counted.
//!
//! **Source:** `flamegraph.pl`, `difffolded.pl` of FlameGraph; inferno.

use crate::assembly::Assembly;
use crate::limits::Limits;
use crate::lines::Lines;
use crate::read_error::ReadError;
use crate::warning::Warning;
use heapdiff_profile::{LocationId, Profile, ValueType};
use std::borrow::Cow;
use std::io::BufRead;

const FORMAT: &str = "collapsed stacks";

/// The first lines of a file, if they are collapsed stacks: how many numbers each has.
pub(crate) fn columns(head: &[u8], is_whole: bool) -> Option<usize> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let end = if is_whole { head.len() } else { head.iter().rposition(|&byte| byte == b'\n')? };
    let mut lines = head.get(..end)?.split(|&byte| byte == b'\n').filter(|line| !is_skipped(line));
    let (stack, _) = split_number(lines.next()?)?;
    if stack.trim_ascii().is_empty() {
        return None;
    }
    let mut lines = head.get(..end)?.split(|&byte| byte == b'\n').filter(|line| !is_skipped(line));
    let has_two = |line| split_number(line).is_some_and(|(rest, _)| has_frames_and_number(rest));
    Some(if lines.all(has_two) { 2 } else { 1 })
}

fn has_frames_and_number(text: &[u8]) -> bool {
    split_number(text).is_some_and(|(stack, _)| !stack.trim_ascii().is_empty())
}

fn is_skipped(line: &[u8]) -> bool {
    line.trim_ascii().is_empty() || line.starts_with(b"# ")
}

/// Reads collapsed stacks whose lines have this many numbers, of which nothing says what they count.
pub(crate) fn read(
    input: impl BufRead,
    columns: usize,
    counts: &ValueType,
    limits: &Limits,
) -> Result<(Profile, Vec<Warning>), ReadError> {
    let base = format!("base_{}", counts.kind);
    let types = [(base.as_str(), counts.unit.as_str()), (counts.kind.as_str(), counts.unit.as_str())];
    let types = types.get(types.len() - columns..).unwrap_or_default();
    let mut stacks = Stacks {
        assembly: Assembly::new(types, &counts.kind, limits),
        stack: Vec::new(),
        values: vec![0; columns],
        fractions: Fractions { columns, sums: Vec::new(), lines: 0 },
        replaced: 0,
    };
    let mut lines = Lines::new(FORMAT, input);
    while lines.advance()? {
        if !is_skipped(lines.line()) {
            stacks.add(&lines)?;
        }
    }
    Ok(stacks.finish())
}

struct Stacks {
    assembly: Assembly,
    // The line that is being read.
    stack: Vec<LocationId>,
    values: Vec<i64>,
    fractions: Fractions,
    /// Lines that are no UTF-8.
    replaced: usize,
}

impl Stacks {
    fn add(&mut self, lines: &Lines<impl BufRead>) -> Result<(), ReadError> {
        let mut rest = lines.line();
        let mut fractions = [0.0; 2];
        for (value, fraction) in self.values.iter_mut().zip(&mut fractions).rev() {
            let (before, number) = split_number(rest).ok_or_else(|| match self.fractions.columns {
                1 => lines.malformed("a stack, a space and a number"),
                _ => lines.malformed("a stack and two numbers, as on the lines before"),
            })?;
            rest = before;
            let number = number.ok_or_else(|| lines.malformed("a number of at most 64 bits"))?;
            (*value, *fraction) = (number.whole, number.fraction);
        }
        let text = String::from_utf8_lossy(rest);
        self.replaced += usize::from(matches!(text, Cow::Owned(_)));
        self.stack.clear();
        for name in text.split(';').filter(|name| !name.is_empty()) {
            self.stack.push(self.assembly.frame_of_name(name)?);
        }
        self.stack.reverse();
        let sample = self.assembly.add(&self.stack, &[], &self.values)?;
        if fractions.iter().any(|fraction| *fraction != 0.0) {
            self.fractions.add(sample, &fractions, &mut self.assembly)?;
        }
        Ok(())
    }

    fn finish(self) -> (Profile, Vec<Warning>) {
        let (mut profile, mut warnings) = self.assembly.finish();
        if self.replaced > 0 {
            warnings.push(Warning::ReplacedStrings { count: self.replaced });
        }
        if self.fractions.lines > 0 {
            warnings.push(Warning::RoundedFractions { count: self.fractions.lines });
            self.fractions.round_into(&mut profile);
        }
        (profile, warnings)
    }
}

/// What the values are beyond whole numbers; nothing for most files.
struct Fractions {
    columns: usize,
    /// By sample and column.
    sums: Vec<f64>,
    lines: u64,
}

impl Fractions {
    fn add(&mut self, sample: usize, fractions: &[f64], assembly: &mut Assembly) -> Result<(), ReadError> {
        self.lines += 1;
        let start = sample * self.columns;
        while self.sums.len() < start + self.columns {
            assembly.charge::<f64>(0)?;
            self.sums.push(0.0);
        }
        let columns = fractions.iter().take(self.columns);
        self.sums.iter_mut().skip(start).zip(columns).for_each(|(sum, fraction)| *sum += fraction);
        Ok(())
    }

    fn round_into(&self, profile: &mut Profile) {
        for (sample, sums) in profile.samples.iter_mut().zip(self.sums.chunks(self.columns)) {
            for (value, fraction) in sample.values.iter_mut().zip(sums) {
                // Whole numbers and fractions of one stack may have different signs.
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "a sum of fractions of fewer than 2^63 lines"
                )]
                let whole = fraction.trunc() as i64;
                let (sum, rest) = (value.saturating_add(whole), fraction - fraction.trunc());
                *value = sum.saturating_add(rounded(sum, rest));
            }
        }
    }
}

/// What to add to a whole number to round it with its fraction, half away from zero.
fn rounded(whole: i64, fraction: f64) -> i64 {
    let is_half = (fraction.abs() - 0.5).abs() < f64::EPSILON;
    match whole {
        0 if is_half => {
            if fraction > 0.0 {
                1
            } else {
                -1
            }
        }
        1.. if is_half => i64::from(fraction > 0.0),
        ..0 if is_half => -i64::from(fraction < 0.0),
        _ if fraction > 0.5 => 1,
        _ if fraction < -0.5 => -1,
        _ => 0,
    }
}

/// A number at the end of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Number {
    whole: i64,
    /// Of the number's sign.
    fraction: f64,
}

/// What is before the last space, and the number behind it: `None` in its place if it takes more than 64 bits.
fn split_number(line: &[u8]) -> Option<(&[u8], Option<Number>)> {
    let line = line.trim_ascii_end();
    let start = line.iter().rposition(u8::is_ascii_whitespace).map_or(0, |space| space + 1);
    let (before, token) = line.split_at_checked(start)?;
    let (digits, is_negative) = token.strip_prefix(b"-").map_or((token, false), |digits| (digits, true));
    let point = digits.iter().position(|&byte| byte == b'.');
    let (whole, part) = digits.split_at_checked(point.unwrap_or(digits.len()))?;
    let part = part.strip_prefix(b".").unwrap_or(part);
    let are_digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    if whole.is_empty() || !are_digits(whole) || !are_digits(part) {
        return None;
    }
    let before = before.strip_suffix(b" ").or(before.strip_suffix(b"\t")).unwrap_or(before);
    let whole = whole.iter().try_fold(0_i64, |number, digit| {
        let digit = i64::from(digit - b'0');
        number.checked_mul(10)?.checked_add(if is_negative { -digit } else { digit })
    });
    // Beyond 15 digits a fraction says nothing.
    let part = part.get(..15).unwrap_or(part);
    let fraction = part.iter().rev().fold(0.0, |sum, digit| (sum + f64::from(digit - b'0')) / 10.0);
    let fraction = if is_negative { -fraction } else { fraction };
    Some((before, whole.map(|whole| Number { whole, fraction })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Option<(i64, f64)> {
        split_number(text.as_bytes())?.1.map(|number| (number.whole, number.fraction))
    }

    #[test]
    fn numbers_are_whole_or_have_a_fraction() {
        assert_eq!(number("a 12"), Some((12, 0.0)));
        assert_eq!(number("a -9223372036854775808"), Some((i64::MIN, 0.0)));
        assert_eq!(number("a 9223372036854775808"), None);
        assert_eq!(number("a 1.5"), Some((1, 0.5)));
        assert_eq!(number("a -1.25"), Some((-1, -0.25)));
        assert_eq!(number("a 1."), Some((1, 0.0)));
        for text in ["a", "a .5", "a 1e3", "a +1", "a 0x10", "a -", "a b", "", " "] {
            assert!(split_number(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        for (whole, fraction, expected) in [
            (2, 0.5, 3),
            (-2, -0.5, -3),
            (0, 0.5, 1),
            (0, -0.5, -1),
            (3, -0.5, 3),
            (3, -0.75, 2),
            (-3, 0.5, -3),
            (-3, 0.75, -2),
            (1, 0.25, 1),
            (0, 0.0, 0),
        ] {
            assert_eq!(whole + rounded(whole, fraction), expected, "{whole} {fraction}");
        }
    }
}
