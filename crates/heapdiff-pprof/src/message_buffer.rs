//! A reused buffer in which one message is encoded.

use micropb::{PbEncoder, Tag, WIRE_TYPE_LEN, WIRE_TYPE_VARINT};

/// Appends fields to a byte vector. Fields that are 0 are left out, as proto3 says.
#[derive(Debug, Default)]
pub(crate) struct MessageBuffer {
    bytes: Vec<u8>,
}

impl MessageBuffer {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn uint(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.uint_even_if_zero(field, value);
        }
    }

    pub(crate) fn int(&mut self, field: u32, value: i64) {
        self.uint(field, value.cast_unsigned());
    }

    pub(crate) fn bool(&mut self, field: u32, value: bool) {
        self.uint(field, u64::from(value));
    }

    pub(crate) fn uint_even_if_zero(&mut self, field: u32, value: u64) {
        self.tag(field, WIRE_TYPE_VARINT);
        self.varint(value);
    }

    pub(crate) fn packed(&mut self, field: u32, values: impl Iterator<Item = u64> + Clone) {
        let len: usize = values.clone().map(micropb::size::sizeof_varint64).sum();
        if len != 0 {
            self.tag(field, WIRE_TYPE_LEN);
            self.varint(len as u64);
            values.for_each(|value| self.varint(value));
        }
    }

    /// Appends `body` as a field, even if it is empty: an empty message in a list is still an element of it.
    pub(crate) fn delimited(&mut self, field: u32, body: &[u8]) {
        self.delimited_head(field, body.len());
        self.bytes.extend_from_slice(body);
    }

    /// Appends what comes before a body of `len` bytes.
    pub(crate) fn delimited_head(&mut self, field: u32, len: usize) {
        self.tag(field, WIRE_TYPE_LEN);
        self.varint(len as u64);
    }

    fn tag(&mut self, field: u32, wire_type: u8) {
        let Ok(()) = PbEncoder::new(&mut self.bytes).encode_tag(Tag::from_parts(field, wire_type));
    }

    fn varint(&mut self, value: u64) {
        let Ok(()) = PbEncoder::new(&mut self.bytes).encode_varint64(value);
    }
}
