//! Names for addresses. Binaries are not read here yet; what pprof says of those that it cannot read is said.

use super::demangling::{NameDetail, demangle};
use crate::path;
use crate::profile::{Mapping, Profile};

/// Files that are mappings of something else.
const NO_FILES: [&str; 4] = ["[", "linux-vdso", "/dev/dri/", "//anon"];

/// Says what is missing to name all functions. `mode` is what the user asked for, and `open` opens a file.
pub fn symbolize(
    profile: &mut Profile,
    mode: &str,
    open: &dyn Fn(&str) -> Result<(), String>,
    remarks: &mut Vec<String>,
) {
    let (mut is_local, mut is_forced) = (true, false);
    let mut detail = NameDetail::default();
    for option in mode.to_lowercase().split(':') {
        match option.strip_prefix("demangle=").unwrap_or(option) {
            "none" | "no" if !option.starts_with("demangle=") => return,
            "" | "default" => {}
            "local" | "fastlocal" => is_local = true,
            "remote" => is_local = false,
            "force" => is_forced = true,
            name => {
                if let Some(named) = NameDetail::named(name) {
                    (detail, is_forced) = (named, true);
                    continue;
                }
                remarks.push(format!("ignoring unrecognized symbolization option: {mode}"));
                remarks.push("expecting -symbolize=[local|fastlocal|remote|none][:force][:demangle=[none|full|templates|default]".to_owned());
            }
        }
    }
    if is_local {
        look_for_binaries(profile, is_forced, open, remarks);
    }
    demangle(profile, is_forced, detail);
}

fn look_for_binaries(
    profile: &Profile,
    is_forced: bool,
    open: &dyn Fn(&str) -> Result<(), String>,
    remarks: &mut Vec<String>,
) {
    let mut is_used = vec![false; profile.mappings.len()];
    for mapping in profile.locations.iter().filter_map(|location| location.mapping) {
        if let Some(used) = is_used.get_mut(mapping.index()) {
            *used = true;
        }
    }
    let mut is_something_missing = false;
    for (index, (mapping, _)) in
        profile.mappings.iter().zip(is_used).enumerate().filter(|(_, (_, used))| *used)
    {
        let is_named = mapping.has_functions || mapping.has_filenames || mapping.has_line_numbers;
        if is_named && !is_forced {
            continue;
        }
        let file = profile.text(mapping.file);
        if file.is_empty() {
            if index == 0 {
                remarks.push("Main binary filename not available.".to_owned());
            } else {
                is_something_missing = true;
            }
            continue;
        }
        if is_no_file(file) || (mapping.build_id.is_empty() && is_page(file)) {
            continue;
        }
        let name = shown_name(profile, mapping);
        match open(file) {
            Ok(()) => {
                remarks.push(format!("Local symbolization of {name} is not supported yet"));
            }
            Err(error) => {
                remarks.push(format!("Local symbolization failed for {name}: open {file}: {error}"));
                is_something_missing = true;
            }
        }
    }
    if is_something_missing {
        remarks.push(
            "Some binary filenames not available. Symbolization may be incomplete.\n\
             Try setting PPROF_BINARY_PATH to the search path for local binaries."
                .to_owned(),
        );
    }
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
    scheme(file).is_some_and(|scheme| scheme.to_ascii_lowercase().contains("http"))
}

fn scheme(file: &str) -> Option<&str> {
    let (scheme, _) = file.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme.then_some(scheme)
}
