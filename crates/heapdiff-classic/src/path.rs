//! Paths as text, as Go's `path/filepath` handles them.

/// The last element of a path: `.` for an empty one, `/` for nothing but slashes.
#[must_use]
pub(crate) fn base(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let path = path.trim_end_matches('/');
    if path.is_empty() { "/" } else { path.rsplit('/').next().unwrap_or(path) }
}

/// The shortest path that means the same, by its text alone.
#[must_use]
pub(crate) fn clean(path: &str) -> String {
    let is_rooted = path.starts_with('/');
    let mut elements: Vec<&str> = Vec::new();
    for element in path.split('/') {
        match element {
            "" | "." => {}
            ".." if elements.last().is_some_and(|last| *last != "..") => {
                elements.pop();
            }
            ".." if is_rooted => {}
            element => elements.push(element),
        }
    }
    let joined = elements.join("/");
    match (is_rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// `folder` and `path` as one path.
#[must_use]
pub(crate) fn join(folder: &str, path: &str) -> String {
    match (folder, path) {
        ("", "") => String::new(),
        ("", path) => clean(path),
        (folder, path) => clean(&format!("{folder}/{path}")),
    }
}

/// Several parts as one path; those that are empty are left out.
#[must_use]
pub(crate) fn join_all(parts: &[&str]) -> String {
    parts.iter().fold(String::new(), |path, part| if part.is_empty() { path } else { join(&path, part) })
}

/// All but the last element of a path.
#[must_use]
pub(crate) fn parent(path: &str) -> String {
    clean(path.rfind('/').and_then(|slash| path.get(..=slash)).unwrap_or(""))
}

/// The elements of a list of folders with colons between them.
pub(crate) fn split_list(list: &str) -> impl Iterator<Item = &str> {
    list.split(':').filter(move |_| !list.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_as_short_as_they_can() {
        for (path, expected) in [
            ("", "."),
            ("/src/./a/../foo.c", "/src/foo.c"),
            ("a//b/", "a/b"),
            ("../../x/..", "../.."),
            ("/../x", "/x"),
            ("a/..", "."),
        ] {
            assert_eq!(clean(path), expected, "{path}");
        }
        assert_eq!((base("a/b/"), base("/"), base(""), base("x")), ("b", "/", ".", "x"));
        assert_eq!((parent("/a/b"), parent("/"), parent("a")), ("/a".into(), "/".into(), ".".into()));
        assert_eq!(split_list("").count(), 0);
    }
}
