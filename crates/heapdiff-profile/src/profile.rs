//! A profile as it was read: stacks with values, and what their addresses belong to.
//!
//! This is pprof's data model without its wire format: ids are checked handles, strings are interned, and what
//! only the encoding needs is not here. Values are estimates of the whole heap, already scaled up from samples.
//!
//! **Source:** `profile.proto` of google/pprof.

use crate::metadata::Metadata;
use crate::string_table::{StringId, StringTable};
use smallvec::SmallVec;

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The handle of the entry at `index` of its table.
            ///
            /// `None` past four billion entries.
            #[must_use]
            pub fn from_index(index: usize) -> Option<Self> {
                u32::try_from(index).ok().map(Self)
            }

            /// The entry's place in its table.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

handle!(
    /// A [`Mapping`] of one profile.
    MappingId
);
handle!(
    /// A [`Location`] of one profile.
    LocationId
);
handle!(
    /// A [`Function`] of one profile.
    FunctionId
);

/// What a column of values counts, and in which unit: `inuse_space` in `bytes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueType {
    /// `alloc_objects`, `alloc_space`, `inuse_objects`, `inuse_space`, `inuse_samples`, ... or any other word.
    pub kind: String,
    /// `bytes`, `count`, `nanoseconds`, ...
    pub unit: String,
}

/// A file that was mapped into the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// First address of the mapping in the process.
    pub memory_start: u64,
    /// First address after it.
    pub memory_limit: u64,
    /// Where in the file the mapping begins, in bytes.
    pub file_offset: u64,
    /// Path of the file, as the process saw it; or a name like `[vdso]`.
    pub file: String,
    /// Hexadecimal build ID of the file; empty where it is not known.
    pub build_id: String,
    /// Whether the file's producer has already put functions and lines to the locations.
    pub symbolized: bool,
}

impl Mapping {
    /// Where in the mapped file an address lies; `None` for an address outside of the mapping.
    #[must_use]
    pub fn file_offset_of(&self, address: u64) -> Option<u64> {
        // Some producers leave the limit away.
        if self.memory_limit != 0 && address >= self.memory_limit {
            return None;
        }
        address.checked_sub(self.memory_start)?.checked_add(self.file_offset)
    }
}

/// A function of the profiled program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The name as a human would write it, demangled.
    pub name: StringId,
    /// The name as the linker knows it.
    pub system_name: StringId,
    /// Source file.
    pub file: StringId,
    /// Line on which the function begins; 0 where it is not known.
    pub start_line: i64,
}

/// A line of source code within a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// The function.
    pub function: FunctionId,
    /// Line in its file; 0 where it is not known.
    pub line: i64,
    /// Column in the line; 0 where it is not known.
    pub column: i64,
}

/// An address in a mapping, with the frames that it stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// The mapping that holds the address, where it is known.
    pub mapping: Option<MappingId>,
    /// The address: for a caller the return address - 1, so that it lies in the call.
    pub address: u64,
    /// Frames, **innermost inlined function first**; the last is the function that the linker knows. Empty until
    /// the address is symbolized.
    pub lines: Vec<Line>,
    /// Whether several functions were folded into one by the linker, so that the name is uncertain.
    pub is_folded: bool,
}

/// A fact about a sample beyond its stack, such as the block size or the epoch of an allocation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// Its name: `bytes`, `epoch`, `thread`, ...
    pub key: StringId,
    /// Its value.
    pub value: LabelValue,
}

/// The value of a [`Label`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LabelValue {
    /// A word.
    Text(StringId),
    /// A number.
    Number {
        /// The number itself.
        value: i64,
        /// Its unit; empty where none is stated.
        unit: StringId,
    },
}

/// One value for each of a profile's sample types: beside the sample itself, if they are no more than heapdiff's own.
pub type Values = SmallVec<[i64; 6]>;

/// The facts about a sample: beside the sample itself, if they are no more than heapdiff's own, size and epoch.
pub type Labels = SmallVec<[Label; 2]>;

/// A stack trace with one value for each of the profile's sample types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Locations, **leaf first**.
    pub stack: Vec<LocationId>,
    /// As many as the profile has [`Profile::sample_types`], in their order.
    pub values: Values,
    /// Facts about the sample.
    pub labels: Labels,
}

/// A profile: one point-in-time file, or several merged.
///
/// # Invariants
/// Every handle in it is one of its own tables, and every sample has one value a sample type. Readers refuse input
/// for which that does not hold.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// What the columns of [`Sample::values`] mean.
    pub sample_types: Vec<ValueType>,
    /// The kind of sample type that a report shows if nothing else is asked for; the last one where it is absent.
    pub default_sample_type: Option<String>,
    /// The rows.
    pub samples: Vec<Sample>,
    /// Mapped files; the first is the main binary.
    pub mappings: Vec<Mapping>,
    /// Addresses that the stacks name.
    pub locations: Vec<Location>,
    /// Functions that the locations name.
    pub functions: Vec<Function>,
    /// The strings behind the handles.
    pub strings: StringTable,
    /// Regular expression of the frames that viewers hide, with everything leafward of them.
    pub drop_frames: Option<String>,
    /// Regular expression of frames that are kept although [`Self::drop_frames`] matches them.
    pub keep_frames: Option<String>,
    /// When the profile was taken, in nanoseconds since 1970 UTC; 0 where it is not known.
    pub time_nanos: i64,
    /// The time that it covers, in nanoseconds; 0 for a point in time.
    pub duration_nanos: i64,
    /// What [`Self::period`] counts.
    pub period_type: Option<ValueType>,
    /// Mean amount between samples: for a heap profile, bytes.
    pub period: i64,
    /// Free text of the producer, without the comment that [`Self::metadata`] was read from.
    pub comments: Vec<String>,
    /// A page that explains the profile.
    pub doc_url: Option<String>,
    /// What heapdiff's recorder wrote about the process and itself; `None` for other producers' profiles.
    pub metadata: Option<Metadata>,
}

impl Profile {
    /// The column of the sample type called `kind`, such as `inuse_space`.
    #[must_use]
    pub fn sample_type_index(&self, kind: &str) -> Option<usize> {
        self.sample_types.iter().position(|sample_type| sample_type.kind == kind)
    }

    /// The location behind a handle; `None` for a handle of another profile.
    #[must_use]
    pub fn location(&self, id: LocationId) -> Option<&Location> {
        self.locations.get(id.index())
    }

    /// The function behind a handle; `None` for a handle of another profile.
    #[must_use]
    pub fn function(&self, id: FunctionId) -> Option<&Function> {
        self.functions.get(id.index())
    }

    /// The mapping behind a handle; `None` for a handle of another profile.
    #[must_use]
    pub fn mapping(&self, id: MappingId) -> Option<&Mapping> {
        self.mappings.get(id.index())
    }

    /// The sum of all values of the sample type in `column`.
    pub(crate) fn sum_of(&self, column: usize) -> i64 {
        let values = self.samples.iter().filter_map(|sample| sample.values.get(column));
        values.fold(0, |sum, &value| sum.saturating_add(value))
    }

    /// The value of a sample's numeric label called `key`, if it has one.
    #[must_use]
    pub fn number_label(&self, sample: &Sample, key: &str) -> Option<i64> {
        self.number_label_at(sample, self.strings.find(key)?)
    }

    /// As [`Self::number_label`], with the name already looked up.
    pub(crate) fn number_label_at(&self, sample: &Sample, key: StringId) -> Option<i64> {
        sample.labels.iter().find(|label| label.key == key).and_then(|label| match label.value {
            LabelValue::Number { value, .. } => Some(value),
            LabelValue::Text(_) => None,
        })
    }
}
