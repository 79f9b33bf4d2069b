//! Recognizes what users point at by mistake.

use std::borrow::Cow;

/// A format that is no profile, or none that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// A binary of Linux.
    Elf,
    /// A recording of Linux's `perf`.
    Perf,
    /// gzip within gzip or zstd.
    Gzip,
    /// zstd within gzip or zstd.
    Zstd,
    /// A zip archive.
    Zip,
    /// JSON.
    Json,
    /// A web page.
    Html,
    /// XML, such as SVG.
    Xml,
    /// Other text.
    Text,
}

/// How much of the input is looked at, in bytes. All marks lie within it.
const HEAD_BYTES: usize = 512;

/// Marks at the very beginning.
const MARKS: &[(&[u8], Foreign)] = &[
    (b"\x7fELF", Foreign::Elf),
    (b"PERFILE2", Foreign::Perf),
    (b"\x1f\x8b", Foreign::Gzip),
    (b"\x28\xb5\x2f\xfd", Foreign::Zstd),
    (b"PK\x03\x04", Foreign::Zip),
];

impl Foreign {
    /// What `bytes` are; `None` if that cannot be told.
    #[must_use]
    pub fn recognize(bytes: &[u8]) -> Option<Self> {
        if let Some((_, found)) = MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
            return Some(*found);
        }
        let head = text_head(bytes)?.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
        Some(match head.as_str() {
            head if head.starts_with(['{', '[']) => Self::Json,
            head if head.starts_with("<!doctype html") || head.starts_with("<html") => Self::Html,
            head if head.starts_with("<?xml") || head.starts_with("<svg") => Self::Xml,
            _ => Self::Text,
        })
    }

    /// What was found, as a noun.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Elf => "an ELF binary",
            Self::Perf => "a recording of `perf`",
            Self::Gzip => "a gzip file within a compressed file",
            Self::Zstd => "a zstd file within a compressed file",
            Self::Zip => "a zip archive",
            Self::Json => "JSON",
            Self::Html => "a web page",
            Self::Xml => "XML",
            Self::Text => "text",
        }
    }

    /// What to do about it.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::Elf => "name the profile that the program wrote, not the program",
            Self::Perf => "`perf` records where time goes; record the heap with heapdiff's allocator",
            Self::Gzip => "unpack it once with `gunzip`",
            Self::Zstd => "unpack it once with `zstd -d`",
            Self::Zip => "unpack it with `unzip`",
            Self::Html => "the server may have answered with an error page: fetch the profile again",
            Self::Json | Self::Xml | Self::Text => {
                "name a file that a profiler wrote, such as heapdiff's `.pb.gz`; the README lists the formats"
            }
        }
    }
}

/// The beginning of `bytes` if it is text of some human's making: in UTF-8, or mostly in ASCII.
fn text_head(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    let is_text = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    if head.is_empty() || !head.iter().all(is_text) {
        return None;
    }
    let is_utf8 = match std::str::from_utf8(head) {
        Ok(_) => true,
        // A character that the cut goes through.
        Err(error) => error.error_len().is_none(),
    };
    let ascii = head.iter().filter(|byte| byte.is_ascii()).count();
    (is_utf8 || ascii > head.len() / 2).then(|| String::from_utf8_lossy(head))
}
