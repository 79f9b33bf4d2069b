//! What is wrong with the bytes of a profile, and where.

use std::fmt;

/// The bytes are not a valid profile.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecodeError {
    /// Distance in bytes from the beginning of the uncompressed profile to the field or message that is
    /// wrong.
    pub offset: u64,
    /// The kind of message in which it is.
    pub section: Section,
    /// What is wrong.
    pub defect: Defect,
}

/// The kinds of messages of `profile.proto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The outermost message.
    Profile,
    /// `Profile.sample_type`.
    SampleType,
    /// `Profile.sample`.
    Sample,
    /// `Sample.label`.
    Label,
    /// `Profile.mapping`.
    Mapping,
    /// `Profile.location`.
    Location,
    /// `Location.line`.
    Line,
    /// `Profile.function`.
    Function,
    /// `Profile.string_table`.
    StringTable,
    /// `Profile.period_type`.
    PeriodType,
}

/// What is wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Defect {
    /// The data ends before what its lengths announce.
    Truncated {
        /// Bytes that should follow; 1 within a number, whose length is not known.
        expected: u64,
        /// Bytes that do follow.
        found: u64,
    },
    /// A number has more than the ten bytes that 64 bits need.
    VarintTooLong,
    /// A field has the number 0, or one beyond what a tag can hold.
    FieldNumber {
        /// The number.
        found: u64,
    },
    /// A field is encoded in another way than its type demands.
    WireType {
        /// Field number.
        field: u32,
        /// The wire type that its type demands: 0 for numbers, 2 for strings, messages and packed numbers.
        expected: u8,
        /// The wire type that it has.
        found: u8,
    },
    /// A field has a wire type that does not exist, or the abandoned one of groups.
    UnknownWireType {
        /// The wire type.
        found: u8,
    },
    /// There is no string table.
    NoStringTable,
    /// The first string is not empty.
    FirstString {
        /// The string's length in bytes.
        len: u64,
    },
    /// A string is referred to that does not exist.
    StringIndex {
        /// Number of strings that there are.
        count: u64,
        /// The string's number; negative where it was encoded so.
        found: i64,
    },
    /// A mapping, location or function has no id.
    NoId,
    /// Two mappings, locations or functions have one id.
    DuplicateId {
        /// The id.
        id: u64,
    },
    /// A location or function is referred to that does not exist.
    UnknownId {
        /// Whether it is a location or a function.
        table: Section,
        /// The id.
        id: u64,
        /// How many there are of them.
        count: u64,
    },
    /// There are samples but no sample types.
    NoSampleTypes,
    /// A sample has another number of values than there are sample types.
    ValueCount {
        /// The number of sample types.
        expected: u64,
        /// The number of values.
        found: u64,
    },
    /// The time is given twice, as it is if two profiles were written into one file.
    Concatenated,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte `{}`, in {}: {}", self.offset, self.section, self.defect)
    }
}

impl std::error::Error for DecodeError {}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Profile => "the profile",
            Self::SampleType => "a sample type",
            Self::Sample => "a sample",
            Self::Label => "a label",
            Self::Mapping => "a mapping",
            Self::Location => "a location",
            Self::Line => "a line of a location",
            Self::Function => "a function",
            Self::StringTable => "the string table",
            Self::PeriodType => "the period type",
        })
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { expected, found } => {
                write!(f, "the data is cut off, expected `{expected}` more bytes, found `{found}`")
            }
            Self::VarintTooLong => write!(f, "a number does not end, expected at most `10` bytes"),
            Self::FieldNumber { found } => {
                write!(f, "expected a field number of `1` to `536870911`, found `{found}`")
            }
            Self::WireType { field, expected, found } => {
                write!(f, "field `{field}` has wire type `{found}`, expected `{expected}`")
            }
            Self::UnknownWireType { found } => {
                write!(f, "expected wire type `0`, `1`, `2` or `5`, found `{found}`")
            }
            Self::NoStringTable => write!(f, "expected a string table, found none"),
            Self::FirstString { len } => {
                write!(f, "expected the first string to be empty, found `{len}` bytes")
            }
            Self::StringIndex { count, found } => {
                write!(f, "string `{found}` does not exist, expected one of `{count}`")
            }
            Self::NoId => write!(f, "expected an id that is not `0`, found none"),
            Self::DuplicateId { id } => write!(f, "id `{id}` is used twice, expected unique ids"),
            Self::UnknownId { table, id, count } => {
                let tables = match table {
                    Section::Function => "functions",
                    _ => "locations",
                };
                write!(f, "id `{id}` does not exist, expected one of `{count}` {tables}")
            }
            Self::NoSampleTypes => write!(f, "expected sample types, found none"),
            Self::ValueCount { expected, found } => {
                write!(f, "expected one value for each of `{expected}` sample types, found `{found}`")
            }
            Self::Concatenated => {
                write!(f, "a second time of recording, so these are several profiles in one file: split them")
            }
        }
    }
}
