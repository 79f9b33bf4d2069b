//! What symbolization needs from the machine and the network.

/// A line of source code, as a binary says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceLine {
    /// The function; empty if only the line is known.
    pub function: String,
    /// The source file.
    pub file: String,
    /// The line in it.
    pub line: i64,
}

/// An executable file or a library that was opened.
pub trait Binary {
    /// What lies at an address of a process into which the file was mapped from `mapping_start` on.
    fn source_line(&mut self, address: u64, mapping_start: u64) -> Option<SourceLine>;
}

/// The machine on which a profile is looked at, and the servers that it reaches.
pub trait Surroundings {
    /// Opens a binary; the error is pprof's text.
    ///
    /// # Errors
    /// If it cannot be read, or is no binary.
    fn open_binary(&self, file: &str) -> Result<Box<dyn Binary>, String>;

    /// The paths of all files in a folder, sorted; none if there is no such folder.
    fn files_in(&self, folder: &str) -> Vec<String>;

    /// The folders in which binaries are looked for, with colons between them.
    fn binary_path(&self) -> String;

    /// Sends a text to a server and returns its answer; the error is pprof's text.
    ///
    /// # Errors
    /// If there is no answer, or one of an error.
    fn post(&self, url: &str, text: &str) -> Result<Vec<u8>, String>;
}
