//! The formats before `profile.proto`. That each is read as pprof reads it is tested in `heapdiff-classic`.

use heapdiff_formats::{Limits, ReadError, read_profile};
use heapdiff_profile::Profile;
use proptest::prelude::*;

const GO_HEAP: &[u8] = b"heap profile: 3: 2048 [7: 9000] @ heap/1048576
1: 1024 [2: 4096] @ 0x1001 0x2001
2: 1024 [5: 4904] @ 0x1001 0x3001

# runtime.MemStats
# Alloc = 123

MAPPED_LIBRARIES:
00001000-00005000 r-xp 00000000 08:01 123 /usr/bin/app
";

const CONTENTION: &[u8] = b"--- contention:
cycles/second=1000000000
100 2 @ 0x1001 0x2001
300 broken @ 0x1001 0x3001
";

fn read(bytes: &[u8]) -> Result<Profile, ReadError> {
    read_profile(bytes, &Limits::default()).map(|(profile, _)| profile)
}

fn message(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

#[test]
fn a_heap_of_go_is_scaled_as_pprof_does() {
    let profile = read(GO_HEAP).unwrap();
    let kinds: Vec<_> = profile.sample_types.iter().map(|of| of.kind.as_str()).collect();
    assert_eq!(kinds, ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"]);
    assert_eq!(profile.period, 524_288);
    // 1024 bytes in one block, of which one of 512 is sampled.
    assert_eq!(profile.samples[0].values[2..], [512, 524_800]);
    let addresses: Vec<_> = profile.locations.iter().map(|location| location.address).collect();
    assert_eq!(addresses, [0x1000, 0x2000, 0x3000]);
    assert_eq!(profile.mappings[0].file, "/usr/bin/app");
}

#[test]
fn other_kinds_are_read_too() {
    let goroutines = read(b"\n# a comment\ngoroutine profile: total 3\n2 @ 0x10 0x20\n1 @ 0x30\n").unwrap();
    assert_eq!((goroutines.sample_types[0].kind.as_str(), goroutines.samples.len()), ("goroutine", 2));
    let growth = read(b"heap profile: 1: 8 [1: 8] @ growthz\n1: 8 [1: 8] @ 0x10\n").unwrap();
    assert_eq!(growth.samples[0].values[..], [1, 8][..]);
    for words in [u64::to_le_bytes, u64::to_be_bytes] {
        let cpu = [0, 3, 0, 10_000, 0, 5, 1, 0x1000, 0, 1, 0].map(words).concat();
        let cpu = read(&cpu).unwrap();
        assert_eq!((cpu.sample_types[1].kind.as_str(), cpu.samples[0].values[0]), ("cpu", 5));
    }
}

#[test]
fn errors_name_the_line() {
    assert_eq!(
        message(&GO_HEAP.replacen(b"2: 1024", b"two: 1024")),
        "profile in an old text format of gperftools or Go, line `3`: expected what pprof reads: parsing profile: \
         unexpected number of sample values: got 0, want 6"
    );
    assert_eq!(
        message(CONTENTION),
        "profile in an old text format of gperftools or Go, line `4`: expected what pprof reads: parsing profile: \
         unrecognized profile format"
    );
    let cut_cpu = [0_u64, 3, 0, 10_000, 0, 5, 9].map(u64::to_le_bytes).concat();
    assert!(message(&cut_cpu).starts_with("CPU profile in the old binary format of gperftools: "));
}

#[test]
fn attributes_of_a_memory_map_do_not_fill_the_memory() {
    let bomb: String = (1..10).map(|n| format!("zz{n}={}\n", format!("$zz{}", n - 1).repeat(10))).collect();
    let text =
        format!("heap profile: 1: 8 [1: 8] @ heap/2\n\nMAPPED_LIBRARIES:\nzz0={}\n{bomb}", "x".repeat(1000));
    assert_eq!(
        message(text.as_bytes()),
        "profile in an old text format of gperftools or Go, line `7`: expected what pprof reads: parsing profile: memory \
         map: attributes take more than 1048576 bytes"
    );
}

trait Replaced {
    fn replacen(&self, from: &[u8], to: &[u8]) -> Vec<u8>;
}

impl Replaced for [u8] {
    fn replacen(&self, from: &[u8], to: &[u8]) -> Vec<u8> {
        let place = self.windows(from.len()).position(|part| part == from).unwrap();
        [&self[..place], to, &self[place + from.len()..]].concat()
    }
}

#[test]
fn every_cut_is_a_profile_or_one_line() {
    for text in [GO_HEAP, CONTENTION] {
        for cut in 1..text.len() {
            if let Err(error) = read(&text[..cut]) {
                assert!(!error.to_string().contains('\n'), "cut at {cut}: {error}");
            }
        }
    }
}

proptest! {
    #[test]
    fn altered_bytes_are_a_profile_or_one_line(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for text in [GO_HEAP, CONTENTION] {
            let mut altered = text.to_vec();
            altered[place.index(text.len())] = byte;
            if let Err(error) = read(&altered) {
                prop_assert!(!error.to_string().contains('\n'));
            }
        }
    }
}
