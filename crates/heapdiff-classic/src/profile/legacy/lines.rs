//! Lines of a text, cut as Go's scanner does it.

use super::super::parse_error::FormatError;
use crate::foreign_bytes::carry;
use std::borrow::Cow;

/// A line of this many bytes or more is an error in Go.
const LINE_LEN_MAX: usize = 64 << 10;

/// The lines of a text, one at a time.
#[derive(Clone, Debug)]
pub(super) struct Lines<'b> {
    rest: &'b [u8],
    line: Cow<'b, str>,
    is_too_long: bool,
}

impl<'b> Lines<'b> {
    pub(super) fn new(text: &'b [u8]) -> Self {
        Self { rest: text, line: Cow::Borrowed(""), is_too_long: false }
    }

    /// Goes to the next line and says whether there is one. After the last one the line is empty.
    pub(super) fn advance(&mut self) -> bool {
        self.line = Cow::Borrowed("");
        if self.is_too_long || self.rest.is_empty() {
            return false;
        }
        let end = self.rest.iter().position(|&byte| byte == b'\n').unwrap_or(self.rest.len());
        if end >= LINE_LEN_MAX {
            self.is_too_long = true;
            return false;
        }
        let line = self.rest.get(..end).unwrap_or_default();
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        self.line = carry(line.strip_suffix(b"\r").unwrap_or(line));
        true
    }

    /// The line.
    pub(super) fn line(&self) -> &str {
        &self.line
    }

    /// Whether the end is a line that is too long.
    pub(super) fn check(&self) -> Result<(), FormatError> {
        match self.is_too_long {
            true => Err(FormatError::Line("bufio.Scanner: token too long".into())),
            false => Ok(()),
        }
    }

    /// Goes to the next line that is neither empty nor a comment.
    pub(super) fn skip_comments(&mut self) {
        while self.advance() && is_comment(self.line()) {}
    }
}

/// Whether a line says nothing.
pub(super) fn is_comment(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}
