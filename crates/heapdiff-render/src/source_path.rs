//! Writes the path of a source file as short as it can be without becoming another file.

/// A path without the part that every file of its kind shares.
///
/// - below `root` (usually the current folder): relative to it;
/// - the standard library: from `library/` on, `/rustc/<commit>/` left out;
/// - a crate from a registry or a git checkout: from its `name-version` folder on.
///
/// Any other path is returned as it is.
#[must_use]
pub(crate) fn shorten<'a>(path: &'a str, root: Option<&str>) -> &'a str {
    let below_root = root
        .filter(|root| !root.is_empty())
        .and_then(|root| path.strip_prefix(root.trim_end_matches('/')))
        .and_then(|rest| rest.strip_prefix('/'));
    below_root.or_else(|| standard_library(path)).or_else(|| registry_crate(path)).unwrap_or(path)
}

/// `library/alloc/src/vec/mod.rs`, for the remapped path of a released compiler and for an installed source tree.
fn standard_library(path: &str) -> Option<&str> {
    if path.strip_prefix("/rustc/").is_some_and(|rest| rest.contains("/library/"))
        || path.contains("/rustlib/src/")
    {
        path.find("/library/").and_then(|at| path.get(at + 1..))
    } else {
        None
    }
}

/// Whether a source file came with the compiler.
#[must_use]
pub(crate) fn is_of_standard_library(path: &str) -> bool {
    standard_library(path).is_some()
}

/// `tokio-1.2.3/src/lib.rs`, for a path below Cargo's `registry/src/<index>/` or `git/checkouts/<name>/<commit>/`.
fn registry_crate(path: &str) -> Option<&str> {
    if let Some((_, rest)) = path.split_once("/registry/src/") {
        return rest.split_once('/').map(|(_index, file)| file);
    }
    let (_, rest) = path.split_once("/git/checkouts/")?;
    let (_name, rest) = rest.split_once('/')?;
    rest.split_once('/').map(|(_commit, file)| file)
}

/// `file:line` as an editor opens it; `None` where the file is not known.
#[must_use]
pub(crate) fn with_line(file: &str, line: i64, root: Option<&str>) -> Option<String> {
    match (file, line) {
        ("", _) => None,
        (file, 1..) => Some(format!("{}:{line}", shorten(file, root))),
        (file, _) => Some(shorten(file, root).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_files_share_is_left_out() {
        let cases = [
            ("/home/me/shop/src/cart.rs", "src/cart.rs"),
            ("/home/me/shopping/src/cart.rs", "/home/me/shopping/src/cart.rs"),
            ("/rustc/0123456789abcdef/library/alloc/src/vec/mod.rs", "library/alloc/src/vec/mod.rs"),
            ("/opt/rust/lib/rustlib/src/rust/library/std/src/io.rs", "library/std/src/io.rs"),
            (
                "/home/me/.cargo/registry/src/index-1949cf8c6b5b557f/serde-1.0.1/src/de.rs",
                "serde-1.0.1/src/de.rs",
            ),
            ("/home/me/.cargo/git/checkouts/mini-0a1b/77aa88b/src/lib.rs", "src/lib.rs"),
            ("/usr/src/library/thing.c", "/usr/src/library/thing.c"),
            ("relative.go", "relative.go"),
        ];
        for (path, short) in cases {
            assert_eq!(shorten(path, Some("/home/me/shop")), short);
        }
    }

    #[test]
    fn a_line_that_is_not_known_is_not_written() {
        assert_eq!(with_line("a.rs", 3, None).as_deref(), Some("a.rs:3"));
        assert_eq!(with_line("a.rs", 0, None).as_deref(), Some("a.rs"));
        assert_eq!(with_line("", 3, None), None);
    }
}
