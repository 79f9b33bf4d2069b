//! Recordings of heaptrack: `tests/fixtures/make` says how the real one was made, and `programs/allocations.c` what it must
//! hold.

use crate::tables::{functions_and_values, one_line};
use heapdiff_formats::{Limits, ReadError, read_profile};
use heapdiff_profile::Profile;
use proptest::collection::vec;
use proptest::prelude::*;
use std::fmt::Write as _;

const PLAIN: &[u8] = include_bytes!("../fixtures/heaptrack.txt");
const GZIP: &[u8] = include_bytes!("../fixtures/heaptrack.txt.gz");
const ZSTD: &[u8] = include_bytes!("../fixtures/heaptrack.zst");

fn read(bytes: &[u8]) -> Result<Profile, ReadError> {
    read_profile(bytes, &Limits::default()).map(|(profile, warnings)| {
        assert_eq!(warnings, []);
        profile
    })
}

#[test]
fn a_program_in_c_is_as_its_comments_say() {
    let profile = read(PLAIN).unwrap();
    let rows = functions_and_values(&profile);
    let sum_of = |function: &str| {
        let name = format!("{function}@programs/allocations.c:");
        let samples = profile.samples.iter().zip(&rows).filter(|(_, row)| row.starts_with(&name));
        samples.fold([0; 6], |sums: [i64; 6], (sample, _)| {
            std::array::from_fn(|column| sums[column] + sample.values[column])
        })
    };
    assert_eq!(sum_of("leak"), [10, 640, 10, 640, 10, 640]);
    assert_eq!(sum_of("churn"), [50, 51_225, 0, 0, 0, 0]);
    assert_eq!(sum_of("peak"), [100, 409_600, 0, 0, 100, 409_600]);
    assert_eq!(sum_of("main"), [2, 5300, 1, 5000, 0, 0]);
    assert_eq!(profile.default_sample_type.as_deref(), Some("peak_space"));
    assert_eq!(profile.comments, ["command: ./allocations"]);
    assert_eq!(
        (profile.mappings[0].file.as_str(), profile.period),
        ("/tmp/heapdiff-fixtures/allocations", 1)
    );
    assert!(rows[1].contains(" main@programs/allocations.c:28 __libc_start_call_main@"), "{}", rows[1]);
}

#[test]
fn compressed_or_not_is_the_same() {
    let plain = functions_and_values(&read(PLAIN).unwrap());
    assert_eq!(functions_and_values(&read(GZIP).unwrap()), plain);
    assert_eq!(functions_and_values(&read(ZSTD).unwrap()), plain);
}

#[test]
fn older_strings_have_no_length() {
    let text = "v 10100 2\nX app\ns main loop\ns a b.c\ni 10 0 1 2 1f\nt 1 0\na 40 1\n+ 0\n";
    let profile = read(text.as_bytes()).unwrap();
    assert_eq!(functions_and_values(&profile), ["main loop@a b.c:31 [1, 64, 1, 64, 1, 64]"]);
}

#[test]
fn errors_name_the_line() {
    let message = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        message("v 10000 9\n"),
        "heaptrack's recording, line `1`: expected version `1`, `2` or `3` of the file format, found `v 10000 9`"
    );
    assert_eq!(
        message("v 10400 3\nX app\nt 1 0\n"),
        "heaptrack's recording, line `3`: expected numbers of an address and of an earlier node, found `t 1 0`"
    );
    assert_eq!(
        message("v 10400 3\n+ 0\n"),
        "heaptrack's recording, line `2`: expected the number of an `a` line, found `+ 0`"
    );
    assert_eq!(
        message("v 10400 3\nx /usr/bin/app\n"),
        "heaptrack's recording, line `2`: expected data that `heaptrack_interpret` has gone through, found `x \
         /usr/bin/app`"
    );
}

#[test]
fn every_cut_is_a_profile_or_one_line() {
    (1..PLAIN.len()).for_each(|cut| one_line(&PLAIN[..cut]));
}

proptest! {
    /// What was in use at the peak is what one finds who writes down everything at each peak.
    #[test]
    fn the_peak_is_found_on_the_way(events in vec((0..4_usize, any::<bool>()), 0..60)) {
        let sizes = [1, 10, 100, 7];
        let mut text = "v 10400 3\n".to_owned();
        for (number, size) in (1..).zip(sizes) {
            writeln!(text, "s 2 f{number}\ni {number:x} 0 {number:x} 0 0\nt {number:x} 0\na {size:x} {number:x}").unwrap();
        }
        let (mut live, mut at_peak, mut peak) = ([0_i64; 4], [0; 4], 0);
        for (row, grows) in events {
            if !grows && live[row] == 0 {
                continue;
            }
            writeln!(text, "{} {row:x}", if grows { '+' } else { '-' }).unwrap();
            live[row] += if grows { 1 } else { -1 };
            let bytes = (0..4).map(|row| live[row] * sizes[row]).sum();
            if bytes > peak {
                (peak, at_peak) = (bytes, live);
            }
        }
        let profile = read(text.as_bytes()).unwrap();
        let found: Vec<(i64, i64)> =
            profile.samples.iter().map(|sample| (sample.values[2], sample.values[4])).collect();
        prop_assert_eq!(found, live.into_iter().zip(at_peak).collect::<Vec<_>>());
    }

    #[test]
    fn altered_bytes_are_a_profile_or_one_line(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut altered = PLAIN.to_vec();
        altered[place.index(PLAIN.len())] = byte;
        one_line(&altered);
    }
}
