//! Files of gzip that another reader refuses: what Go's says of them, and what it reads all the same.
//!
//! Go's reader looks at other things than most do, and says at which byte it stopped. The usual one is faster, so this
//! one has a say only over files that are damaged.

mod bits;
mod header;
mod huffman;
mod inflate;

use bits::Bits;
use thiserror::Error;

/// Why a file cannot be unpacked, in Go's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum GzipError {
    /// It ends too early.
    #[error("unexpected EOF")]
    UnexpectedEnd,
    /// It, or what follows a part of it, does not begin as such a file does.
    #[error("gzip: invalid header")]
    Header,
    /// Its bytes are not those that were packed.
    #[error("gzip: invalid checksum")]
    Checksum,
    /// It cannot have been written like this.
    #[error("flate: corrupt input before offset {0}")]
    Corrupt(usize),
}

/// Unpacks all parts of a file.
pub(super) fn unpack(file: &[u8]) -> Result<Vec<u8>, GzipError> {
    let mut output = Vec::new();
    let mut rest = header::skip(file)?;
    loop {
        let start = output.len();
        let mut bits = Bits::new(rest);
        inflate::inflate(&mut bits, &mut output)?;
        let (trailer, after) = bits.rest().split_first_chunk::<8>().ok_or(GzipError::UnexpectedEnd)?;
        let written = output.get(start..).unwrap_or_default();
        let [a, b, c, d, e, f, g, h] = *trailer;
        let mut sum = flate2::Crc::new();
        sum.update(written);
        // The size is that modulo four gigabytes, as the sum has it.
        if sum.sum() != u32::from_le_bytes([a, b, c, d]) || sum.amount() != u32::from_le_bytes([e, f, g, h]) {
            return Err(GzipError::Checksum);
        }
        if after.is_empty() {
            return Ok(output);
        }
        rest = header::skip(after)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;
    use std::io::Write as _;

    fn packed(bytes: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    proptest! {
        #[test]
        fn what_was_packed_is_unpacked(
            words in proptest::collection::vec(0_u8..9, 0..3000), noise: Vec<u8>, level in 0_u32..10,
        ) {
            let bytes = [words, noise].concat();
            let mut file = packed(&bytes, level);
            prop_assert_eq!(unpack(&file).unwrap(), bytes.clone());
            file.extend(packed(b"x", level));
            prop_assert_eq!(unpack(&file).unwrap(), [bytes.as_slice(), b"x"].concat());
        }

        #[test]
        fn no_damage_is_too_much(bytes: Vec<u8>, place: prop::sample::Index, bit in 0_u8..8) {
            let mut file = packed(&bytes, 6);
            let place = place.index(file.len());
            file[place] ^= 1_u8 << bit;
            let _ = unpack(&file);
            let _ = unpack(&file[..place]);
        }
    }

    #[test]
    fn errors_are_those_of_go() {
        let file = packed(b"hello", 6);
        let with = |place: usize, byte: u8| {
            let mut file = file.clone();
            file[place] = byte;
            unpack(&file)
        };
        assert_eq!(with(2, 7), Err(GzipError::Header));
        // Bits of the flags that nobody uses yet are no matter.
        assert_eq!(with(3, 0xe0), Ok(b"hello".to_vec()));
        // A block of the kind that there is not.
        assert_eq!(with(10, 7), Err(GzipError::Corrupt(1)));
        assert_eq!(with(file.len() - 1, 9), Err(GzipError::Checksum));
        assert_eq!(unpack(&file[..file.len() - 1]), Err(GzipError::UnexpectedEnd));
        assert_eq!(unpack(&[&file[..], &[0; 16]].concat()), Err(GzipError::Header));
        assert_eq!(unpack(&[&file[..], &[0; 3]].concat()), Err(GzipError::UnexpectedEnd));
    }
}
