//! What samples refer to: locations, functions, mappings, and types of values.

use super::string_table::StringId;

/// What a column of values counts, and in which unit: `inuse_space` in `bytes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ValueType {
    /// `alloc_objects`, `inuse_space`, ...
    pub kind: StringId,
    /// `bytes`, `count`, ...
    pub unit: StringId,
}

macro_rules! id {
    ($name:ident, $what:literal) => {
        #[doc = concat!("A ", $what, " of one profile, by its place in the profile's list.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The one at a place of the list.
            pub(crate) fn at(index: usize) -> Self {
                // No list is that long: each element takes some bytes of a file.
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }

            /// Its place in the list, from 0.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id!(MappingId, "mapping");
id!(LocationId, "location");
id!(FunctionId, "function");

/// A file that was mapped into the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "profile.proto has four flags")]
pub struct Mapping {
    /// What pprof calls it; not 0, and not that of another mapping.
    pub id: u64,
    /// First address.
    pub start: u64,
    /// First address after it.
    pub limit: u64,
    /// Where in the file it begins.
    pub offset: u64,
    /// Path of the file, or a name like `[vdso]`.
    pub file: StringId,
    /// Hexadecimal build ID.
    pub build_id: StringId,
    /// Whether its locations have functions.
    pub has_functions: bool,
    /// Whether those have files.
    pub has_filenames: bool,
    /// Whether its locations have line numbers.
    pub has_line_numbers: bool,
    /// Whether inlined functions are among the lines.
    pub has_inline_frames: bool,
}

/// An address, with the lines of source code that it stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// What pprof calls it; not 0, and not that of another location.
    pub id: u64,
    /// The address; 0 once it has been aggregated away.
    pub address: u64,
    /// The mapping that it lies in.
    pub mapping: Option<MappingId>,
    /// Whether the linker folded several functions into one.
    pub is_folded: bool,
    // A part of the profile's lines.
    pub(crate) lines_start: u32,
    pub(crate) lines_len: u32,
}

/// A line of source code in a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// The function.
    pub function: FunctionId,
    /// Line in its file; 0 where it is not known.
    pub line: i64,
    /// Column; 0 where it is not known.
    pub column: i64,
}

/// A function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// What pprof calls it; not 0, and not that of another function.
    pub id: u64,
    /// The name for humans.
    pub name: StringId,
    /// The linker's name.
    pub system_name: StringId,
    /// Source file.
    pub filename: StringId,
    /// Line on which it begins; 0 where it is not known.
    pub start_line: i64,
}
