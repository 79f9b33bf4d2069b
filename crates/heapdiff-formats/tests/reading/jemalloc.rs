//! Dumps of jemalloc: `tests/fixtures/make` says how the real ones were made.

use crate::tables::{column, functions_and_values, one_line};
use heapdiff_formats::{Limits, ReadError, read_profile};
use heapdiff_profile::{LabelValue, Profile};
use proptest::prelude::*;
use std::collections::BTreeMap;

const SAMPLED: &[u8] = include_bytes!("../fixtures/jemalloc.heap");
const EXACT: &[u8] = include_bytes!("../fixtures/jemalloc-exact.heap");
const BIASED: &[u8] = include_bytes!("../fixtures/jemalloc-biased.heap");

fn read(bytes: &[u8]) -> Result<Profile, ReadError> {
    read_profile(bytes, &Limits::default()).map(|(profile, warnings)| {
        assert_eq!(warnings, []);
        profile
    })
}

fn total(profile: &Profile, kind: &str) -> i64 {
    let column = column(profile, kind);
    profile.samples.iter().map(|sample| sample.values[column]).sum()
}

/// Bytes in use by the name of the thread.
fn by_thread(profile: &Profile) -> BTreeMap<&str, i64> {
    let bytes = column(profile, "inuse_space");
    let mut sums = BTreeMap::new();
    for sample in &profile.samples {
        let thread = sample.labels.iter().find(|label| profile.strings.get(label.key) == "thread");
        let Some(LabelValue::Text(name)) = thread.map(|label| &label.value) else {
            panic!("a thread has a name")
        };
        *sums.entry(profile.strings.get(*name)).or_default() += sample.values[bytes];
    }
    sums
}

#[test]
fn every_allocation_is_what_it_was() {
    let profile = read(EXACT).unwrap();
    // The headline of the dump: `t*: 101811: 48313464`.
    let headline = std::str::from_utf8(EXACT).unwrap().lines().nth(1).unwrap();
    assert_eq!(
        headline,
        format!("  t*: {}: {} [0: 0]", total(&profile, "inuse_objects"), total(&profile, "inuse_space"))
    );
    assert_eq!(profile.period, 1);
    let threads = by_thread(&profile);
    assert!(
        threads["small cache"] > 11_200_000 + 10 * (1 << 20) && threads["pages"] > 300 * 65_536,
        "{threads:?}"
    );
    let kinds: Vec<_> = profile.sample_types.iter().map(|of| of.kind.as_str()).collect();
    assert_eq!(kinds, ["inuse_objects", "inuse_space"], "without `prof_accum` there is nothing else");
}

/// The formula is that of `AdjustSamples` in the source of jeprof 5.3.1.
#[test]
fn samples_are_scaled_by_the_formula_of_jeprof() {
    for (dump, period) in [(SAMPLED, 524_288), (BIASED, 65_536)] {
        let profile = read(dump).unwrap();
        assert_eq!(profile.period, period);
        let mut expected = 0.0;
        let mut in_stacks = false;
        for line in std::str::from_utf8(dump).unwrap().lines() {
            in_stacks |= line.starts_with('@');
            if let (Some(counts), true) = (line.strip_prefix("  t*: "), in_stacks) {
                let numbers: Vec<f64> =
                    counts.split([':', ' ', '[', ']']).filter_map(|word| word.parse().ok()).collect();
                let mean = numbers[1] / numbers[0];
                expected += numbers[1] / (1.0 - (-mean / period as f64).exp());
            }
        }
        let found = total(&profile, "inuse_space") as f64;
        assert!((found - expected).abs() <= profile.samples.len() as f64, "{found} for {expected}");
        // The truth, about 48 MB, is within reach of about a hundred samples.
        assert!((30e6..70e6).contains(&found), "{found}");
    }
}

#[test]
fn what_was_ever_allocated_is_there_if_it_was_recorded() {
    let profile = read(BIASED).unwrap();
    assert_eq!(profile.sample_types.len(), 4);
    assert!(total(&profile, "alloc_space") >= total(&profile, "inuse_space"));
}

#[test]
fn addresses_lie_in_the_calls_and_in_their_files() {
    let profile = read(SAMPLED).unwrap();
    let text = std::str::from_utf8(SAMPLED).unwrap();
    let leaf = text.lines().find_map(|line| line.strip_prefix("@ 0x")).unwrap().split(' ').next().unwrap();
    let first = profile.location(profile.samples[0].stack[0]).unwrap();
    assert_eq!(first.address, u64::from_str_radix(leaf, 16).unwrap() - 1);
    for location in &profile.locations {
        let mapping = profile.mapping(location.mapping.unwrap()).unwrap();
        assert!((mapping.memory_start..mapping.memory_limit).contains(&location.address));
        assert!(mapping.file.starts_with('/') && mapping.build_id.is_empty() && !mapping.symbolized);
    }
    assert_eq!(profile.mappings[0].file, "/tmp/heapdiff-fixtures/release/jemalloc_cache");
}

#[test]
fn threads_share_what_the_stack_has() {
    let dump = b"heap_v2/1\n  t*: 9: 90 [9: 90]\n  t1: 4: 40 [4: 40] a b\n  t2: 5: 50 [5: 50]\n\
        @ 0x10 0x20\n  t*: 7: 71 [7: 71]\n  t1: 3: 30 [3: 30]\n  t2: 3: 30 [3: 30]\n\
        @ 0x30\n  t*: 1: 8 [1: 8]\n@ 0x40\n  t2: 2: 9 [2: 9]\n@\n  t*: 1: 1 [1: 1]\n";
    let profile = read(dump).unwrap();
    assert_eq!(
        functions_and_values(&profile),
        [
            "0xf 0x1f [4, 36, 4, 36] thread=a b thread_id=1",
            "0xf 0x1f [3, 35, 3, 35] thread_id=2",
            "0x2f [1, 8, 1, 8]",
            "0x3f [2, 9, 2, 9] thread_id=2",
            " [1, 1, 1, 1]",
        ]
    );
}

#[test]
fn errors_name_the_line() {
    let message = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        message("heap_v2/many\n"),
        "jemalloc's heap profile, line `1`: expected `heap_v2/` and the sampling period in bytes, found `heap_v2/many`"
    );
    assert_eq!(
        message("heap_v2/1\n@ 0x10 zz\n"),
        "jemalloc's heap profile, line `2`: expected `@` and addresses, found `@ 0x10 zz`"
    );
    assert_eq!(
        message("heap_v2/1\n@ 0x10\n  t*: 1: 8 [0:"),
        "jemalloc's heap profile, line `3`: expected `tN: objects: bytes [objects: bytes]`, found `  t*: 1: 8 [0:`"
    );
    assert_eq!(
        message("heap_v2/1\n\nMAPPED_LIBRARIES:\n1000-2000 r-xp\n"),
        "jemalloc's heap profile, line `4`: expected an entry of `/proc/self/maps`, found `1000-2000 r-xp`"
    );
}

#[test]
fn every_cut_is_a_profile_or_one_line() {
    (1..SAMPLED.len()).for_each(|cut| one_line(&SAMPLED[..cut]));
}

proptest! {
    #[test]
    fn altered_bytes_are_a_profile_or_one_line(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut altered = BIASED.to_vec();
        altered[place.index(BIASED.len())] = byte;
        one_line(&altered);
    }
}
