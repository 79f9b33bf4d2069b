use crate::golden::small_bytes;
use crate::owned_profile::{OwnedProfile, any_profile, decode, encode};
use proptest::prelude::*;
use proptest::sample::Index;

/// Decoding loses nothing that encoding would keep: a second round gives the same profile.
fn assert_stable(profile: &OwnedProfile) {
    let mut expected = profile.clone();
    for mapping in &mut expected.mappings {
        if mapping.build_id.len() == 1 {
            mapping.build_id.insert(0, '0');
        }
    }
    assert_eq!(decode(&encode(profile)).unwrap(), expected);
}

/// Where a top-level field ends, and so where a cut can leave something valid.
fn field_ends(mut bytes: &[u8]) -> Vec<usize> {
    let whole = bytes.len();
    let mut ends = vec![];
    let varint = |bytes: &mut &[u8]| {
        let len = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
        let value =
            bytes[..len].iter().rev().fold(0_usize, |value, byte| value << 7 | usize::from(byte & 0x7f));
        *bytes = &bytes[len..];
        value
    };
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let value = varint(&mut bytes);
        if tag & 7 == 2 {
            bytes = &bytes[value..];
        }
        ends.push(whole - bytes.len());
    }
    ends
}

fn check_every_cut(bytes: &[u8]) {
    let ends = field_ends(bytes);
    let whole = decode(bytes).unwrap();
    for cut in 0..bytes.len() {
        match decode(&bytes[..cut]) {
            Err(error) => assert!(error.offset <= cut as u64, "{error} is behind the cut at {cut}"),
            Ok(profile) => {
                assert!(ends.contains(&cut), "a cut at {cut} goes through a field and was not noticed");
                assert_eq!(profile.samples, whole.samples[..profile.samples.len()]);
                assert_stable(&profile);
            }
        }
    }
}

#[test]
fn every_cut_of_the_golden_profile() {
    check_every_cut(&small_bytes());
}

proptest! {
    #[test]
    fn every_cut_of_any_profile(profile in any_profile()) {
        check_every_cut(&encode(&profile));
    }

    #[test]
    fn altered_bytes_give_an_error_or_a_sound_profile(
        profile in any_profile(),
        changes in proptest::collection::vec((any::<Index>(), any::<u8>(), 0..4_u8), 1..6),
    ) {
        let mut bytes = encode(&profile);
        for (place, byte, change) in changes {
            let place = place.index(bytes.len());
            match change {
                0 => bytes.insert(place, byte),
                1 if bytes.len() > 1 => { bytes.remove(place); }
                2 => bytes[place] ^= 1 << (byte % 8),
                _ => bytes[place] = byte,
            }
        }
        if let Ok(profile) = decode(&bytes) {
            assert_stable(&profile);
        }
    }

    #[test]
    fn arbitrary_bytes_give_an_error_or_a_sound_profile(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(profile) = decode(&[&[0x32, 0x00], tail.as_slice()].concat()) {
            assert_stable(&profile);
        }
    }
}
