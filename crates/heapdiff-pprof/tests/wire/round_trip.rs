use crate::golden::{small_bytes, small_profile};
use crate::owned_profile::{any_profile, decode, encode};
use flate2::read::GzDecoder;
use heapdiff_pprof::{Mapping, ValueType, WriteError, Writer};
use proptest::prelude::*;
use std::io::{self, Read, Write};

proptest! {
    #[test]
    fn what_is_written_is_read(profile in any_profile()) {
        prop_assert_eq!(decode(&encode(&profile)).unwrap(), profile);
    }
}

#[test]
fn gzip_wraps_the_same_bytes_and_depends_on_nothing_else() {
    let compress = || {
        let mut writer = Writer::gzip(Vec::new()).unwrap();
        writer.sample_type(ValueType { kind: "inuse_space", unit: "bytes" }).unwrap();
        writer.sample(&[], &[5], &[]).unwrap();
        writer.finish_gzip().unwrap()
    };
    let mut plain = Vec::new();
    GzDecoder::new(compress().as_slice()).read_to_end(&mut plain).unwrap();
    assert_eq!(decode(&plain).unwrap().samples[0].values, [5]);
    assert_eq!(compress(), compress());
}

#[test]
fn a_build_id_of_one_digit_gets_a_leading_zero() {
    let mut profile = small_profile();
    profile.mappings[0].build_id = "a".into();
    assert_eq!(decode(&encode(&profile)).unwrap().mappings[0].build_id, "0a");
}

#[test]
fn each_string_is_written_once() {
    let bytes = small_bytes();
    assert_eq!(bytes.windows(5).filter(|window| window == b"bytes").count(), 1);
}

#[test]
fn the_writer_refuses_what_the_reader_would() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    let mapping = writer.mapping(&Mapping { id: 0, file: "", build_id: "", ..Mapping::default() });
    assert!(matches!(mapping, Err(WriteError::ZeroId)));
    assert!(matches!(writer.sample(&[1], &[2], &[]), Err(WriteError::ValueCount { expected: 0, found: 1 })));
    let late = writer.sample_type(ValueType { kind: "inuse_space", unit: "bytes" });
    assert!(matches!(late, Err(WriteError::SampleTypeAfterSample)));
}

#[test]
fn a_sink_that_fails_is_reported() {
    struct Disk {
        room: usize,
    }
    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.room = self.room.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let Err(WriteError::Io(error)) = Writer::new(Disk { room: 0 }) else { panic!("there is no room") };
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    // Room for the header of the gzip file: the rest stays in the encoder until the end, which must say so.
    let mut writer = Writer::gzip(Disk { room: 10 }).unwrap();
    writer.comment("a comment").unwrap();
    assert!(matches!(writer.finish_gzip(), Err(WriteError::Io(_))));
}
