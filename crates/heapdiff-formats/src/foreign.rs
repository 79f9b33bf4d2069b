//! Recognizes what users point at by mistake.

/// A format that is no profile, or none that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// jemalloc's own heap profile.
    Jemalloc,
    /// The text formats of gperftools, and of Go's `debug=1`.
    LegacyText,
    /// The binary CPU profiles of gperftools and of Go before 1.8.
    LegacyCpu,
    /// A binary of Linux.
    Elf,
    /// A recording of Linux's `perf`.
    Perf,
    /// gzip in gzip.
    Gzip,
    /// zstd.
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
    (b"heap_v2/", Foreign::Jemalloc),
    (b"heap profile:", Foreign::LegacyText),
    (b"goroutine profile:", Foreign::LegacyText),
    (b"threadcreate profile:", Foreign::LegacyText),
    (b"--- ", Foreign::LegacyText),
    // Machine words 0 and 3, of 64 and of 32 bits. Source: gperftools, "Profiler data format".
    (b"\0\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0", Foreign::LegacyCpu),
    (b"\0\0\0\0\x03\0\0\0", Foreign::LegacyCpu),
    (b"\x7fELF", Foreign::Elf),
    (b"PERFILE2", Foreign::Perf),
    (b"\x1f\x8b", Foreign::Gzip),
    (b"\x28\xb5\x2f\xfd", Foreign::Zstd),
    (b"PK\x03\x04", Foreign::Zip),
];

impl Foreign {
    /// What `bytes` are; `None` if that cannot be told. To be asked only about what is no valid profile.
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
            Self::Jemalloc => "a heap profile in jemalloc's own format (`heap_v2`)",
            Self::LegacyText => "a profile in the old text format of gperftools or Go's `debug=1`",
            Self::LegacyCpu => "a CPU profile in the old binary format of gperftools",
            Self::Elf => "an ELF binary",
            Self::Perf => "a recording of `perf`",
            Self::Gzip => "a gzip file within a gzip file",
            Self::Zstd => "a zstd file",
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
            Self::Jemalloc => {
                "record with heapdiff's allocator, or convert it with the crate `jemalloc_pprof`"
            }
            Self::LegacyText => "convert it with `pprof -proto`, or fetch it from Go without `debug=1`",
            Self::LegacyCpu => "convert it with `pprof -proto`",
            Self::Elf => "name the profile that the program wrote, not the program",
            Self::Perf => "`perf` records where time goes; record the heap with heapdiff's allocator",
            Self::Gzip => "unpack it once with `gunzip`",
            Self::Zstd => "unpack it with `zstd -d`",
            Self::Zip => "unpack it with `unzip`",
            Self::Html => "the server may have answered with an error page: fetch the profile again",
            Self::Json | Self::Xml | Self::Text => {
                "name a file that ends in `.pb.gz`, as heapdiff and Go write them"
            }
        }
    }
}

/// The beginning of `bytes` if it is text of some human's making.
fn text_head(bytes: &[u8]) -> Option<&str> {
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character that the cut goes through.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let is_text = |character: char| !character.is_control() || character.is_ascii_whitespace();
    (!text.is_empty() && text.chars().all(is_text)).then_some(text)
}
