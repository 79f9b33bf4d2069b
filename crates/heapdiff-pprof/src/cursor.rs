//! Walks the fields of one message.

use crate::decode_error::{DecodeError, Defect, Section};
use micropb::{
    DecodeError as WireError, PbDecoder, WIRE_TYPE_I32, WIRE_TYPE_I64, WIRE_TYPE_LEN, WIRE_TYPE_VARINT,
};
use std::convert::Infallible;

/// The biggest field number that protobuf allows.
const FIELD_NUMBER_MAX: u64 = (1 << 29) - 1;

/// The fields of a message that have not been walked yet.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    decoder: PbDecoder<&'a [u8]>,
    /// Offset in the profile of the message's first byte.
    start: u64,
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
        Self { decoder: PbDecoder::new(profile), start: 0, section: Section::Profile }
    }

    /// The next field, known or not; `None` at the end of the message.
    pub(crate) fn next_field(&mut self) -> Result<Option<Field<'a>>, DecodeError> {
        if self.decoder.as_reader().is_empty() {
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
        self.start + self.decoder.bytes_read() as u64
    }

    pub(crate) fn section(&self) -> Section {
        self.section
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        self.decoder.decode_varint64().map_err(|error| self.wire_error(&error))
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], DecodeError> {
        let rest: &'a [u8] = self.decoder.as_reader();
        let taken = usize::try_from(len).ok().and_then(|len| rest.get(..len));
        let Some(taken) = taken else {
            return Err(self.error(Defect::Truncated { expected: len, found: rest.len() as u64 }));
        };
        self.decoder.skip_bytes(taken.len()).map_err(|error| self.wire_error(&error))?;
        Ok(taken)
    }

    fn skip(&mut self, len: u64, wire_type: u8) -> Result<Value<'a>, DecodeError> {
        self.take(len)?;
        Ok(Value::Skipped { wire_type })
    }

    fn wire_error(&self, error: &WireError<Infallible>) -> DecodeError {
        self.error(match error {
            WireError::VarIntLimit => Defect::VarintTooLong,
            // Of the others, only the end of the data can come from the calls that are made here.
            _ => Defect::Truncated { expected: 1, found: 0 },
        })
    }

    fn error(&self, defect: Defect) -> DecodeError {
        DecodeError { offset: self.offset(), section: self.section, defect }
    }
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
    pub(crate) fn each_uint(
        &self,
        mut each: impl FnMut(u64) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        match self.value {
            Value::Number(number) => each(number),
            Value::Bytes(bytes) => {
                let mut packed =
                    Cursor { decoder: PbDecoder::new(bytes), start: self.offset, section: self.section };
                while !packed.decoder.as_reader().is_empty() {
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
        Ok(Cursor { decoder: PbDecoder::new(self.bytes()?), start: self.offset, section })
    }

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
