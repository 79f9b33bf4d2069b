//! The places in builds that a series has names for, so that later profiles of it need not carry them again.

use heapdiff_profile::{Location, Mapping, Profile};
use indexmap::IndexSet;
use std::collections::BTreeMap;

/// File offsets that have names.
type Offsets = IndexSet<u64, foldhash::fast::RandomState>;

/// The places that have names, in files with a build ID. Files are told apart by path as well, for filters see it.
#[derive(Debug, Default)]
pub(crate) struct NamedPlaces {
    files: BTreeMap<(String, String), Offsets>,
}

/// What of it the mappings of one profile show.
pub(crate) struct NamedOffsets<'a> {
    by_mapping: Vec<Option<&'a Offsets>>,
}

impl NamedPlaces {
    /// What of it the mappings of `profile` show.
    pub(crate) fn of(&self, profile: &Profile) -> NamedOffsets<'_> {
        NamedOffsets {
            by_mapping: profile.mappings.iter().map(|mapping| self.files.get(&key(mapping))).collect(),
        }
    }

    /// Adds the places of the locations at `indices`, which have names now.
    pub(crate) fn add(&mut self, profile: &Profile, indices: &[usize]) {
        // Neighbours mostly share their mapping.
        let mut current: Option<(&Mapping, &mut Offsets)> = None;
        for location in indices.iter().filter_map(|&index| profile.locations.get(index)) {
            let Some(mapping) = location.mapping.and_then(|id| profile.mapping(id)) else { continue };
            if mapping.build_id.is_empty() {
                continue;
            }
            if current.as_ref().is_none_or(|(of, _)| !std::ptr::eq(*of, mapping)) {
                current = Some((mapping, self.files.entry(key(mapping)).or_default()));
            }
            if let (Some((_, offsets)), Some(offset)) =
                (&mut current, mapping.file_offset_of(location.address))
            {
                offsets.insert(offset);
            }
        }
    }
}

impl NamedOffsets<'_> {
    /// Whether a location of that profile lies at a place that has a name.
    pub(crate) fn has(&self, profile: &Profile, location: &Location) -> bool {
        let place = location.mapping.and_then(|id| {
            let offsets = self.by_mapping.get(id.index()).copied().flatten()?;
            Some((offsets, profile.mapping(id)?.file_offset_of(location.address)?))
        });
        place.is_some_and(|(offsets, offset)| offsets.contains(&offset))
    }
}

fn key(mapping: &Mapping) -> (String, String) {
    (mapping.build_id.clone(), mapping.file.clone())
}
