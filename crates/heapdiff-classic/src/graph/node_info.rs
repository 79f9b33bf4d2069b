//! What tells one node from another.

use crate::path;
use crate::profile::{Line, Location, Profile, StringId};

/// A place in the program, as finely as a profile has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct NodeInfo {
    pub(crate) name: StringId,
    pub(crate) address: u64,
    pub(crate) file: StringId,
    pub(crate) start_line: i64,
    pub(crate) line: i64,
    pub(crate) column: i64,
    /// The mapped file; for functions only in reports that keep those of different files apart.
    pub(crate) object: StringId,
}

impl NodeInfo {
    /// The place of a location, or of one of its lines. `file` is the cleaned path of the line's function.
    pub(super) fn new(
        profile: &Profile,
        location: &Location,
        line: Option<&Line>,
        file: StringId,
        keep_objects: bool,
    ) -> Self {
        let object =
            location.mapping.and_then(|mapping| profile.mapping(mapping)).map_or(StringId::EMPTY, |m| m.file);
        let Some(line) = line else {
            return Self { address: location.address, object, ..Self::default() };
        };
        let function = profile.function(line.function);
        let info = Self {
            name: function.name,
            address: location.address,
            file,
            line: line.line,
            column: line.column,
            ..Self::default()
        };
        // Nodes without a name are told apart by what else there is.
        if keep_objects || function.name.is_empty() {
            Self { object, start_line: function.start_line, ..info }
        } else {
            info
        }
    }

    /// The function that the place is in, as a place of its own.
    pub(crate) fn function(&self) -> Self {
        // A place without address and line is the function already, whatever its column.
        if self.address == 0 && self.line == 0 {
            *self
        } else {
            Self { address: 0, line: 0, column: 0, ..*self }
        }
    }

    /// How the place is called in a report.
    pub(crate) fn printable_name(&self, profile: &Profile) -> String {
        self.name_parts(profile, profile.text(self.name), profile.text(self.file)).join(" ")
    }

    /// The parts of the name, with other words for the function and its file.
    pub(crate) fn name_parts(&self, profile: &Profile, name: &str, file: &str) -> Vec<String> {
        let mut parts = Vec::new();
        if self.address != 0 {
            parts.push(format!("{:016x}", self.address));
        }
        if !name.is_empty() {
            parts.push(name.to_owned());
        }
        if self.line != 0 {
            let column = if self.column == 0 { String::new() } else { format!(":{}", self.column) };
            parts.push(format!("{file}:{}{column}", self.line));
        } else if !file.is_empty() {
            parts.push(file.to_owned());
        } else if !name.is_empty() {
            // The name says it all.
        } else if !self.object.is_empty() {
            parts.push(format!("[{}]", path::base(profile.text(self.object))));
        } else {
            parts.push("<unknown>".to_owned());
        }
        parts
    }

    /// All of it as one text, to order places by that have the same name and values. The second field, the linker's
    /// name, is always empty.
    pub(super) fn sort_text(&self, profile: &Profile) -> String {
        let Self { name, address, file, start_line, line, column, object } = *self;
        let (name, file, object) = (profile.text(name), profile.text(file), profile.text(object));
        format!("{{{name}  {address} {file} {start_line} {line} {column} {object}}}")
    }
}
