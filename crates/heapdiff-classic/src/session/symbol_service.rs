//! Names of functions from the server that a profile was fetched from.

use super::mapping_sources::{MappingSource, MappingSources};
use super::surroundings::Surroundings;
use crate::foreign_bytes::carry;
use crate::profile::{Function, FunctionId, Line, MappingId, Profile};
use crate::url::Url;
use std::collections::BTreeMap;

/// Asks the servers for all mappings without names.
///
/// # Errors
/// If a server does not answer, in pprof's words.
pub(super) fn symbolize(
    profile: &mut Profile,
    is_forced: bool,
    sources: &MappingSources,
    surroundings: &dyn Surroundings,
) -> Result<(), String> {
    for index in 0..profile.mappings.len() {
        let Some(mapping) = profile.mappings.get(index).filter(|mapping| is_forced || !mapping.has_functions)
        else {
            continue;
        };
        let id = MappingId::at(index);
        let service = sources.of(profile, mapping).into_iter().find_map(|source| {
            let service = Url::symbol_service(&source.page)?;
            Some((service, source))
        });
        if let Some((service, source)) = service {
            let distance = source.start.wrapping_sub(mapping.start);
            ask(profile, id, &service, distance, &source, surroundings)?;
            if let Some(mapping) = profile.mappings.get_mut(index) {
                mapping.has_functions = true;
            }
        }
    }
    Ok(())
}

/// Asks a server for the names of all addresses of a mapping that have none. There, they are `distance` further.
fn ask(
    profile: &mut Profile,
    mapping: MappingId,
    service: &str,
    distance: u64,
    source: &MappingSource,
    surroundings: &dyn Surroundings,
) -> Result<(), String> {
    let nameless = profile.locations.iter().filter(|location| {
        location.mapping == Some(mapping) && location.address != 0 && profile.lines(location).is_empty()
    });
    let addresses = nameless.map(|location| {
        let there = moved(location.address, distance).ok_or_else(|| {
            let address = location.address;
            format!(
                "cannot adjust address {address} by {}, it would overflow (mapping of {})",
                distance.cast_signed(),
                source.page
            )
        })?;
        Ok(format!("{there:#x}"))
    });
    let addresses = addresses.collect::<Result<Vec<_>, String>>()?;
    if addresses.is_empty() {
        return Ok(());
    }
    let answer = surroundings.post(service, &addresses.join("+"))?;
    let names = names(profile, &carry(&answer), distance)?;
    for id in profile.location_ids() {
        let location = profile.location(id);
        if location.mapping == Some(mapping)
            && let Some(&function) = names.get(&location.address)
        {
            profile.set_lines(id, &[Line { function, line: 0, column: 0 }]);
        }
    }
    Ok(())
}

/// Adds the functions of an answer to the profile, and returns them by address.
fn names(profile: &mut Profile, answer: &str, distance: u64) -> Result<BTreeMap<u64, FunctionId>, String> {
    let mut functions: BTreeMap<String, FunctionId> = BTreeMap::new();
    let mut by_address = BTreeMap::new();
    let (lines, _unfinished) = answer.rsplit_once('\n').unwrap_or_default();
    for (address, name) in lines.split('\n').filter_map(address_and_name) {
        let there = u64::from_str_radix(address.trim_start_matches("0x"), 16).map_err(|_| {
            let error = format!("strconv.ParseUint: parsing \"{address}\": value out of range");
            format!("unexpected parse failure {address}: {error}")
        })?;
        let here = moved(there, distance.wrapping_neg()).ok_or_else(|| {
            let distance = distance.wrapping_neg().cast_signed();
            format!("cannot adjust symbolz address {there} by {distance}, it would overflow")
        })?;
        let function = match functions.get(name) {
            Some(function) => *function,
            None => {
                let text = profile.strings.intern(name);
                let function = Function { name: text, system_name: text, ..Function::default() };
                let function = profile.push_function(function);
                functions.insert(name.to_owned(), function);
                function
            }
        };
        by_address.insert(here, function);
    }
    Ok(by_address)
}

/// What is found of `0x1234 name` in a line.
fn address_and_name(line: &str) -> Option<(&str, &str)> {
    let mut rest = line;
    loop {
        let start = rest.find("0x")?;
        rest = rest.get(start..)?;
        let digits = rest.get(2..)?.bytes().take_while(u8::is_ascii_hexdigit).count();
        let (address, after) = rest.split_at_checked(2 + digits)?;
        let is_space = |character: char| matches!(character, '\t' | '\n' | '\x0c' | '\r' | ' ');
        let name = after.trim_start_matches(is_space);
        if digits > 0 && name.len() < after.len() {
            return Some((address, name));
        }
        rest = after;
    }
}

/// An address `distance` further, unless that is beyond all addresses. A distance with its highest bit goes back.
fn moved(address: u64, distance: u64) -> Option<u64> {
    address.checked_add_signed(distance.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_addresses_with_names() {
        for (line, expected) in [
            ("0x10 main.main", Some(("0x10", "main.main"))),
            ("num_symbols: 1", None),
            ("x 0x 0x1f\tf g", Some(("0x1f", "f g"))),
            ("0x10", None),
            ("0x10 ", Some(("0x10", ""))),
        ] {
            assert_eq!(address_and_name(line), expected, "{line}");
        }
    }
}
