//! Protobuf by hand, for bytes that the writer would never write.

/// A number without a tag.
pub(crate) fn varint(value: u64) -> Vec<u8> {
    let groups = (u64::BITS - value.leading_zeros()).div_ceil(7).max(1);
    let group = |index: u32| (value >> (7 * index)).to_le_bytes()[0];
    (0..groups)
        .map(|index| if index + 1 < groups { group(index) | 0x80 } else { group(index) & 0x7f })
        .collect()
}

/// A field that is a number.
pub(crate) fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

/// A field that is a string, a message, or packed numbers.
pub(crate) fn delimited(field: u64, body: &[u8]) -> Vec<u8> {
    [varint(field << 3 | 2), varint(body.len() as u64), body.to_vec()].concat()
}

/// A field that is a message of these fields.
pub(crate) fn message(field: u64, fields: &[Vec<u8>]) -> Vec<u8> {
    delimited(field, &fields.concat())
}

/// The string table's next string.
pub(crate) fn string(text: &str) -> Vec<u8> {
    delimited(6, text.as_bytes())
}
