//! zstd is read as gzip is. The compressed files are made by the encoder of the crate that also decodes, and one by
//! the tool `zstd` itself.

use crate::snapshot::uncompressed;
use heapdiff_formats::{Limits, Packing, ReadError, read_profile};
use heapdiff_profile::Profile;
use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::io::{self, Read};

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

fn read(bytes: &[u8]) -> Result<Profile, ReadError> {
    read_profile(bytes, &Limits::default()).map(|(profile, _)| profile)
}

#[test]
fn compressed_or_not_is_the_same() {
    let bytes = uncompressed();
    assert_eq!(read(&zstd(&bytes)).unwrap().samples, read(&bytes).unwrap().samples);
}

/// Made with `gzip -dc cli/tests/fixtures/go-heap.pb.gz | zstd -19 --check`.
#[test]
fn what_the_tool_writes_is_read() {
    let tools = include_bytes!("../fixtures/go-heap.pb.zst");
    let profile = read(tools).unwrap();
    assert_eq!(profile.samples.len(), 2);
    let mut altered = tools.to_vec();
    *altered.last_mut().unwrap() ^= 1;
    let error = read(&altered).unwrap_err();
    assert!(matches!(error, ReadError::Corrupt { packing: Packing::Zstd, unpacked: 1.., .. }), "{error:?}");
}

#[test]
fn several_frames_are_one_profile() {
    let bytes = uncompressed();
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let frames = [zstd(first), skipped, zstd(b""), zstd(second)].concat();
    assert_eq!(read(&frames).unwrap().samples, read(&bytes).unwrap().samples);
}

#[test]
fn a_cut_at_any_byte_is_noticed() {
    let whole = zstd(&uncompressed());
    for cut in 4..whole.len() {
        let error = read(&whole[..cut]).unwrap_err();
        assert!(
            matches!(error, ReadError::Truncated { packing: Packing::Zstd, .. }),
            "cut at {cut}: {error:?}"
        );
    }
    assert!(matches!(read(&whole[..3]), Err(ReadError::Malformed { .. } | ReadError::Foreign { .. })));
}

#[test]
fn what_follows_the_last_frame_is_noticed() {
    let error = read(&[zstd(&uncompressed()), b"rubbish of some length".to_vec()].concat()).unwrap_err();
    assert!(matches!(error, ReadError::Corrupt { packing: Packing::Zstd, unpacked: 1.., .. }), "{error:?}");
}

#[test]
fn nothing_in_zstd_is_nothing() {
    assert!(matches!(read(&zstd(b"")), Err(ReadError::EmptyPacked { packing: Packing::Zstd })));
}

#[test]
fn a_bomb_is_stopped_early() {
    /// Counts the bytes that are read.
    struct Counted<'a>(&'a [u8], &'a mut usize);
    impl Read for Counted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let read = self.0.read(buffer)?;
            *self.1 += read;
            Ok(read)
        }
    }
    // After what begins like a profile, frames of one run-length block of 128 KiB each: 10 bytes for 131,072.
    let frame = [&[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38, 0x03, 0x00, 0x10][..], b"\n"].concat();
    let bomb = [zstd(&uncompressed()), frame.repeat(10_000)].concat();
    let limits = Limits { unpacked_bytes_max: 1 << 20, ..Limits::default() };
    let mut read_bytes = 0;
    let error = read_profile(Counted(&bomb, &mut read_bytes), &limits).unwrap_err();
    assert!(matches!(error, ReadError::TooBig { limit: 1_048_576 }), "{error:?}");
    assert!(read_bytes <= 16 << 10, "read {read_bytes} of {} bytes", bomb.len());
}

#[test]
fn a_window_that_no_file_needs_is_refused_before_it_is_there() {
    // A frame of a window of 3.75 TiB.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 0x03, 0x00, 0x10, b'\n'];
    let error = read(&frame).unwrap_err();
    assert!(matches!(error, ReadError::Corrupt { packing: Packing::Zstd, unpacked: 0, .. }), "{error:?}");
}

proptest! {
    #[test]
    fn altered_bytes_are_an_error_or_a_profile(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut altered = zstd(&uncompressed());
        let place = place.index(altered.len());
        altered[place] = byte;
        if let Err(error) = read(&altered) {
            prop_assert!(!error.to_string().contains('\n'));
        }
    }
}
