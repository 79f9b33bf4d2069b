//! A small snapshot as heapdiff's recorder writes it, made through the wire format.

use heapdiff_pprof::{Label, LabelValue, Location, Mapping, ValueType, Writer};
use std::io::Write;

/// The snapshot as it is on disk.
pub(crate) fn compressed() -> Vec<u8> {
    let mut writer = Writer::gzip(Vec::new()).unwrap();
    write(&mut writer);
    writer.finish_gzip().unwrap()
}

/// The snapshot as uncompressed `profile.proto`.
pub(crate) fn uncompressed() -> Vec<u8> {
    uncompressed_with(|_| ())
}

/// The same, with what `extra` adds at the end.
pub(crate) fn uncompressed_with(extra: impl FnOnce(&mut Writer<Vec<u8>>)) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    write(&mut writer);
    extra(&mut writer);
    writer.finish().unwrap()
}

fn write<W: Write>(writer: &mut Writer<W>) {
    writer.sample_type(ValueType { kind: "inuse_objects", unit: "count" }).unwrap();
    writer.sample_type(ValueType { kind: "inuse_space", unit: "bytes" }).unwrap();
    writer.default_sample_type("inuse_space").unwrap();
    writer.period_type(ValueType { kind: "space", unit: "bytes" }).unwrap();
    writer.period(524_288).unwrap();
    let mapping = Mapping { id: 1, memory_start: 0x1000, memory_limit: 0x9000, ..Mapping::default() };
    writer.mapping(&Mapping { file: "/usr/bin/service", build_id: "8a4f", ..mapping }).unwrap();
    for id in 1..=20 {
        writer
            .location(&Location { id, mapping_id: 1, address: 0x1000 + id * 0x35, ..Location::default() })
            .unwrap();
    }
    for row in 1..=20 {
        let bytes = Label { key: "bytes", value: LabelValue::Number { value: 64 * row, unit: "bytes" } };
        let epoch = Label { key: "epoch", value: LabelValue::Number { value: row % 3, unit: "" } };
        let leaf = row.cast_unsigned();
        writer.sample(&[leaf, 1 + leaf % 7, 20], &[row, 64 * row * row], &[bytes, epoch]).unwrap();
    }
}
