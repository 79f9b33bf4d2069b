//! Recordings of heaptrack, as `heaptrack` writes them to `.gz` and `.zst` files.
//!
//! A line each: a string (`s`), an address with its frames (`i`), a node of the tree of stacks (`t`), a size allocated
//! there (`a`), and then every allocation (`+`) and deallocation (`-`) of such. Numbers are hexadecimal, and everything is
//! counted from 1 but the lines of `a`, which are counted from 0. Nothing is sampled.
//!
//! The lines are read once, as a stream; memory is that of the distinct stacks and sizes, not of the allocations.
//! What was in use when the heap was largest is found on the way: see [`Totals`].
//!
//! **Source:** heaptrack 1.4, file format 1 to 3, `accumulatedtracedata.cpp`.

use crate::assembly::Assembly;
use crate::limits::Limits;
use crate::lines::{Lines, hexadecimal};
use crate::read_error::ReadError;
use crate::warning::Warning;
use heapdiff_profile::{Line, Location, LocationId, Mapping, MappingId, Profile};
use std::collections::BTreeMap;
use std::io::BufRead;

const FORMAT: &str = "heaptrack's recording";
/// Versions of the format that are read: from when allocations are numbered.
const VERSIONS: std::ops::RangeInclusive<u64> = 1..=3;
/// The version in which a string comes with its length.
const VERSION_OF_LENGTHS: u64 = 3;

const TYPES: [(&str, &str); 6] = [
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_objects", "count"),
    ("inuse_space", "bytes"),
    ("peak_objects", "count"),
    ("peak_space", "bytes"),
];

/// Whether a file that begins so is of this format: `v 10400 3`, the versions of heaptrack and of the format.
pub(crate) fn is_begun_by(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let mut words = line.trim_ascii().split(|&byte| byte == b' ');
    let is_number = |word: &[u8]| hexadecimal(word).is_some();
    words.next() == Some(b"v")
        && words.next().is_some_and(|word| word.len() >= 5 && is_number(word))
        && words.all(is_number)
}

/// Reads a recording.
pub(crate) fn read(input: impl BufRead, limits: &Limits) -> Result<(Profile, Vec<Warning>), ReadError> {
    let mut lines = Lines::new(FORMAT, input);
    lines.advance()?;
    let mut words = Words { rest: lines.line().get(2..).unwrap_or_default() };
    let version = words.next().and_then(|_| words.next()).unwrap_or(0);
    if !VERSIONS.contains(&version) {
        return Err(lines.malformed("version `1`, `2` or `3` of the file format"));
    }
    let mut recording = Recording {
        version,
        assembly: Assembly::new(&TYPES, "peak_space", limits),
        strings: Vec::new(),
        modules: BTreeMap::new(),
        addresses: Vec::new(),
        nodes: Vec::new(),
        totals: Totals::default(),
    };
    recording.assembly.all_recorded();
    while lines.advance()? {
        recording.line(&lines)?;
    }
    recording.finish()
}

struct Recording {
    version: u64,
    assembly: Assembly,
    strings: Vec<String>,
    /// Mappings of modules, by the number of their names.
    modules: BTreeMap<u64, MappingId>,
    addresses: Vec<LocationId>,
    /// Nodes of the tree of stacks: the address, and the number of the caller's node, 0 for none.
    nodes: Vec<(LocationId, u64)>,
    totals: Totals,
}

impl Recording {
    fn line(&mut self, lines: &Lines<impl BufRead>) -> Result<(), ReadError> {
        let Some((&kind, rest)) = lines.line().split_first() else { return Ok(()) };
        let rest = rest.trim_ascii();
        let mut words = Words { rest };
        match kind {
            b's' => self.string(rest),
            b'i' => {
                self.address(&mut words)?.ok_or_else(|| lines.malformed("an address and numbers of strings"))
            }
            b't' => self
                .node(&mut words)?
                .ok_or_else(|| lines.malformed("numbers of an address and of an earlier node")),
            b'a' => {
                self.allocated(&mut words)?.ok_or_else(|| lines.malformed("a size and the number of a node"))
            }
            b'+' => words
                .next()
                .and_then(|index| self.totals.add(index))
                .ok_or_else(|| lines.malformed("the number of an `a` line")),
            b'-' => words
                .next()
                .and_then(|index| self.totals.remove(index))
                .ok_or_else(|| lines.malformed("the number of an `a` line")),
            b'c' => {
                let milliseconds = words.next().ok_or_else(|| lines.malformed("a time in milliseconds"))?;
                let nanos = milliseconds.saturating_mul(1_000_000);
                self.assembly.header().duration_nanos = i64::try_from(nanos).unwrap_or(i64::MAX);
                Ok(())
            }
            b'X' => {
                let command = format!("command: {}", String::from_utf8_lossy(rest));
                self.assembly.charge::<String>(command.len())?;
                self.assembly.header().comments.push(command);
                Ok(())
            }
            b'x' | b'm' => Err(lines.malformed("data that `heaptrack_interpret` has gone through")),
            // The page size, RSS, suppressions, comments, and what later versions add.
            _ => Ok(()),
        }
    }

    fn string(&mut self, rest: &[u8]) -> Result<(), ReadError> {
        let mut text = rest;
        if self.version >= VERSION_OF_LENGTHS {
            let end = rest.iter().position(|&byte| byte == b' ').map_or(rest.len(), |space| space + 1);
            text = rest.get(end..).unwrap_or_default();
        }
        self.assembly.charge::<String>(text.len())?;
        self.strings.push(String::from_utf8_lossy(text).into_owned());
        Ok(())
    }

    /// The address, its module, then function, file and line of each frame, innermost first.
    fn address(&mut self, words: &mut Words<'_>) -> Result<Option<()>, ReadError> {
        let (Some(address), Some(module)) = (words.next(), words.next()) else { return Ok(None) };
        if self.modules.is_empty() && !self.strings.is_empty() {
            // The strings begin with the modules, of which the first is the program.
            self.module(1)?;
        }
        let Some(mapping) = self.module(module)? else { return Ok(None) };
        let mut lines = Vec::new();
        while let Some(function) = words.next() {
            // Trailing numbers may be left out.
            let (file, line) = (words.next().unwrap_or(0), words.next().unwrap_or(0));
            let (Some(name), Some(file)) = (text(&self.strings, function), text(&self.strings, file)) else {
                return Ok(None);
            };
            // A file without a function: the compiler's, of code that no function has.
            if function == 0 {
                continue;
            }
            let function = self.assembly.function(name, file)?;
            self.assembly.charge::<Line>(0)?;
            lines.push(Line { function, line: i64::try_from(line).unwrap_or(0), column: 0 });
        }
        if !words.rest.is_empty() {
            return Ok(None);
        }
        let id = self.assembly.location(Location { mapping, address, lines, is_folded: false })?;
        self.assembly.charge::<LocationId>(0)?;
        self.addresses.push(id);
        Ok(Some(()))
    }

    /// The mapping of a module: `None` for a number that no string has, `Some(None)` for no module.
    fn module(&mut self, number: u64) -> Result<Option<Option<MappingId>>, ReadError> {
        if number == 0 {
            return Ok(Some(None));
        }
        if let Some(&known) = self.modules.get(&number) {
            return Ok(Some(Some(known)));
        }
        let Some(file) = text(&self.strings, number) else { return Ok(None) };
        // Where it was mapped is not told, and its addresses have all names that were found.
        let mapping = Mapping { file: file.to_owned(), symbolized: true, ..Mapping::default() };
        let id = self.assembly.mapping(mapping)?;
        self.assembly.charge::<(u64, MappingId)>(0)?;
        self.modules.insert(number, id);
        Ok(Some(Some(id)))
    }

    fn node(&mut self, words: &mut Words<'_>) -> Result<Option<()>, ReadError> {
        let (Some(address), Some(parent)) = (words.next(), words.next()) else { return Ok(None) };
        let address = place(address).and_then(|place| self.addresses.get(place).copied());
        let (Some(address), true) = (address, parent <= self.nodes.len() as u64) else { return Ok(None) };
        self.assembly.charge::<(LocationId, u64)>(0)?;
        self.nodes.push((address, parent));
        Ok(Some(()))
    }

    fn allocated(&mut self, words: &mut Words<'_>) -> Result<Option<()>, ReadError> {
        let (Some(size), Some(node)) = (words.next(), words.next()) else { return Ok(None) };
        let (Ok(size), true) = (i64::try_from(size), node <= self.nodes.len() as u64) else {
            return Ok(None);
        };
        self.assembly.charge::<Allocated>(0)?;
        self.totals.rows.push(Allocated { size, node, ..Allocated::default() });
        Ok(Some(()))
    }

    fn finish(mut self) -> Result<(Profile, Vec<Warning>), ReadError> {
        let mut stack = Vec::new();
        for row in &self.totals.rows {
            stack.clear();
            let mut next = row.node;
            // A node is behind its caller's, so this ends.
            while let Some(&(address, parent)) = place(next).and_then(|place| self.nodes.get(place)) {
                stack.push(address);
                next = parent;
            }
            let peak = self.totals.at_peak(row);
            let counts = [row.total, row.live, peak];
            let [total, live, peak] = counts.map(|count| [count, count.saturating_mul(row.size)]);
            self.assembly.add(&stack, &[], &[total, live, peak].concat())?;
        }
        Ok(self.assembly.finish())
    }
}

fn place(number: u64) -> Option<usize> {
    usize::try_from(number.checked_sub(1)?).ok()
}

/// The string of a number; the empty one for 0.
fn text(strings: &[String], number: u64) -> Option<&str> {
    match place(number) {
        None => Some(""),
        Some(place) => strings.get(place).map(String::as_str),
    }
}

/// Blocks of one size that one stack allocates.
#[derive(Clone, Copy, Debug, Default)]
struct Allocated {
    size: i64,
    node: u64,
    /// Blocks ever allocated.
    total: i64,
    /// Blocks in use.
    live: i64,
    /// Blocks that were in use at the peak numbered `peak`, if that is the last one.
    live_at_peak: i64,
    peak: u64,
}

/// What is in use, and what was when that was most.
///
/// To write down all rows at each peak would take forever while a heap grows. So peaks are numbered, and a row writes down
/// what it had at the last one when it changes for the first time after it; a row that did not change has it still.
#[derive(Debug, Default)]
struct Totals {
    rows: Vec<Allocated>,
    /// Bytes in use.
    live_bytes: i64,
    peak_bytes: i64,
    /// How often a new peak was reached.
    peaks: u64,
}

impl Totals {
    /// A block is allocated; `None` if there is no such row.
    fn add(&mut self, index: u64) -> Option<()> {
        let row = self.change(index)?;
        row.total = row.total.saturating_add(1);
        row.live = row.live.saturating_add(1);
        let size = row.size;
        self.live_bytes = self.live_bytes.saturating_add(size);
        if self.live_bytes > self.peak_bytes {
            self.peak_bytes = self.live_bytes;
            self.peaks += 1;
        }
        Some(())
    }

    /// A block is freed.
    fn remove(&mut self, index: u64) -> Option<()> {
        let row = self.change(index)?;
        row.live = row.live.saturating_sub(1);
        let size = row.size;
        self.live_bytes = self.live_bytes.saturating_sub(size);
        Some(())
    }

    /// A row that is about to change.
    fn change(&mut self, index: u64) -> Option<&mut Allocated> {
        let row = self.rows.get_mut(usize::try_from(index).ok()?)?;
        if row.peak != self.peaks {
            row.peak = self.peaks;
            row.live_at_peak = row.live;
        }
        Some(row)
    }

    fn at_peak(&self, row: &Allocated) -> i64 {
        if row.peak == self.peaks { row.live_at_peak } else { row.live }
    }
}

/// Hexadecimal numbers with spaces between them.
struct Words<'b> {
    rest: &'b [u8],
}

impl Words<'_> {
    /// The next number; `None` at the end or where there is none.
    fn next(&mut self) -> Option<u64> {
        let end = self.rest.iter().position(|&byte| byte == b' ').unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at_checked(end)?;
        let number = hexadecimal(word)?;
        self.rest = after.trim_ascii_start();
        Some(number)
    }
}
