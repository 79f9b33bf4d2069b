//! Profiles that were asked for, and what they bring along.

use super::binaries::locate_binaries;
use super::mapping_sources::MappingSources;
use super::surroundings::Surroundings;
use crate::options::CommandLine;
use crate::profile::{ParseError, Profile, parse};

/// A profile that was asked for.
#[derive(Debug)]
pub struct Fetched {
    /// Its name as it was typed.
    pub name: String,
    /// The profile, or why there is none.
    pub source: Result<Source, String>,
}

/// A profile, and where it comes from.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The profile.
    pub profile: Profile,
    /// The pages that it was fetched from, by what names a mapping. Empty for files.
    pub mapping_sources: MappingSources,
    /// Whether it is worth keeping, since it may never be the same again.
    pub is_remote: bool,
}

/// Reads a profile and gives it the binaries that the command line names or that are found. `page` is the address of
/// one that was fetched.
///
/// # Errors
/// If the bytes are no profile.
pub fn read(
    bytes: &[u8],
    page: Option<&str>,
    line: &CommandLine,
    surroundings: &dyn Surroundings,
    remarks: &mut Vec<String>,
) -> Result<Source, ParseError> {
    let mut profile = parse(bytes)?;
    locate_binaries(&mut profile, surroundings, remarks);
    profile.add_missing_mapping();
    let file = line.binary.as_deref().filter(|file| !file.is_empty());
    let file = file.map(|file| profile.strings.intern(file));
    let build_id = Some(line.build_id.as_str()).filter(|build_id| !build_id.is_empty());
    let build_id = build_id.map(|build_id| profile.strings.intern(build_id));
    if let Some(mapping) = profile.mappings.first_mut() {
        mapping.file = file.unwrap_or(mapping.file);
        if mapping.build_id.is_empty() {
            mapping.build_id = build_id.unwrap_or_default();
        }
    }
    let mapping_sources = page.map(|page| MappingSources::collect(&mut profile, page));
    Ok(Source { profile, is_remote: page.is_some(), mapping_sources: mapping_sources.unwrap_or_default() })
}
