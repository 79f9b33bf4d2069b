//! zstd as a stream: frames one after the other, those to be skipped between them, checksums compared.

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, BufRead, Read};

/// The largest window, in bytes, that a frame may need: as much as the tool `zstd` accepts unless it is told to take
/// more, and what the decoder holds at most.
const WINDOW_BYTES_MAX: u64 = 128 << 20;

/// Unpacks frames to the end of the input.
pub(super) struct ZstdDecoder<R> {
    input: EndNoted<R>,
    /// The frame that is being unpacked; its memory goes with it.
    frame: Option<FrameDecoder>,
}

impl<R: BufRead> ZstdDecoder<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input: EndNoted { input, is_at_end: false }, frame: None }
    }

    /// Begins the next frame that has content; `None` at the end of the input.
    fn next_frame(&mut self) -> io::Result<Option<FrameDecoder>> {
        loop {
            if self.input.input.fill_buf()?.is_empty() {
                return Ok(None);
            }
            let mut frame = FrameDecoder::new();
            frame.set_max_window_size(WINDOW_BYTES_MAX);
            match frame.init(&mut self.input) {
                Ok(()) => return Ok(Some(frame)),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    if io::copy(&mut self.input.by_ref().take(length), &mut io::sink())? < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(self.explained(error)),
            }
        }
    }

    /// The data are cut off if they ended where more were needed, else they are wrong.
    fn explained(&self, error: FrameDecoderError) -> io::Error {
        match self.input.is_at_end {
            true => io::Error::new(io::ErrorKind::UnexpectedEof, error),
            false => io::Error::new(io::ErrorKind::InvalidData, error),
        }
    }
}

impl<R: BufRead> Read for ZstdDecoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let mut frame = match self.frame.take() {
                Some(frame) => frame,
                None => match self.next_frame()? {
                    Some(frame) => frame,
                    None => return Ok(0),
                },
            };
            while frame.can_collect() == 0 && !frame.is_finished() {
                frame
                    .decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(|error| self.explained(error))?;
            }
            let read = frame.read(buffer)?;
            if read > 0 {
                self.frame = Some(frame);
                return Ok(read);
            }
            let stated = frame.get_checksum_from_data();
            if stated.is_some() && stated != frame.get_calculated_checksum() {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum differs"));
            }
        }
    }
}

/// Notes whether more was asked for than there is.
struct EndNoted<R> {
    input: R,
    is_at_end: bool,
}

impl<R: Read> Read for EndNoted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.is_at_end |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}
