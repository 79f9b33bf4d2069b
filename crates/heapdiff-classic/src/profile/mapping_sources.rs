//! Mappings that are named by where a profile came from.

use super::model::Profile;
use super::string_table::StringId;
use crate::url::Url;

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
    Url::parse(text).is_some_and(|url| !url.scheme.is_empty())
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
