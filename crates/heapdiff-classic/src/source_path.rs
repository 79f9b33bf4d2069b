//! Paths of source files, which profiles have from another machine.

use crate::path;

/// `path` without the front part that only the building machine has. Without a `trim_path` everything up to a folder of
/// `source_path`, by its name, is such a part.
#[must_use]
pub(crate) fn trimmed<'p>(path: &'p str, trim_path: &str, source_path: &str) -> &'p str {
    if trim_path.is_empty() {
        for folder in path::split_list(source_path) {
            let folder = format!("/{}/", path::base(folder));
            if let Some((_, rest)) = path.split_once(&folder) {
                return rest;
            }
        }
    }
    for prefix in path::split_list(trim_path).chain(["/proc/self/cwd/./", "/proc/self/cwd/"]) {
        let prefix = if prefix.ends_with('/') { prefix.to_owned() } else { format!("{prefix}/") };
        if let Some(rest) = path.strip_prefix(&prefix) {
            return rest;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_goes_if_it_is_known() {
        assert_eq!(trimmed("/proc/self/cwd/./a/b.c", "", ""), "a/b.c");
        assert_eq!(trimmed("/build/x/project/a.c", "", "/home/me/project"), "a.c");
        assert_eq!(trimmed("/build/x/project/a.c", "/build:/other", "/home/me/project"), "x/project/a.c");
        assert_eq!(trimmed("/elsewhere/a.c", "/build", ""), "/elsewhere/a.c");
    }
}
