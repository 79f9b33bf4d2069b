//! The mappings, functions and locations of a sum, each held once.

use super::error::MergeError;
use crate::profile::{Function, FunctionId, Line, Location, LocationId, Mapping, MappingId, Profile};
use crate::string_table::StringId;
use indexmap::IndexMap;

/// Finds what the sum already holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    mappings: IndexMap<MappingKey, MappingId>,
    functions: IndexMap<(StringId, StringId, StringId, i64), FunctionId>,
    locations: IndexMap<LocationKey, LocationId>,
}

/// What the handles of one profile are in the sum.
#[derive(Debug, Default)]
pub(super) struct Handles {
    mappings: Vec<MappingId>,
    functions: Vec<FunctionId>,
    locations: Vec<LocationId>,
}

/// One part of one build of a file, wherever it was mapped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct MappingKey {
    /// Build ID, or the path where there is none.
    build: Result<String, String>,
    file_offset: u64,
    size: u64,
}

/// One place in one build. The address is relative to the mapping, or as it is where there is no mapping.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct LocationKey {
    mapping: Option<MappingId>,
    address: u64,
    lines: Box<[Line]>,
    is_folded: bool,
}

impl Handles {
    /// The sum's handle of a location; `None` for a handle of another profile.
    pub(super) fn location(&self, id: LocationId) -> Option<LocationId> {
        self.locations.get(id.index()).copied()
    }
}

impl MappingKey {
    fn of(mapping: &Mapping) -> Self {
        let Mapping { file, build_id, .. } = mapping;
        Self {
            build: if build_id.is_empty() { Err(file.clone()) } else { Ok(build_id.clone()) },
            file_offset: mapping.file_offset,
            size: mapping.memory_limit.wrapping_sub(mapping.memory_start),
        }
    }
}

impl Tables {
    /// Adds what `profile` names to the sum.
    pub(super) fn add(&mut self, merged: &mut Profile, profile: &Profile) -> Result<Handles, MergeError> {
        let mut handles = Handles::default();
        for mapping in &profile.mappings {
            handles.mappings.push(self.mapping(merged, mapping)?);
        }
        for function in &profile.functions {
            handles.functions.push(self.function(merged, profile, function)?);
        }
        for location in &profile.locations {
            let id = self.location(merged, profile, &handles, location)?;
            handles.locations.push(id);
        }
        Ok(handles)
    }

    fn mapping(&mut self, merged: &mut Profile, mapping: &Mapping) -> Result<MappingId, MergeError> {
        let key = MappingKey::of(mapping);
        if let Some(&id) = self.mappings.get(&key) {
            if let Some(known) = merged.mappings.get_mut(id.index()) {
                // A location of either that is still bare can be symbolized only if the mapping does not deny it.
                known.symbolized &= mapping.symbolized;
            }
            return Ok(id);
        }
        let id =
            MappingId::from_index(merged.mappings.len()).ok_or(MergeError::TooMany { what: "mappings" })?;
        merged.mappings.push(mapping.clone());
        self.mappings.insert(key, id);
        Ok(id)
    }

    fn function(
        &mut self,
        merged: &mut Profile,
        profile: &Profile,
        function: &Function,
    ) -> Result<FunctionId, MergeError> {
        let mut text = |id| merged.strings.intern(profile.strings.get(id));
        let start_line = function.start_line;
        let key = (text(function.name), text(function.system_name), text(function.file), start_line);
        if let Some(&id) = self.functions.get(&key) {
            return Ok(id);
        }
        let id = FunctionId::from_index(merged.functions.len())
            .ok_or(MergeError::TooMany { what: "functions" })?;
        let (name, system_name, file, start_line) = key;
        merged.functions.push(Function { name, system_name, file, start_line });
        self.functions.insert(key, id);
        Ok(id)
    }

    fn location(
        &mut self,
        merged: &mut Profile,
        profile: &Profile,
        handles: &Handles,
        location: &Location,
    ) -> Result<LocationId, MergeError> {
        let start_there = location.mapping.and_then(|id| profile.mapping(id)).map_or(0, |of| of.memory_start);
        let mapping = location.mapping.and_then(|id| handles.mappings.get(id.index())).copied();
        let start_here = mapping.and_then(|id| merged.mapping(id)).map_or(0, |of| of.memory_start);
        let relative = location.address.wrapping_sub(start_there);
        let lines: Box<[Line]> = location
            .lines
            .iter()
            .filter_map(|line| {
                Some(Line { function: *handles.functions.get(line.function.index())?, ..*line })
            })
            .collect();
        let key = LocationKey { mapping, address: relative, lines, is_folded: location.is_folded };
        if let Some(&id) = self.locations.get(&key) {
            return Ok(id);
        }
        let id = LocationId::from_index(merged.locations.len())
            .ok_or(MergeError::TooMany { what: "locations" })?;
        merged.locations.push(Location {
            mapping,
            address: relative.wrapping_add(start_here),
            lines: key.lines.to_vec(),
            is_folded: location.is_folded,
        });
        self.locations.insert(key, id);
        Ok(id)
    }
}
