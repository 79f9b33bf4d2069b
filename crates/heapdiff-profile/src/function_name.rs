//! Reading the demangled names of functions.

/// A function's name in the fewest words that still tell it apart on a screen: the last two parts of its path, without
/// generic arguments. A trait method is named after the type that it is called on.
///
/// ```
/// use heapdiff_profile::short_name;
///
/// assert_eq!(short_name("alloc::vec::Vec<T,A>::reserve"), "Vec::reserve");
/// assert_eq!(short_name("<alloc::string::String as core::clone::Clone>::clone"), "String::clone");
/// assert_eq!(short_name("app::server::run::{{closure}}"), "server::run::{closure}");
/// assert_eq!(short_name("net/http.(*conn).serve"), "http.(*conn).serve");
/// ```
#[must_use]
pub fn short_name(name: &str) -> String {
    let name = without_hash(name);
    if !has_path(name) && !name.starts_with("operator") {
        return name.get(..name.find(['<', '(']).unwrap_or(name.len())).unwrap_or(name).to_owned();
    }
    if !name.contains("::") {
        let path_end = name.find(['(', '[', '<']).unwrap_or(name.len());
        let start = name.get(..path_end).and_then(|path| path.rfind('/')).map_or(0, |slash| slash + 1);
        return name.get(start..).unwrap_or(name).to_owned();
    }
    let mut parts = Vec::new();
    let mut closures = 0;
    for (at, part) in path_parts(name).into_iter().enumerate() {
        if part.starts_with('{') && part.contains("closure") {
            closures += 1;
        } else if let Some(part) = short_part(part, at == 0) {
            parts.push(part);
            closures = 0;
        }
    }
    let start = parts.len().saturating_sub(2);
    let mut short = parts.get(start..).unwrap_or_default().join("::");
    for _ in 0..closures.min(1) {
        short.push_str("::{closure}");
    }
    short
}

/// Whether a name says where in the program its function is: `app::new` does, or `net/http.Get`; `new<u8>` does not.
pub(crate) fn has_path(name: &str) -> bool {
    let end = name.find(['<', '(', '[']).unwrap_or(name.len());
    end == 0 || name.get(..end).is_some_and(|path| path.contains("::") || path.contains('.'))
}

/// Whose function it is, as far as the name tells: the path of the type, and of the trait where the function
/// implements one.
///
/// Either may be local to the crate that holds the code: Rust demands that one of them is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owners<'a> {
    /// Path of the type, or of the function itself if it belongs to none. Empty for a type without a path, such as a
    /// tuple of references or a generic parameter.
    pub(crate) of_type: &'a str,
    /// Path of the trait.
    pub(crate) of_trait: Option<&'a str>,
}

/// Reads who owns a function: of `<alloc::vec::Vec<my::T> as my::Trait>::f`, `alloc::vec::Vec<my::T>` and `my::Trait`.
pub(crate) fn owners(name: &str) -> Owners<'_> {
    let Some(inside) = bracketed(name) else { return Owners { of_type: name, of_trait: None } };
    match split_at_as(inside) {
        Some((of_type, of_trait)) => {
            Owners { of_type: leading_path(of_type), of_trait: Some(leading_path(of_trait)) }
        }
        None => Owners { of_type: leading_path(inside), of_trait: None },
    }
}

/// The path that a type begins with, past references, pointers, slices and tuples.
fn leading_path(mut text: &str) -> &str {
    loop {
        text = text.trim_start_matches(['&', '*', '(', '[', ' ']);
        let stripped = ["mut ", "const ", "dyn ", "impl "].iter().find_map(|word| text.strip_prefix(word));
        if let Some(rest) = stripped {
            text = rest;
        } else if let Some(rest) = text.strip_prefix('\'') {
            text = rest.split_once(' ').map_or("", |(_, rest)| rest);
        } else if text.starts_with('<') {
            return owners(text).of_type;
        } else {
            return text;
        }
    }
}

/// What is inside the `<...>` that `text` begins with.
fn bracketed(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('<')?;
    let mut depth = 1_u32;
    let mut previous = 0;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            // The arrow of `fn() -> T` closes nothing.
            b'>' if previous != b'-' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return rest.get(..at);
        }
        previous = byte;
    }
    None
}

/// Splits `A as B` at an `as` that is in no bracket.
fn split_at_as(text: &str) -> Option<(&str, &str)> {
    let mut scan = Scan::default();
    for (at, byte) in text.bytes().enumerate() {
        let outside = scan.step(byte);
        if outside && text.get(at..).is_some_and(|rest| rest.starts_with(" as ")) {
            return Some((text.get(..at)?, text.get(at + 4..)?));
        }
    }
    None
}

/// The parts of a path that `::` separates outside of brackets.
fn path_parts(name: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut scan = Scan::default();
    let mut start = 0;
    for (at, byte) in name.bytes().enumerate() {
        let outside = scan.step(byte);
        if outside && at >= start && name.get(at..).is_some_and(|rest| rest.starts_with("::")) {
            parts.extend(name.get(start..at));
            start = at + 2;
        }
    }
    parts.extend(name.get(start..));
    parts
}

/// One part of a path without generic arguments; `None` if it is nothing else: `<T>` is a list of arguments, but the
/// type itself where the path begins with it.
fn short_part(part: &str, is_first: bool) -> Option<&str> {
    if let Some(inside) = bracketed(part) {
        if let Some(of) = inside.strip_prefix("impl ") {
            return last_part(of.split_once(" for ").map_or(of, |(_, of)| of));
        }
        return is_first.then(|| last_part(split_at_as(inside).map_or(inside, |(of_type, _)| of_type)))?;
    }
    let end = part.find(['<', '(']).filter(|&end| end > 0).unwrap_or(part.len());
    part.get(..end).filter(|part| !part.is_empty())
}

/// The last part of a type's path, without generic arguments.
fn last_part(of_type: &str) -> Option<&str> {
    if of_type.starts_with(['[', '(']) {
        return Some(of_type);
    }
    path_parts(leading_path(of_type)).into_iter().rev().find_map(|part| short_part(part, false))
}

/// Without the `::h0123456789abcdef` that the legacy mangling ends with.
fn without_hash(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((rest, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => rest,
        _ => name,
    }
}

/// Tracks whether a scan of a name is inside of brackets.
#[derive(Default)]
struct Scan {
    depth: u32,
    previous: u8,
}

impl Scan {
    /// Takes the next byte; whether it is outside of all brackets.
    fn step(&mut self, byte: u8) -> bool {
        match byte {
            b'<' | b'(' | b'[' | b'{' => self.depth += 1,
            b'>' if self.previous == b'-' => {}
            b'>' | b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.previous = byte;
        self.depth == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_the_type_and_the_trait() {
        for (name, of_type, of_trait) in [
            ("app::run", "app::run", None),
            ("<alloc::vec::Vec<my::T> as my::Trait>::f", "alloc::vec::Vec<my::T>", Some("my::Trait")),
            ("<my::T as core::clone::Clone>::clone", "my::T", Some("core::clone::Clone")),
            ("<alloc::vec::Vec<my::T>>::push", "alloc::vec::Vec<my::T>", None),
            ("<&mut my::T as core::fmt::Debug>::fmt", "my::T", Some("core::fmt::Debug")),
            ("<[my::T] as alloc::slice::Join<&str>>::join", "my::T]", Some("alloc::slice::Join<&str>")),
            (
                "<fn(u8) -> my::T as core::ops::FnOnce<(u8,)>>::call_once",
                "fn(u8) -> my::T",
                Some("core::ops::FnOnce<(u8,)>"),
            ),
            ("<<my::T as core::iter::Iterator>::Item as other::Show>::show", "my::T", Some("other::Show")),
            (
                "<dyn my::Trait + core::marker::Send as my::Other>::go",
                "my::Trait + core::marker::Send",
                Some("my::Other"),
            ),
        ] {
            let found = owners(name);
            assert_eq!(found, Owners { of_type, of_trait }, "{name}");
        }
    }

    #[test]
    fn short_names_keep_the_last_two_parts() {
        for (name, short) in [
            ("alloc::raw_vec::RawVec<T,A>::grow_one", "RawVec::grow_one"),
            ("<alloc::vec::Vec<my::T>>::push", "Vec::push"),
            ("alloc::vec::Vec<T>::push::hfedcba9876543210", "Vec::push"),
            ("alloc::slice::<impl [T]>::to_vec", "[T]::to_vec"),
            ("core::ptr::drop_in_place<app::Big>", "ptr::drop_in_place"),
            ("core::ptr::drop_in_place::<app::Big>", "ptr::drop_in_place"),
            ("<T as alloc::slice::hack::ConvertVec>::to_vec", "T::to_vec"),
            ("app::server::run::{closure#0}", "server::run::{closure}"),
            ("app::server::run::{{closure}}::{{closure}}", "server::run::{closure}"),
            ("<app::Fut as core::future::future::Future>::poll", "Fut::poll"),
            ("main", "main"),
            ("from_elem<u8>", "from_elem"),
            ("new<alloc::sync::Arc<app::T>, alloc::alloc::Global>", "new"),
            ("operator new(unsigned long)", "operator new(unsigned long)"),
            ("libc.so.6+0x1234", "libc.so.6+0x1234"),
            ("std::vector<int, std::allocator<int> >::push_back(int&&)", "vector::push_back"),
            ("", ""),
        ] {
            assert_eq!(short_name(name), short, "{name}");
        }
    }

    #[test]
    fn names_that_are_no_names_do_no_harm() {
        for name in
            ["<", "<<", "<a as", "a::", "::", "{", "<a>::<", "->", "<a as b", "é::<ü as ö>::ß", "::::"]
        {
            let _ = (owners(name), short_name(name));
        }
    }
}
