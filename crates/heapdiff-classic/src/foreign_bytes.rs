//! Texts of a profile that are no UTF-8, carried through as if they were.
//!
//! Go's strings are any bytes, and pprof prints them as they came. Here texts are `str`, and a byte that is part of no
//! character becomes a character of its own, U+10FF80 to U+10FFFF: places that no text uses. It counts as one character,
//! as in Go, and [`restore`] makes it the byte again when the output is written.

use std::borrow::Cow;

/// The character that stands for the byte 0.
const FIRST: u32 = 0x10_FF00;

/// Bytes as a text.
#[must_use]
pub fn carry(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !is_carried(text) => return Cow::Borrowed(text),
        _ => {}
    }
    let mut text = String::with_capacity(bytes.len() * 2);
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match foreign_byte(character) {
                // One of the stand-ins itself, which has to come back too.
                Some(_) => text.extend(character.encode_utf8(&mut [0; 4]).bytes().map(stand_in)),
                None => text.push(character),
            }
        }
        text.extend(chunk.invalid().iter().copied().map(stand_in));
    }
    Cow::Owned(text)
}

fn stand_in(byte: u8) -> char {
    char::from_u32(FIRST + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The bytes that a text was made from.
#[must_use]
pub fn restore(text: &str) -> Cow<'_, [u8]> {
    if !is_carried(text) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match foreign_byte(character) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

/// Whether a text stands for bytes that are no UTF-8.
#[must_use]
pub fn is_carried(text: &str) -> bool {
    // Each of the characters begins with this byte, which is rare enough to look for it first.
    text.as_bytes().contains(&0xf4) && text.chars().any(|character| foreign_byte(character).is_some())
}

/// The byte that a character stands for.
#[must_use]
pub fn foreign_byte(character: char) -> Option<u8> {
    u32::from(character)
        .checked_sub(FIRST)
        .and_then(|byte| u8::try_from(byte).ok())
        .filter(|&byte| byte >= 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let text = carry(&bytes);
            let restored = restore(&text);
            prop_assert_eq!(restored.as_ref(), bytes.as_slice());
        }
    }

    #[test]
    fn a_text_stays_itself_and_a_foreign_byte_is_one_character() {
        assert_eq!(carry("Größe".as_bytes()), "Größe");
        assert_eq!(carry(b"a\xff\xc3(").chars().count(), 4);
        assert!(!is_carried("\u{100000}"));
        let private = "\u{10FF80}".as_bytes();
        let text = carry(private);
        assert_eq!(restore(&text).as_ref(), private);
    }
}
