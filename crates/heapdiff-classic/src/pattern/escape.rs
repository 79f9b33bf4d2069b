//! What a backslash and the characters after it stand for.

use super::error::{PatternError, PatternErrorKind};

/// A character of the expression, by number: Go lets surrogates be written, which match nothing.
pub(super) type Rune = u32;

const RUNE_MAX: Rune = 0x0010_ffff;

/// The part of `text` before `rest`, which is its end.
pub(super) fn consumed<'a>(text: &'a str, rest: &str) -> &'a str {
    text.get(..text.len().saturating_sub(rest.len())).unwrap_or(text)
}

/// The first character and what follows it.
pub(super) fn split_first(text: &str) -> Option<(char, &str)> {
    let mut characters = text.chars();
    Some((characters.next()?, characters.as_str()))
}

/// Reads the escape at the start of `text`, which is a backslash: the character it stands for and what follows it.
pub(super) fn escape(text: &str) -> Result<(Rune, &str), PatternError> {
    let after_backslash = text.strip_prefix('\\').unwrap_or(text);
    let Some((character, rest)) = split_first(after_backslash) else {
        return Err(PatternError::new(PatternErrorKind::TrailingBackslash, ""));
    };
    let invalid = |rest: &str| PatternError::new(PatternErrorKind::Escape, consumed(text, rest));
    match character {
        // A digit alone would refer back to a group, which RE2 has not.
        '1'..='7' if !rest.starts_with(is_octal) => Err(invalid(rest)),
        '0'..='7' => Ok(octal(after_backslash)),
        'x' => hexadecimal(rest).map_err(invalid),
        'a' => Ok((0x07, rest)),
        'f' => Ok((0x0c, rest)),
        'n' => Ok((0x0a, rest)),
        'r' => Ok((0x0d, rest)),
        't' => Ok((0x09, rest)),
        'v' => Ok((0x0b, rest)),
        punctuation if punctuation.is_ascii() && !punctuation.is_ascii_alphanumeric() => {
            Ok((punctuation.into(), rest))
        }
        _ => Err(invalid(rest)),
    }
}

fn is_octal(character: char) -> bool {
    character.is_digit(8)
}

/// At most three octal digits.
fn octal(text: &str) -> (Rune, &str) {
    let digits = text.chars().take(3).take_while(|&character| is_octal(character)).count();
    let (digits, rest) = text.split_at(digits);
    (Rune::from_str_radix(digits, 8).unwrap_or(0), rest)
}

/// Two hexadecimal digits, or any number of them in braces; the error is what was not looked at any more.
fn hexadecimal(text: &str) -> Result<(Rune, &str), &str> {
    let (first, mut rest) = split_first(text).ok_or(text)?;
    if first != '{' {
        let Some((second, rest)) = split_first(rest) else { return Err(rest) };
        let digits = first.to_digit(16).zip(second.to_digit(16));
        return digits.map(|(high, low)| (high * 16 + low, rest)).ok_or(rest);
    }
    let mut rune: Option<Rune> = None;
    loop {
        let (character, after) = split_first(rest).ok_or(rest)?;
        rest = after;
        if character == '}' {
            return rune.map(|rune| (rune, rest)).ok_or(rest);
        }
        let digit = character.to_digit(16).ok_or(rest)?;
        let value = rune.unwrap_or(0) * 16 + digit;
        if value > RUNE_MAX {
            return Err(rest);
        }
        rune = Some(value);
    }
}

/// Writes one character of the expression so that it stands for itself, within a class and without.
pub(super) fn push_literal(output: &mut String, rune: Rune) {
    match char::from_u32(rune) {
        Some(character) if character.is_ascii_alphanumeric() => output.push(character),
        Some(_) => output.push_str(&format!("\\x{{{rune:x}}}")),
        // A surrogate occurs in no text.
        None => output.push_str(NOTHING),
    }
}

/// A class without members.
pub(super) const NOTHING: &str = r"[^\x{0}-\x{10ffff}]";
