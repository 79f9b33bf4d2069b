//! Names of the linker as names for humans.

use crate::profile::Profile;
use cpp_demangle::DemangleOptions;

/// How much of a name to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum NameDetail {
    /// Neither parameters nor arguments of templates.
    #[default]
    Short,
    /// No parameters.
    Templates,
    /// All of it.
    Full,
    /// The linker's name as it is.
    Linker,
}

impl NameDetail {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "templates" => Some(Self::Templates),
            "full" => Some(Self::Full),
            "none" => Some(Self::Linker),
            _ => None,
        }
    }
}

/// Names functions that have but the linker's name. With `is_forced` all others are named anew too.
pub(super) fn demangle(profile: &mut Profile, is_forced: bool, detail: NameDetail) {
    let Profile { functions, strings, .. } = profile;
    for function in functions {
        if is_forced && !function.name.is_empty() && !function.system_name.is_empty() {
            function.name = function.system_name;
        }
        if !function.name.is_empty() && function.name != function.system_name {
            continue;
        }
        let name = readable(strings.get(function.system_name), detail);
        function.name = strings.intern(&name);
    }
}

fn readable(linker_name: &str, detail: NameDetail) -> String {
    if let Ok(rust) = rustc_demangle::try_demangle(linker_name) {
        return format!("{rust:#}");
    }
    if let Some(cpp) = cpp(linker_name, detail) {
        return cpp;
    }
    // It may be readable already, but too long.
    let mut name = linker_name.to_owned();
    if is_cpp(&name) {
        if matches!(detail, NameDetail::Short | NameDetail::Templates) {
            name = without(&name, '(', ')');
        }
        if detail == NameDetail::Short {
            name = without(&name, '<', '>');
        }
    }
    name
}

fn cpp(linker_name: &str, detail: NameDetail) -> Option<String> {
    if !linker_name.starts_with("_Z") {
        return None;
    }
    let symbol = cpp_demangle::Symbol::new(linker_name).ok()?;
    let options = match detail {
        NameDetail::Short | NameDetail::Templates => DemangleOptions::new().no_params().no_return_type(),
        NameDetail::Full | NameDetail::Linker => DemangleOptions::new(),
    };
    let name = symbol.demangle_with_options(&options).ok()?;
    Some(if detail == NameDetail::Short { without(&name, '<', '>') } else { name })
}

/// Whether a name looks like one of C++, and not like one of Java or Go with such characters.
fn is_cpp(name: &str) -> bool {
    let is_other = name.contains(".<") || name.contains("]).");
    !is_other && (name.contains(['<', '>', '[', ']']) || name.contains("::"))
}

/// `name` without what is between `open` and `close`, and these; as it is, if there is a `close` too many.
fn without(name: &str, open: char, close: char) -> String {
    let mut output = String::with_capacity(name.len());
    // What to go back to if the last parenthesis does not end.
    let mut inside = String::new();
    let mut depth = 0_usize;
    for (position, character) in name.char_indices() {
        if character == open {
            depth += 1;
        }
        if depth == 0 && character == close {
            return output + name.get(position..).unwrap_or_default();
        }
        if depth == 0 {
            output.push(character);
        } else {
            inside.push(character);
        }
        if character == close {
            depth -= 1;
            if depth == 0 {
                inside.clear();
            }
        }
    }
    output + &inside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readable_names_become_short() {
        for (name, expected) in [
            ("alloc::vec::Vec<T,A>::push", "alloc::vec::Vec::push"),
            ("ns::(anonymous namespace)::helper(int)", "ns::::helper"),
            ("<alloc::string::String as core::fmt::Write>::write_str", "::write_str"),
            ("_ZN3foo3barEv", "foo::bar"),
            ("main.(*T[...]).Method", "main.(*T[...]).Method"),
            ("java.util.List.<init>", "java.util.List.<init>"),
            ("a::b(c", "a::b(c"),
        ] {
            assert_eq!(readable(name, NameDetail::Short), expected);
        }
        assert_eq!(readable("a::b<c>(d)", NameDetail::Templates), "a::b<c>");
        assert_eq!(readable("a::b<c>(d)", NameDetail::Full), "a::b<c>(d)");
    }
}
