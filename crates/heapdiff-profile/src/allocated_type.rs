//! What was allocated: the type that the functions between the allocator and the program were compiled for.
//!
//! `RawVec<u8>::grow_one` allocates for a `Vec<u8>`, and under `String::push_str` for a `String`. The innermost container
//! is the one that the block belongs to; those around it are asked as long as they can be the same object, and not
//! another one that holds it.
//!
//! Generic arguments are read from names: of Rust's v0 mangling, of DWARF (`push<u8, alloc::alloc::Global>`), or of the
//! [system name](crate::Function::system_name) where the symbolizer has put the instance there. The legacy mangling has
//! `T` in their place, which tells the container alone: `Vec<?>`.

use crate::frame::Frame;
use crate::frame_kind::FrameKind;
use crate::function_name::{owners, path_parts, trailing_arguments};
use crate::profile::{Location, Profile};

/// What a frame says about the type of what is allocated under it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TypeWitness {
    /// Nothing; its caller may know more.
    Silent,
    /// A container, with its generic arguments where they are known.
    Container(Container, Option<Vec<String>>),
    /// The program itself.
    Program,
}

/// The containers of Rust's standard library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Container {
    RawVec,
    Vec,
    VecDeque,
    BinaryHeap,
    String,
    OsString,
    PathBuf,
    CString,
    Box,
    Arc,
    Rc,
    BTreeMap,
    LinkedList,
    RawTable,
    HashMap,
    HashSet,
}

/// Folders and files below `library/` of Rust's sources.
const FILES: &[(&str, Container)] = &[
    ("alloc/src/raw_vec", Container::RawVec),
    ("alloc/src/vec/", Container::Vec),
    ("alloc/src/slice.rs", Container::Vec),
    ("alloc/src/string.rs", Container::String),
    ("alloc/src/ffi/c_str.rs", Container::CString),
    ("alloc/src/boxed", Container::Box),
    ("alloc/src/sync.rs", Container::Arc),
    ("alloc/src/rc.rs", Container::Rc),
    ("alloc/src/collections/vec_deque/", Container::VecDeque),
    ("alloc/src/collections/binary_heap/", Container::BinaryHeap),
    ("alloc/src/collections/btree/", Container::BTreeMap),
    ("alloc/src/collections/linked_list", Container::LinkedList),
    ("std/src/collections/hash/map.rs", Container::HashMap),
    ("std/src/collections/hash/set.rs", Container::HashSet),
    ("std/src/ffi/os_str.rs", Container::OsString),
    ("std/src/sys/os_str", Container::OsString),
    ("std/src/path.rs", Container::PathBuf),
];

/// Paths that names begin with, for frames without a file.
const PATHS: &[(&str, Container)] = &[
    ("alloc::raw_vec::", Container::RawVec),
    ("alloc::vec::", Container::Vec),
    ("alloc::slice::", Container::Vec),
    ("alloc::string::", Container::String),
    ("alloc::ffi::c_str::", Container::CString),
    ("alloc::boxed::", Container::Box),
    ("alloc::sync::", Container::Arc),
    ("alloc::rc::", Container::Rc),
    ("alloc::collections::vec_deque::", Container::VecDeque),
    ("alloc::collections::binary_heap::", Container::BinaryHeap),
    ("alloc::collections::btree::", Container::BTreeMap),
    ("alloc::collections::linked_list::", Container::LinkedList),
    ("hashbrown::raw::", Container::RawTable),
    ("hashbrown::map::", Container::HashMap),
    ("hashbrown::set::", Container::HashSet),
    ("std::collections::hash::map::", Container::HashMap),
    ("std::collections::hash::set::", Container::HashSet),
    ("std::ffi::os_str::", Container::OsString),
    ("std::path::", Container::PathBuf),
];

/// Types that stand for what a container is made of: they end with this, and are boxes of that container.
const BOXED: &[(&str, Container)] = &[
    ("alloc::sync::ArcInner", Container::Arc),
    ("alloc::rc::RcInner", Container::Rc),
    ("alloc::rc::RcBox", Container::Rc),
    ("alloc::collections::btree::node::LeafNode", Container::BTreeMap),
    ("alloc::collections::btree::node::InternalNode", Container::BTreeMap),
    ("alloc::collections::linked_list::Node", Container::LinkedList),
];

impl Container {
    /// How many generic arguments say what it holds.
    fn arity(self) -> usize {
        match self {
            Self::String | Self::OsString | Self::PathBuf | Self::CString => 0,
            Self::HashMap | Self::BTreeMap => 2,
            _ => 1,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::RawVec | Self::Vec => "Vec",
            Self::VecDeque => "VecDeque",
            Self::BinaryHeap => "BinaryHeap",
            Self::String => "String",
            Self::OsString => "OsString",
            Self::PathBuf => "PathBuf",
            Self::CString => "CString",
            Self::Box => "Box",
            Self::Arc => "Arc",
            Self::Rc => "Rc",
            Self::BTreeMap => "BTreeMap",
            Self::LinkedList => "LinkedList",
            Self::RawTable | Self::HashMap => "HashMap",
            Self::HashSet => "HashSet",
        }
    }

    /// Whether a block of this container may be one of `outer`'s own, so that `outer` is the better name for it.
    fn is_part_of(self, outer: Self) -> bool {
        use Container::{
            Arc, BTreeMap, BinaryHeap, Box, CString, HashMap, HashSet, LinkedList, OsString, PathBuf,
            RawTable, RawVec, Rc, String, Vec, VecDeque,
        };
        self == outer
            || match self {
                RawVec => {
                    matches!(outer, Vec | VecDeque | BinaryHeap | String | OsString | PathBuf | CString)
                }
                Vec => matches!(outer, BinaryHeap | String | OsString | PathBuf | CString),
                OsString => outer == PathBuf,
                Box => matches!(outer, Arc | Rc | BTreeMap | LinkedList),
                RawTable => matches!(outer, HashMap | HashSet),
                HashMap => outer == HashSet,
                _ => false,
            }
    }
}

/// What the frames of a location say, innermost first.
pub(crate) fn witnesses(profile: &Profile, location: &Location) -> Vec<TypeWitness> {
    let functions = location.lines.iter().filter_map(|line| profile.function(line.function));
    let text = |id| profile.strings.get(id);
    let witness = |name, system_name, file| witness(Frame { function: name, file, line: 0 }, system_name);
    let all = functions
        .map(|function| witness(text(function.name), text(function.system_name), text(function.file)));
    let all: Vec<_> = all.collect();
    // An address without symbols may be anything of the C library's.
    if all.is_empty() { vec![TypeWitness::Silent] } else { all }
}

fn witness(frame: Frame<'_>, system_name: &str) -> TypeWitness {
    match FrameKind::of(frame) {
        FrameKind::Program | FrameKind::Executor | FrameKind::ThreadStart => TypeWitness::Program,
        kind => match container(frame) {
            Some(container) => {
                TypeWitness::Container(container, arguments(container, frame.function, system_name))
            }
            None if kind == FrameKind::Runtime => TypeWitness::Program,
            None => TypeWitness::Silent,
        },
    }
}

/// Whose code a frame of the standard library is.
fn container(frame: Frame<'_>) -> Option<Container> {
    let of = |table: &[(&str, Container)], text: &str| {
        table.iter().find(|(start, _)| text.starts_with(start)).map(|&(_, container)| container)
    };
    if let Some((_, below)) = frame.file.split_once("hashbrown-") {
        let (_, below) = below.split_once("/src/")?;
        let of_hashbrown =
            [("raw", Container::RawTable), ("map.rs", Container::HashMap), ("set.rs", Container::HashSet)];
        return of(&of_hashbrown, below);
    }
    if !frame.file.is_empty() {
        let at = frame.file.find("library/")?;
        return of(FILES, frame.file.get(at + "library/".len()..)?);
    }
    let owners = owners(frame.function);
    of(PATHS, owners.of_type).or_else(|| of(PATHS, owners.of_trait?))
}

/// The generic arguments that say what a container holds; `None` where the name does not tell.
fn arguments(container: Container, name: &str, system_name: &str) -> Option<Vec<String>> {
    if container.arity() == 0 {
        return Some(Vec::new());
    }
    // A type that a trait of containers is implemented for is what they hold: `<u8 as SpecFromElem>::from_elem`.
    let owners = owners(name);
    let held = owners
        .of_trait
        .filter(|of| ["alloc::vec::", "alloc::slice::"].iter().any(|path| of.starts_with(path)));
    let held = held.filter(|_| !owners.of_type.starts_with("alloc::")).map(|_| vec![owners.of_type]);
    let of_type =
        path_parts(owners.of_type).into_iter().rev().map(trailing_arguments).find(|of| !of.is_empty());
    let of_function = || trailing_arguments(name);
    let of_instance = || trailing_arguments(system_name);
    let candidates = [of_type.unwrap_or_default(), of_function(), of_instance(), held.unwrap_or_default()];
    candidates.into_iter().find_map(|arguments| {
        let kept: Vec<&str> = arguments
            .into_iter()
            .filter(|of| !of.ends_with("::Global") && *of != "Global")
            .take(container.arity())
            .collect();
        let is_known = kept.len() == container.arity() && !kept.iter().any(|of| is_placeholder(of));
        is_known.then(|| kept.into_iter().map(readable).collect())
    })
}

/// The `T` of the legacy mangling: a type of a program has a path, and no name of one letter.
fn is_placeholder(argument: &str) -> bool {
    argument.len() <= 2 && argument.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        || argument == "_"
}

/// A type without the paths of the standard library and without its usual allocator.
fn readable(of_type: &str) -> String {
    let plain = of_type.replace(", alloc::alloc::Global", "").replace(",alloc::alloc::Global", "");
    let mut text = String::with_capacity(plain.len());
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut rest = plain.as_str();
    while let Some(start) = rest.find(is_path) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !is_path(c)).unwrap_or(from.len());
        let (path, after) = from.split_at(end);
        let of_standard =
            ["alloc::", "core::", "std::"].iter().any(|of| path.starts_with(of)) && !path.ends_with("::");
        let is_kept = BOXED.iter().any(|(boxed, _)| *boxed == path) || !of_standard;
        text.push_str(before);
        text.push_str(if is_kept { path } else { path.rsplit("::").next().unwrap_or(path) });
        rest = after;
    }
    text + rest
}

/// The type of what is allocated under these frames, leaf first; `None` where none of them is a container.
pub(crate) fn allocated_type(witnesses: &mut dyn Iterator<Item = &TypeWitness>) -> Option<String> {
    let mut found: Option<(Container, Option<Vec<String>>)> = None;
    for witness in witnesses {
        let (outer, of_outer) = match witness {
            TypeWitness::Silent => continue,
            TypeWitness::Program => break,
            TypeWitness::Container(outer, arguments) => (*outer, arguments.as_ref()),
        };
        found = match found {
            None => Some(unboxed(outer, of_outer.cloned())),
            Some((inner, of_inner)) => {
                let is_same =
                    of_outer.zip(of_inner.as_ref()).is_none_or(|(a, b)| a == b || outer.arity() == 0);
                let is_text =
                    outer.arity() == 0 && of_inner.as_ref().is_some_and(|of| *of != ["u8"] && !of.is_empty());
                if !inner.is_part_of(outer) || !is_same || is_text {
                    found = Some((inner, of_inner));
                    break;
                }
                Some(unboxed(outer, of_outer.cloned().or(of_inner)))
            }
        };
    }
    found.map(|(container, arguments)| written(container, arguments))
}

/// `Box<ArcInner<T>>` is an `Arc<T>`.
fn unboxed(container: Container, arguments: Option<Vec<String>>) -> (Container, Option<Vec<String>>) {
    let inside = arguments.as_ref().and_then(|of| of.first()).filter(|_| container == Container::Box);
    let made_of = inside.and_then(|inside| BOXED.iter().find(|(path, _)| inside.starts_with(path)));
    let Some((inside, &(_, container))) = inside.zip(made_of) else { return (container, arguments) };
    let of: Vec<String> =
        trailing_arguments(inside).into_iter().take(container.arity()).map(str::to_owned).collect();
    (container, (of.len() == container.arity()).then_some(of))
}

fn written(container: Container, arguments: Option<Vec<String>>) -> String {
    let Some(arguments) = arguments else { return format!("{}<?>", container.name()) };
    let tuple = match (container, arguments.as_slice()) {
        (Container::RawTable, [entry]) => entry.strip_prefix('(').and_then(|of| of.strip_suffix(')')),
        _ => None,
    };
    match (tuple, arguments.as_slice()) {
        (Some(tuple), _) => match tuple.strip_suffix(", ()") {
            Some(element) => format!("HashSet<{element}>"),
            None => format!("HashMap<{tuple}>"),
        },
        (None, []) => container.name().to_owned(),
        (None, [key, value]) if value == "()" => format!("HashSet<{key}>"),
        (None, [key, value]) if value.ends_with("SetValZST") => format!("BTreeSet<{key}>"),
        (None, arguments) => format!("{}<{}>", container.name(), arguments.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUST: &str = "/rustc/0/library/";

    /// The type of a stack of (function, system name, file below Rust's sources), leaf first.
    fn type_of(stack: &[(&str, &str, &str)]) -> Option<String> {
        let witnesses: Vec<_> = stack
            .iter()
            .map(|&(function, system_name, file)| {
                let file =
                    if file.starts_with("alloc/") || file.starts_with("std/") || file.starts_with("core/") {
                        format!("{RUST}{file}")
                    } else {
                        file.to_owned()
                    };
                witness(Frame { function, file: &file, line: 1 }, system_name)
            })
            .collect();
        allocated_type(&mut witnesses.iter())
    }

    #[test]
    fn bare_names_of_line_tables_tell_the_type() {
        let vec = [
            ("__rust_alloc", "", "src/main.rs"),
            ("allocate", "", "alloc/src/alloc.rs"),
            ("try_allocate_in<alloc::alloc::Global>", "", "alloc/src/raw_vec/mod.rs"),
            ("with_capacity_in<u8, alloc::alloc::Global>", "", "alloc/src/raw_vec/mod.rs"),
            ("with_capacity_in<u8, alloc::alloc::Global>", "", "alloc/src/vec/mod.rs"),
            ("from_elem<alloc::alloc::Global>", "", "alloc/src/vec/spec_from_elem.rs"),
            ("from_elem<u8>", "", "alloc/src/vec/mod.rs"),
            ("app::fill", "", "src/main.rs"),
        ];
        assert_eq!(type_of(&vec).as_deref(), Some("Vec<u8>"));
        let arc = [
            ("box_new_uninit", "", "alloc/src/boxed.rs"),
            ("new<alloc::sync::ArcInner<app::run::{closure_env#0}>>", "", "alloc/src/boxed.rs"),
            ("new<app::run::{closure_env#0}>", "", "alloc/src/sync.rs"),
            ("app::run", "", "src/main.rs"),
        ];
        assert_eq!(type_of(&arc).as_deref(), Some("Arc<app::run::{closure_env#0}>"));
        assert_eq!(type_of(arc.get(..2).unwrap_or_default()), type_of(&arc));
    }

    #[test]
    fn paths_of_the_second_mangling_tell_the_type() {
        for (stack, expected) in [
            (&["<alloc::raw_vec::RawVec<u8>>::grow_one", "<alloc::vec::Vec<u8>>::push"][..], "Vec<u8>"),
            (&["<alloc::raw_vec::RawVecInner>::grow", "alloc::vec::from_elem::<app::Key>"], "Vec<app::Key>"),
            (
                &["<u8 as alloc::vec::spec_from_elem::SpecFromElem>::from_elem::<alloc::alloc::Global>"],
                "Vec<u8>",
            ),
            (
                &["<alloc::raw_vec::RawVec<u8>>::grow_one", "<alloc::string::String>::push_str", "app::f"],
                "String",
            ),
            (
                &[
                    "<hashbrown::raw::RawTable<(alloc::string::String, app::User)>>::reserve_rehash::<F>",
                    "<hashbrown::map::HashMap<alloc::string::String, app::User>>::insert",
                ],
                "HashMap<String, app::User>",
            ),
            (&["<hashbrown::raw::RawTable<(u64, ())>>::reserve_rehash"], "HashSet<u64>"),
            (
                &[
                    "<alloc::boxed::Box<alloc::collections::btree::node::LeafNode<u32, app::Page>>>::new_uninit_in",
                ],
                "BTreeMap<u32, app::Page>",
            ),
            (
                &[
                    "<alloc::raw_vec::RawVec<app::Job>>::grow_one",
                    "<alloc::collections::vec_deque::VecDeque<app::Job>>::grow",
                ],
                "VecDeque<app::Job>",
            ),
            (&["<alloc::boxed::Box<dyn core::ops::Fn() -> u8>>::new"], "Box<dyn Fn() -> u8>"),
        ] {
            let stack: Vec<_> = stack.iter().map(|&function| (function, "", "")).collect();
            assert_eq!(type_of(&stack).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_holds_the_object_is_not_its_type() {
        let strings = [
            ("<alloc::raw_vec::RawVec<u8>>::with_capacity_in", "", ""),
            ("<alloc::vec::Vec<u8> as core::clone::Clone>::clone", "", ""),
            ("<alloc::string::String as core::clone::Clone>::clone", "", ""),
            ("<alloc::vec::Vec<alloc::string::String> as core::clone::Clone>::clone", "", ""),
        ];
        assert_eq!(type_of(&strings).as_deref(), Some("String"));
        let nested = [
            ("<alloc::vec::Vec<u8> as core::clone::Clone>::clone", "", ""),
            ("<alloc::vec::Vec<alloc::vec::Vec<u8>> as core::clone::Clone>::clone", "", ""),
        ];
        assert_eq!(type_of(&nested).as_deref(), Some("Vec<u8>"));
        let numbers = [
            ("<alloc::vec::Vec<u32>>::with_capacity", "", ""),
            ("<alloc::string::String>::from_numbers", "", ""),
        ];
        assert_eq!(type_of(&numbers).as_deref(), Some("Vec<u32>"), "no text is made of u32");
    }

    #[test]
    fn the_first_mangling_tells_the_container_and_an_instance_the_rest() {
        let grow = "alloc::raw_vec::RawVec<T,A>::grow_one";
        let file = "alloc/src/raw_vec/mod.rs";
        assert_eq!(type_of(&[(grow, "_ZN5alloc", file)]).as_deref(), Some("Vec<?>"));
        let instance = "alloc::raw_vec::RawVec<T,A>::grow_one<app::Key, alloc::alloc::Global>";
        assert_eq!(type_of(&[(grow, instance, file)]).as_deref(), Some("Vec<app::Key>"));
        let push = ("push<app::Key, alloc::alloc::Global>", "", "alloc/src/vec/mod.rs");
        assert_eq!(type_of(&[(grow, "", file), push]).as_deref(), Some("Vec<app::Key>"), "inlined");
        assert_eq!(type_of(&[("malloc", "", ""), ("app::f", "", "src/main.rs"), push]), None);
    }

    #[test]
    fn names_that_are_no_names_do_no_harm() {
        for name in
            ["", "<", "a<b", "a<b>>", "push<", "push<>", "alloc::vec::Vec<", "alloc::vec::<>", "a::<u8>"]
        {
            let _ = type_of(&[(name, name, "alloc/src/vec/mod.rs"), (name, name, "")]);
        }
    }
}
