//! How much a reader may use up.

use crate::read_error::ReadError;
use heapdiff_profile::StringId;

/// How big the input of [`read_profile`](crate::read_profile) may be.
///
/// They exist so that a file that is damaged, or made for the purpose, cannot fill the memory: gzip blows a
/// MiB up to a GiB, and in a profile four bytes are enough for a sample that takes a hundred in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the uncompressed data in bytes, for formats that are held as a whole while they are read.
    /// Decompression stops there, and no more than this is held of it.
    ///
    /// Default: 1 GiB, fifty times a snapshot of 100,000 stacks.
    pub unpacked_bytes_max: u64,
    /// Size of the uncompressed data in bytes, for formats of lines, of which one line is held at a time. It bounds
    /// the time that is spent, not memory.
    ///
    /// Default: 256 GiB, a quarter of an hour.
    pub streamed_bytes_max: u64,
    /// Size in bytes of the [`Profile`](heapdiff_profile::Profile) that is made of it, nearly.
    ///
    /// Default: 4 GiB, sixty times a snapshot of 100,000 stacks.
    pub model_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { unpacked_bytes_max: 1 << 30, streamed_bytes_max: 256 << 30, model_bytes_max: 4 << 30 }
    }
}

/// What is left of [`Limits::model_bytes_max`].
#[derive(Debug)]
pub(crate) struct ModelBudget {
    limit: u64,
    left: u64,
}

impl ModelBudget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { limit: limits.model_bytes_max, left: limits.model_bytes_max }
    }

    /// Takes the memory for one `T` and these many bytes behind it.
    pub(crate) fn charge<T>(&mut self, behind: usize) -> Result<(), ReadError> {
        let bytes = (size_of::<T>() as u64).saturating_add(behind as u64);
        // This is asked for every sample, and an error that is made in vain is dropped in vain.
        let Some(left) = self.left.checked_sub(bytes) else {
            return Err(ReadError::ModelTooBig { limit: self.limit });
        };
        self.left = left;
        Ok(())
    }

    /// Takes the memory for a string of the model.
    pub(crate) fn charge_string(&mut self, text: &str) -> Result<(), ReadError> {
        /// What there is beside the text: two references to it, their counts, and its handle.
        type StringEntry = ([usize; 6], StringId);
        self.charge::<StringEntry>(text.len())
    }
}
