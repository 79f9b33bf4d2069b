use crate::golden::{small_bytes, small_profile};
use crate::owned_profile::decode;
use crate::proto::{delimited, message, number, string, varint};
use heapdiff_pprof::{LabelValue, Reader};

fn one_sample_type() -> Vec<u8> {
    [string(""), string("inuse_space"), string("bytes"), message(1, &[number(1, 1), number(2, 2)])].concat()
}

#[test]
fn repeated_numbers_may_be_packed_or_not_or_both() {
    let locations =
        [message(4, &[number(1, 1)]), message(4, &[number(1, 2)]), message(4, &[number(1, 3)])].concat();
    let stacks = [
        delimited(1, &[1, 2, 3]),
        [number(1, 1), number(1, 2), number(1, 3)].concat(),
        [delimited(1, &[1]), number(1, 2), delimited(1, &[3])].concat(),
    ];
    let values = [delimited(2, &[9]), number(2, 9)];
    for stack in &stacks {
        for value in &values {
            let sample = message(2, &[stack.clone(), value.clone()]);
            let profile = decode(&[one_sample_type(), locations.clone(), sample].concat()).unwrap();
            assert_eq!(profile.samples[0].location_ids, [1, 2, 3]);
            assert_eq!(profile.samples[0].values, [9]);
        }
    }
}

#[test]
fn comments_may_be_packed() {
    let bytes = [one_sample_type(), delimited(13, &[1, 2])].concat();
    assert_eq!(decode(&bytes).unwrap().comments, ["inuse_space", "bytes"]);
}

#[test]
fn unknown_fields_of_every_wire_type_are_skipped() {
    let fixed64 = [varint(99 << 3 | 1), vec![7; 8]].concat();
    let fixed32 = [varint(99 << 3 | 5), vec![7; 4]].concat();
    let unknown = [number(99, 5), fixed64, delimited(99, b"anything"), fixed32].concat();
    let sample = message(2, &[unknown.clone(), delimited(2, &[9]), unknown.clone()]);
    let location = message(4, &[unknown.clone(), number(1, 1)]);
    let bytes = [unknown.clone(), one_sample_type(), location, sample, unknown].concat();
    let profile = decode(&bytes).unwrap();
    assert_eq!((profile.samples.len(), profile.locations.len()), (1, 1));
    assert_eq!(profile.samples[0].values, [9]);
}

#[test]
fn messages_may_come_in_any_order() {
    // As Go's runtime does it: samples first, the string table last.
    let strings = [string(""), string("inuse_space"), string("bytes")].concat();
    let sample = message(2, &[delimited(1, &[1]), delimited(2, &[9])]);
    let location = message(4, &[number(1, 1), message(4, &[number(1, 1)])]);
    let function = message(5, &[number(1, 1), number(2, 1)]);
    let sample_type = message(1, &[number(1, 1), number(2, 2)]);
    let profile = decode(&[sample, sample_type, location, function, strings].concat()).unwrap();
    assert_eq!(profile.samples[0].location_ids, [1]);
    assert_eq!(profile.functions[0].name, "inuse_space");
}

#[test]
fn ids_are_renumbered_in_order() {
    let locations =
        [message(4, &[number(1, 70), number(3, 7)]), message(4, &[number(1, 7), number(3, 9)])].concat();
    let sample = message(2, &[[number(1, 7), number(1, 70)].concat(), number(2, 1)]);
    let profile = decode(&[one_sample_type(), locations, sample].concat()).unwrap();
    assert_eq!(profile.locations.iter().map(|location| location.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(profile.samples[0].location_ids, [2, 1]);
}

#[test]
fn the_last_of_a_repeated_single_field_counts() {
    let location = message(4, &[number(1, 5), number(1, 1), number(3, 1), number(3, 2)]);
    let profile = decode(&[string(""), location].concat()).unwrap();
    assert_eq!(profile.locations[0].address, 2);
}

#[test]
fn a_mapping_that_does_not_exist_is_no_mapping() {
    let bytes = [string(""), message(4, &[number(1, 1), number(2, 9)])].concat();
    let reader = Reader::new(&bytes).unwrap();
    let mut messages = reader.messages();
    while messages.next_message().unwrap().is_some() {}
    assert_eq!(messages.unknown_mapping_count(), 1);
    assert_eq!(decode(&bytes).unwrap().locations[0].mapping_id, 0);
}

#[test]
fn bytes_that_are_no_utf_8_are_replaced_and_counted() {
    let bytes = [string(""), delimited(6, b"caf\xe9"), number(13, 1)].concat();
    let reader = Reader::new(&bytes).unwrap();
    assert_eq!(reader.replaced_string_count(), 1);
    assert_eq!(decode(&bytes).unwrap().comments, ["caf\u{fffd}"]);
}

#[test]
fn a_label_with_word_and_number_is_a_word_unless_that_is_empty() {
    let label = |fields: &[Vec<u8>]| {
        let sample = message(2, &[number(2, 0), message(3, fields)]);
        decode(&[one_sample_type(), sample].concat()).unwrap().samples[0].labels[0].value.clone()
    };
    assert_eq!(label(&[number(1, 1), number(2, 2), number(3, 5)]), LabelValue::Text("bytes".into()));
    let five = LabelValue::Number { value: 5, unit: String::new() };
    assert_eq!(label(&[number(1, 1), number(2, 0), number(3, 5)]), five);
    assert_eq!(label(&[number(1, 1)]), LabelValue::Number { value: 0, unit: String::new() });
    assert_eq!(label(&[number(1, 1), number(2, 0)]), LabelValue::Text(String::new()));
}

#[test]
fn non_minimal_numbers_are_read() {
    let mut bytes = small_bytes();
    let period = bytes.windows(4).position(|window| window == [0x60, 0x80, 0x80, 0x20]).unwrap();
    bytes.splice(period..period + 4, [0x60, 0x80, 0x80, 0xa0, 0x80, 0x00]);
    assert_eq!(decode(&bytes).unwrap(), small_profile());
}
