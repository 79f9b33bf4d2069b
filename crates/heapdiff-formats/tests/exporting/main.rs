//! What is written for other tools: read back where we read it, else checked against the rules of its format.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

mod collapsed;
mod csv;
mod firefox;
mod speedscope;

use heapdiff_formats::{ExportFormat, ExportOptions, Limits, export, read_profile};
use heapdiff_profile::{Profile, ProfileBuilder};
use proptest::prelude::*;

/// Frames of all kinds: with and without lines, inlined, unsymbolized, of one name and two lines.
const FRAMES: [&str; 8] = [
    "main src/main.rs:1",
    "app::load src/load.rs:7",
    "app::load src/load.rs:9",
    "Vec<[u8; 64]>::push lib/vec.rs:3",
    "inner src/i.rs:1 <- outer src/o.rs:2",
    "no::source",
    "0x1234",
    "ends in 12",
];

/// A stack leaf first, two values and a label.
type Row = (Vec<usize>, i64, i64, i64);

fn rows(values: std::ops::Range<i64>) -> impl Strategy<Value = Vec<Row>> {
    let row = (prop::collection::vec(0..FRAMES.len(), 0..5), values.clone(), values, 0..3_i64);
    prop::collection::vec(row, 0..12)
}

fn profile(rows: &[Row]) -> Profile {
    let mut builder = ProfileBuilder::with_types(&[("inuse_objects", "count"), ("inuse_space", "bytes")])
        .time(1_800_000_000_000_000_000);
    for (stack, objects, bytes, epoch) in rows {
        let stack: Vec<_> = stack.iter().map(|&frame| FRAMES[frame]).collect();
        builder = builder.sample(&stack, &[*objects, *bytes], &[("epoch", *epoch, "")]);
    }
    builder.build()
}

fn options() -> ExportOptions<'static> {
    ExportOptions { name: "heap.pb.gz", column: 1, gzip: false }
}

fn written(profile: &Profile, format: ExportFormat) -> String {
    let mut bytes = Vec::new();
    export(profile, format, &options(), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// A number of JSON that is one of Rust's indices.
fn index(value: &serde_json::Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

/// The sum of each column.
fn totals(profile: &Profile) -> [i64; 2] {
    [0, 1].map(|column| profile.samples.iter().map(|sample| sample.values[column]).sum())
}

/// The same profile with its samples in another order.
fn reversed(profile: &Profile) -> Profile {
    let mut other = profile.clone();
    other.samples.reverse();
    other
}

proptest! {
    #[test]
    fn the_order_of_samples_changes_no_byte(rows in rows(0..100)) {
        let profile = profile(&rows);
        for format in [ExportFormat::Collapsed, ExportFormat::Speedscope, ExportFormat::Firefox, ExportFormat::Csv] {
            prop_assert_eq!(written(&reversed(&profile), format), written(&profile, format));
        }
    }
}

#[test]
fn text_is_compressed_where_that_is_asked_for() {
    let profile = profile(&[(vec![0], 1, 2, 0)]);
    let options = ExportOptions { gzip: true, ..options() };
    let mut bytes = Vec::new();
    export(&profile, ExportFormat::Collapsed, &options, &mut bytes).unwrap();
    assert!(bytes.starts_with(b"\x1f\x8b"));
    let (read, _) = read_profile(bytes.as_slice(), &Limits::default()).unwrap();
    assert_eq!(read.samples[0].values[..], [2][..]);
}

#[test]
fn a_sink_that_fails_is_to_blame_itself() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let profile = profile(&[(vec![0], 1, 2, 0)]);
    for format in [
        ExportFormat::Pprof,
        ExportFormat::Collapsed,
        ExportFormat::Speedscope,
        ExportFormat::Firefox,
        ExportFormat::Csv,
    ] {
        for gzip in [false, true] {
            let error = export(&profile, format, &ExportOptions { gzip, ..options() }, Closed).unwrap_err();
            assert_eq!(error.into_sink_error().unwrap().kind(), std::io::ErrorKind::BrokenPipe, "{format:?}");
        }
    }
}
