//! Local copies of the binaries that a profile is of.

use super::surroundings::Surroundings;
use crate::path;
use crate::profile::{Mapping, Profile};

/// Gives each mapping the file of a local copy, where there is one.
///
/// The build ID of a copy is never known here, so it never is that of a mapping: pprof's reader of binaries does not look
/// for it. What would have been taken is said.
pub(super) fn locate_binaries(
    profile: &mut Profile,
    surroundings: &dyn Surroundings,
    remarks: &mut Vec<String>,
) {
    let folders = surroundings.binary_path();
    for index in 0..profile.mappings.len() {
        let Some(mapping) = profile.mappings.get(index) else { continue };
        let build_id = profile.text(mapping.build_id).to_owned();
        let mut found = None;
        for file in
            path::split_list(&folders).flat_map(|folder| candidates(profile, mapping, folder, surroundings))
        {
            if surroundings.open_binary(&file).is_err() {
                continue;
            }
            if build_id.is_empty() {
                found = Some(file);
                break;
            }
            remarks.push(format!("Ignoring local file {file}: build-id mismatch ({build_id} != )"));
        }
        if let Some(file) = found {
            let file = profile.strings.intern(&file);
            if let Some(mapping) = profile.mappings.get_mut(index) {
                mapping.file = file;
            }
        }
    }
}

/// Where a mapping's file may lie below a folder.
fn candidates(
    profile: &Profile,
    mapping: &Mapping,
    folder: &str,
    surroundings: &dyn Surroundings,
) -> Vec<String> {
    let (file, build_id) = (profile.text(mapping.file), profile.text(mapping.build_id));
    let (name, parent) = match file {
        "" => ("", String::new()),
        file => (path::base(file), path::parent(file)),
    };
    let mut files = Vec::new();
    if !build_id.is_empty() {
        files.push(path::join_all(&[folder, build_id, name]));
        files.extend(surroundings.files_in(&path::join(folder, build_id)));
        files.push(path::join_all(&[folder, file, build_id]));
        // A folder for the first two digits, as debug files are kept.
        if let Some((start, rest)) = build_id.split_at_checked(2) {
            files.push(path::join_all(&[folder, start, &format!("{rest}.debug")]));
        }
    }
    if !file.is_empty() {
        files.push(path::join(folder, name));
        files.push(path::join(folder, file));
        let debug_file = format!("{name}.debug");
        files.push(path::join(folder, &format!("{file}.debug")));
        files.push(path::join_all(&[folder, &parent, ".debug", &debug_file]));
        files.push(path::join_all(&[folder, "usr", "lib", "debug", &parent, &debug_file]));
    }
    files
}
