//! Files under names with a number: the first that nobody has yet.

use super::{path, reason, say, variable};
use heapdiff_classic::foreign_bytes::restore;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;

/// How many files may lie in a folder under such names.
const NUMBERS_MAX: usize = 10_000;

/// Makes a file `startNNNend`, and returns its name too.
pub(super) fn numbered(start: &str, end: &str) -> Result<(File, String), String> {
    for number in 1..NUMBERS_MAX {
        let name = format!("{start}{number:03}{end}");
        match File::create_new(path(&name)) {
            Ok(file) => return Ok((file, name)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(format!("open {name}: {}", reason(&error))),
        }
    }
    let start = start.rsplit('/').next().unwrap_or(start);
    Err(format!("could not create file of the form {start}{:03}{end}", 1))
}

/// Keeps a profile that was fetched: it may never be the same again.
///
/// # Errors
/// If there is no folder for such; that it cannot be written is only said.
pub(super) fn keep(start: &str, profile: &[u8]) -> Result<(), String> {
    let folder = folder()?;
    let written = numbered(&format!("{folder}/{start}"), ".pb.gz").and_then(|(mut file, name)| {
        file.write_all(profile).map_err(|error| format!("write {name}: {}", reason(&error)))?;
        Ok(name)
    });
    match written {
        Ok(name) => say(&format!("Saved profile in {name}")),
        Err(error) => say(&format!("Could not save profile: {error}")),
    }
    Ok(())
}

/// The folder for fetched profiles; it is made if it is not there.
fn folder() -> Result<String, String> {
    let (own, home, temporary) = (variable("PPROF_TMPDIR"), variable("HOME"), variable("TMPDIR"));
    let home = if home.is_empty() { home } else { format!("{}/pprof", home.trim_end_matches('/')) };
    let temporary = if temporary.is_empty() { "/tmp".to_owned() } else { temporary };
    for folder in [own, home, temporary] {
        if folder.is_empty() {
            continue;
        }
        match fs::DirBuilder::new().recursive(true).mode(0o755).create(path(&folder)) {
            Ok(()) => return Ok(folder.trim_end_matches('/').to_owned()),
            Err(error) => say(&format!(
                "Could not use temp dir {folder}: mkdir {}: {}",
                missing_part(&folder),
                reason(&error)
            )),
        }
    }
    Err("failed to identify temp dir".to_owned())
}

/// The first part of a path that is not there.
fn missing_part(folder: &str) -> String {
    let ends = folder.match_indices('/').map(|(place, _)| place).chain([folder.len()]);
    let parts = ends.filter_map(|end| folder.get(..end)).filter(|part| !part.is_empty());
    let mut missing = parts.filter(|part| !fs::metadata(path(part)).is_ok_and(|data| data.is_dir()));
    missing
        .next()
        .map_or_else(|| folder.to_owned(), |part| String::from_utf8_lossy(&restore(part)).into_owned())
}
