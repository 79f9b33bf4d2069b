//! Finds the source of a function: where the program was built, or wherever its files lie now.

use crate::directory;
use heapdiff_render::SourceFile;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A source file that is longer is none, in bytes.
const SIZE_MAX: u64 = 64 << 20;

/// Where to look for source files.
#[derive(Debug)]
pub(crate) struct SourceFiles<'a> {
    /// Folders that hold the files below whatever end of their recorded path; these come first.
    pub(crate) roots: &'a [PathBuf],
    /// Such folders that come last: the current one, and those of the profiles.
    pub(crate) beside: Vec<PathBuf>,
    /// When the profile was taken, in nanoseconds since 1970 UTC; 0 where it is not known.
    pub(crate) profile_nanos: i64,
}

impl SourceFiles<'_> {
    /// The file that a profile calls `recorded`.
    pub(crate) fn find(&self, recorded: &str) -> SourceFile {
        if recorded.is_empty() {
            return SourceFile::Unknown;
        }
        let below = |roots: &[PathBuf]| roots.iter().find_map(|root| below(root, recorded));
        let as_recorded = || Some(PathBuf::from(recorded)).filter(|path| path.is_file());
        match below(self.roots).or_else(as_recorded).or_else(|| below(&self.beside)) {
            Some(path) => self.read(&path),
            None => SourceFile::Missing { looked_for: self.looked_for(recorded) },
        }
    }

    fn read(&self, path: &Path) -> SourceFile {
        let shown = path.display().to_string();
        let read = || {
            let mut bytes = Vec::new();
            let file = fs::File::open(path)?;
            let modified = file.metadata()?.modified()?;
            file.take(SIZE_MAX).read_to_end(&mut bytes)?;
            Ok((bytes, modified))
        };
        match read() {
            Ok((bytes, modified)) => {
                let nanos = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
                let is_newer =
                    u128::try_from(self.profile_nanos).is_ok_and(|taken| taken > 0 && nanos > taken);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                SourceFile::Found { path: shown, text, is_newer }
            }
            Err(error) => SourceFile::Unreadable { path: shown, reason: directory::reason(&error) },
        }
    }

    /// The path as it was recorded, and the folders below which its ends were looked for.
    fn looked_for(&self, recorded: &str) -> Vec<String> {
        let name = recorded.rsplit('/').next().unwrap_or(recorded);
        let below = |root: &PathBuf| root.join("**").join(name).display().to_string();
        let mut looked_for: Vec<String> = self.roots.iter().map(below).collect();
        looked_for.insert(looked_for.len(), recorded.to_owned());
        looked_for
    }
}

/// The file below `root` that has the longest end of `recorded` for its path.
fn below(root: &Path, recorded: &str) -> Option<PathBuf> {
    let parts: Vec<&str> = recorded.split('/').filter(|part| !["", ".", ".."].contains(part)).collect();
    let ends = (0..parts.len()).filter_map(|first| parts.get(first..));
    ends.map(|end| root.join(end.iter().collect::<PathBuf>())).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_end_of_a_path_is_found_below_a_root() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("app/src")).unwrap();
        for (path, text) in [("app/src/lib.rs", "app"), ("lib.rs", "other")] {
            fs::write(root.join(path), text).unwrap();
        }
        let roots = [root.to_path_buf()];
        let files = |profile_nanos| SourceFiles { roots: &roots, beside: Vec::new(), profile_nanos };
        let text = |recorded| match files(0).find(recorded) {
            SourceFile::Found { text, .. } => text,
            other => format!("{other:?}"),
        };
        assert_eq!(text("/build/7/app/src/lib.rs"), "app");
        assert_eq!(text("/build/7/app/../app/./src/lib.rs"), "app");
        assert_eq!(text("/elsewhere/lib.rs"), "other");
        assert_eq!(text(""), "Unknown");
        assert!(matches!(
            files(0).find("/build/7/app/src/main.rs"),
            SourceFile::Missing { looked_for } if looked_for.last().unwrap() == "/build/7/app/src/main.rs"
        ));
        let is_newer =
            |nanos| matches!(files(nanos).find("lib.rs"), SourceFile::Found { is_newer: true, .. });
        assert!(is_newer(1), "changed after the beginning of 1970");
        assert!(!is_newer(0), "a profile without a time");
        assert!(!is_newer(i64::MAX));
    }
}
