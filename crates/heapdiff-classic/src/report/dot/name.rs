//! Names that fit a box: short, on several lines.

use super::escaped;
use crate::graph::NodeInfo;
use crate::path;
use crate::profile::Profile;
use regex::Regex;
use std::sync::LazyLock;

/// What remains of a function's name, by language; the first expression that matches decides.
struct Shortening {
    anonymous_namespace: Regex,
    module_version: Regex,
    by_language: [Regex; 3],
}

static SHORTENING: LazyLock<Option<Shortening>> = LazyLock::new(|| {
    let regex = |source: &str| Regex::new(source).ok();
    Some(Shortening {
        anonymous_namespace: regex(r"^\(anonymous namespace\)::")?,
        module_version: regex(r"^(.*?)/v(?:[2-9]|[1-9][0-9]+)([./].*)$")?,
        by_language: [
            // Go: without the path of the package.
            regex(r"^(?:[0-9A-Za-z_\-\.]+/)+(.+)")?,
            // Java: class and method, without package and arguments.
            regex(
                r"^(?:[a-z][0-9A-Za-z_]*\.)*([A-Z][0-9A-Za-z_\$]*\.(?:<init>|[a-z][0-9A-Za-z_\$]*(?:\$[0-9]+)?))(?:(?:\()|$)",
            )?,
            // C++: class and method, without namespaces.
            regex(
                r"^(?:[_a-zA-Z][0-9A-Za-z_]*::)+(_*[A-Z][0-9A-Za-z_]*::~?[_a-zA-Z][0-9A-Za-z_]*(?:<.*>)?)",
            )?,
        ],
    })
});

/// A name without what is the same for many functions.
pub(super) fn shortened(name: &str) -> String {
    let Some(shortening) = &*SHORTENING else { return name.to_owned() };
    let name = shortening.anonymous_namespace.replace(name, "");
    let name = shortening.module_version.replace(&name, "${1}${2}");
    let found = shortening.by_language.iter().find_map(|regex| regex.captures(&name)?.get(1));
    found.map_or(&*name, |part| part.as_str()).to_owned()
}

/// The name of a node on several lines, the last one ended.
pub(super) fn multiline_name(info: &NodeInfo, profile: &Profile) -> String {
    let name = escaped(&shortened(profile.text(info.name))).replace("::", "\\n").replace('.', "\\n");
    let file = profile.text(info.file);
    let file = if file.is_empty() { "" } else { path::base(file) };
    let lines = info.name_parts(profile, &name, file);
    lines.iter().map(|line| format!("{line}\\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_many_have() {
        for (name, expected) in [
            ("github.com/google/pprof/v3/internal.Fun", "internal.Fun"),
            ("java.util.HashMap.get(Object)", "HashMap.get"),
            ("(anonymous namespace)::foo::Bar::baz", "Bar::baz"),
            ("alloc::vec::Vec::push", "Vec::push"),
            ("<T as core::fmt::Debug>::fmt", "<T as core::fmt::Debug>::fmt"),
        ] {
            assert_eq!(shortened(name), expected);
        }
    }
}
