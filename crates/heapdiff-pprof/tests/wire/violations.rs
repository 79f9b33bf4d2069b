use crate::owned_profile::decode;
use crate::proto::{delimited, message, number, string, varint};

fn one_sample_type() -> Vec<u8> {
    [string(""), string("inuse_space"), string("bytes"), message(1, &[number(1, 1), number(2, 2)])].concat()
}

/// Checks what is said about these fields behind a string table and one sample type, which take 28 bytes.
fn check(fields: &[Vec<u8>], expected: &str) {
    let bytes = [one_sample_type(), fields.concat()].concat();
    assert_eq!(decode(&bytes).unwrap_err().to_string(), expected);
}

#[test]
fn strings() {
    let check = |bytes: &[u8], expected: &str| assert_eq!(decode(bytes).unwrap_err().to_string(), expected);
    check(b"", "at byte `0`, in the string table: expected a string table, found none");
    check(&number(12, 1), "at byte `2`, in the string table: expected a string table, found none");
    check(
        &string("a"),
        "at byte `2`, in the string table: expected the first string to be empty, found `1` bytes",
    );
}

#[test]
fn references_to_strings() {
    check(&[number(14, 3)], "at byte `29`, in the profile: string `3` does not exist, expected one of `3`");
    check(
        &[number(7, u64::MAX)],
        "at byte `29`, in the profile: string `-1` does not exist, expected one of `3`",
    );
    check(
        &[message(2, &[number(2, 0), message(3, &[number(1, 4)])])],
        "at byte `35`, in a label: string `4` does not exist, expected one of `3`",
    );
    check(
        &[message(5, &[number(1, 1), number(2, 8)])],
        "at byte `33`, in a function: string `8` does not exist, expected one of `3`",
    );
}

#[test]
fn ids() {
    check(
        &[message(3, &[number(2, 7)])],
        "at byte `30`, in a mapping: expected an id that is not `0`, found none",
    );
    check(
        &[message(4, &[number(1, 0)])],
        "at byte `30`, in a location: expected an id that is not `0`, found none",
    );
    check(
        &[message(5, &[number(1, 6)]), message(5, &[number(1, 6)])],
        "at byte `34`, in a function: id `6` is used twice, expected unique ids",
    );
}

#[test]
fn references_to_ids() {
    check(
        &[message(2, &[number(1, 8), number(2, 0)])],
        "at byte `31`, in a sample: id `8` does not exist, expected one of `0` locations",
    );
    check(
        &[message(4, &[number(1, 1), message(4, &[number(1, 8)])])],
        "at byte `35`, in a line of a location: id `8` does not exist, expected one of `0` functions",
    );
    check(
        &[message(4, &[number(1, 1), message(4, &[number(2, 8)])])],
        "at byte `34`, in a line of a location: id `0` does not exist, expected one of `0` functions",
    );
}

#[test]
fn values() {
    check(
        &[message(2, &[delimited(2, &[1, 2])])],
        "at byte `30`, in a sample: expected one value for each of `1` sample types, found `2`",
    );
    check(
        &[message(2, &[])],
        "at byte `30`, in a sample: expected one value for each of `1` sample types, found `0`",
    );
    let no_types = [string(""), message(2, &[number(2, 1)])].concat();
    assert_eq!(
        decode(&no_types).unwrap_err().to_string(),
        "at byte `4`, in a sample: expected sample types, found none"
    );
}

#[test]
fn two_profiles_in_one() {
    check(
        &[number(9, 5), number(9, 5)],
        "at byte `31`, in the profile: a second time of recording, so these are several profiles in one file: split them",
    );
}

#[test]
fn encodings() {
    check(&[number(4, 1)], "at byte `29`, in the profile: field `4` has wire type `0`, expected `2`");
    check(
        &[message(4, &[delimited(1, b"")])],
        "at byte `32`, in a location: field `1` has wire type `2`, expected `0`",
    );
    check(
        &[[varint(99 << 3 | 5), vec![0; 3]].concat()],
        "at byte `30`, in the profile: the data is cut off, expected `4` more bytes, found `3`",
    );
    check(&[vec![0x0b]], "at byte `29`, in the profile: expected wire type `0`, `1`, `2` or `5`, found `3`");
    check(
        &[vec![0x00]],
        "at byte `29`, in the profile: expected a field number of `1` to `536870911`, found `0`",
    );
    check(
        &[vec![0x60], vec![0xff; 11]],
        "at byte `39`, in the profile: a number does not end, expected at most `10` bytes",
    );
}

#[test]
fn lengths_are_not_trusted() {
    // Claims 2^62 bytes, in the profile and for packed numbers. Allocating that would abort the test.
    let claim = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40];
    let expected = "the data is cut off, expected `4611686018427387904` more bytes, found `1`";
    check(&[[&[0x12][..], &claim, &[1]].concat()], &format!("at byte `38`, in the profile: {expected}"));
    let packed = [&[0x0a][..], &claim, &[1]].concat();
    check(&[delimited(2, &packed)], &format!("at byte `40`, in a sample: {expected}"));
}
