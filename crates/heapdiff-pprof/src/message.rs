//! The messages of `profile.proto`, as plain values that both directions share.
//!
//! `S` is what stands for a string: `&str` when writing, and when reading a
//! [`StringIndex`](crate::StringIndex), whose text may come later in the file than its use.

/// What a column of values counts, and in which unit: `inuse_space` in `bytes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ValueType<S> {
    /// `alloc_objects`, `inuse_space`, ... The field is called `type` in `profile.proto`.
    pub kind: S,
    /// `bytes`, `count`, ...
    pub unit: S,
}

/// A file that was mapped into the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mapping<S> {
    /// Names the mapping in this profile; not 0.
    pub id: u64,
    /// First address of the mapping in the process.
    pub memory_start: u64,
    /// First address after it.
    pub memory_limit: u64,
    /// Where in the file the mapping begins, in bytes.
    pub file_offset: u64,
    /// Path of the file, or a name like `[vdso]`.
    pub file: S,
    /// Hexadecimal build ID of the file; empty where it is not known.
    pub build_id: S,
    /// Whether locations in it have functions. pprof symbolizes a mapping only if all four of these are
    /// unset.
    pub has_functions: bool,
    /// Whether those functions have files.
    pub has_file_names: bool,
    /// Whether locations in it have line numbers.
    pub has_line_numbers: bool,
    /// Whether inlined functions are among the lines.
    pub has_inline_frames: bool,
}

/// A function of the profiled program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Function<S> {
    /// Names the function in this profile; not 0.
    pub id: u64,
    /// The name as a human would write it.
    pub name: S,
    /// The name as the linker knows it.
    pub system_name: S,
    /// Source file.
    pub file: S,
    /// Line on which the function begins; 0 where it is not known.
    pub start_line: i64,
}

/// A line of source code within a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// [`Function::id`].
    pub function_id: u64,
    /// Line in its file; 0 where it is not known.
    pub line: i64,
    /// Column in the line; 0 where it is not known.
    pub column: i64,
}

/// An address in a mapping, with the frames that it stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Location<'a> {
    /// Names the location in this profile; not 0.
    pub id: u64,
    /// [`Mapping::id`]; 0 where the mapping is not known.
    pub mapping_id: u64,
    /// The address: for a caller the return address - 1, so that it lies in the call.
    pub address: u64,
    /// Frames, innermost inlined function first. Empty until the address is symbolized.
    pub lines: &'a [Line],
    /// Whether several functions were folded into one by the linker, so that the name is uncertain.
    pub is_folded: bool,
}

/// A fact about a sample beyond its stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label<S> {
    /// Its name: `bytes`, `epoch`, ... Names that begin with `pprof::` are pprof's own.
    pub key: S,
    /// Its value.
    pub value: LabelValue<S>,
}

/// The value of a [`Label`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelValue<S> {
    /// A word.
    Text(S),
    /// A number.
    Number {
        /// The number itself.
        value: i64,
        /// Its unit; empty where none is stated.
        unit: S,
    },
}

/// A stack trace with one value for each sample type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample<'a, S> {
    /// [`Location::id`]s, leaf first.
    pub location_ids: &'a [u64],
    /// As many as there are sample types, in their order. Estimates of the whole heap, already scaled up.
    pub values: &'a [i64],
    /// Facts about the sample.
    pub labels: &'a [Label<S>],
}
