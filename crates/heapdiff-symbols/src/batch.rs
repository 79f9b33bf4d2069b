//! The questions that a set of profiles asks: for each build, the distinct addresses that have no lines yet.

use crate::named_places::NamedPlaces;
use crate::search::is_nameless;
use heapdiff_profile::{Location, Mapping, Profile};
use std::collections::{BTreeMap, BTreeSet};

/// What tells builds apart: the build ID, or the file's name where there is none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BuildKey {
    /// Lowercase hexadecimal, or whatever else a producer writes.
    BuildId(String),
    /// A path as the profile names it.
    File(String),
}

impl BuildKey {
    /// The build that a mapping belongs to.
    pub(crate) fn new(mapping: &Mapping) -> Self {
        if mapping.build_id.is_empty() || is_nameless(&mapping.file) {
            Self::File(mapping.file.clone())
        } else {
            Self::BuildId(mapping.build_id.to_ascii_lowercase())
        }
    }

    /// The build ID; empty where none is known.
    pub(crate) fn build_id(&self) -> &str {
        match self {
            Self::BuildId(build_id) => build_id,
            Self::File(_) => "",
        }
    }
}

/// The addresses of one build that have no lines yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// Paths under which the build was mapped, in the order in which they were met.
    pub(crate) files: Vec<String>,
    /// File offsets of the addresses, each with the file offset at which its mapping begins.
    pub(crate) offsets: BTreeMap<u64, u64>,
    /// Addresses outside of the mapping that they name: nothing can be asked about them.
    pub(crate) strays: BTreeSet<u64>,
}

/// All questions of a set of profiles.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    requests: BTreeMap<BuildKey, Request>,
    /// Keys of `requests` in the order in which they were met.
    order: Vec<BuildKey>,
    /// Addresses without a mapping.
    pub(crate) unmapped: BTreeSet<u64>,
}

impl Batch {
    /// Adds the questions of `profile`, but for places that have `named` already.
    pub(crate) fn add(&mut self, profile: &Profile, named: Option<&NamedPlaces>) {
        let named = named.map(|named| named.of(profile));
        let Self { requests, order, unmapped } = self;
        // Neighbours mostly share their mapping, and paths are long to compare.
        let mut current: Option<(&Mapping, &mut Request)> = None;
        for location in profile.locations.iter().filter(|location| location.lines.is_empty()) {
            let Some(mapping) = mapping_of(profile, location) else {
                unmapped.insert(location.address);
                continue;
            };
            if mapping.symbolized || named.as_ref().is_some_and(|named| named.has(profile, location)) {
                continue;
            }
            if current.as_ref().is_none_or(|(of, _)| !std::ptr::eq(*of, mapping)) {
                current = Some((mapping, request_of(requests, order, mapping)));
            }
            let Some((_, request)) = &mut current else { continue };
            match mapping.file_offset_of(location.address) {
                Some(offset) => {
                    request.offsets.insert(offset, mapping.file_offset);
                }
                None => {
                    request.strays.insert(location.address);
                }
            }
        }
    }

    /// The questions a build, in the order in which the profiles first name the builds.
    pub(crate) fn requests(&self) -> impl Iterator<Item = (&BuildKey, &Request)> {
        self.order.iter().filter_map(|key| self.requests.get_key_value(key))
    }
}

/// The request of the build of `mapping`.
fn request_of<'r>(
    requests: &'r mut BTreeMap<BuildKey, Request>,
    order: &mut Vec<BuildKey>,
    mapping: &Mapping,
) -> &'r mut Request {
    let key = BuildKey::new(mapping);
    if !requests.contains_key(&key) {
        order.push(key.clone());
    }
    let request = requests.entry(key).or_default();
    if !request.files.contains(&mapping.file) {
        request.files.push(mapping.file.clone());
    }
    request
}

/// The mapping of a location: the one that it names, or else the one that holds its address.
pub(crate) fn mapping_of<'a>(profile: &'a Profile, location: &Location) -> Option<&'a Mapping> {
    match location.mapping {
        Some(id) => profile.mapping(id),
        None => profile
            .mappings
            .iter()
            .find(|mapping| (mapping.memory_start..mapping.memory_limit).contains(&location.address)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heapdiff_profile::MappingId;

    fn profile(mappings: Vec<Mapping>, addresses: &[(Option<usize>, u64)]) -> Profile {
        let locations = addresses.iter().map(|&(mapping, address)| Location {
            mapping: mapping.and_then(MappingId::from_index),
            address,
            ..Location::default()
        });
        Profile { mappings, locations: locations.collect(), ..Profile::default() }
    }

    fn mapping(memory_start: u64, file: &str, build_id: &str) -> Mapping {
        Mapping {
            memory_start,
            memory_limit: memory_start + 0x1000,
            file_offset: 0x3000,
            file: file.to_owned(),
            build_id: build_id.to_owned(),
            symbolized: false,
        }
    }

    #[test]
    fn one_build_at_two_places_under_two_names_is_asked_once_an_address() {
        let mut batch = Batch::default();
        batch.add(&profile(vec![mapping(0x7000_0000, "/a", "AB12")], &[(Some(0), 0x7000_0010)]), None);
        batch.add(
            &profile(
                vec![mapping(0x5000_0000, "/b", "ab12")],
                &[(Some(0), 0x5000_0010), (None, 0x5000_0020)],
            ),
            None,
        );
        let requests: Vec<_> = batch.requests().collect();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].1.files, ["/a", "/b"]);
        assert_eq!(requests[0].1.offsets, BTreeMap::from([(0x3010, 0x3000), (0x3020, 0x3000)]));
    }

    #[test]
    fn addresses_that_nobody_can_be_asked_about_are_counted() {
        let mut batch = Batch::default();
        batch.add(
            &profile(
                vec![mapping(0x1000, "/a", "ab12")],
                &[
                    (Some(0), 0x2000),
                    (Some(0), 0xfff),
                    (Some(0), u64::MAX),
                    (None, 0x2000),
                    (Some(7), 0x1000),
                ],
            ),
            None,
        );
        let (_, request) = batch.requests().next().unwrap();
        assert_eq!(request.strays, BTreeSet::from([0xfff, 0x2000, u64::MAX]));
        assert!(request.offsets.is_empty());
        assert_eq!(batch.unmapped, BTreeSet::from([0x1000, 0x2000]));
    }

    #[test]
    fn what_the_producer_symbolized_is_left_alone() {
        let mut batch = Batch::default();
        let symbolized = Mapping { symbolized: true, ..mapping(0x1000, "/a", "ab12") };
        batch.add(&profile(vec![symbolized], &[(Some(0), 0x1010)]), None);
        assert_eq!(batch.requests().count(), 0);
    }
}
