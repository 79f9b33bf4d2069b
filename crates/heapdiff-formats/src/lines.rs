//! A text, a line at a time.

use crate::read_error::ReadError;
use std::io::{BufRead, Read as _};

/// The longest line, in bytes: a stack of 16,000 frames with names of a kilobyte each.
const LINE_BYTES_MAX: u64 = 16 << 20;
/// How much of a wrong line an error shows, in characters.
const EXCERPT_CHARACTERS: usize = 60;
/// The mark that some editors put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The lines of an input, of which one is held at a time.
#[derive(Debug)]
pub(crate) struct Lines<B> {
    /// What they are lines of, as the beginning of a message.
    format: &'static str,
    input: B,
    line: Vec<u8>,
    number: u64,
}

impl<B: BufRead> Lines<B> {
    pub(crate) fn new(format: &'static str, input: B) -> Self {
        Self { format, input, line: Vec::new(), number: 0 }
    }

    /// Goes to the next line; `false` after the last one.
    pub(crate) fn advance(&mut self) -> Result<bool, ReadError> {
        self.line.clear();
        let mut input = self.input.by_ref().take(LINE_BYTES_MAX);
        let read = input.read_until(b'\n', &mut self.line).map_err(ReadError::from_io)?;
        if read == 0 {
            return Ok(false);
        }
        self.number += 1;
        match self.line.pop_if(|byte| *byte == b'\n') {
            Some(_) => drop(self.line.pop_if(|byte| *byte == b'\r')),
            None if read as u64 == LINE_BYTES_MAX => {
                return Err(self.malformed("a line of less than `16777216` bytes"));
            }
            None => {}
        }
        if self.number == 1 && self.line.starts_with(BYTE_ORDER_MARK) {
            self.line.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(true)
    }

    /// The line, without what ends it.
    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }

    /// The error that this line is not as it should be.
    pub(crate) fn malformed(&self, expected: &'static str) -> ReadError {
        let found = excerpt(&self.line);
        ReadError::Line { format: self.format, line: self.number, expected, found }
    }
}

/// How bytes begin, quoted and in one line.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    let head = bytes.get(..4 * EXCERPT_CHARACTERS).unwrap_or(bytes);
    let text = String::from_utf8_lossy(head);
    let shown: String = text.chars().take(EXCERPT_CHARACTERS).flat_map(char::escape_debug).collect();
    let is_whole = head.len() == bytes.len() && text.chars().count() <= EXCERPT_CHARACTERS;
    format!("`{shown}{}`", if is_whole { "" } else { "..." })
}

/// A number in hexadecimal digits, with or without `0x`.
pub(crate) fn hexadecimal(text: &[u8]) -> Option<u64> {
    let digits = text.strip_prefix(b"0x").unwrap_or(text);
    if !(1..=16).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
