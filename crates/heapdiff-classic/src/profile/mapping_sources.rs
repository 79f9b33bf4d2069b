//! Mappings that are named by where a profile came from.

use super::model::Profile;
use super::string_table::StringId;

impl Profile {
    /// Takes away the file of each mapping that has no build ID and whose file is the address of a page: pprof puts
    /// the address of a profile there while it symbolizes, and removes whatever looks like one.
    pub fn remove_mapping_sources(&mut self) {
        let Self { mappings, strings, .. } = self;
        for mapping in mappings {
            if mapping.build_id.is_empty() && is_absolute_url(strings.get(mapping.file)) {
                mapping.file = StringId::EMPTY;
            }
        }
    }
}

/// Whether Go reads a text as a URL with a scheme.
fn is_absolute_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    if !scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        || !scheme.bytes().all(is_of_scheme)
        || text.bytes().any(|byte| byte.is_ascii_control())
    {
        return false;
    }
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    // What does not begin with a slash is not looked into.
    let (path, _query) = rest.split_once('?').unwrap_or((rest, ""));
    is_escaped_well(fragment) && (!path.starts_with('/') || is_escaped_well(path))
}

/// Whether each `%` begins an escape.
fn is_escaped_well(text: &str) -> bool {
    let is_hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    text.as_bytes()
        .split(|&byte| byte == b'%')
        .skip(1)
        .all(|after| is_hex(after.first()) && is_hex(after.get(1)))
}

#[cfg(test)]
mod tests {
    use super::is_absolute_url;

    #[test]
    fn a_scheme_makes_a_url() {
        for url in ["http://host/debug/pprof/heap", "ffff0:", "a+b:c%", "file:/tmp/x"] {
            assert!(is_absolute_url(url), "{url}");
        }
        for file in ["", "/usr/bin/cat", "[vdso]", "anon_inode:[perf]", "0a:b", ":x", "a:/%zz", "a:\u{1}"] {
            assert!(!is_absolute_url(file), "{file}");
        }
    }
}
