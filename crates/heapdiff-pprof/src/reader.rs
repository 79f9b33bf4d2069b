//! Reads a profile one message at a time.

use crate::cursor::{Cursor, Field};
use crate::decode_error::{DecodeError, Defect, Section};
use crate::field;
use crate::id_table::{IdTable, IdTableBuilder};
use crate::message::ValueType;
use crate::messages::Messages;
use std::borrow::Cow;

/// The number of a string in one [`Reader`]; meaningless in another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StringIndex(usize);

impl StringIndex {
    /// The string's place in the table; 0 is the empty string.
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }
}

/// What a profile says once, beside its lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// What the columns of values mean.
    pub sample_types: Vec<ValueType<StringIndex>>,
    /// The kind of sample type that a viewer shows first; empty for the last one.
    pub default_sample_type: StringIndex,
    /// Regular expression of frames that viewers hide; empty for none.
    pub drop_frames: StringIndex,
    /// Regular expression of frames that are kept all the same; empty for none.
    pub keep_frames: StringIndex,
    /// When the profile was taken, in nanoseconds since 1970 UTC; 0 where it is not known.
    pub time_nanos: i64,
    /// The time that it covers, in nanoseconds.
    pub duration_nanos: i64,
    /// What the period counts.
    pub period_type: Option<ValueType<StringIndex>>,
    /// Mean amount between samples.
    pub period: i64,
    /// Free text of the producer.
    pub comments: Vec<StringIndex>,
    /// A page that explains the profile; empty for none.
    pub doc_url: StringIndex,
}

/// A profile that has been looked over once: its strings and ids are known, its lists are still bytes.
///
/// Everything that refers to something is checked, and ids are renumbered: the mappings, locations and
/// functions that [`Reader::messages`] lends count from 1 in the order in which they come, each table for
/// itself. Unknown fields are skipped; repeated numbers may be packed or not.
///
/// Memory is bounded by the input's own length: strings are borrowed from it, and no length that it claims is
/// trusted before the bytes are there.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    strings: Vec<Cow<'a, str>>,
    header: Header,
    pub(crate) mappings: IdTable,
    pub(crate) locations: IdTable,
    pub(crate) functions: IdTable,
}

impl<'a> Reader<'a> {
    /// Looks over an uncompressed profile.
    ///
    /// # Errors
    /// If the bytes are cut off or are no `Profile` message; if there is no string table or its first string
    /// is not empty; if an id is 0 or used twice; if the header refers to a string that does not exist; if
    /// several profiles are concatenated. What the lists refer to is checked by [`Messages::next_message`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Self {
            bytes,
            strings: read_strings(bytes)?,
            header: Header::default(),
            mappings: IdTable::Dense { count: 0 },
            locations: IdTable::Dense { count: 0 },
            functions: IdTable::Dense { count: 0 },
        };
        reader.read_header()?;
        Ok(reader)
    }

    /// What the profile says once.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The text of a string; empty for a string of another reader. Bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn string(&self, index: StringIndex) -> &str {
        self.strings.get(index.0).map_or("", |text| text)
    }

    /// The number of strings.
    #[must_use]
    pub fn string_count(&self) -> usize {
        self.strings.len()
    }

    /// The number of strings in which something had to be replaced because it is no UTF-8.
    #[must_use]
    pub fn replaced_string_count(&self) -> usize {
        self.strings.iter().filter(|text| matches!(text, Cow::Owned(_))).count()
    }

    /// The messages of the profile's lists, from the first one on.
    #[must_use]
    pub fn messages(&self) -> Messages<'_, 'a> {
        Messages::new(self, self.bytes)
    }

    fn read_header(&mut self) -> Result<(), DecodeError> {
        use field::profile;
        let mut header = Header::default();
        let mut mappings = IdTableBuilder::default();
        let mut locations = IdTableBuilder::default();
        let mut functions = IdTableBuilder::default();
        let mut cursor = Cursor::new(self.bytes);
        while let Some(field) = cursor.next_field()? {
            match field.number {
                profile::SAMPLE_TYPE => {
                    header.sample_types.push(self.value_type(&field, Section::SampleType)?);
                }
                profile::MAPPING => mappings.push(read_id(&field, Section::Mapping, field::mapping::ID)?),
                profile::LOCATION => locations.push(read_id(&field, Section::Location, field::location::ID)?),
                profile::FUNCTION => functions.push(read_id(&field, Section::Function, field::function::ID)?),
                profile::DROP_FRAMES => header.drop_frames = self.string_index(&field)?,
                profile::KEEP_FRAMES => header.keep_frames = self.string_index(&field)?,
                profile::TIME_NANOS if header.time_nanos != 0 => {
                    return Err(field.error(Defect::Concatenated));
                }
                profile::TIME_NANOS => header.time_nanos = field.int()?,
                profile::DURATION_NANOS => header.duration_nanos = field.int()?,
                profile::PERIOD_TYPE => {
                    header.period_type = Some(self.value_type(&field, Section::PeriodType)?);
                }
                profile::PERIOD => header.period = field.int()?,
                profile::COMMENT => field.each_uint(|number| {
                    header.comments.push(self.check_string(number, &field)?);
                    Ok(())
                })?,
                profile::DEFAULT_SAMPLE_TYPE => header.default_sample_type = self.string_index(&field)?,
                profile::DOC_URL => header.doc_url = self.string_index(&field)?,
                _ => {}
            }
        }
        self.header = header;
        self.mappings = self.finish_ids(mappings, Section::Mapping, profile::MAPPING)?;
        self.locations = self.finish_ids(locations, Section::Location, profile::LOCATION)?;
        self.functions = self.finish_ids(functions, Section::Function, profile::FUNCTION)?;
        Ok(())
    }

    fn finish_ids(&self, ids: IdTableBuilder, section: Section, number: u32) -> Result<IdTable, DecodeError> {
        ids.finish().or_else(|duplicate| {
            let defect = Defect::DuplicateId { id: duplicate.id };
            let mut place = 0;
            let mut cursor = Cursor::new(self.bytes);
            while let Some(field) = cursor.next_field()? {
                place += u64::from(field.number == number);
                if place == duplicate.place {
                    return Err(DecodeError { offset: field.offset, section, defect });
                }
            }
            Err(DecodeError { offset: cursor.offset(), section, defect })
        })
    }

    fn value_type(&self, field: &Field<'a>, section: Section) -> Result<ValueType<StringIndex>, DecodeError> {
        let mut value_type = ValueType::default();
        let mut fields = field.message(section)?;
        while let Some(field) = fields.next_field()? {
            match field.number {
                field::value_type::KIND => value_type.kind = self.string_index(&field)?,
                field::value_type::UNIT => value_type.unit = self.string_index(&field)?,
                _ => {}
            }
        }
        Ok(value_type)
    }

    pub(crate) fn string_index(&self, field: &Field<'a>) -> Result<StringIndex, DecodeError> {
        self.check_string(field.uint()?, field)
    }

    fn check_string(&self, number: u64, field: &Field<'a>) -> Result<StringIndex, DecodeError> {
        match usize::try_from(number) {
            Ok(index) if index < self.strings.len() => Ok(StringIndex(index)),
            _ => {
                let count = self.strings.len() as u64;
                Err(field.error(Defect::StringIndex { count, found: number.cast_signed() }))
            }
        }
    }
}

fn read_strings(bytes: &[u8]) -> Result<Vec<Cow<'_, str>>, DecodeError> {
    let mut strings = Vec::new();
    let mut cursor = Cursor::new(bytes);
    while let Some(field) = cursor.next_field()? {
        if field.number == field::profile::STRING_TABLE {
            let text = field.bytes()?;
            if strings.is_empty() && !text.is_empty() {
                let defect = Defect::FirstString { len: text.len() as u64 };
                return Err(DecodeError { offset: field.offset, section: Section::StringTable, defect });
            }
            strings.push(String::from_utf8_lossy(text));
        }
    }
    if strings.is_empty() {
        let offset = cursor.offset();
        return Err(DecodeError { offset, section: Section::StringTable, defect: Defect::NoStringTable });
    }
    Ok(strings)
}

fn read_id(field: &Field<'_>, section: Section, number: u32) -> Result<u64, DecodeError> {
    let mut id = 0;
    let mut fields = field.message(section)?;
    while let Some(field) = fields.next_field()? {
        if field.number == number {
            id = field.uint()?;
        }
    }
    if id == 0 {
        return Err(DecodeError { offset: field.offset, section: fields.section(), defect: Defect::NoId });
    }
    Ok(id)
}
