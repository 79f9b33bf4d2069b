use crate::owned_profile::{OwnedLocation, OwnedProfile, OwnedSample, decode, encode};
use heapdiff_pprof::{Function, Label, LabelValue, Line, Mapping, ValueType};

/// The bytes of `golden/small.hex`.
pub(crate) fn small_bytes() -> Vec<u8> {
    let tokens = include_str!("golden/small.hex")
        .lines()
        .flat_map(|line| line.split('#').next().unwrap().split_whitespace());
    tokens
        .flat_map(|token| match token.strip_prefix('"') {
            Some(text) => text.strip_suffix('"').unwrap().as_bytes().to_vec(),
            None => vec![u8::from_str_radix(token, 16).unwrap()],
        })
        .collect()
}

/// What `golden/small.hex` means.
pub(crate) fn small_profile() -> OwnedProfile {
    let value_type = |kind: &str, unit: &str| ValueType { kind: kind.into(), unit: unit.into() };
    let function = |id, name: &str, system_name: &str, start_line| Function {
        id,
        name: name.into(),
        system_name: system_name.into(),
        file: "a.rs".into(),
        start_line,
    };
    let number = |key: &str, value, unit: &str| Label {
        key: key.into(),
        value: LabelValue::Number { value, unit: unit.into() },
    };
    OwnedProfile {
        sample_types: vec![value_type("inuse_objects", "count"), value_type("inuse_space", "bytes")],
        default_sample_type: "inuse_space".into(),
        drop_frames: "malloc".into(),
        time_nanos: 1_000_000_007,
        period_type: Some(value_type("space", "bytes")),
        period: 524_288,
        comments: vec!["made-by-hand".into()],
        mappings: vec![Mapping {
            id: 1,
            memory_start: 0x40_0000,
            memory_limit: 0x50_0000,
            file_offset: 0x1000,
            file: "/bin/a".into(),
            build_id: "beef".into(),
            has_functions: true,
            has_file_names: true,
            has_line_numbers: true,
            has_inline_frames: false,
        }],
        functions: vec![function(1, "grow", "_grow", 10), function(2, "main", "main", 1)],
        locations: vec![
            OwnedLocation {
                id: 1,
                mapping_id: 1,
                address: 0x40_0123,
                lines: vec![
                    Line { function_id: 1, line: 12, column: 5 },
                    Line { function_id: 2, line: 3, column: 0 },
                ],
                is_folded: false,
            },
            OwnedLocation { id: 2, address: 16, is_folded: true, ..OwnedLocation::default() },
        ],
        samples: vec![
            OwnedSample {
                location_ids: vec![1, 2],
                values: vec![3, 4096],
                labels: vec![number("bytes", 1365, "bytes"), number("epoch", 0, "")],
            },
            OwnedSample {
                location_ids: vec![],
                values: vec![-1, 0],
                labels: vec![Label { key: "thread".into(), value: LabelValue::Text("io".into()) }],
            },
        ],
        ..OwnedProfile::default()
    }
}

#[test]
fn the_writer_writes_the_bytes_made_by_hand() {
    assert_eq!(encode(&small_profile()), small_bytes());
}

#[test]
fn the_reader_reads_the_bytes_made_by_hand() {
    assert_eq!(decode(&small_bytes()).unwrap(), small_profile());
}
