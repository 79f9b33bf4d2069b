//! From the bytes of a file to the bytes of a profile: gzip and zstd are unpacked as they are read.

mod zstd;

use crate::limits::Limits;
use crate::read_error::ReadError;
use flate2::bufread::MultiGzDecoder;
use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use zstd::ZstdDecoder;

/// How much of the unpacked data is looked at to recognize a format, in bytes. A text format is told by its first
/// lines, which may be stacks of hundreds of frames.
const HEAD_BYTES: usize = 64 << 10;
/// The least that the buffer of a format that is held as a whole grows by, in bytes.
const GROWTH_BYTES_MIN: u64 = 64 << 10;
/// First bytes of every gzip member. Source: RFC 1952, section 2.3.1.
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
/// First bytes of a zstd frame. Source: RFC 8878, section 3.1.1.
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// How an input is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Packing {
    /// gzip, of one or several members.
    Gzip,
    /// zstd, of one or several frames.
    Zstd,
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

/// The unpacked bytes of an input.
pub(crate) struct Unpacked<R: Read> {
    /// How they begin; all there is if it is shorter than [`HEAD_BYTES`].
    head: Vec<u8>,
    rest: Source<BufReader<R>>,
}

/// Unpacked bytes as a stream, to be read a line at a time.
pub(crate) type Stream<R> = io::Chain<Cursor<Vec<u8>>, BufReader<Source<BufReader<R>>>>;

impl<R: Read> Unpacked<R> {
    /// Looks how the input is compressed and unpacks its beginning.
    pub(crate) fn open(input: R, limits: &Limits) -> Result<Self, ReadError> {
        let mut rest = Source::open(BufReader::new(input), limits).map_err(ReadError::from_io)?;
        // In one piece, so that nothing is held beyond the limit.
        let mut head = Vec::with_capacity(HEAD_BYTES);
        rest.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(ReadError::from_io)?;
        match (head.as_slice(), rest.packing) {
            ([], None) => Err(ReadError::Empty),
            ([], Some(packing)) => Err(ReadError::EmptyPacked { packing }),
            _ => Ok(Self { head, rest }),
        }
    }

    /// How the bytes begin.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Whether that is all.
    pub(crate) fn is_whole(&self) -> bool {
        self.head.len() < HEAD_BYTES
    }

    /// All bytes in one piece. The buffer grows with what is really there, and never past the limit by more than a
    /// byte: a `Vec` left to itself would double beyond it.
    pub(crate) fn into_bytes(self, limits: &Limits) -> Result<Vec<u8>, ReadError> {
        let limit = limits.unpacked_bytes_max;
        let Self { head: mut bytes, mut rest } = self;
        loop {
            let held = bytes.len() as u64;
            if held > limit {
                return Err(ReadError::TooBig { limit });
            }
            let growth = held.max(GROWTH_BYTES_MIN).min((limit - held).saturating_add(1));
            let room = usize::try_from(growth).map_err(|_| ReadError::NoMemory { held })?;
            bytes.try_reserve_exact(room).map_err(|_| ReadError::NoMemory { held })?;
            let read = rest.by_ref().take(growth).read_to_end(&mut bytes).map_err(ReadError::from_io)?;
            if (read as u64) < growth {
                return Ok(bytes);
            }
        }
    }

    /// The bytes one after the other, held only as long as they are looked at.
    pub(crate) fn into_stream(self) -> Stream<R> {
        Cursor::new(self.head).chain(BufReader::with_capacity(64 << 10, self.rest))
    }
}

/// Unpacks what is read, and counts it. Errors that are not of the input itself are [`ReadError`]s in an
/// [`io::Error`]; [`ReadError::from_io`] takes them out.
pub(crate) struct Source<R> {
    decoder: Decoder<R>,
    packing: Option<Packing>,
    /// Bytes that were unpacked.
    unpacked: u64,
    /// [`Limits::streamed_bytes_max`].
    limit: u64,
}

enum Decoder<R> {
    Plain(io::Chain<Cursor<Vec<u8>>, R>),
    Gzip(MultiGzDecoder<io::Chain<Cursor<Vec<u8>>, R>>),
    Zstd(Box<ZstdDecoder<io::Chain<Cursor<Vec<u8>>, R>>>),
}

impl<R: BufRead> Source<R> {
    fn open(mut input: R, limits: &Limits) -> io::Result<Self> {
        // The input may give a byte at a time.
        let mut start = Vec::new();
        input.by_ref().take(ZSTD_MAGIC.len() as u64).read_to_end(&mut start)?;
        let packing = match start.as_slice() {
            // One byte is a file that was cut.
            bytes if bytes.starts_with(GZIP_MAGIC) || bytes == [0x1f] => Some(Packing::Gzip),
            bytes if bytes == ZSTD_MAGIC => Some(Packing::Zstd),
            _ => None,
        };
        let input = Cursor::new(start).chain(input);
        let decoder = match packing {
            None => Decoder::Plain(input),
            Some(Packing::Gzip) => Decoder::Gzip(MultiGzDecoder::new(input)),
            Some(Packing::Zstd) => Decoder::Zstd(Box::new(ZstdDecoder::new(input))),
        };
        Ok(Self { decoder, packing, unpacked: 0, limit: limits.streamed_bytes_max })
    }

    /// What an error of the decoder means.
    fn explained(&self, error: io::Error) -> io::Error {
        let Some(packing) = self.packing else { return error };
        let unpacked = self.unpacked;
        match error.kind() {
            io::ErrorKind::UnexpectedEof => io::Error::other(ReadError::Truncated { packing, unpacked }),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                io::Error::other(ReadError::Corrupt { packing, unpacked, source: error })
            }
            _ => error,
        }
    }
}

impl<R: BufRead> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.decoder {
            Decoder::Plain(input) => input.read(buffer),
            Decoder::Gzip(decoder) => decoder.read(buffer),
            Decoder::Zstd(decoder) => decoder.read(buffer),
        };
        let read = read.map_err(|error| self.explained(error))?;
        self.unpacked = self.unpacked.saturating_add(read as u64);
        if self.unpacked > self.limit {
            return Err(io::Error::other(ReadError::TooBig { limit: self.limit }));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_never_exceeds_the_limit_by_more_than_a_byte() {
        for limit in [HEAD_BYTES as u64, HEAD_BYTES as u64 + 1000, 3 * GROWTH_BYTES_MIN + 7] {
            let limits = Limits { unpacked_bytes_max: limit, ..Limits::default() };
            let unpacked = Unpacked::open(io::repeat(b'\n'), &limits).unwrap();
            assert!(matches!(unpacked.into_bytes(&limits), Err(ReadError::TooBig { .. })));
            let exact = io::repeat(b'\n').take(limit);
            let bytes = Unpacked::open(exact, &limits).unwrap().into_bytes(&limits).unwrap();
            assert_eq!(bytes.len() as u64, limit);
            assert!(bytes.capacity() as u64 <= limit + 1, "{} for {limit}", bytes.capacity());
        }
    }

    #[test]
    fn a_stream_without_end_is_stopped() {
        let limits = Limits { streamed_bytes_max: 1 << 20, ..Limits::default() };
        let mut stream = Unpacked::open(io::repeat(b'\n'), &limits).unwrap().into_stream();
        let error = io::copy(&mut stream, &mut io::sink()).unwrap_err();
        assert!(matches!(ReadError::from_io(error), ReadError::TooBig { limit: 1_048_576 }));
    }
}
