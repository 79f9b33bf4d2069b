//! An expression in Go's dialect, read and written anew in that of the `regex` crate.

use super::class::{bracket_class, letter_class, unicode_class};
use super::error::{PatternError, PatternErrorKind};
use super::escape::{consumed, escape, push_literal, split_first};
use crate::foreign_bytes::foreign_byte;

/// A part may be repeated at most this often, counted over nested repetitions.
const REPEAT_MAX: u64 = 1000;

/// The expression `source` for the `regex` crate.
pub(super) fn translate(source: &str) -> Result<String, PatternError> {
    let mut translation = Translation::new(source);
    let mut rest = source;
    while let Some((character, after)) = split_first(rest) {
        let previous_repeat = translation.previous_repeat.take();
        rest = match character {
            '(' if after.starts_with('?') => translation.special_group(rest)?,
            '(' => translation.open("(", after),
            ')' => translation.close(after)?,
            '|' => translation.alternative(after),
            '^' | '.' | '$' => translation.atom(&rest[..1], after),
            '[' => {
                let after = bracket_class(rest, &mut translation.output)?;
                translation.atom("", after)
            }
            '*' | '+' | '?' => translation.repeat(rest, after, REPEATED_ONCE, previous_repeat)?,
            '{' => translation.counted_repeat(rest, previous_repeat)?,
            '\\' => translation.escaped(rest)?,
            foreign if foreign_byte(foreign).is_some() => {
                return Err(PatternError::new(PatternErrorKind::Utf8, rest));
            }
            literal => translation.literal(literal.into(), after),
        };
    }
    if !translation.groups.is_empty() {
        return Err(PatternError::new(PatternErrorKind::MissingParenthesis, source));
    }
    Ok(translation.output)
}

/// How often `*`, `+` and `?` count towards [`REPEAT_MAX`].
const REPEATED_ONCE: u64 = 1;

struct Translation<'a> {
    source: &'a str,
    output: String,
    /// What a repetition would repeat: how often its parts are repeated already.
    item: Option<u64>,
    /// The most often repeated part of the group so far.
    group_repeats: u64,
    /// Open groups: the most often repeated part of each.
    groups: Vec<u64>,
    /// The rest of the expression from the repetition on that was read last, if it was read just now.
    previous_repeat: Option<&'a str>,
}

impl<'a> Translation<'a> {
    fn new(source: &'a str) -> Self {
        let output = String::with_capacity(source.len() * 2);
        Self { source, output, item: None, group_repeats: 1, groups: Vec::new(), previous_repeat: None }
    }

    fn atom(&mut self, written: &str, rest: &'a str) -> &'a str {
        self.output.push_str(written);
        self.item = Some(1);
        rest
    }

    fn literal(&mut self, rune: u32, rest: &'a str) -> &'a str {
        push_literal(&mut self.output, rune);
        self.atom("", rest)
    }

    fn open(&mut self, written: &str, rest: &'a str) -> &'a str {
        self.output.push_str(written);
        self.groups.push(self.group_repeats);
        self.group_repeats = 1;
        self.item = None;
        rest
    }

    fn close(&mut self, rest: &'a str) -> Result<&'a str, PatternError> {
        let Some(outer) = self.groups.pop() else {
            return Err(PatternError::new(PatternErrorKind::UnexpectedParenthesis, self.source));
        };
        self.output.push(')');
        let inner = std::mem::replace(&mut self.group_repeats, outer);
        self.group_repeats = self.group_repeats.max(inner);
        self.item = Some(inner);
        Ok(rest)
    }

    fn alternative(&mut self, rest: &'a str) -> &'a str {
        self.output.push('|');
        self.item = None;
        rest
    }

    /// Reads a group that begins with `(?`: a name, or flags for the group or for what follows.
    fn special_group(&mut self, text: &'a str) -> Result<&'a str, PatternError> {
        if let Some(named) = text.strip_prefix("(?P<").or_else(|| text.strip_prefix("(?<"))
            && !named.is_empty()
        {
            return self.named_group(text, named);
        }
        let mut rest = text.strip_prefix("(?").unwrap_or(text);
        let (mut is_negative, mut has_flag) = (false, false);
        while let Some((character, after)) = split_first(rest) {
            rest = after;
            match character {
                'i' | 'm' | 's' | 'U' => has_flag = true,
                '-' if !is_negative => (is_negative, has_flag) = (true, false),
                ':' | ')' if !is_negative || has_flag => {
                    let written = consumed(text, rest);
                    if character == ':' {
                        return Ok(self.open(written, rest));
                    }
                    if written != "(?)" {
                        self.output.push_str(written);
                    }
                    return Ok(rest);
                }
                _ => break,
            }
        }
        Err(PatternError::new(PatternErrorKind::PerlOperator, consumed(text, rest)))
    }

    fn named_group(&mut self, text: &'a str, named: &'a str) -> Result<&'a str, PatternError> {
        let invalid = |part: &str| PatternError::new(PatternErrorKind::NamedCapture, part);
        let (name, rest) = named.split_once('>').ok_or_else(|| invalid(text))?;
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name {
            return Err(invalid(consumed(text, rest)));
        }
        // Nothing asks for the name, and one that begins with a digit would be refused.
        Ok(self.open("(", rest))
    }

    /// Reads a repetition from `before` on, whose operator ends at `after`.
    fn repeat(
        &mut self,
        before: &'a str,
        after: &'a str,
        times: u64,
        previous_repeat: Option<&'a str>,
    ) -> Result<&'a str, PatternError> {
        let after = after.strip_prefix('?').unwrap_or(after);
        let error = |kind, from| Err(PatternError::new(kind, consumed(from, after)));
        if let Some(previous) = previous_repeat {
            return error(PatternErrorKind::RepeatOperator, previous);
        }
        let Some(item) = self.item else { return error(PatternErrorKind::MissingRepeatArgument, before) };
        let repeats = item.saturating_mul(times);
        if times > 1 && repeats > REPEAT_MAX {
            return error(PatternErrorKind::RepeatSize, before);
        }
        self.output.push_str(consumed(before, after));
        self.item = Some(repeats.max(1));
        self.group_repeats = self.group_repeats.max(repeats);
        self.previous_repeat = Some(before);
        Ok(after)
    }

    /// Reads `{2,5}` and its like; a brace that begins none stands for itself.
    fn counted_repeat(
        &mut self,
        text: &'a str,
        previous_repeat: Option<&'a str>,
    ) -> Result<&'a str, PatternError> {
        let Some((minimum, maximum, after)) = counts(text) else {
            return Ok(self.literal('{'.into(), text.strip_prefix('{').unwrap_or(text)));
        };
        let is_backwards = maximum.is_some_and(|maximum| maximum < minimum);
        if minimum > REPEAT_MAX || maximum.is_some_and(|maximum| maximum > REPEAT_MAX) || is_backwards {
            return Err(PatternError::new(PatternErrorKind::RepeatSize, consumed(text, after)));
        }
        self.repeat(text, after, maximum.unwrap_or(minimum), previous_repeat)
    }

    fn escaped(&mut self, text: &'a str) -> Result<&'a str, PatternError> {
        let after = text.get(2..).unwrap_or_default();
        match text.as_bytes().get(1) {
            Some(b'A') => return Ok(self.atom(r"\A", after)),
            Some(b'z') => return Ok(self.atom(r"\z", after)),
            Some(b'b') => return Ok(self.atom(r"(?-u:\b)", after)),
            Some(b'B') => return Ok(self.atom(r"(?-u:\B)", after)),
            Some(b'Q') => {
                let (quoted, rest) = after.split_once("\\E").unwrap_or((after, ""));
                for character in quoted.chars() {
                    self.literal(character.into(), rest);
                }
                return Ok(rest);
            }
            _ => {}
        }
        if let Some((class, rest)) = unicode_class(text)? {
            return Ok(self.atom(&class, rest));
        }
        if let Some((class, rest)) = letter_class(text) {
            return Ok(self.atom(class, rest));
        }
        let (rune, rest) = escape(text)?;
        Ok(self.literal(rune, rest))
    }
}

/// Reads `{minimum}`, `{minimum,}` or `{minimum,maximum}`: no maximum where there is none.
fn counts(text: &str) -> Option<(u64, Option<u64>, &str)> {
    let (inner, rest) = text.strip_prefix('{')?.split_once('}')?;
    let count = |digits: &str| {
        let is_count = digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.is_empty()
            && (digits == "0" || !digits.starts_with('0'));
        // More digits than fit a number are too many in any case.
        is_count.then(|| digits.parse().unwrap_or(u64::MAX))
    };
    match inner.split_once(',') {
        None => count(inner).map(|exact| (exact, Some(exact), rest)),
        Some((minimum, "")) => Some((count(minimum)?, None, rest)),
        Some((minimum, maximum)) => Some((count(minimum)?, Some(count(maximum)?), rest)),
    }
}
