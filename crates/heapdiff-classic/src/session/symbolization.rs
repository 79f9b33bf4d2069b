//! Names for addresses: from binaries of this machine first, then from the servers that profiles were fetched from.

use super::demangling::{NameDetail, demangle};
use super::fetched::Source;
use super::surroundings::Surroundings;
use super::{local_names, symbol_service};

/// Names all functions that can be named. `mode` is what the user asked for.
///
/// # Errors
/// If a server that knows names does not answer, in pprof's words.
pub fn symbolize(
    source: &mut Source,
    mode: &str,
    surroundings: &dyn Surroundings,
    remarks: &mut Vec<String>,
) -> Result<(), String> {
    let (mut is_local, mut is_remote, mut is_forced) = (true, true, false);
    let mut detail = NameDetail::default();
    for option in mode.to_lowercase().split(':') {
        match option {
            "" => {}
            "none" | "no" => return Ok(()),
            "local" | "fastlocal" => (is_local, is_remote) = (true, false),
            "remote" => (is_local, is_remote) = (false, true),
            "force" => is_forced = true,
            option => {
                let name = option.strip_prefix("demangle=").unwrap_or(option);
                if let Some(named) = NameDetail::named(name) {
                    (detail, is_forced) = (named, true);
                } else if name != "default" {
                    remarks.push(format!("ignoring unrecognized symbolization option: {mode}"));
                    remarks.push(
                        "expecting -symbolize=[local|fastlocal|remote|none][:force][:demangle=[none|full|templates|default]"
                            .to_owned(),
                    );
                }
            }
        }
    }
    if is_local {
        local_names::symbolize(&mut source.profile, is_forced, surroundings, remarks);
    }
    if is_remote {
        let Source { profile, mapping_sources, .. } = &mut *source;
        symbol_service::symbolize(profile, is_forced, mapping_sources, surroundings)?;
    }
    demangle(&mut source.profile, is_forced, detail);
    Ok(())
}
