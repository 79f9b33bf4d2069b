//! Bytes as bits, lowest first. No byte is read before its bits are needed, so that the place of an error is Go's.

use super::GzipError;

#[derive(Debug)]
pub(super) struct Bits<'b> {
    bytes: &'b [u8],
    /// How many bytes have been read.
    read: usize,
    waiting: u32,
    waiting_len: u32,
}

impl<'b> Bits<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, read: 0, waiting: 0, waiting_len: 0 }
    }

    /// The error for what cannot have been written.
    pub(super) fn corrupt(&self) -> GzipError {
        GzipError::Corrupt(self.read)
    }

    /// Makes so many bits wait, at most 24.
    pub(super) fn need(&mut self, count: u32) -> Result<(), GzipError> {
        while self.waiting_len < count {
            let byte = self.bytes.get(self.read).ok_or(GzipError::UnexpectedEnd)?;
            self.read += 1;
            self.waiting |= u32::from(*byte) << self.waiting_len;
            self.waiting_len += 8;
        }
        Ok(())
    }

    /// The bits that wait, and how many they are; above them are zeros.
    pub(super) fn waiting(&self) -> (u32, u32) {
        (self.waiting, self.waiting_len)
    }

    /// Drops bits that wait.
    pub(super) fn drop_bits(&mut self, count: u32) {
        self.waiting >>= count;
        self.waiting_len -= count;
    }

    /// The next bits as a number, at most 16.
    pub(super) fn take(&mut self, count: u32) -> Result<usize, GzipError> {
        self.need(count)?;
        let number = self.waiting & ((1 << count) - 1);
        self.drop_bits(count);
        Ok(number as usize)
    }

    /// Forgets the rest of a byte.
    pub(super) fn align(&mut self) {
        (self.waiting, self.waiting_len) = (0, 0);
    }

    /// The next bytes as they are. What is there of them counts as read.
    pub(super) fn take_bytes(&mut self, count: usize) -> Result<&'b [u8], GzipError> {
        let start = self.read;
        self.read = self.bytes.len().min(start + count);
        self.bytes.get(start..start + count).ok_or(GzipError::UnexpectedEnd)
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.read..).unwrap_or_default()
    }
}
