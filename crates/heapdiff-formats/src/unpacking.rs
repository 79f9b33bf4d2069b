//! From the bytes of a file to the bytes of a profile.

use crate::limits::Limits;
use crate::read_error::ReadError;
use flate2::bufread::MultiGzDecoder;
use std::io::{self, BufRead, Read};

/// First bytes of every gzip member. Source: RFC 1952, section 2.3.1.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// The least that the buffer grows by, in bytes.
const GROWTH_BYTES_MIN: u64 = 64 << 10;

/// Reads everything, decompressed if it is gzip, of one or several members.
pub(crate) fn unpack(mut input: impl BufRead, limits: &Limits) -> Result<Vec<u8>, ReadError> {
    let head = input.fill_buf().map_err(|source| ReadError::Io { source })?;
    match *head {
        [] => Err(ReadError::Empty),
        [first] if first == GZIP_MAGIC[0] => {
            // The buffer of one byte may be the reader's whim.
            let mut start = Vec::new();
            input.by_ref().take(2).read_to_end(&mut start).map_err(|source| ReadError::Io { source })?;
            if start.len() < 2 {
                return Err(ReadError::TruncatedGzip { unpacked: 0 });
            }
            unpack_known(io::Cursor::new(start.clone()).chain(input), start == GZIP_MAGIC, limits)
        }
        [first, second, ..] => unpack_known(input, [first, second] == GZIP_MAGIC, limits),
        _ => unpack_known(input, false, limits),
    }
}

fn unpack_known(input: impl BufRead, is_gzip: bool, limits: &Limits) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    if !is_gzip {
        return match read_bounded(input, &mut bytes, limits) {
            Ok(()) => Ok(bytes),
            Err(Stop::Io(source)) => Err(ReadError::Io { source }),
            Err(Stop::Read(error)) => Err(error),
        };
    }
    let outcome = read_bounded(MultiGzDecoder::new(input), &mut bytes, limits);
    let unpacked = bytes.len() as u64;
    match outcome {
        Ok(()) if bytes.is_empty() => Err(ReadError::EmptyGzip),
        Ok(()) => Ok(bytes),
        Err(Stop::Io(source)) => Err(match source.kind() {
            io::ErrorKind::UnexpectedEof => ReadError::TruncatedGzip { unpacked },
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                ReadError::CorruptGzip { unpacked, source }
            }
            _ => ReadError::Io { source },
        }),
        Err(Stop::Read(error)) => Err(error),
    }
}

/// Why reading stopped before the end.
enum Stop {
    Io(io::Error),
    Read(ReadError),
}

/// Reads to the end. The buffer grows with what is really there, and never past the limit by more than a
/// byte: a `Vec` left to itself would double beyond it.
fn read_bounded(mut input: impl Read, bytes: &mut Vec<u8>, limits: &Limits) -> Result<(), Stop> {
    let limit = limits.unpacked_bytes_max;
    loop {
        let held = bytes.len() as u64;
        if held > limit {
            return Err(Stop::Read(ReadError::TooBig { limit }));
        }
        let growth = held.max(GROWTH_BYTES_MIN).min((limit - held).saturating_add(1));
        let no_memory = || Stop::Read(ReadError::NoMemory { held });
        let room = usize::try_from(growth).map_err(|_| no_memory())?;
        bytes.try_reserve_exact(room).map_err(|_| no_memory())?;
        let read = input.by_ref().take(growth).read_to_end(bytes).map_err(Stop::Io)?;
        if (read as u64) < growth || !may_begin_profile(bytes) {
            return Ok(());
        }
    }
}

/// Whether the first field can be one of a profile. If not, no more need be read of what may be a core dump,
/// or a gigabyte of zeros that was a megabyte of gzip: what is there is enough to tell what it is.
fn may_begin_profile(bytes: &[u8]) -> bool {
    // A tag: the lowest three bits are the wire type, of which 3, 4, 6 and 7 do not occur, the others the
    // field number or its beginning. Source: the protobuf encoding guide.
    bytes.first().is_some_and(|tag| tag >> 3 != 0 && matches!(tag & 7, 0 | 1 | 2 | 5))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: impl Read, limit: u64) -> (Vec<u8>, Result<(), Stop>) {
        let mut bytes = Vec::new();
        let outcome =
            read_bounded(input, &mut bytes, &Limits { unpacked_bytes_max: limit, ..Limits::default() });
        (bytes, outcome)
    }

    #[test]
    fn the_buffer_never_exceeds_the_limit_by_more_than_a_byte() {
        for limit in [0, 1, 1000, GROWTH_BYTES_MIN - 1, GROWTH_BYTES_MIN, 3 * GROWTH_BYTES_MIN + 7] {
            let (bytes, outcome) = read(io::repeat(b'\n'), limit);
            assert!(matches!(outcome, Err(Stop::Read(ReadError::TooBig { .. }))));
            assert_eq!(bytes.capacity() as u64, limit + 1);
        }
    }

    #[test]
    fn what_can_be_no_profile_is_not_read_to_its_end() {
        for byte in [0, 0x7f] {
            let (bytes, outcome) = read(io::repeat(byte), u64::MAX);
            assert!(outcome.is_ok());
            assert_eq!(bytes.len() as u64, GROWTH_BYTES_MIN);
        }
    }
}
