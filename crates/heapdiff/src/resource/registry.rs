//! All types that were used, and what the environment says about them.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::level::{BadLevel, Level};
use super::resource_type::Type;
use crate::sys::process_hooks;
use std::collections::BTreeMap;
use std::sync::{Mutex, TryLockError};

/// A type under the name that its files have.
#[derive(Clone, Debug)]
pub(crate) struct Registered {
    pub(crate) of: &'static Type,
    pub(crate) name: String,
}

#[derive(Debug, Default)]
struct Registry {
    types: Vec<Registered>,
    /// What `HEAPDIFF_RESOURCES` says, once it was read.
    levels: Option<Levels>,
}

/// Levels by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Levels {
    of_all: Level,
    by_name: BTreeMap<String, Level>,
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry { types: Vec::new(), levels: None });

/// Whoever has the registry is through with it long before it was asked for so often, unless it is the caller itself,
/// interrupted by a signal.
const TRIES: u32 = 10_000;

/// Looks into the registry without waiting for ever: a forked child may have inherited it locked. `None` if somebody else
/// keeps it; then a type is registered by its next acquire.
fn with<T>(look: impl FnOnce(&mut Registry) -> T) -> Option<T> {
    let tries = if process_hooks::is_forked_child() { 1 } else { TRIES };
    for _ in 0..tries {
        match REGISTRY.try_lock() {
            Ok(mut registry) => return Some(look(&mut registry)),
            Err(TryLockError::Poisoned(registry)) => return Some(look(&mut registry.into_inner())),
            Err(TryLockError::WouldBlock) => std::thread::yield_now(),
        }
    }
    None
}

/// Enters a type, and returns the level that the environment gives it. `None` if somebody else is doing so right now.
pub(super) fn register(of: &'static Type) -> Option<Level> {
    with(|registry| {
        let level = registry.level_of(of.name());
        if !registry.types.iter().any(|entered| std::ptr::eq(entered.of, of)) {
            registry.enter(of);
        }
        level
    })
}

/// All types that were used.
pub(crate) fn types() -> Vec<Registered> {
    with(|registry| registry.types.clone()).unwrap_or_default()
}

/// What the files of a type are called, or will be.
pub(super) fn name_of(of: &'static Type) -> String {
    let entered = types().into_iter().find(|entered| std::ptr::eq(entered.of, of));
    entered.map_or_else(|| plain(of.name()), |entered| entered.name)
}

/// Has a forked child that goes on know nothing of what its parent had open.
pub(crate) fn forget() {
    types().iter().for_each(|entered| entered.of.forget_all());
}

impl Registry {
    fn level_of(&mut self, name: &str) -> Level {
        let levels = self.levels.get_or_insert_with(|| {
            let text = std::env::var_os("HEAPDIFF_RESOURCES").unwrap_or_default();
            Levels::parse(&text.to_string_lossy()).unwrap_or_else(|bad| {
                crate::say(format_args!(
                    "HEAPDIFF_RESOURCES has `{}`, expected {}, or `NAME=` before one: not listening to it",
                    bad.escape_debug(),
                    BadLevel::EXPECTED
                ));
                Levels::default()
            })
        });
        levels.by_name.get(name).copied().unwrap_or(levels.of_all)
    }

    fn enter(&mut self, of: &'static Type) {
        let plain = plain(of.name());
        if plain != of.name() {
            crate::say(format_args!(
                "the resource type `{}` is written as `{plain}`: names are letters, digits, `_`, `.` and `-`",
                of.name().escape_debug()
            ));
        }
        let name = unused(&plain, |name| self.types.iter().any(|entered| entered.name == name));
        if name != plain {
            crate::say(format_args!(
                "two resource types are called `{plain}`: one of them is written as `{name}`"
            ));
        }
        self.types.push(Registered { of, name });
    }
}

impl Levels {
    /// Reads `all`, or `session=all,buffer=records,count`; the part that means nothing if there is one.
    fn parse(text: &str) -> Result<Self, String> {
        let mut levels = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, level) =
                part.split_once('=').map_or((None, part), |(name, level)| (Some(name.trim()), level));
            let level = level.parse().map_err(|_| part.to_owned())?;
            match name {
                None => levels.of_all = level,
                Some(name) => {
                    let _ = levels.by_name.insert(name.to_owned(), level);
                }
            }
        }
        Ok(levels)
    }
}

/// A name that nobody has: `name` itself, or the first of `name-2`, `name-3` and so on.
pub(super) fn unused(name: &str, is_used: impl Fn(&str) -> bool) -> String {
    if !is_used(name) {
        return name.to_owned();
    }
    let numbered = (2..u32::MAX).map(|number| format!("{name}-{number}"));
    numbered.into_iter().find(|name| !is_used(name)).unwrap_or_default()
}

/// A name as a file may have it: never one that means a folder, never hidden, never long.
pub(super) fn plain(name: &str) -> String {
    const LENGTH_MAX: usize = 64;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let mut plain: String =
        name.chars().take(LENGTH_MAX).map(|c| if is_plain(c) { c } else { '_' }).collect();
    if plain.starts_with('.') || plain.is_empty() {
        plain.insert(0, '_');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_by_name_and_for_all_others() {
        let levels = Levels::parse("session=all, buffer=sampled:7,count").unwrap();
        assert_eq!(levels.of_all, Level::Count);
        assert_eq!(levels.by_name["session"], Level::All);
        assert_eq!(levels.by_name["buffer"], Level::sampled(7));
        assert_eq!(Levels::parse("").unwrap(), Levels::default());
        assert_eq!(Levels::parse("all,banana").unwrap_err(), "banana");
        assert_eq!(Levels::parse("session=").unwrap_err(), "session=");
    }

    #[test]
    fn names_are_made_fit_for_files() {
        assert_eq!(plain("db.session-2"), "db.session-2");
        assert_eq!(plain("my session\n"), "my_session_");
        assert_eq!((plain("../x"), plain("")), ("_.._x".to_owned(), "_".to_owned()));
        assert_eq!(plain(&"x".repeat(1000)).len(), 64);
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        static ONE: Type = Type::new("twice");
        static OTHER: Type = Type::new("twice");
        for of in [&ONE, &OTHER, &ONE] {
            while register(of).is_none() {}
        }
        let names: Vec<String> = types().into_iter().map(|entered| entered.name).collect();
        assert_eq!(
            names.iter().filter(|name| name.starts_with("twice")).collect::<Vec<_>>(),
            ["twice", "twice-2"]
        );
    }
}
