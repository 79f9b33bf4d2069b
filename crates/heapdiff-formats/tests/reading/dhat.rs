//! Files of DHAT: `tests/fixtures/make` says how the real ones were made, and `programs/allocations.c` what they must hold.

use crate::tables::{functions_and_values, one_line};
use heapdiff_formats::{Limits, ReadError, read_profile};
use heapdiff_profile::Profile;
use proptest::prelude::*;
use std::error::Error as _;

const OF_C: &[u8] = include_bytes!("../fixtures/dhat-c.json");
const OF_RUST: &[u8] = include_bytes!("../fixtures/dhat-rs.json");
const AD_HOC: &[u8] = include_bytes!("../fixtures/dhat-ad-hoc.json");

fn read(bytes: &[u8]) -> Result<Profile, ReadError> {
    read_profile(bytes, &Limits::default()).map(|(profile, warnings)| {
        assert_eq!(warnings, []);
        profile
    })
}

fn kinds(profile: &Profile) -> Vec<&str> {
    profile.sample_types.iter().map(|of| of.kind.as_str()).collect()
}

#[test]
fn a_program_in_c_is_as_its_comments_say() {
    let profile = read(OF_C).unwrap();
    assert_eq!(
        kinds(&profile),
        ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space", "peak_objects", "peak_space"]
    );
    assert_eq!(
        functions_and_values(&profile),
        [
            "malloc leak@allocations.c:9 main@allocations.c:28 [10, 640, 10, 640, 10, 640]",
            "malloc churn@allocations.c:15 main@allocations.c:29 [50, 51225, 0, 0, 0, 0]",
            "malloc peak@allocations.c:23 main@allocations.c:30 [100, 409600, 0, 0, 100, 409600]",
            "calloc main@allocations.c:32 [2, 5300, 1, 5000, 0, 0]",
        ]
    );
    assert_eq!(profile.default_sample_type.as_deref(), Some("peak_space"));
    assert_eq!(profile.comments, ["command: ./allocations"]);
    assert_eq!((profile.mappings[0].file.as_str(), profile.period), ("./allocations", 1));
    let object = profile.mapping(profile.locations[0].mapping.unwrap()).unwrap();
    assert!(object.file.ends_with("vgpreload_dhat-amd64-linux.so") && object.symbolized);
}

#[test]
fn a_program_in_rust_has_its_stacks() {
    let profile = read(OF_RUST).unwrap();
    let sums = profile.samples.iter().fold([0; 6], |sums: [i64; 6], sample| {
        std::array::from_fn(|column| sums[column] + sample.values[column])
    });
    // What dhat-rs printed: in all 110,285 bytes in 12 blocks, at its peak the same, at the end 10,285 in 11.
    assert_eq!(sums, [12, 110_285, 11, 10_285, 12, 110_285]);
    let rows = functions_and_values(&profile);
    let kept: Vec<_> = rows
        .iter()
        .filter(|row| row.contains(" kept@src/bin/dhat_rs.rs:9 main@src/bin/dhat_rs.rs:25 "))
        .collect();
    assert_eq!(kept.len(), 11, "ten blocks and the list of them");
}

#[test]
fn other_modes_count_what_they_say() {
    let profile = read(AD_HOC).unwrap();
    assert_eq!(kinds(&profile), ["events", "units"]);
    let sum: i64 = profile.samples.iter().map(|sample| sample.values[1]).sum();
    assert_eq!((profile.samples.len(), sum), (4, 10));
}

#[test]
fn errors_name_the_place() {
    let message = |text: &str| {
        let error = read(text.as_bytes()).unwrap_err();
        error.source().map_or(error.to_string(), |cause| format!("{error}: {cause}"))
    };
    assert_eq!(
        message(r#"{"dhatFileVersion": 3}"#),
        "DHAT's profile: expected `dhatFileVersion` `2`, found `3`: take it with another valgrind or dhat-rs"
    );
    assert_eq!(
        message("{\"dhatFileVersion\": 2,\n\"bklt\": true, \"pps\": [{\"tb\": \"x\"}]}"),
        "DHAT's profile: expected JSON as valgrind and dhat-rs write it: invalid type: string \"x\", expected i64 at line \
         2 column 32"
    );
    assert_eq!(
        message(
            r#"{"dhatFileVersion": 2, "bklt": true, "pps": [{"tb": 1, "tbk": 1, "fs": [1]}], "ftbl": ["[root]"]}"#
        ),
        "DHAT's profile, entry `0` of `pps`: expected one of `1` frames, found `1`"
    );
}

#[test]
fn every_cut_is_an_error_of_one_line() {
    for cut in 20..OF_C.len() - 2 {
        assert!(read(&OF_C[..cut]).is_err(), "cut at {cut}");
        one_line(&OF_C[..cut]);
    }
}

proptest! {
    #[test]
    fn altered_bytes_are_a_profile_or_one_line(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut altered = OF_C.to_vec();
        altered[place.index(OF_C.len())] = byte;
        one_line(&altered);
    }
}
