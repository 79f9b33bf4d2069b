//! Walks the fields of one message.

use crate::decode_error::{DecodeError, Defect, Section};
use micropb::{
    DecodeError as WireError, PbDecoder, WIRE_TYPE_I32, WIRE_TYPE_I64, WIRE_TYPE_LEN, WIRE_TYPE_VARINT,
};

/// The biggest field number that protobuf allows.
const FIELD_NUMBER_MAX: u64 = (1 << 29) - 1;

/// The fields of a message that have not been walked yet.
///
/// What is rarely called takes no reference to it, so that it is kept in registers: walking fields is most of what
/// reading a profile takes.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    /// Offset in the profile of the message's end.
    end: u64,
    section: Section,
}

/// A field, and where it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    pub(crate) number: u32,
    value: Value<'a>,
    /// Offset in the profile of the field's value.
    pub(crate) offset: u64,
    section: Section,
}

/// The value of a field, as far as its wire type tells. Those that no field of a profile has are skipped.
#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Skipped { wire_type: u8 },
}

impl<'a> Cursor<'a> {
    /// Begins at the first field of the outermost message.
    pub(crate) fn new(profile: &'a [u8]) -> Self {
        Self::at(profile, 0, Section::Profile)
    }

    /// Begins at the first field of a message that is at `start` in the profile.
    fn at(message: &'a [u8], start: u64, section: Section) -> Self {
        Self { rest: message, end: start.saturating_add(message.len() as u64), section }
    }

    /// The next field, known or not; `None` at the end of the message.
    #[inline(always)]
    pub(crate) fn next_field(&mut self) -> Result<Option<Field<'a>>, DecodeError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let number = match u32::try_from(tag >> 3) {
            Ok(number) if number != 0 && u64::from(number) <= FIELD_NUMBER_MAX => number,
            _ => return Err(self.error(Defect::FieldNumber { found: tag >> 3 })),
        };
        let wire_type = (tag & 7) as u8;
        let (offset, value) = match wire_type {
            WIRE_TYPE_VARINT => (self.offset(), Value::Number(self.varint()?)),
            WIRE_TYPE_LEN => {
                let len = self.varint()?;
                (self.offset(), Value::Bytes(self.take(len)?))
            }
            WIRE_TYPE_I64 => (self.offset(), self.skip(8, wire_type)?),
            WIRE_TYPE_I32 => (self.offset(), self.skip(4, wire_type)?),
            found => return Err(self.error(Defect::UnknownWireType { found })),
        };
        Ok(Some(Field { number, value, offset, section: self.section }))
    }

    pub(crate) fn offset(&self) -> u64 {
        self.end.saturating_sub(self.rest.len() as u64)
    }

    pub(crate) fn section(&self) -> Section {
        self.section
    }

    #[inline(always)]
    fn varint(&mut self) -> Result<u64, DecodeError> {
        let (number, rest) = varint(self.rest);
        self.rest = rest;
        number.map_err(|defect| self.error(defect))
    }

    #[inline(always)]
    fn take(&mut self, len: u64) -> Result<&'a [u8], DecodeError> {
        match usize::try_from(len).ok().and_then(|len| self.rest.split_at_checked(len)) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(self.error(Defect::Truncated { expected: len, found: self.rest.len() as u64 })),
        }
    }

    fn skip(&mut self, len: u64, wire_type: u8) -> Result<Value<'a>, DecodeError> {
        self.take(len)?;
        Ok(Value::Skipped { wire_type })
    }

    #[inline(always)]
    fn error(&self, defect: Defect) -> DecodeError {
        DecodeError { offset: self.offset(), section: self.section, defect }
    }
}

/// The number that comes next, and what follows it. Nearly all numbers of a profile are tags, lengths and ids of up to
/// three bytes.
#[inline(always)]
fn varint(bytes: &[u8]) -> (Result<u64, Defect>, &[u8]) {
    match *bytes {
        [low @ 0..0x80, ref rest @ ..] => (Ok(u64::from(low)), rest),
        [low, high @ 0..0x80, ref rest @ ..] => (Ok(u64::from(low & 0x7f) | u64::from(high) << 7), rest),
        [low, middle, high @ 0..0x80, ref rest @ ..] => {
            let low = u64::from(low & 0x7f) | u64::from(middle & 0x7f) << 7;
            (Ok(low | u64::from(high) << 14), rest)
        }
        _ => long_varint(bytes),
    }
}

#[inline(never)]
fn long_varint(bytes: &[u8]) -> (Result<u64, Defect>, &[u8]) {
    let mut decoder = PbDecoder::new(bytes);
    let number = decoder.decode_varint64().map_err(|error| match error {
        WireError::VarIntLimit => Defect::VarintTooLong,
        // Of the others, only the end of the data can come from the call that is made here.
        _ => Defect::Truncated { expected: 1, found: 0 },
    });
    (number, decoder.into_reader())
}

impl<'a> Field<'a> {
    /// The value of a field that is a number.
    pub(crate) fn uint(&self) -> Result<u64, DecodeError> {
        match self.value {
            Value::Number(number) => Ok(number),
            _ => Err(self.wire_type_error(WIRE_TYPE_VARINT)),
        }
    }

    /// The value of a field that is a signed number.
    pub(crate) fn int(&self) -> Result<i64, DecodeError> {
        Ok(self.uint()?.cast_signed())
    }

    /// Hands over each number of a repeated field, whether it is packed or not.
    #[inline(always)]
    pub(crate) fn each_uint(
        &self,
        mut each: impl FnMut(u64) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        match self.value {
            Value::Number(number) => each(number),
            Value::Bytes(bytes) => {
                let mut packed = Cursor::at(bytes, self.offset, self.section);
                while !packed.rest.is_empty() {
                    each(packed.varint()?)?;
                }
                Ok(())
            }
            Value::Skipped { .. } => Err(self.wire_type_error(WIRE_TYPE_VARINT)),
        }
    }

    /// The value of a field that is a string.
    pub(crate) fn bytes(&self) -> Result<&'a [u8], DecodeError> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(self.wire_type_error(WIRE_TYPE_LEN)),
        }
    }

    /// The fields of a field that is a message.
    pub(crate) fn message(&self, section: Section) -> Result<Cursor<'a>, DecodeError> {
        Ok(Cursor::at(self.bytes()?, self.offset, section))
    }

    #[cold]
    pub(crate) fn error(&self, defect: Defect) -> DecodeError {
        DecodeError { offset: self.offset, section: self.section, defect }
    }

    fn wire_type_error(&self, expected: u8) -> DecodeError {
        let found = match self.value {
            Value::Number(_) => WIRE_TYPE_VARINT,
            Value::Bytes(_) => WIRE_TYPE_LEN,
            Value::Skipped { wire_type } => wire_type,
        };
        self.error(Defect::WireType { field: self.number, expected, found })
    }
}
