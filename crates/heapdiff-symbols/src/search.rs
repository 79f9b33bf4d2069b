//! Which files may hold the code or the debug information of a mapping.

use crate::elf_file::{ElfError, ElfFile};
use std::path::{Component, Path, PathBuf};

/// What the kernel appends to the path of a file that has been removed since it was mapped.
const DELETED_SUFFIX: &str = " (deleted)";

/// Whether a mapping's name is not that of a file on disk.
pub(crate) fn is_nameless(file: &str) -> bool {
    let prefixes = ["[", "//", "anon_inode:", "/memfd:", "/SYSV", "linux-vdso", "linux-gate"];
    file.is_empty() || prefixes.iter().any(|prefix| file.starts_with(prefix))
}

/// The files that answer for one build.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The binary itself, as it was loaded.
    pub(crate) binary: Option<ElfFile>,
    /// A separate file with its debug information, where the binary has none.
    pub(crate) debug_file: Option<ElfFile>,
    /// The last candidate that could not be used, and why.
    pub(crate) refused: Option<(PathBuf, Refusal)>,
}

/// Why a candidate is not used.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It has this build ID; empty where it has none.
    BuildIdDiffers(String),
    /// It cannot be read as ELF.
    Unusable(ElfError),
}

impl Found {
    /// The file with debug information, if there is one.
    pub(crate) fn with_debug_information(&self) -> Option<&ElfFile> {
        self.debug_file.as_ref().or_else(|| self.binary.as_ref().filter(|file| has_debug_information(file)))
    }
}

/// Looks for the files of the build `build_id` (hexadecimal, or empty where it is not known) that was mapped from
/// `file`.
pub(crate) fn find(search_directories: &[PathBuf], file: &str, build_id: &str) -> Found {
    let mut found = Found::default();
    for path in candidates(search_directories, file, build_id) {
        consider(&mut found, &path, build_id);
        if found.binary.is_some() && found.with_debug_information().is_some() {
            return found;
        }
    }
    if let Some(binary) = &found.binary {
        let linked: Vec<PathBuf> = binary
            .debug_link()
            .map_or_else(Vec::new, |link| linked_candidates(search_directories, binary.path(), &link));
        for path in linked {
            consider(&mut found, &path, build_id);
            if found.debug_file.is_some() {
                break;
            }
        }
    }
    found
}

/// Opens a candidate and keeps it in the role that it can play, or remembers why it has none.
fn consider(found: &mut Found, path: &Path, build_id: &str) {
    let opened = ElfFile::open(path).and_then(|file| Ok((file.build_id()?, file)));
    let refusal = match opened {
        Ok((id, file)) if build_id.is_empty() || id == build_id => {
            let has_code = file.segments().is_ok_and(|segments| segments.have_contents());
            if has_code && found.binary.is_none() {
                found.binary = Some(file);
            } else if found.debug_file.is_none() && has_debug_information(&file) {
                found.debug_file = Some(file);
            }
            return;
        }
        Ok((id, _)) => Refusal::BuildIdDiffers(id),
        Err(error) if error.is_missing() => return,
        Err(error) => Refusal::Unusable(error),
    };
    // The mapping's own path is the last candidate and says more to the user than a guess does.
    found.refused = Some((path.to_owned(), refusal));
}

fn has_debug_information(file: &ElfFile) -> bool {
    file.has_debug_information().unwrap_or(false)
}

/// Where the build may be found, best first.
fn candidates(search_directories: &[PathBuf], file: &str, build_id: &str) -> Vec<PathBuf> {
    let path = Path::new(file.strip_suffix(DELETED_SUFFIX).unwrap_or(file));
    let mut candidates = Vec::new();
    if let Some((first, rest)) = build_id.split_at_checked(2).filter(|_| is_hexadecimal(build_id)) {
        for directory in search_directories {
            let directory = directory.join(".build-id").join(first);
            candidates.push(directory.join(format!("{rest}.debug")));
            candidates.push(directory.join(rest));
        }
    }
    for directory in search_directories {
        for relative in [path.file_name().map(PathBuf::from), relative_to_root(path)].into_iter().flatten() {
            candidates.push(directory.join(with_debug_suffix(&relative)));
            candidates.push(directory.join(relative));
        }
    }
    candidates.push(path.to_owned());
    candidates
}

/// Where the debug file `link` of a binary may be found, in gdb's order.
///
/// **Source:** gdb manual, "Separate Debug Files".
fn linked_candidates(search_directories: &[PathBuf], binary: &Path, link: &Path) -> Vec<PathBuf> {
    let beside = binary.parent().unwrap_or(Path::new("."));
    let mut candidates = vec![beside.join(link), beside.join(".debug").join(link)];
    for directory in search_directories {
        candidates.extend(relative_to_root(beside).map(|beside| directory.join(beside).join(link)));
        candidates.push(directory.join(link));
    }
    candidates.retain(|candidate| candidate != binary);
    candidates
}

fn with_debug_suffix(path: &Path) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(".debug");
    PathBuf::from(path)
}

/// An absolute path below another directory; `None` for one that climbs out of it.
fn relative_to_root(path: &Path) -> Option<PathBuf> {
    let relative = path.strip_prefix("/").ok()?;
    relative.components().all(|part| matches!(part, Component::Normal(_))).then(|| relative.to_owned())
}

/// Whether `build_id` may be used in the name of a file.
pub(crate) fn is_hexadecimal(build_id: &str) -> bool {
    // SHA-1 makes 40 digits, and 128 are as many as any tool writes.
    (2..=128).contains(&build_id.len()) && build_id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(paths: Vec<PathBuf>) -> Vec<String> {
        paths.into_iter().map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn candidates_are_tried_from_the_surest_to_the_mapped_path() {
        let found = candidates(&[PathBuf::from("/d")], "/usr/bin/pool (deleted)", "abcdef");
        assert_eq!(
            texts(found),
            [
                "/d/.build-id/ab/cdef.debug",
                "/d/.build-id/ab/cdef",
                "/d/pool.debug",
                "/d/pool",
                "/d/usr/bin/pool.debug",
                "/d/usr/bin/pool",
                "/usr/bin/pool"
            ]
        );
    }

    #[test]
    fn names_from_a_profile_do_not_climb_out_of_a_search_directory() {
        for (file, build_id) in [("/../../etc/passwd", "../../x"), ("/a/../../passwd", "zz"), ("..", "é1")] {
            for path in candidates(&[PathBuf::from("/d")], file, build_id) {
                let climbs = path.components().any(|part| part == Component::ParentDir);
                assert!(!(path.starts_with("/d") && climbs), "{}", path.display());
            }
        }
    }

    #[test]
    fn a_debug_link_is_looked_for_where_gdb_looks() {
        let found =
            linked_candidates(&[PathBuf::from("/d")], Path::new("/usr/bin/pool"), Path::new("pool.debug"));
        assert_eq!(
            texts(found),
            ["/usr/bin/pool.debug", "/usr/bin/.debug/pool.debug", "/d/usr/bin/pool.debug", "/d/pool.debug"]
        );
    }

    #[test]
    fn names_of_memory_that_is_no_file_are_told_from_paths() {
        for name in ["", "[vdso]", "[heap]", "//anon", "anon_inode:[perf_event]", "/memfd:x (deleted)"] {
            assert!(is_nameless(name), "{name}");
        }
        for path in ["/usr/bin/pool", "pool", "/opt/a (deleted)"] {
            assert!(!is_nameless(path), "{path}");
        }
    }
}
