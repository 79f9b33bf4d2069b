//! Profiles to symbolize, and what became of them as text.

use heapdiff_profile::{Location, Mapping, MappingId, Profile};
use std::path::{Path, PathBuf};

/// A file of `tests/data`; see `make-fixtures` there.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// A profile with one mapping and its addresses.
pub(crate) fn profile(mapping: Mapping, addresses: &[u64]) -> Profile {
    let locations = addresses.iter().map(|&address| Location {
        mapping: MappingId::from_index(0),
        address,
        ..Location::default()
    });
    Profile { locations: locations.collect(), mappings: vec![mapping], ..Profile::default() }
}

/// The frames of each location, innermost first, as `function file:line`; addresses that stayed bare as hex.
pub(crate) fn text(profile: &Profile) -> Vec<String> {
    let location = |location: &Location| {
        if location.lines.is_empty() {
            return format!("{:#x}", location.address);
        }
        let lines = location.lines.iter().map(|line| {
            let function = profile.function(line.function).unwrap();
            let (name, file) = (profile.strings.get(function.name), profile.strings.get(function.file));
            format!("{name} {file}:{}", line.line)
        });
        lines.collect::<Vec<_>>().join(" <- ")
    };
    profile.locations.iter().map(location).collect()
}
