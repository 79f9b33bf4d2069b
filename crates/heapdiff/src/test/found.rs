//! What a measurement has found, and how it is told.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::held::Held;
use crate::profiler::StartError;
use std::fmt;

/// Stacks that are named in a message.
const ROWS_MAX: usize = 5;
/// Callers that are named for each.
const CALLERS_MAX: usize = 3;

/// Why a measurement is not passed.
#[derive(Debug)]
#[non_exhaustive]
pub enum GrowthError {
    /// Memory grows.
    Grows(Found),
    /// Nothing was seen to grow, but so many blocks of the process were not recorded because there was no room for them.
    Lost(u64),
    /// The closure of a measurement, or what it calls, measures; or a [`Scope`](super::Scope) is open.
    Nested,
    /// Allocations cannot be recorded.
    NotReady(StartError),
}

/// What grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    rows: Vec<FoundRow>,
    rounds: u32,
    warm_up: u32,
}

/// A stack that grows. Stacks whose lines are the same are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRow {
    frames: Vec<FoundFrame>,
    grown: Held,
}

/// A function of a stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct FoundFrame {
    /// Its name, or its address if it has none.
    pub function: String,
    /// Its source file, from the folder that the test runs in if it is below; `None` without line tables.
    pub file: Option<String>,
    /// The line in it.
    pub line: Option<u32>,
}

impl Found {
    pub(super) fn new(rows: Vec<(Vec<FoundFrame>, Held)>, rounds: u32, warm_up: u32) -> Self {
        let mut merged: Vec<FoundRow> = Vec::new();
        for (frames, grown) in rows {
            match merged.iter_mut().find(|row| row.frames == frames) {
                Some(row) => row.grown.add(grown),
                None => merged.push(FoundRow { frames, grown }),
            }
        }
        merged.sort_by_key(|row| std::cmp::Reverse(row.grown.bytes));
        Self { rows: merged, rounds, warm_up }
    }

    /// The stacks, the fastest first.
    #[must_use]
    pub fn rows(&self) -> &[FoundRow] {
        &self.rows
    }

    /// The rounds that were measured.
    #[must_use]
    pub const fn rounds(&self) -> u32 {
        self.rounds
    }

    /// What all of them left behind in all measured rounds together.
    pub(super) fn grown(&self) -> Held {
        let mut all = Held::default();
        self.rows.iter().for_each(|row| all.add(row.grown));
        all
    }

    /// Bytes that all of them left behind in a round, in the mean.
    #[must_use]
    pub fn bytes_per_round(&self) -> f64 {
        per_round(self.grown().bytes, self.rounds)
    }
}

impl FoundRow {
    /// The stack without std and the allocator, leaf first, up to the closure.
    #[must_use]
    pub fn frames(&self) -> &[FoundFrame] {
        &self.frames
    }

    /// Bytes that it has left behind in all measured rounds together.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.grown.bytes
    }

    /// Objects that it has left behind in all measured rounds together. A buffer that is made larger is one object all
    /// the time.
    #[must_use]
    pub const fn objects(&self) -> u64 {
        self.grown.objects
    }
}

fn per_round(amount: u64, rounds: u32) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "the bytes of a process are below 2^53")]
    let amount = amount as f64;
    amount / f64::from(rounds.max(1))
}

impl fmt::Display for GrowthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grows(found) => found.fmt(f),
            Self::Lost(blocks) => write!(
                f,
                "cannot tell whether memory grows: {blocks} blocks were not recorded, because there was no room for \
                 them; let a round do less"
            ),
            Self::Nested => write!(f, "a measurement of growth runs inside another one, or inside a scope"),
            Self::NotReady(error) => write!(f, "cannot tell whether memory grows: {error}"),
        }
    }
}

impl std::error::Error for GrowthError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotReady(StartError::Thread(error)) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, warm_up, .. } = self;
        let all = Amount(self.grown(), *rounds);
        writeln!(
            f,
            "memory grows: {all} left behind in each round, over {rounds} rounds after {warm_up} to warm up"
        )?;
        for row in self.rows.iter().take(ROWS_MAX) {
            write!(f, "\n{row_amount}", row_amount = Amount(row.grown, *rounds))?;
            let mut frames = row.frames.iter();
            match frames.next() {
                Some(leaf) => writeln!(f, " allocated by {leaf}")?,
                None => writeln!(f, " allocated by a stack that is not known")?,
            }
            for caller in frames.take(CALLERS_MAX) {
                writeln!(f, "    called by {caller}")?;
            }
        }
        match self.rows.len().saturating_sub(ROWS_MAX) {
            0 => {}
            1 => writeln!(f, "\nand by 1 more stack")?,
            more => writeln!(f, "\nand by {more} more stacks")?,
        }
        if self.rows.iter().flat_map(|row| &row.frames).all(|frame| frame.line.is_none()) {
            writeln!(f, "\nno lines are known: build with `debug = \"line-tables-only\"`")?;
        }
        let ignored =
            self.rows.iter().find_map(|row| row.frames.first()).map_or("...", |leaf| &leaf.function);
        write!(
            f,
            "\nhelp: if it is a cache that fills up, let it: `Growth::new().warm_up({})`\n\
             help: if it is meant: `.ignore(\"{ignored}\")`, or `.allow_bytes({})`\n\
             help: to see all that is held: `{}`, then `heapdiff top profiles`",
            warm_up.saturating_mul(10).max(100),
            all.bytes().ceil(),
            how_to_record()
        )
    }
}

/// The command that records the test which this thread runs.
fn how_to_record() -> String {
    let thread = std::thread::current();
    // The harness calls the thread of a test as the test, unless it runs tests on its own one.
    let name = thread.name().filter(|name| *name != "main");
    let filter = name.map_or(String::new(), |name| format!(" {name}"));
    format!("HEAPDIFF_DIR=profiles HEAPDIFF_PERIOD=1 cargo test{filter}")
}

/// `100 bytes in 1 object`, of one round.
struct Amount(Held, u32);

impl Amount {
    fn bytes(&self) -> f64 {
        per_round(self.0.bytes, self.1)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let objects = per_round(self.0.objects, self.1);
        write!(f, "{} in {}", in_the_mean(self.bytes(), "byte"), in_the_mean(objects, "object"))
    }
}

/// `1 byte` or `100 bytes`.
pub(super) fn counted(amount: u64, what: &str) -> String {
    format!("{amount} {what}{}", if amount == 1 { "" } else { "s" })
}

/// `1 byte`, `100 bytes` or `33.3 bytes`.
fn in_the_mean(amount: f64, what: &str) -> String {
    let digits = usize::from(amount.fract() > 0.0);
    let number = format!("{amount:.digits$}");
    let plural = if number == "1" { "" } else { "s" };
    format!("{number} {what}{plural}")
}

impl fmt::Display for FoundFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.function)?;
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, " at {file}:{line}"),
            (Some(file), None) => write!(f, " in {file}"),
            (None, _) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &str, line: u32) -> FoundFrame {
        FoundFrame { function: function.to_owned(), file: Some("src/cache.rs".to_owned()), line: Some(line) }
    }

    #[test]
    fn a_message_names_the_stacks_and_what_to_do() {
        let leak = vec![frame("app::insert", 41), frame("app::handle", 12)];
        let rows = vec![
            (vec![frame("app::grow", 7)], Held { bytes: 100, objects: 0 }),
            (leak.clone(), Held { bytes: 1400, objects: 14 }),
            (leak, Held { bytes: 1400, objects: 14 }),
        ];
        let found = Found::new(rows, 28, 4);
        let message = GrowthError::Grows(found).to_string();
        let (figures, help) = message.split_once("help: to see").unwrap();
        assert_eq!(
            figures,
            "memory grows: 103.6 bytes in 1 object left behind in each round, over 28 rounds after 4 to warm up\n\
             \n\
             100 bytes in 1 object allocated by app::insert at src/cache.rs:41\n    \
                 called by app::handle at src/cache.rs:12\n\
             \n\
             3.6 bytes in 0 objects allocated by app::grow at src/cache.rs:7\n\
             \n\
             help: if it is a cache that fills up, let it: `Growth::new().warm_up(100)`\n\
             help: if it is meant: `.ignore(\"app::insert\")`, or `.allow_bytes(104)`\n"
        );
        assert!(help.contains("a_message_names_the_stacks_and_what_to_do"), "{help}");
    }

    #[test]
    fn a_long_list_is_cut() {
        let rows = (0..7).map(|n| (vec![frame("app::leak", n)], Held { bytes: 28, objects: 28 })).collect();
        let message = Found::new(rows, 28, 4).to_string();
        assert_eq!(message.matches("allocated by").count(), 5);
        assert!(message.contains("\nand by 2 more stacks\n"), "{message}");
    }
}
