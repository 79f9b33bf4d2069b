//! What a report needs from outside.

use std::fmt;

/// What only the program around the library knows.
pub struct Outside<'o> {
    /// A time in nanoseconds since 1970 UTC, in the user's time zone.
    pub local_time: &'o dyn Fn(i64) -> LocalTime,
    /// Reads a source file; the error is the system's, as text.
    pub read_source: &'o dyn Fn(&str) -> Result<Vec<u8>, String>,
    /// Whether a file is an executable or a library.
    pub is_binary: &'o dyn Fn(&str) -> bool,
    /// The folder to search source files in where none is given.
    pub working_directory: String,
    /// Further folders to search source files in.
    pub source_folders: Vec<String>,
}

/// A time in some time zone, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalTime {
    /// `2006-01-02 15:04:05`.
    pub date_and_time: String,
    /// What is beyond whole seconds, without trailing zeros: `.25`, or nothing.
    pub fraction: String,
    /// Distance from UTC: `-0700`.
    pub offset: String,
    /// The zone's short name: `MST`.
    pub zone: String,
}

impl LocalTime {
    /// As the legend has it.
    pub(super) fn short(&self) -> String {
        format!("{} {}", self.date_and_time, self.zone)
    }

    /// With all that is known.
    pub(super) fn full(&self) -> String {
        format!("{}{} {} {}", self.date_and_time, self.fraction, self.offset, self.zone)
    }
}

impl fmt::Debug for Outside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").field("working_directory", &self.working_directory).finish_non_exhaustive()
    }
}
