//! Classes of characters: `[…]`, `\d` and its like, `\p{…}`.

use super::error::{PatternError, PatternErrorKind};
use super::escape::{Rune, consumed, escape, push_literal, split_first};
use crate::foreign_bytes::foreign_byte;

/// The classes that have a letter: ASCII only, unlike those of the `regex` crate.
const LETTER_CLASSES: [(char, &str); 6] = [
    ('d', "[0-9]"),
    ('D', "[^0-9]"),
    ('s', r"[\t\n\f\r ]"),
    ('S', r"[^\t\n\f\r ]"),
    ('w', "[0-9A-Za-z_]"),
    ('W', "[^0-9A-Za-z_]"),
];

const NAMED_CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// Reads `\d` or one of its like at the start of `text`: the class for the `regex` crate, and what follows.
pub(super) fn letter_class(text: &str) -> Option<(&'static str, &str)> {
    let (letter, rest) = split_first(text.strip_prefix('\\')?)?;
    let (_, class) = LETTER_CLASSES.iter().find(|(name, _)| *name == letter)?;
    Some((class, rest))
}

/// Reads `\p{Greek}` or its like at the start of `text`, if there is one.
pub(super) fn unicode_class(text: &str) -> Result<Option<(String, &str)>, PatternError> {
    let Some((is_negated, after)) = text
        .strip_prefix("\\p")
        .map(|after| (false, after))
        .or_else(|| text.strip_prefix("\\P").map(|after| (true, after)))
    else {
        return Ok(None);
    };
    let invalid = |part: &str| PatternError::new(PatternErrorKind::CharacterRange, part);
    let (name, rest) = match after.strip_prefix('{') {
        Some(braced) => braced.split_once('}').ok_or_else(|| invalid(text))?,
        None => after.split_at(after.chars().next().map_or(0, char::len_utf8)),
    };
    let (is_negated, name) = match name.strip_prefix('^') {
        Some(name) => (!is_negated, name),
        None => (is_negated, name),
    };
    let class = format!("\\{}{{{name}}}", if is_negated { 'P' } else { 'p' });
    // Go has categories and scripts, by their exact names; the crate would take more.
    let is_name = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
        && regex::bytes::Regex::new(&class).is_ok();
    if is_name { Ok(Some((class, rest))) } else { Err(invalid(consumed(text, rest))) }
}

/// Reads the class at the start of `text`, which is a bracket, and writes it for the `regex` crate.
pub(super) fn bracket_class<'a>(text: &'a str, output: &mut String) -> Result<&'a str, PatternError> {
    let mut rest = text.strip_prefix('[').unwrap_or(text);
    output.push('[');
    if let Some(after) = rest.strip_prefix('^') {
        output.push('^');
        rest = after;
    }
    let mut is_first = true;
    while is_first || !rest.starts_with(']') {
        is_first = false;
        rest = member(rest, text, output)?;
    }
    output.push(']');
    Ok(rest.strip_prefix(']').unwrap_or(rest))
}

/// Reads one member of a class: a class in itself, a character or a range.
fn member<'a>(text: &'a str, whole_class: &str, output: &mut String) -> Result<&'a str, PatternError> {
    if let Some((class, rest)) = named_class(text)? {
        output.push_str(class);
        return Ok(rest);
    }
    if let Some((class, rest)) = unicode_class(text)? {
        output.push_str(&class);
        return Ok(rest);
    }
    if let Some((class, rest)) = letter_class(text) {
        output.push_str(class);
        return Ok(rest);
    }
    let (low, mut rest) = single(text, whole_class)?;
    let mut high = low;
    if let Some(after) = rest.strip_prefix('-')
        && !after.is_empty()
        && !after.starts_with(']')
    {
        (high, rest) = single(after, whole_class)?;
        if high < low {
            return Err(PatternError::new(PatternErrorKind::CharacterRange, consumed(text, rest)));
        }
    }
    push_range(output, low, high);
    Ok(rest)
}

/// Reads `[:alpha:]` or its like.
fn named_class(text: &str) -> Result<Option<(&str, &str)>, PatternError> {
    let Some(end) = text.strip_prefix("[:").and_then(|inner| inner.find(":]")) else { return Ok(None) };
    let (class, rest) = text.split_at(end + "[::]".len());
    let name = class.trim_start_matches("[:").trim_end_matches(":]");
    let name = name.strip_prefix('^').unwrap_or(name);
    if NAMED_CLASSES.contains(&name) {
        Ok(Some((class, rest)))
    } else {
        Err(PatternError::new(PatternErrorKind::CharacterRange, class))
    }
}

fn single<'a>(text: &'a str, whole_class: &str) -> Result<(Rune, &'a str), PatternError> {
    match split_first(text) {
        None => Err(PatternError::new(PatternErrorKind::MissingBracket, whole_class)),
        Some(('\\', _)) => escape(text),
        Some((character, _)) if foreign_byte(character).is_some() => {
            Err(PatternError::new(PatternErrorKind::Utf8, text))
        }
        Some((character, rest)) => Ok((character.into(), rest)),
    }
}

/// Surrogates, which Go lets be written but no text holds.
const SURROGATES: std::ops::RangeInclusive<Rune> = 0xd800..=0xdfff;

fn push_range(output: &mut String, low: Rune, high: Rune) {
    if low == high {
        push_literal(output, low);
        return;
    }
    let low = if SURROGATES.contains(&low) { SURROGATES.end() + 1 } else { low };
    let high = if SURROGATES.contains(&high) { SURROGATES.start() - 1 } else { high };
    if low <= high {
        push_literal(output, low);
        output.push('-');
        push_literal(output, high);
    }
}
