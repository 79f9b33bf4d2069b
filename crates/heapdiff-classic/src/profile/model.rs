//! The profile itself.

use super::entities::{Function, FunctionId, Line, Location, LocationId, Mapping, MappingId, ValueType};
use super::label_sets::LabelSets;
use super::samples::Samples;
use super::string_table::{StringId, StringTable};

/// A profile, as pprof has it in memory.
///
/// Everything that refers to something refers to the place of an element in its list. The elements' ids are those of
/// the file, for pprof shows them; only a merge numbers everything anew.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// All texts.
    pub strings: StringTable,
    /// What the columns of values mean.
    pub sample_types: Vec<ValueType>,
    /// Kind of the sample type to show first; empty for the last one.
    pub default_sample_type: StringId,
    /// The samples.
    pub samples: Samples,
    /// Their labels.
    pub label_sets: LabelSets,
    /// The mappings; the first one is the main binary.
    pub mappings: Vec<Mapping>,
    /// The locations.
    pub locations: Vec<Location>,
    // Of all locations; each has a part.
    pub(crate) lines: Vec<Line>,
    /// The functions.
    pub functions: Vec<Function>,
    /// Free text.
    pub comments: Vec<StringId>,
    /// A page that explains the profile.
    pub doc_url: StringId,
    /// Regular expression of frames to hide.
    pub drop_frames: StringId,
    /// Regular expression of frames to keep all the same.
    pub keep_frames: StringId,
    /// When it was taken, in nanoseconds since 1970 UTC; 0 where it is not known.
    pub time_nanos: i64,
    /// The time that it covers, in nanoseconds.
    pub duration_nanos: i64,
    /// What the period counts.
    pub period_type: ValueType,
    /// Mean amount between samples.
    pub period: i64,
}

impl Profile {
    /// The text of a string.
    #[must_use]
    pub fn text(&self, string: StringId) -> &str {
        self.strings.get(string)
    }

    /// A location; an empty one for an id of another profile.
    #[must_use]
    pub fn location(&self, id: LocationId) -> &Location {
        static NOWHERE: Location =
            Location { id: 0, address: 0, mapping: None, is_folded: false, lines_start: 0, lines_len: 0 };
        self.locations.get(id.index()).unwrap_or(&NOWHERE)
    }

    /// The lines of a location, innermost inlined function first.
    #[must_use]
    pub fn lines(&self, location: &Location) -> &[Line] {
        let start = location.lines_start as usize;
        self.lines.get(start..start.saturating_add(location.lines_len as usize)).unwrap_or(&[])
    }

    /// A function; a nameless one for an id of another profile.
    #[must_use]
    pub fn function(&self, id: FunctionId) -> &Function {
        static NAMELESS: Function = Function {
            id: 0,
            name: StringId::EMPTY,
            system_name: StringId::EMPTY,
            filename: StringId::EMPTY,
            start_line: 0,
        };
        self.functions.get(id.index()).unwrap_or(&NAMELESS)
    }

    /// A mapping.
    #[must_use]
    pub fn mapping(&self, id: MappingId) -> Option<&Mapping> {
        self.mappings.get(id.index())
    }

    /// The id of a location's mapping, as pprof prints it; 0 if it has none.
    #[must_use]
    pub fn mapping_number(&self, location: &Location) -> u64 {
        location.mapping.and_then(|mapping| self.mapping(mapping)).map_or(0, |mapping| mapping.id)
    }

    /// The ids of all locations in their order.
    pub fn location_ids(&self) -> impl Iterator<Item = LocationId> + use<> {
        (0..self.locations.len()).map(LocationId::at)
    }

    /// Adds a mapping, whose id becomes the next number.
    pub fn push_mapping(&mut self, mapping: Mapping) -> MappingId {
        let id = self.mappings.len() as u64 + 1;
        self.mappings.push(Mapping { id, ..mapping });
        MappingId::at(self.mappings.len() - 1)
    }

    /// Adds a function, whose id becomes the next number.
    pub fn push_function(&mut self, function: Function) -> FunctionId {
        let id = self.functions.len() as u64 + 1;
        self.functions.push(Function { id, ..function });
        FunctionId::at(self.functions.len() - 1)
    }

    /// Adds a location with its lines, innermost first. Its id becomes the next number.
    pub fn push_location(
        &mut self,
        address: u64,
        mapping: Option<MappingId>,
        is_folded: bool,
        lines: &[Line],
    ) -> LocationId {
        let id = self.locations.len() as u64 + 1;
        let mut location = Location { id, address, mapping, is_folded, ..Location::default() };
        (location.lines_start, location.lines_len) = self.push_lines(lines);
        self.locations.push(location);
        LocationId::at(self.locations.len() - 1)
    }

    /// Gives a location other lines.
    pub fn set_lines(&mut self, id: LocationId, lines: &[Line]) {
        let (start, len) = self.push_lines(lines);
        if let Some(location) = self.locations.get_mut(id.index()) {
            (location.lines_start, location.lines_len) = (start, len);
        }
    }

    /// Keeps a part of a location's lines.
    pub(crate) fn cut_lines(&mut self, id: LocationId, part: std::ops::Range<usize>) {
        if let Some(location) = self.locations.get_mut(id.index()) {
            let end = u32::try_from(part.end).unwrap_or(u32::MAX).min(location.lines_len);
            let start = u32::try_from(part.start).unwrap_or(u32::MAX).min(end);
            location.lines_start += start;
            location.lines_len = end - start;
        }
    }

    /// Puts all locations into one mapping about which nothing is known, if there is none: so that they can be looked
    /// up in the binary that the command line names.
    pub fn add_missing_mapping(&mut self) {
        if self.mappings.is_empty() {
            let mapping = self.push_mapping(Mapping::default());
            self.locations.iter_mut().for_each(|location| location.mapping = Some(mapping));
        }
    }

    fn push_lines(&mut self, lines: &[Line]) -> (u32, u32) {
        let start = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        self.lines.extend_from_slice(lines);
        (start, u32::try_from(lines.len()).unwrap_or(u32::MAX))
    }
}
