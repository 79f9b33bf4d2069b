//! The files, folders and pipes that a user names as one profile.

use crate::failure::Failure;
use heapdiff_profile::MergeError;
use std::path::{Path, PathBuf};

/// What stands for standard input, as in most commands.
pub(crate) const STANDARD_INPUT: &str = "-";

/// Refuses to read standard input twice: there would be nothing in it the second time.
pub(crate) fn once(paths: &[PathBuf]) -> Result<(), Failure> {
    if paths.iter().filter(|path| *path == Path::new(STANDARD_INPUT)).count() > 1 {
        return Err(Failure::usage(
            "`-` is named twice",
            "standard input can be read once; name files instead",
        ));
    }
    Ok(())
}

/// The folders that the sources lie in, each once.
pub(crate) fn folders(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for path in paths {
        let folder = match path.parent() {
            _ if path.is_dir() => path.clone(),
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
            _ => PathBuf::from("."),
        };
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

/// What a sum of these profiles is called, `asked` of which there should have been.
pub(crate) fn name_of_sum(names: &[String], asked: usize) -> String {
    let read = names.len();
    let first = names.first().map_or("", String::as_str);
    let more = if read > 1 { format!(" + {} more", read - 1) } else { String::new() };
    let left_out = if read < asked { format!(" ({read} of {asked} sources read)") } else { String::new() };
    format!("{first}{more}{left_out}")
}

/// Profiles that have no sum.
pub(crate) fn not_one_kind(error: MergeError) -> Failure {
    let hint = match error {
        MergeError::DifferentPeriods { .. } => {
            "merge those that were recorded alike, and look at the others alone"
        }
        MergeError::NoCommonSampleType { .. } => "`heapdiff info FILE` lists the sample types of each",
        _ => "name fewer profiles",
    };
    Failure::input(format!("cannot merge: {error}"), hint)
}
