//! What kind of file an input is, told by its content alone.

use crate::foreign::Foreign;
use crate::{collapsed, dhat, heaptrack, jemalloc, legacy};

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `profile.proto`, or binary data that nothing else claims.
    Pprof,
    /// What came before it.
    Legacy,
    /// Collapsed stacks.
    Collapsed {
        /// Numbers on a line.
        columns: usize,
    },
    /// jemalloc's own heap profile.
    Jemalloc,
    /// DHAT's JSON.
    Dhat,
    /// heaptrack's recording.
    Heaptrack,
    /// Something that is not read.
    Foreign(Foreign),
}

impl Format {
    /// What a file is that begins with `head`, or is no longer than that.
    ///
    /// No profile in `profile.proto` is taken for something else: it must name sample types, or hold strings of which the
    /// first is empty, and the encoding of either has control characters that no text has; and no other mark that is
    /// looked for can be decoded as its fields.
    pub(crate) fn recognize(head: &[u8], is_whole: bool) -> Self {
        if head.starts_with(jemalloc::MARK) {
            return Self::Jemalloc;
        }
        if heaptrack::is_begun_by(head) {
            return Self::Heaptrack;
        }
        if dhat::is_begun_by(head) {
            return Self::Dhat;
        }
        if legacy::is_begun_by(head) {
            return Self::Legacy;
        }
        match Foreign::recognize(head) {
            // A stack may begin with `[unknown]` or `{closure}`, as JSON does with other brackets.
            Some(found @ (Foreign::Text | Foreign::Json)) => match collapsed::columns(head, is_whole) {
                Some(columns) => Self::Collapsed { columns },
                None => Self::Foreign(found),
            },
            Some(found) => Self::Foreign(found),
            None => Self::Pprof,
        }
    }
}
