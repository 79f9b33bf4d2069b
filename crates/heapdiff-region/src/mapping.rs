//! The memory of a living process's region.

use heapdiff_recorder::AtomicU64;
use memmap2::{MmapOptions, MmapRaw};
use std::fs::File;
use std::io;

/// Words that another process maps too.
#[derive(Debug)]
pub(crate) struct SharedWords {
    mapping: MmapRaw,
}

impl SharedWords {
    /// Maps a file of whole pages, open for reading and writing.
    pub(crate) fn map(file: &File, bytes: usize) -> io::Result<Self> {
        Ok(Self { mapping: MmapOptions::new().len(bytes).map_raw(file)? })
    }

    /// The words. To touch one that the owner of the file has not given disk space is a deadly signal; the tables stay
    /// within what has it.
    pub(crate) fn words(&self) -> &[AtomicU64] {
        let words = self.mapping.as_mut_ptr().cast::<AtomicU64>();
        let len = self.mapping.len() / size_of::<AtomicU64>();
        // SAFETY: the mapping is `len` words long, page-aligned, readable and writable, and lives as long as `self`.
        // Any bytes are valid atomics, and all of its users, this process and the file's owner, reach it as atomics.
        unsafe { std::slice::from_raw_parts(words, len) }
    }
}
