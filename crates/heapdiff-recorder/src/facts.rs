//! What a reader of the region has to know beside the tables (who the process is, what it has loaded, how it is set),
//! as bytes whose meaning is the owner's.
//!
//! ```text
//! sequence (a word of the header)     counts the versions; version n is in buffer n % 2
//! buffer 0  [ n ][ length in bytes ][ checksum ][ bytes, eight a word ... ]
//! buffer 1  [ n ][ length in bytes ][ checksum ][ bytes, eight a word ... ]
//! ```
//!
//! A new version is written beside the last complete one, and counted when it is complete: a process that dies in the
//! middle leaves the one before. One thread writes; readers notice if it has overtaken them, and look again.

use crate::sync::{AtomicU64, Ordering, fence};

/// Words of a buffer before its bytes.
const HEADER_WORDS: usize = 3;
/// Times that a reader begins again because the writer has overtaken it.
const LOOKS_MAX: usize = 100;

/// The facts; see the module page.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    sequence: &'a AtomicU64,
    buffers: [&'a [AtomicU64]; 2],
}

impl<'a> Facts<'a> {
    /// Words of both buffers for so many bytes.
    #[must_use]
    pub const fn words(bytes_max: usize) -> usize {
        2 * (HEADER_WORDS + bytes_max.div_ceil(8))
    }

    /// Facts in `words`, all zero at first, of which each buffer gets one half.
    #[must_use]
    pub const fn new(words: &'a [AtomicU64], sequence: &'a AtomicU64) -> Self {
        let (first, second) = words.split_at(words.len() / 2);
        Self { sequence, buffers: [first, second] }
    }

    /// The most bytes that can be written.
    #[must_use]
    pub fn bytes_max(&self) -> usize {
        let [first, second] = self.buffers;
        first.len().min(second.len()).saturating_sub(HEADER_WORDS) * 8
    }

    /// Replaces the facts. `false` if they are more than [`Self::bytes_max`]: then the last ones stay.
    ///
    /// Only one thread of one process writes.
    pub fn write(&self, facts: &[u8]) -> bool {
        // Relaxed: nobody else writes it.
        let version = self.sequence.load(Ordering::Relaxed).wrapping_add(1);
        let Some(([number, length, sum], words)) = self.buffer(version) else { return false };
        if facts.len() > words.len() * 8 {
            return false;
        }
        // Relaxed: the fence orders it.
        number.store(0, Ordering::Relaxed);
        // Release: a reader that has read any of the words below sees the number gone when it looks again.
        fence(Ordering::Release);
        let mut checksum = Checksum::new(version, facts.len());
        for (word, bytes) in words.iter().zip(facts.chunks(8)) {
            let value = word_of(bytes);
            checksum.add(value);
            // Relaxed: published by the number.
            word.store(value, Ordering::Relaxed);
        }
        length.store(facts.len() as u64, Ordering::Relaxed);
        sum.store(checksum.0, Ordering::Relaxed);
        // Release: publishes the buffer.
        number.store(version, Ordering::Release);
        // Release: publishes the buffer to those who learn of it from here.
        self.sequence.store(version, Ordering::Release);
        true
    }

    /// Copies the last complete version into the beginning of `into`, and returns it.
    ///
    /// `None` if nothing was ever written, if `into` is shorter than what was, or if the words were damaged since.
    pub fn read<'b>(&self, into: &'b mut [u8]) -> Option<&'b [u8]> {
        let mut length = None;
        for _ in 0..LOOKS_MAX {
            // Acquire: pairs with the publication of the version.
            let version = self.sequence.load(Ordering::Acquire);
            if version == 0 {
                return None;
            }
            length = self.read_version(version, into);
            // The one before is complete too, unless the writer is just replacing it.
            length = length.or_else(|| self.read_version(version - 1, into));
            if length.is_some() {
                break;
            }
            #[cfg(loom)]
            loom::thread::yield_now();
        }
        into.get(..length?)
    }

    fn read_version(&self, version: u64, into: &mut [u8]) -> Option<usize> {
        let ([number, length, sum], words) = self.buffer(version)?;
        // Acquire: pairs with the publication of the buffer.
        if version == 0 || number.load(Ordering::Acquire) != version {
            return None;
        }
        // Relaxed: the fence orders all of them before the second look at the number.
        let bytes = usize::try_from(length.load(Ordering::Relaxed)).ok()?;
        let target = into.get_mut(..bytes).filter(|_| bytes <= words.len() * 8)?;
        let mut checksum = Checksum::new(version, bytes);
        for (word, target) in words.iter().zip(target.chunks_mut(8)) {
            let value = word.load(Ordering::Relaxed);
            checksum.add(value);
            for (target, byte) in target.iter_mut().zip(value.to_le_bytes()) {
                *target = byte;
            }
        }
        let expected = sum.load(Ordering::Relaxed);
        // Acquire: pairs with the writer's fence.
        fence(Ordering::Acquire);
        (number.load(Ordering::Relaxed) == version && checksum.0 == expected).then_some(bytes)
    }

    fn buffer(&self, version: u64) -> Option<(&'a [AtomicU64; HEADER_WORDS], &'a [AtomicU64])> {
        let [even, odd] = self.buffers;
        if version.is_multiple_of(2) { even } else { odd }.split_first_chunk()
    }
}

fn word_of(bytes: &[u8]) -> u64 {
    bytes.iter().zip(0..).fold(0, |word, (&byte, place)| word | u64::from(byte) << (8 * place))
}

/// Multiply and rotate over the words: against damage, not against malice.
struct Checksum(u64);

impl Checksum {
    fn new(version: u64, bytes: usize) -> Self {
        let mut checksum = Self(0x9ae1_6a3b_2f90_404f);
        checksum.add(version);
        checksum.add(bytes as u64);
        checksum
    }

    const fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(29) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn words(bytes_max: usize) -> Vec<AtomicU64> {
        (0..=Facts::words(bytes_max)).map(|_| AtomicU64::new(0)).collect()
    }

    fn facts(words: &[AtomicU64]) -> Facts<'_> {
        Facts::new(&words[1..], &words[0])
    }

    proptest! {
        /// What was written last is what is read, and what is too long changes nothing.
        #[test]
        fn the_last_version_is_read(versions in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 1..9)) {
            let words = words(40);
            let facts = facts(&words);
            let mut buffer = [0; 40];
            prop_assert_eq!(facts.read(&mut buffer), None);
            let mut last: Option<&[u8]> = None;
            for version in &versions {
                prop_assert_eq!(facts.write(version), version.len() <= 40);
                if version.len() <= 40 {
                    last = Some(version);
                }
                prop_assert_eq!(facts.read(&mut buffer), last);
            }
        }

        /// A writer that dies in the middle of a version leaves the one before, and a word that is damaged is noticed.
        #[test]
        fn a_version_that_is_not_whole_is_not_read(place in 0usize..5, bit in 0u32..64) {
            let words = words(40);
            let facts = facts(&words);
            let mut buffer = [0; 40];
            prop_assert!(facts.write(b"the first version, of 36 bytes in all"));
            prop_assert!(facts.write(b"the second version, which is damaged"));
            let (_, data) = facts.buffer(2).unwrap();
            data[place].fetch_xor(1 << bit, Ordering::Relaxed);
            let read = facts.read(&mut buffer).map(<[u8]>::to_vec);
            if place == 4 && bit >= 32 {
                // Beyond the last byte, but summed up with it.
                prop_assert!(read.is_some());
            } else {
                prop_assert_eq!(read.as_deref(), Some(&b"the first version, of 36 bytes in all"[..]));
            }
        }
    }

    #[test]
    fn a_buffer_that_is_too_short_gets_nothing() {
        let words = words(16);
        let facts = facts(&words);
        assert_eq!(facts.bytes_max(), 16);
        assert!(facts.write(b"sixteen bytes...") && !facts.write(b"seventeen bytes.."));
        assert_eq!(facts.read(&mut [0; 15]), None);
        assert_eq!(facts.read(&mut [0; 99]), Some(&b"sixteen bytes..."[..]));
    }
}
