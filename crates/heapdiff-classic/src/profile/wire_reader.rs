//! Protobuf's wire format, with pprof's idea of what is malformed.
//!
//! `heapdiff-pprof` reads the same format, but refuses what pprof accepts (a varint with surplus bits, a field number
//! beyond the limit), and what is refused here decides whether pprof tries its older formats.

/// The bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// One field of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'b> {
    pub(super) number: u64,
    value: Value<'b>,
}

#[derive(Clone, Copy, Debug)]
enum Value<'b> {
    Varint(u64),
    Bytes(&'b [u8]),
    /// Four or eight bytes, which no field of a profile has.
    Fixed,
}

/// The fields of a message, one after another.
#[derive(Clone, Debug)]
pub(super) struct WireReader<'b> {
    rest: &'b [u8],
}

impl<'b> WireReader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next field; `None` at the end.
    pub(super) fn next_field(&mut self) -> Result<Option<Field<'b>>, Malformed> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => self.fixed(8)?,
            2 => {
                let len = usize::try_from(self.varint()?).map_err(|_| Malformed)?;
                Value::Bytes(self.take(len)?)
            }
            5 => self.fixed(4)?,
            _ => return Err(Malformed),
        };
        Ok(Some(Field { number: tag >> 3, value }))
    }

    /// What has been read of `bytes`, the whole message.
    pub(super) fn consumed_of<'w>(&self, bytes: &'w [u8]) -> &'w [u8] {
        bytes.get(..bytes.len().saturating_sub(self.rest.len())).unwrap_or_default()
    }

    fn fixed(&mut self, len: usize) -> Result<Value<'b>, Malformed> {
        self.take(len)?;
        Ok(Value::Fixed)
    }

    fn take(&mut self, len: usize) -> Result<&'b [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for (place, &byte) in self.rest.iter().take(10).enumerate() {
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                self.rest = self.rest.get(place + 1..).unwrap_or_default();
                return Ok(number);
            }
        }
        Err(Malformed)
    }
}

impl<'b> Field<'b> {
    /// The value of a number.
    pub(super) fn uint(&self) -> Result<u64, Malformed> {
        match self.value {
            Value::Varint(number) => Ok(number),
            _ => Err(Malformed),
        }
    }

    /// The value of a signed number.
    pub(super) fn int(&self) -> Result<i64, Malformed> {
        Ok(self.uint()?.cast_signed())
    }

    /// The value of a flag.
    pub(super) fn flag(&self) -> Result<bool, Malformed> {
        Ok(self.uint()? != 0)
    }

    /// The value of a text or of a message.
    pub(super) fn bytes(&self) -> Result<&'b [u8], Malformed> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(Malformed),
        }
    }

    /// The fields of a message.
    pub(super) fn message(&self) -> Result<WireReader<'b>, Malformed> {
        Ok(WireReader::new(self.bytes()?))
    }

    /// Each number of a list, packed or not.
    pub(super) fn each_uint(&self, mut each: impl FnMut(u64)) -> Result<(), Malformed> {
        match self.value {
            Value::Varint(number) => each(number),
            Value::Bytes(bytes) => {
                let mut packed = WireReader::new(bytes);
                while !packed.rest.is_empty() {
                    each(packed.varint()?);
                }
            }
            Value::Fixed => return Err(Malformed),
        }
        Ok(())
    }
}
