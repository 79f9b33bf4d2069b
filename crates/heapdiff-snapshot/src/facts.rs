//! What is known about a process and seldom changes.

use std::ops::Range;

/// What a snapshot says about its process beside figures. It changes when a file is loaded or closed, and else hardly
/// ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Which process it is.
    pub identity: Identity,
    /// How the names of its snapshots begin: `{program}-{start}-{pid}-`, and the sequence number comes next.
    pub file_prefix: String,
    /// How stacks are walked: `unwind_tables`, `frame_pointers` or `none`.
    pub unwinder: String,
    /// Executable segments of every file that was ever loaded while recording; the program's first.
    pub mappings: Vec<Mapping>,
}

/// What tells a process from all others, for as long as it lives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The kernel's identity of this boot of the machine; empty where the kernel does not say.
    pub boot_id: String,
    /// Process id, in the process's own namespace.
    pub pid: u32,
    /// When the process started, in nanoseconds since 1970 UTC.
    pub start_nanos: u64,
    /// Random identity of the recorder in the process, hexadecimal.
    pub recorder_id: String,
    /// File name of the program.
    pub program: String,
    /// Its arguments, the program's path first; `None` where they are not to be written.
    pub command_line: Option<Vec<String>>,
}

/// An executable segment of a loaded file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Addresses in the process.
    pub range: Range<u64>,
    /// Where the first of them lies in the file, in bytes.
    pub file_offset: u64,
    /// Path of the file, or a name like `linux-vdso.so.1`.
    pub file: String,
    /// Build ID in hexadecimal; empty where there is none.
    pub build_id: String,
}
