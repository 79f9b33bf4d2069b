//! Names that one recorder has for itself.
//!
//! The names of a recorder's files begin with `{program}-{start}-{pid}`, and two recorders may agree on all three:
//! process 1 of two containers that share a volume, the image before and after `exec`, two copies of this crate in one
//! program. So a recorder claims its names before it uses them, and if somebody has them already it takes `{pid}.2`,
//! then `{pid}.3`.
//!
//! A claim is the recorder's unfinished file, made so that it fails if it is there. Its first snapshot takes that
//! file's place under the same names, so at no moment does it look as if nobody had them.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Recorders of one program, start and process id that one directory has room for. Nobody starts so many in a second.
const RECORDERS_MAX: u32 = 1000;

/// What this process has claimed: a second session in the same directory goes on with the names of the first.
static CLAIMED: Mutex<Vec<Claim>> = Mutex::new(Vec::new());

#[derive(Clone, Debug)]
struct Claim {
    directory: PathBuf,
    stem: String,
    prefix: String,
}

/// Claims names in `directory` that begin with `stem`, or with `stem` and a number, and returns how they begin:
/// `{stem}-` or `{stem}.2-`. The unfinished file of that name is there afterwards.
pub(crate) fn claim(directory: &Path, stem: &str) -> io::Result<String> {
    // Only one session is started at a time. Where the lock is taken all the same, this process was forked off in the
    // middle of a start, and has claimed nothing.
    let mut claimed = CLAIMED.try_lock().ok();
    let earlier = claimed.as_ref().and_then(|claimed| {
        claimed.iter().find(|claim| claim.directory == directory && claim.stem == stem).cloned()
    });
    if let Some(Claim { prefix, .. }) = earlier
        && make(&directory.join(unfinished(&prefix)))?
    {
        return Ok(prefix);
    }
    let prefix = claim_fresh(directory, stem)?;
    if let Some(claimed) = &mut claimed {
        claimed.retain(|claim| claim.directory != directory);
        let (directory, stem) = (directory.to_owned(), stem.to_owned());
        claimed.push(Claim { directory, stem, prefix: prefix.clone() });
    }
    Ok(prefix)
}

/// Claims names that nobody has, this process included.
fn claim_fresh(directory: &Path, stem: &str) -> io::Result<String> {
    for number in 1..=RECORDERS_MAX {
        let prefix = if number == 1 { format!("{stem}-") } else { format!("{stem}.{number}-") };
        if !make(&directory.join(unfinished(&prefix)))? {
            continue;
        }
        // Looked at after it was made: somebody who had the name before has finished a snapshot by then, or still has
        // the file that could not have been made.
        if !is_in_use(directory, &prefix)? {
            return Ok(prefix);
        }
        fs::remove_file(directory.join(unfinished(&prefix)))?;
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "too many recorders of that name"))
}

/// Name of a recorder's unfinished file.
pub(crate) fn unfinished(prefix: &str) -> String {
    format!(".{prefix}.tmp")
}

/// Makes a file; `false` if it is there already.
fn make(path: &Path) -> io::Result<bool> {
    match File::create_new(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether a recorder has left or is keeping a file of that name: a snapshot, or `{stem}.region`.
fn is_in_use(directory: &Path, prefix: &str) -> io::Result<bool> {
    let stem = prefix.trim_end_matches('-');
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let rest = name.to_str().and_then(|name| name.strip_prefix(stem));
        if rest.is_some_and(|rest| rest.starts_with('-') || rest.starts_with(".region")) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEM: &str = "shop-20261120T110121Z-1";

    fn unfinished_of(number: u32) -> String {
        unfinished(&format!("{STEM}.{number}-"))
    }

    #[test]
    fn names_that_somebody_has_are_not_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        assert_eq!(claim_fresh(at, STEM).unwrap(), format!("{STEM}-"));
        assert_eq!(claim_fresh(at, STEM).unwrap(), format!("{STEM}.2-"), "the first has its unfinished file");
        fs::rename(at.join(unfinished(&format!("{STEM}-"))), at.join(format!("{STEM}-000000.pb.gz")))
            .unwrap();
        fs::remove_file(at.join(unfinished_of(2))).unwrap();
        assert_eq!(claim_fresh(at, STEM).unwrap(), format!("{STEM}.2-"), "the first has a snapshot");
        fs::remove_file(at.join(unfinished_of(2))).unwrap();
        fs::write(at.join(format!("{STEM}.2.region")), "").unwrap();
        assert_eq!(claim_fresh(at, STEM).unwrap(), format!("{STEM}.3-"), "the second has a region");
        // Process 1 is not process 12, and another program is another program.
        for other in ["shop-20261120T110121Z-12", "my-shop-20261120T110121Z-1"] {
            assert_eq!(claim_fresh(at, other).unwrap(), format!("{other}-"));
        }
        let left = fs::read_dir(at).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let unfinished = left
            .filter(|name| name.starts_with(&format!(".{STEM}.")) || name.starts_with(&format!(".{STEM}-")))
            .collect::<Vec<_>>();
        assert_eq!(unfinished, [unfinished_of(3)], "what was tried in vain is gone");
    }

    #[test]
    fn a_process_goes_on_with_its_own_names() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let prefix = claim(at, STEM).unwrap();
        fs::rename(at.join(unfinished(&prefix)), at.join(format!("{prefix}000000.pb.gz"))).unwrap();
        assert_eq!(claim(at, STEM).unwrap(), prefix);
        assert_eq!(claim(at, "shop-20261120T110121Z-2").unwrap(), "shop-20261120T110121Z-2-", "a child");
    }

    /// However many ask for the same names at the same moment, and whenever they finish their first snapshots.
    #[test]
    fn no_two_of_many_get_the_same_names() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let mut prefixes: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16)
                .map(|number| {
                    scope.spawn(move || {
                        let prefix = claim_fresh(at, STEM).unwrap();
                        if number % 2 == 0 {
                            let first = at.join(format!("{prefix}000000.pb.gz"));
                            fs::rename(at.join(unfinished(&prefix)), first).unwrap();
                        }
                        prefix
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        prefixes.sort();
        prefixes.dedup();
        assert_eq!(prefixes.len(), 16);
    }
}
