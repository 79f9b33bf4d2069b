//! What a scope has left behind, and how it is told.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::found::{FoundFrame, counted};
use super::ignored::Ignored;
use super::left::Left;
use super::stack_names::{StackName, StackNames, is_beyond_user, is_of_library};
use crate::profiler::StartError;
use crate::recording::Tables;
use std::fmt;

/// Rows that are named in a message.
const ROWS_MAX: usize = 8;
/// Callers that are named for each.
const CALLERS_MAX: usize = 3;

/// Why a scope is not passed.
#[derive(Debug)]
#[non_exhaustive]
pub enum ScopeError {
    /// Something is left.
    Left(Leftovers),
    /// Nothing was seen to be left, but so many blocks, resources and tasks of the process were not recorded because there
    /// was no room for them.
    Lost(u64),
    /// The thread is in a scope already, or measures growth.
    Nested,
    /// Nothing can be recorded.
    NotReady(StartError),
}

/// What is left: memory last, and of each kind what there is most of first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftovers {
    rows: Vec<Leftover>,
}

/// Resources, tasks or blocks that are alike and of one place. Places whose lines are the same are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    kind: LeftoverKind,
    count: u64,
    bytes: u64,
    frames: Vec<FoundFrame>,
    parked: Vec<FoundFrame>,
    hint: Option<String>,
}

/// What is left.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LeftoverKind {
    /// Resources that are open, of the type that is called so.
    Open(String),
    /// Resources that were dropped although they had to be closed, of the type that is called so.
    Unclosed(String),
    /// Tasks that have not ended.
    Tasks,
    /// Blocks that are allocated.
    Memory,
}

impl Leftovers {
    /// What of `left` may not stay, by name.
    pub(super) fn name(left: Left, ignored: &Ignored, tables: &Tables, names: &mut StackNames) -> Self {
        let mut rows = Self { rows: Vec::new() };
        for (key, alike) in left.resources {
            let stack = names.of(tables, key.stack);
            if !ignored.has_resource(&stack) {
                let kind = if key.is_unclosed { LeftoverKind::Unclosed } else { LeftoverKind::Open };
                rows.add(Leftover {
                    hint: alike.hint,
                    ..Leftover::new(kind(key.name), alike.count, alike.bytes, stack)
                });
            }
        }
        for (key, count) in left.tasks {
            let (spawned, parked) = (names.of(tables, key.spawned), names.of(tables, key.parked));
            if !ignored.has_task(&parked, &spawned) {
                let parked = up_to_user(parked);
                rows.add(Leftover { parked, ..Leftover::new(LeftoverKind::Tasks, count, 0, spawned) });
            }
        }
        for (stack, held) in left.blocks {
            let stack = names.of(tables, stack);
            if !ignored.has_block(&stack) {
                rows.add(Leftover::new(LeftoverKind::Memory, held.objects, held.bytes, stack));
            }
        }
        rows.rows.sort_by(|a, b| {
            let amounts = (b.bytes, b.count).cmp(&(a.bytes, a.count));
            a.kind.cmp(&b.kind).then(amounts).then_with(|| a.frames.cmp(&b.frames))
        });
        rows
    }

    fn add(&mut self, row: Leftover) {
        let same = |other: &&mut Leftover| {
            (&other.kind, &other.frames, &other.parked) == (&row.kind, &row.frames, &row.parked)
        };
        match self.rows.iter_mut().find(same) {
            Some(other) => {
                other.count = other.count.saturating_add(row.count);
                other.bytes = other.bytes.saturating_add(row.bytes);
                other.hint = row.hint.or_else(|| other.hint.take());
            }
            None => self.rows.push(row),
        }
    }

    /// Each place, with what is left of it.
    #[must_use]
    pub fn rows(&self) -> &[Leftover] {
        &self.rows
    }

    /// Bytes of all blocks that are left.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.sum(|row| row.kind == LeftoverKind::Memory).1
    }

    /// Whether there is nothing but blocks, of at most so many bytes.
    pub(super) fn is_within(&self, bytes_allowed: u64) -> bool {
        self.bytes() <= bytes_allowed && self.rows.iter().all(|row| row.kind == LeftoverKind::Memory)
    }

    /// Count and bytes of some rows.
    fn sum(&self, is_meant: impl Fn(&Leftover) -> bool) -> (u64, u64) {
        let rows = self.rows.iter().filter(|row| is_meant(row));
        rows.fold((0, 0), |(count, bytes): (u64, u64), row| {
            (count.saturating_add(row.count), bytes.saturating_add(row.bytes))
        })
    }
}

impl Leftover {
    fn new(kind: LeftoverKind, count: u64, bytes: u64, stack: StackName) -> Self {
        Self { kind, count, bytes, frames: up_to_user(stack), parked: Vec::new(), hint: None }
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> &LeftoverKind {
        &self.kind
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// How large they are together; 0 for tasks.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Where they were acquired, spawned or allocated, leaf first, without std and heapdiff, up to the outermost function that
    /// is not of another crate.
    #[must_use]
    pub fn frames(&self) -> &[FoundFrame] {
        &self.frames
    }

    /// Where the tasks wait, leaf first; empty if they never did, and for what is no task.
    #[must_use]
    pub fn parked(&self) -> &[FoundFrame] {
        &self.parked
    }

    /// What was said last of one of the resources.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left(left) => left.fmt(f),
            Self::Lost(lost) => write!(
                f,
                "cannot tell whether something is left behind: {lost} blocks, resources and tasks were not recorded, \
                 because there was no room for them; let the test do less"
            ),
            Self::Nested => write!(f, "a scope begins inside another one, or inside a measurement of growth"),
            Self::NotReady(error) => write!(f, "cannot tell whether something is left behind: {error}"),
        }
    }
}

impl std::error::Error for ScopeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotReady(StartError::Thread(error)) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Leftovers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "left behind: ")?;
        let mut kinds: Vec<&LeftoverKind> = self.rows.iter().map(Leftover::kind).collect();
        kinds.dedup();
        for (number, kind) in kinds.into_iter().enumerate() {
            let (count, bytes) = self.sum(|row| row.kind == *kind);
            let comma = if number > 0 { ", " } else { "" };
            write!(f, "{comma}{}", Amount { kind, count, bytes })?;
        }
        writeln!(f)?;
        for row in self.rows.iter().take(ROWS_MAX) {
            row.fmt(f)?;
        }
        match self.rows.len().saturating_sub(ROWS_MAX) {
            0 => {}
            1 => writeln!(f, "\nand at 1 more place")?,
            more => writeln!(f, "\nand at {more} more places")?,
        }
        let mut frames = self.rows.iter().flat_map(|row| row.frames.iter().chain(&row.parked));
        if frames.all(|frame| frame.line.is_none()) {
            writeln!(f, "\nno lines are known: build with `debug = \"line-tables-only\"`")?;
        }
        self.help(f)
    }
}

impl Leftovers {
    fn help(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |is_meant: &dyn Fn(&LeftoverKind) -> bool| {
            let row = self.rows.iter().find(|row| is_meant(&row.kind))?;
            own_first(&row.frames).next().map(|frame| frame.function.as_str())
        };
        let is_resource =
            |kind: &LeftoverKind| matches!(kind, LeftoverKind::Open(_) | LeftoverKind::Unclosed(_));
        if let Some(function) = of(&is_resource) {
            write!(f, "\nhelp: if it is meant to stay open: `.ignore_top(\"{function}\")`")?;
        }
        if let Some(function) = of(&|kind| *kind == LeftoverKind::Tasks) {
            write!(f, "\nhelp: if it is meant to go on: `.ignore_spawned_by(\"{function}\")`")?;
        }
        if let Some(function) = of(&|kind| *kind == LeftoverKind::Memory) {
            let bytes = self.bytes();
            write!(
                f,
                "\nhelp: if the memory is used again, such as a pool's: fill it before the scope, or \
                 `.ignore_any(\"{function}\")`, or `.allow_bytes({bytes})`"
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let made = match self.kind {
            LeftoverKind::Open(_) | LeftoverKind::Unclosed(_) => "acquired by",
            LeftoverKind::Tasks => "spawned by",
            LeftoverKind::Memory => "allocated by",
        };
        write!(f, "\n{}", Amount { kind: &self.kind, count: self.count, bytes: self.bytes })?;
        stack(f, made, &self.frames)?;
        if !self.parked.is_empty() {
            write!(f, "   ")?;
            stack(f, "waiting at", &self.parked)?;
        }
        match &self.hint {
            Some(hint) => writeln!(f, "    last `{}`", hint.escape_debug()),
            None => Ok(()),
        }
    }
}

/// The visible frames up to the outermost one of the user's; if there is none, all.
fn up_to_user(stack: StackName) -> Vec<FoundFrame> {
    let mut frames = stack.into_visible();
    if let Some(outermost) = frames.iter().rposition(|frame| !is_beyond_user(frame)) {
        frames.truncate(outermost + 1);
    }
    frames
}

/// The frames from the first one of the user's on; if there is none, all.
fn own_first(frames: &[FoundFrame]) -> impl Iterator<Item = &FoundFrame> {
    let first = frames.iter().position(|frame| !is_of_library(frame)).unwrap_or(0);
    frames.iter().skip(first)
}

fn stack(f: &mut fmt::Formatter<'_>, what: &str, frames: &[FoundFrame]) -> fmt::Result {
    let mut frames = own_first(frames);
    match frames.next() {
        Some(leaf) => writeln!(f, " {what} {leaf}")?,
        None => writeln!(f, " {what} a stack that is not known")?,
    }
    frames.take(CALLERS_MAX).try_for_each(|caller| writeln!(f, "    called by {caller}"))
}

/// ``2 `session` resources (128 bytes)``, `1 task`, `64 bytes in 1 object`.
struct Amount<'a> {
    kind: &'a LeftoverKind,
    count: u64,
    bytes: u64,
}

impl fmt::Display for Amount<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let &Self { kind, count, bytes } = self;
        let resources = |f: &mut fmt::Formatter<'_>, name: &str, unclosed: &str| {
            let plural = if count == 1 { "" } else { "s" };
            write!(f, "{count} {unclosed}resource{plural} `{name}`")?;
            if bytes > 0 { write!(f, " ({})", counted(bytes, "byte")) } else { Ok(()) }
        };
        match kind {
            LeftoverKind::Open(name) => resources(f, name, ""),
            LeftoverKind::Unclosed(name) => resources(f, name, "unclosed "),
            LeftoverKind::Tasks => f.write_str(&counted(count, "task")),
            LeftoverKind::Memory => {
                write!(f, "{} in {}", counted(bytes, "byte"), counted(count, "object"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &str, file: &str, line: u32) -> FoundFrame {
        FoundFrame { function: function.to_owned(), file: Some(file.to_owned()), line: Some(line) }
    }

    fn row(kind: LeftoverKind, count: u64, bytes: u64, frames: Vec<FoundFrame>) -> Leftover {
        Leftover { kind, count, bytes, frames, parked: Vec::new(), hint: None }
    }

    #[test]
    fn a_message_names_what_is_left_and_what_to_do() {
        let app = |function: &str, line| frame(function, "src/app.rs", line);
        let library = frame("tokio::sync::mpsc::recv", "/home/me/registry/src/tokio-1/src/mpsc.rs", 9);
        let mut open = row(
            LeftoverKind::Open("session".to_owned()),
            2,
            128,
            vec![app("app::open", 3), app("app::main", 9)],
        );
        open.hint = Some("queued\n".to_owned());
        let mut tasks = row(LeftoverKind::Tasks, 1, 0, vec![library.clone(), app("app::serve", 7)]);
        tasks.parked = vec![library, app("app::read_loop", 21)];
        let memory = row(LeftoverKind::Memory, 1, 64, vec![app("app::insert", 5)]);
        let left = Leftovers { rows: vec![open, tasks, memory] };
        assert_eq!(
            left.to_string(),
            "left behind: 2 resources `session` (128 bytes), 1 task, 64 bytes in 1 object\n\
             \n\
             2 resources `session` (128 bytes) acquired by app::open at src/app.rs:3\n    \
                 called by app::main at src/app.rs:9\n    \
                 last `queued\\n`\n\
             \n\
             1 task spawned by app::serve at src/app.rs:7\n    \
                 waiting at app::read_loop at src/app.rs:21\n\
             \n\
             64 bytes in 1 object allocated by app::insert at src/app.rs:5\n\
             \n\
             help: if it is meant to stay open: `.ignore_top(\"app::open\")`\n\
             help: if it is meant to go on: `.ignore_spawned_by(\"app::serve\")`\n\
             help: if the memory is used again, such as a pool's: fill it before the scope, or \
             `.ignore_any(\"app::insert\")`, or `.allow_bytes(64)`"
        );
        assert!(!left.is_within(64), "a task is no memory");
    }

    #[test]
    fn places_with_the_same_lines_are_one_row() {
        let mut left = Leftovers { rows: Vec::new() };
        let at = |line| vec![frame("app::f", "src/app.rs", line)];
        for (count, bytes, line) in [(1, 8, 1), (2, 16, 1), (1, 8, 2)] {
            left.add(row(LeftoverKind::Memory, count, bytes, at(line)));
        }
        assert_eq!(
            left.rows().iter().map(|row| (row.count, row.bytes)).collect::<Vec<_>>(),
            [(3, 24), (1, 8)]
        );
        assert!(left.is_within(32) && !left.is_within(31));
    }
}
