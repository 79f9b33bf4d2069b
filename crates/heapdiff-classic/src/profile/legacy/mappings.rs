//! Locations of an older profile put into its mappings.

use super::super::entities::{LocationId, Mapping, MappingId};
use super::super::model::Profile;
use super::expression;
use regex::Regex;
use std::sync::LazyLock;

static LIBRARY: LazyLock<Regex> = LazyLock::new(|| expression(r"[.]so$|[.]so[._][0-9]+"));

/// Gives a profile its mappings, tidied up, and each location the one that it lies in. What no sample uses goes.
pub(super) fn set(profile: &mut Profile, mappings: Vec<Mapping>) {
    profile.mappings = joined(mappings);
    put_main_first(profile);
    finish(profile);
}

/// Drops locations and functions that are not used, numbers the rest in the order of use, and finds a mapping for each
/// location that has none.
pub(super) fn finish(profile: &mut Profile) {
    renumber_locations(profile);
    renumber_functions(profile);
    repair_main(profile);
    assign(profile);
    for (mapping, id) in profile.mappings.iter_mut().zip(1..) {
        mapping.id = id;
    }
}

/// Neighbours that are parts of one mapping, joined.
fn joined(mappings: Vec<Mapping>) -> Vec<Mapping> {
    let mut joined: Vec<Mapping> = Vec::with_capacity(mappings.len());
    for mapping in mappings {
        match joined.last_mut().filter(|last| are_one(last, &mapping)) {
            Some(last) => {
                last.limit = mapping.limit;
                if !mapping.file.is_empty() {
                    last.file = mapping.file;
                }
                if !mapping.build_id.is_empty() {
                    last.build_id = mapping.build_id;
                }
            }
            None => joined.push(mapping),
        }
    }
    joined
}

fn are_one(first: &Mapping, second: &Mapping) -> bool {
    let may_be_same = |one: super::super::StringId, other: super::super::StringId| {
        one.is_empty() || other.is_empty() || one == other
    };
    let len = first.limit.wrapping_sub(first.start);
    may_be_same(first.file, second.file)
        && may_be_same(first.build_id, second.build_id)
        && first.limit == second.start
        && (first.offset == 0 || second.offset == 0 || first.offset.wrapping_add(len) == second.offset)
}

/// The first mapping that is neither a library nor a name like `[vdso]` is taken for the program.
fn put_main_first(profile: &mut Profile) {
    let main = profile.mappings.iter().position(|mapping| {
        let file = profile.text(mapping.file).replace("(deleted)", "");
        let file = file.trim();
        !file.is_empty() && !file.starts_with('[') && !LIBRARY.is_match(file)
    });
    if let Some(main) = main {
        profile.mappings.swap(0, main);
    }
}

fn renumber_locations(profile: &mut Profile) {
    let mut places: Vec<Option<LocationId>> = vec![None; profile.locations.len()];
    let mut used = Vec::with_capacity(profile.locations.len());
    for sample in profile.samples.iter() {
        for id in sample.stack {
            if let Some(place @ None) = places.get_mut(id.index()) {
                *place = Some(LocationId::at(used.len()));
                used.push(*id);
            }
        }
    }
    let mut locations = Vec::with_capacity(used.len());
    for (id, number) in used.into_iter().zip(1..) {
        let mut location = profile.location(id).clone();
        location.id = number;
        locations.push(location);
    }
    profile.locations = locations;
    profile.samples.replace_stacks(|sample, stack| {
        stack.extend(sample.stack.iter().filter_map(|id| places.get(id.index()).copied().flatten()));
        true
    });
}

fn renumber_functions(profile: &mut Profile) {
    let mut places = vec![None; profile.functions.len()];
    let mut functions = Vec::with_capacity(profile.functions.len());
    for id in profile.location_ids() {
        let mut lines = profile.lines(profile.location(id)).to_vec();
        for line in &mut lines {
            let function = profile.function(line.function);
            let place = places.get_mut(line.function.index());
            let Some(place) = place else { continue };
            let place = *place.get_or_insert_with(|| {
                let mut function = function.clone();
                function.id = functions.len() as u64 + 1;
                functions.push(function);
                super::super::FunctionId::at(functions.len() - 1)
            });
            line.function = place;
        }
        profile.set_lines(id, &lines);
    }
    profile.functions = functions;
}

/// Undoes what some handlers did to the program's mapping.
fn repair_main(profile: &mut Profile) {
    /// Where programs that are not position-independent begin.
    const PROGRAM_START: u64 = 0x40_0000;
    if let [first, second, ..] = profile.mappings.as_slice()
        && profile.text(first.file).starts_with("/anon_hugepage")
        && first.limit == second.start
    {
        profile.mappings.remove(0);
    }
    if let Some(main) = profile.mappings.first_mut()
        && main.start.wrapping_sub(main.offset) == PROGRAM_START
    {
        main.start = PROGRAM_START;
        main.offset = 0;
    }
}

fn assign(profile: &mut Profile) {
    let mut stand_in = None;
    let Profile { locations, mappings, .. } = profile;
    for location in
        locations.iter_mut().filter(|location| location.mapping.is_none() && location.address != 0)
    {
        let address = location.address;
        let found = mappings.iter().position(|mapping| (mapping.start..mapping.limit).contains(&address));
        // Some handlers left out the first part of a mapping that was split.
        let found = found.or_else(|| {
            let begins_before = |mapping: &Mapping| {
                mapping.offset != 0
                    && (mapping.start.wrapping_sub(mapping.offset)..mapping.start).contains(&address)
            };
            let found = mappings.iter().position(begins_before)?;
            let mapping = mappings.get_mut(found)?;
            mapping.start = mapping.start.wrapping_sub(mapping.offset);
            mapping.offset = 0;
            Some(found)
        });
        let place = found.unwrap_or_else(|| {
            *stand_in.get_or_insert_with(|| {
                mappings.push(Mapping { limit: u64::MAX, ..Mapping::default() });
                mappings.len() - 1
            })
        });
        location.mapping = Some(MappingId::at(place));
    }
}
