//! Names for addresses from binaries of this machine.

use super::surroundings::{Binary, SourceLine, Surroundings};
use crate::path;
use crate::profile::{Function, FunctionId, Line, Mapping, Profile};
use crate::url::Url;
use std::collections::BTreeMap;

/// Files that are mappings of something else.
const NO_FILES: [&str; 4] = ["[", "linux-vdso", "/dev/dri/", "//anon"];

const NO_MAIN_FILE: &str = "Main binary filename not available.";

/// Names the locations of all mappings that have no names yet, as far as their binaries are here.
pub(super) fn symbolize(
    profile: &mut Profile,
    is_forced: bool,
    surroundings: &dyn Surroundings,
    remarks: &mut Vec<String>,
) {
    let mut binaries = open_binaries(profile, is_forced, surroundings, remarks);
    let mut functions: BTreeMap<(String, String), FunctionId> = BTreeMap::new();
    for id in profile.location_ids() {
        let location = profile.location(id);
        let (Some(mapping), address) = (location.mapping, location.address) else { continue };
        let start = profile.mapping(mapping).map_or(0, |mapping| mapping.start);
        let binary = binaries.get_mut(mapping.index()).and_then(Option::as_mut);
        let Some(SourceLine { function, file, line }) =
            binary.and_then(|binary| binary.source_line(address, start))
        else {
            continue;
        };
        if let Some(mapping) = profile.mappings.get_mut(mapping.index()) {
            mapping.has_functions |= !function.is_empty();
            mapping.has_filenames |= !file.is_empty();
            mapping.has_line_numbers |= line != 0;
            mapping.has_inline_frames = true;
        }
        let function = *functions.entry((function, file)).or_insert_with_key(|(name, file)| {
            let (name, filename) = (profile.strings.intern(name), profile.strings.intern(file));
            profile.push_function(Function { name, system_name: name, filename, ..Function::default() })
        });
        profile.set_lines(id, &[Line { function, line, column: 0 }]);
        if let Some(location) = profile.locations.get_mut(id.index()) {
            location.is_folded = false;
        }
    }
}

/// The binary of each mapping that has locations without names. Says which are not here.
fn open_binaries(
    profile: &Profile,
    is_forced: bool,
    surroundings: &dyn Surroundings,
    remarks: &mut Vec<String>,
) -> Vec<Option<Box<dyn Binary>>> {
    let mut is_used = vec![false; profile.mappings.len()];
    for mapping in profile.locations.iter().filter_map(|location| location.mapping) {
        if let Some(used) = is_used.get_mut(mapping.index()) {
            *used = true;
        }
    }
    let mut is_something_missing = false;
    let mut binaries = Vec::new();
    for (index, (mapping, is_used)) in profile.mappings.iter().zip(is_used).enumerate() {
        let is_named = mapping.has_functions || mapping.has_filenames || mapping.has_line_numbers;
        let is_wanted = is_used && (is_forced || !is_named);
        let opened =
            if is_wanted { open_binary(profile, mapping, index == 0, surroundings) } else { Ok(None) };
        binaries.push(opened.unwrap_or_else(|remark| {
            // The first one without a file is named, the others are only counted.
            is_something_missing |= remark != NO_MAIN_FILE;
            remarks.extend(Some(remark).filter(|remark| !remark.is_empty()));
            None
        }));
    }
    if is_something_missing {
        remarks.push(
            "Some binary filenames not available. Symbolization may be incomplete.\n\
             Try setting PPROF_BINARY_PATH to the search path for local binaries."
                .to_owned(),
        );
    }
    binaries
}

/// The binary of a mapping, if it can have one. The error is what is to be said of one that is missing.
fn open_binary(
    profile: &Profile,
    mapping: &Mapping,
    is_main: bool,
    surroundings: &dyn Surroundings,
) -> Result<Option<Box<dyn Binary>>, String> {
    let file = profile.text(mapping.file);
    if file.is_empty() {
        return Err(if is_main { NO_MAIN_FILE.to_owned() } else { String::new() });
    }
    if is_no_file(file) || (mapping.build_id.is_empty() && is_page(file)) {
        return Ok(None);
    }
    surroundings
        .open_binary(file)
        .map(Some)
        .map_err(|error| format!("Local symbolization failed for {}: {error}", shown_name(profile, mapping)))
}

fn shown_name(profile: &Profile, mapping: &Mapping) -> String {
    let base = path::base(profile.text(mapping.file));
    if mapping.build_id.is_empty() {
        base.to_owned()
    } else {
        format!("{base} (build ID {})", profile.text(mapping.build_id))
    }
}

fn is_no_file(file: &str) -> bool {
    NO_FILES.iter().any(|prefix| file.starts_with(prefix))
}

/// Whether a mapping's file is the address of a page that the profile was fetched from.
fn is_page(file: &str) -> bool {
    Url::parse(file).is_some_and(|url| url.scheme.contains("http"))
}
