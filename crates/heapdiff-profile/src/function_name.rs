//! Reading the demangled names of functions, and writing them as long as a reader wants them.

use std::borrow::Cow;

/// How much of a function's name is written.
///
/// ```
/// use heapdiff_profile::Names;
///
/// let name = "<app::Cache<app::Key> as core::iter::Extend<app::Item>>::extend::{{closure}}::h0123456789abcdef";
/// assert_eq!(
///     Names::Full.of(name),
///     "<app::Cache<app::Key> as core::iter::Extend<app::Item>>::extend::{{closure}}"
/// );
/// assert_eq!(Names::Generics.of(name), "<app::Cache<..> as core::iter::Extend<..>>::extend::{closure}");
/// assert_eq!(Names::Short.of(name), "Cache::extend::{closure}");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// All of it, but for the hash that the legacy mangling ends with.
    #[default]
    Full,
    /// Whole paths, with `<..>` in place of generic arguments.
    Generics,
    /// See [`short_name`].
    Short,
}

impl Names {
    /// A function's name, written so.
    #[must_use]
    pub fn of(self, name: &str) -> Cow<'_, str> {
        match self {
            Self::Full => Cow::Borrowed(without_hash(name)),
            Self::Generics => Cow::Owned(without_generics(without_hash(name))),
            Self::Short => Cow::Owned(short_name(name)),
        }
    }
}

/// A name with `<..>` in place of the generic arguments of each of its paths, and `[...]` for Go, as Go itself writes
/// it. What says whose function it is stays: the type and the trait of `<T as Trait>::f`, the type of `<impl T>::f`.
/// Brackets without an end are no arguments.
fn without_generics(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find(['<', '[', '{']) {
        let (before, from) = rest.split_at(at);
        short.push_str(before);
        let inside = bracketed(from).or_else(|| enclosed(from, '[', ']'));
        let inside = inside.filter(|_| is_list_of_arguments(&short, from));
        match (inside, from.strip_prefix("{{").and_then(|inner| inner.split_once("}}"))) {
            (Some(inside), _) => {
                short.push_str(if from.starts_with('<') { "<..>" } else { "[...]" });
                rest = from.get(inside.len() + 2..).unwrap_or_default();
            }
            // `{{closure}}` of the legacy mangling, which the other one writes with single braces.
            (None, Some((inner, after))) => {
                short.push_str(&format!("{{{inner}}}"));
                rest = after;
            }
            (None, None) => {
                short.extend(from.chars().next());
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    short + rest
}

/// Whether the bracket that `from` begins with, after `before`, holds generic arguments.
fn is_list_of_arguments(before: &str, from: &str) -> bool {
    let is_of_word = |text: &str| text.ends_with(|c: char| c.is_alphanumeric() || "_}".contains(c));
    if from.starts_with('<') {
        // `operator<` of C++; `slice::<impl [T]>::f` of Rust, where `Vec::<T>::f` has arguments.
        let path = before.strip_suffix("::").unwrap_or(before);
        is_of_word(path) && !before.ends_with("operator") && !from.starts_with("<impl ")
    } else {
        // `main.Map[int]` of Go; `[T]` of Rust and `f[abi:cxx11]` of C++ are none.
        from.starts_with('[')
            && is_of_word(before)
            && !before.ends_with("operator")
            && !from.starts_with("[abi:")
    }
}

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
    let mut parts: Vec<Cow<'_, str>> = Vec::new();
    let mut unnamed = None;
    for (at, part) in path_parts(name).into_iter().enumerate() {
        if part.starts_with('{') {
            unnamed = unnamed_part(part).or(unnamed);
        } else if let Some(part) = short_part(part, at == 0) {
            parts.push(part);
            unnamed = None;
        }
    }
    let start = parts.len().saturating_sub(2);
    let mut short = parts.get(start..).unwrap_or_default().join("::");
    if let Some(unnamed) = unnamed {
        short.push_str(&format!("::{{{unnamed}}}"));
    }
    short
}

/// What a part of a path without a name of its own is: a `closure`, an `async_block`, or the body of an `async_fn`;
/// `None` for what says nothing, such as `{impl#3}` or `{shim:vtable#0}`. A closure in a closure is one.
fn unnamed_part(part: &str) -> Option<&'static str> {
    const KINDS: [&str; 4] = ["async_block", "async_closure", "async_fn", "closure"];
    let inside = part.trim_start_matches('{');
    KINDS.into_iter().find(|kind| inside.starts_with(kind))
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

/// The generic arguments that a path ends with: of `push<u8, Global>`, `u8` and `Global`; none where it ends otherwise.
pub(crate) fn trailing_arguments(path: &str) -> Vec<&str> {
    let last = path_parts(path).pop().unwrap_or_default();
    let inside = last.find('<').and_then(|at| bracketed(last.get(at..)?));
    let Some(inside) = inside.filter(|inside| last.strip_suffix('>').is_some_and(|of| of.ends_with(inside)))
    else {
        return Vec::new();
    };
    let (mut arguments, mut scan, mut start) = (Vec::new(), Scan::default(), 0);
    for (at, byte) in inside.bytes().enumerate() {
        if scan.step(byte) && byte == b',' {
            arguments.extend(inside.get(start..at));
            start = at + 1;
        }
    }
    arguments.extend(inside.get(start..));
    arguments.into_iter().map(str::trim).collect()
}

/// What is inside the `<...>` that `text` begins with.
fn bracketed(text: &str) -> Option<&str> {
    enclosed(text, '<', '>')
}

/// What is inside the pair of brackets that `text` begins with.
fn enclosed(text: &str, open: char, close: char) -> Option<&str> {
    let rest = text.strip_prefix(open)?;
    let mut depth = 1_u32;
    let mut previous = ' ';
    for (at, character) in rest.char_indices() {
        if character == open {
            depth += 1;
        } else if character == close && previous != '-' {
            // The arrow of `fn() -> T` closes nothing.
            depth -= 1;
        }
        if depth == 0 {
            return rest.get(..at);
        }
        previous = character;
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
pub(crate) fn path_parts(name: &str) -> Vec<&str> {
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
fn short_part(part: &str, is_first: bool) -> Option<Cow<'_, str>> {
    if let Some(inside) = bracketed(part) {
        if let Some(of) = inside.strip_prefix("impl ") {
            return short_type(of.split_once(" for ").map_or(of, |(_, of)| of));
        }
        return is_first.then(|| short_type(split_at_as(inside).map_or(inside, |(of_type, _)| of_type)))?;
    }
    if part.starts_with("operator") {
        return Some(Cow::Borrowed(part));
    }
    let end = part.find(['<', '(']).filter(|&end| end > 0).unwrap_or(part.len());
    // What a function of C++ returns stands before its path: `void ns::f<int>(int)`.
    let part = part.get(..end).unwrap_or(part);
    let part = if part.starts_with('(') { part } else { part.rsplit(' ').next().unwrap_or(part) };
    Some(Cow::Borrowed(part)).filter(|part| !part.is_empty())
}

/// The last part of a type's path, without generic arguments; that of a closure with the function that it is in.
fn short_type(of_type: &str) -> Option<Cow<'_, str>> {
    if of_type.starts_with(['[', '(']) {
        return Some(Cow::Borrowed(of_type));
    }
    // `dyn Fn() + Send` goes by its first trait.
    let of_type = leading_path(of_type).split(" + ").next().unwrap_or_default();
    let mut unnamed = None;
    for part in path_parts(of_type).into_iter().rev() {
        if part.starts_with('{') {
            unnamed = unnamed.or(unnamed_part(part));
        } else if let Some(part) = short_part(part, false) {
            return Some(match unnamed {
                Some(unnamed) => Cow::Owned(format!("{part}::{{{unnamed}}}")),
                None => part,
            });
        }
    }
    unnamed.map(Cow::Borrowed)
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
    fn closures_and_async_blocks_are_told_apart() {
        for (name, short) in [
            ("app::run::{async_fn#0}", "app::run::{async_fn}"),
            ("app::server::run::{{closure}}::{async_block#2}", "server::run::{async_block}"),
            ("app::server::run::{async_block_env#0}", "server::run::{async_block}"),
            ("app::{impl#3}::go", "app::go"),
            ("<app::run::{closure#0} as core::future::future::Future>::poll", "run::{closure}::poll"),
            ("core::ops::function::FnOnce::call_once{{vtable.shim}}", "FnOnce::call_once{{vtable.shim}}"),
            ("core::ops::function::FnOnce::call_once::{shim:vtable#0}", "FnOnce::call_once"),
            (
                "core::ops::function::impls::<impl core::ops::function::FnOnce<A> for &dyn core::ops::function::Fn<(), Output = i32> + core::marker::Sync>::call_once",
                "Fn::call_once",
            ),
            ("void ns::each<int>(int)", "ns::each"),
            ("(anonymous namespace)::each(int)", "(anonymous namespace)::each"),
            ("ns::Key::operator<(ns::Key const&) const", "Key::operator<(ns::Key const&) const"),
        ] {
            assert_eq!(short_name(name), short, "{name}");
        }
    }

    #[test]
    fn generic_arguments_collapse_and_owners_stay() {
        for (name, collapsed) in [
            ("alloc::vec::Vec<app::T<u8>, A>::reserve", "alloc::vec::Vec<..>::reserve"),
            ("alloc::vec::Vec::<u8>::reserve::<app::T>", "alloc::vec::Vec::<..>::reserve::<..>"),
            (
                "<app::Cache<K, V> as core::iter::Extend<(K, V)>>::extend",
                "<app::Cache<..> as core::iter::Extend<..>>::extend",
            ),
            (
                "<&mut app::Ser<W, F> as serde::Serializer>::go",
                "<&mut app::Ser<..> as serde::Serializer>::go",
            ),
            (
                "<<my::T<X> as Iterator>::Item as other::Show>::show",
                "<<my::T<..> as Iterator>::Item as other::Show>::show",
            ),
            ("alloc::slice::<impl [T]>::to_vec", "alloc::slice::<impl [T]>::to_vec"),
            (
                "a::_::<impl Deserialize for app::Item<T>>::go",
                "a::_::<impl Deserialize for app::Item<..>>::go",
            ),
            ("app::each<fn(u8) -> alloc::vec::Vec<u8>>", "app::each<..>"),
            ("<[my::T<u8>]>::sort", "<[my::T<..>]>::sort"),
            ("<[T; 4] as my::Sum>::sum", "<[T; 4] as my::Sum>::sum"),
            ("app::run::{{closure}}::{{closure}}", "app::run::{closure}::{closure}"),
            ("app::run<T>::{closure#0}<U>", "app::run<..>::{closure#0}<..>"),
            ("core::ptr::drop_in_place<app::Big>", "core::ptr::drop_in_place<..>"),
            ("std::vector<int, std::allocator<int> >::push_back(int&&)", "std::vector<..>::push_back(int&&)"),
            ("std::operator<< <int>(std::ostream&)", "std::operator<< <int>(std::ostream&)"),
            ("ns::Key::operator<(ns::Key const&) const", "ns::Key::operator<(ns::Key const&) const"),
            ("ns::f[abi:cxx11](int)", "ns::f[abi:cxx11](int)"),
            ("main.(*Set[go.shape.int]).Add", "main.(*Set[...]).Add"),
            ("main.Map[...]", "main.Map[...]"),
            ("libc.so.6+0x1234", "libc.so.6+0x1234"),
            ("[no stack]", "[no stack]"),
        ] {
            assert_eq!(Names::Generics.of(name), collapsed, "{name}");
            assert_eq!(Names::Generics.of(collapsed), collapsed, "a second time");
        }
    }

    #[test]
    fn a_short_name_is_the_same_from_the_collapsed_one() {
        for name in [
            "<alloc::vec::Vec<app::T<u8>> as core::iter::Extend<u8>>::extend::{{closure}}",
            "alloc::vec::Vec::<u8>::reserve::<app::T>",
            "<app::run::{closure#0}<T> as core::future::future::Future>::poll",
            "std::vector<int, std::allocator<int> >::push_back(int&&)",
        ] {
            assert_eq!(short_name(&Names::Generics.of(name)), short_name(name), "{name}");
            assert_eq!(owners(&Names::Generics.of(name)).of_trait.is_some(), owners(name).of_trait.is_some());
        }
    }

    #[test]
    fn names_that_are_no_names_do_no_harm() {
        for name in
            ["<", "<<", "<a as", "a::", "::", "{", "<a>::<", "->", "<a as b", "é::<ü as ö>::ß", "::::"]
        {
            let _ = (owners(name), short_name(name), Names::Generics.of(name));
        }
    }
}
