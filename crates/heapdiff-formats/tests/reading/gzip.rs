use crate::snapshot::{compressed, uncompressed};
use flate2::Compression;
use flate2::write::GzEncoder;
use heapdiff_formats::{Limits, ReadError, read_profile};
use heapdiff_profile::Profile;
use std::io::{self, Read, Write};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read(bytes: &[u8]) -> Result<Profile, ReadError> {
    read_profile(bytes, &Limits::default()).map(|(profile, _)| profile)
}

/// Gives one byte a call, as a slow pipe may.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.by_ref().take(1).read(buffer)
    }
}

#[test]
fn compressed_or_not_is_the_same() {
    let raw = read(&uncompressed()).unwrap();
    let packed = read(&compressed()).unwrap();
    assert_eq!(raw.samples, packed.samples);
    assert_eq!(raw.samples.len(), 20);
}

#[test]
fn several_members_are_one_profile() {
    let bytes = uncompressed();
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let members = [gzip(first), gzip(b""), gzip(second)].concat();
    assert_eq!(read(&members).unwrap().samples, read(&bytes).unwrap().samples);
}

#[test]
fn a_slow_input_is_recognized_too() {
    for bytes in [uncompressed(), compressed()] {
        let (profile, _) = read_profile(Trickle(&bytes), &Limits::default()).unwrap();
        assert_eq!(profile.samples.len(), 20);
    }
    let error = read_profile(Trickle(&[0x1f]), &Limits::default()).unwrap_err();
    assert!(matches!(error, ReadError::Truncated { unpacked: 0, .. }));
}

#[test]
fn a_cut_at_any_byte_is_noticed() {
    let whole = compressed();
    assert!(matches!(read(b""), Err(ReadError::Empty)));
    for cut in 1..whole.len() {
        let error = read(&whole[..cut]).unwrap_err();
        assert!(matches!(error, ReadError::Truncated { .. }), "cut at {cut}: {error:?}");
    }
}

#[test]
fn a_cut_of_the_second_member_is_noticed() {
    let bytes = uncompressed();
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let (first, second) = (gzip(first), gzip(second));
    for cut in 1..second.len() {
        let error = read(&[&first, &second[..cut]].concat()).unwrap_err();
        assert!(matches!(error, ReadError::Truncated { unpacked: 1.., .. }), "cut at {cut}: {error:?}");
    }
}

#[test]
fn an_altered_byte_is_noticed() {
    let whole = compressed();
    // Bytes 4 to 9 are the time, the flags of the compressor and the system, and the last one before the
    // checksum and the length, of 4 bytes each, is filled up with bits that mean nothing.
    let padded = whole.len() - 9;
    for place in (0..whole.len()).filter(|place| !(4..10).contains(place) && *place != padded) {
        let mut altered = whole.clone();
        altered[place] ^= 0x10;
        assert!(read(&altered).is_err(), "byte {place} altered");
    }
    let mut altered = whole.clone();
    let checksum = whole.len() - 8;
    altered[checksum] ^= 1;
    assert!(matches!(read(&altered), Err(ReadError::Corrupt { unpacked: 1.., .. })));
}

#[test]
fn what_follows_the_last_member_is_noticed() {
    let error = read(&[compressed(), b"rubbish of some length".to_vec()].concat()).unwrap_err();
    assert!(matches!(error, ReadError::Corrupt { .. }), "{error:?}");
}

#[test]
fn nothing_in_gzip_is_nothing() {
    assert!(matches!(read(&gzip(b"")), Err(ReadError::EmptyPacked { .. })));
}

#[test]
fn unpacking_stops_at_the_limit() {
    let bytes = uncompressed();
    let exact = Limits { unpacked_bytes_max: bytes.len() as u64, ..Limits::default() };
    let too_small = Limits { unpacked_bytes_max: bytes.len() as u64 - 1, ..Limits::default() };
    for input in [bytes, compressed()] {
        assert!(read_profile(input.as_slice(), &exact).is_ok());
        let error = read_profile(input.as_slice(), &too_small).unwrap_err();
        assert!(matches!(error, ReadError::TooBig { limit } if limit == too_small.unpacked_bytes_max));
    }
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
    // 64 MiB in about 64 KiB; the limit is reached after about a thousandth of it.
    let limits = Limits { unpacked_bytes_max: 64 << 10, ..Limits::default() };
    // Each two bytes are an empty sample type.
    let bomb = gzip(&[0x0a, 0].repeat(32 << 20));
    let mut read_bytes = 0;
    let error = read_profile(Counted(&bomb, &mut read_bytes), &limits).unwrap_err();
    assert!(matches!(error, ReadError::TooBig { limit: 65_536 }));
    assert!(read_bytes <= 16 << 10, "read {read_bytes} of {} bytes", bomb.len());
    // Zeros begin no profile, so they are given up on before any limit.
    let bomb = gzip(&vec![0; 64 << 20]);
    read_bytes = 0;
    let error = read_profile(Counted(&bomb, &mut read_bytes), &Limits::default()).unwrap_err();
    assert!(matches!(error, ReadError::Malformed { .. }));
    assert!(read_bytes <= 16 << 10, "read {read_bytes} of {} bytes", bomb.len());
}

#[test]
fn a_profile_that_is_small_only_on_the_wire_is_stopped() {
    // Samples of six bytes, for each of which the model takes more than a hundred.
    let bytes = [uncompressed(), [0x12, 4, 0x12, 2, 0, 0].repeat(1000)].concat();
    assert_eq!(read(&bytes).unwrap().samples.len(), 1020);
    let limits = Limits { model_bytes_max: 50_000, ..Limits::default() };
    let error = read_profile(bytes.as_slice(), &limits).unwrap_err();
    assert!(matches!(error, ReadError::ModelTooBig { limit: 50_000 }));
}

#[test]
fn an_input_that_fails_is_reported() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::IsADirectory.into())
        }
    }
    let Err(ReadError::Io { source }) = read_profile(Broken, &Limits::default()) else { panic!("it fails") };
    assert_eq!(source.kind(), io::ErrorKind::IsADirectory);
}
