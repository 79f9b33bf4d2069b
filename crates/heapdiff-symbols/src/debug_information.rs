//! Addresses to frames through DWARF, with inlined functions.

use crate::demangle::is_mangled;
use crate::elf_file::{ElfError, ElfFile};
use crate::function_table::{Frame, FunctionTable};
use crate::parallel::in_parts;
use crate::symbol_table::SymbolTable;
use addr2line::gimli::{self, RunTimeEndian, SectionId};
use addr2line::{Context, LookupContinuation, LookupResult};
use object::Object;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

/// How deep entries may nest. Namespaces, functions, blocks and inlined calls of real programs nest less than a
/// hundred deep; the reader recurses once a level, and a stack that overflows ends the process, so deeper files are
/// refused before it sees them.
const NESTING_MAX: isize = 1000;

/// Fewer addresses than this are not worth a thread, which reads the list of units anew.
const ADDRESSES_A_PART: usize = 2000;

type Reader<'a> = gimli::EndianSlice<'a, RunTimeEndian>;

/// Finds the frames of `addresses`, which are virtual addresses of `file`, **innermost inlined function first**.
///
/// The answer has an entry for each address, in their order; an address of which nothing is known has no frames.
/// Functions are added to `functions`. Names of functions that were not inlined come from `symbols` where debug
/// information has only their last part, as it does with `debug = "line-tables-only"`.
pub(crate) fn frames(
    file: &ElfFile,
    symbols: &SymbolTable<'_>,
    addresses: &[u64],
    functions: &mut FunctionTable,
) -> Result<Vec<Vec<Frame>>, ElfError> {
    frames_in_parts(parts_of(addresses.len()), file, symbols, addresses, functions)
}

/// The same in so many parts at once, which changes nothing but the time that it takes.
fn frames_in_parts(
    parts: usize,
    file: &ElfFile,
    symbols: &SymbolTable<'_>,
    addresses: &[u64],
    functions: &mut FunctionTable,
) -> Result<Vec<Vec<Frame>>, ElfError> {
    let headers = file.headers()?;
    let endian = if headers.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let sections = gimli::DwarfSections::<Cow<'_, [u8]>>::load(|id| {
        if is_needed(id) { ElfFile::section(&headers, id.name()) } else { Ok(Cow::Borrowed(&[][..])) }
    })?;
    let mut dwarf = sections.borrow(|section| gimli::EndianSlice::new(section, endian));
    dwarf.populate_abbreviations_cache(gimli::AbbreviationsCacheStrategy::Duplicates);
    refuse_deep_nesting(&dwarf, parts)?;
    let dwarf = Arc::new(dwarf);
    // Neighbours share units, each of which is then read in one part alone.
    let chunk = addresses.len().div_ceil(parts).max(1);
    let found = in_parts(parts, |part| {
        let addresses = addresses.chunks(chunk).nth(part).unwrap_or_default();
        let context =
            Context::from_arc_dwarf(Arc::clone(&dwarf)).map_err(ElfError::DamagedDebugInformation)?;
        let mut files = Files::default();
        Ok(addresses.iter().map(|&address| found_at(&context, address, &mut files)).collect())
    });
    let found: Vec<Vec<Vec<Found<'_>>>> = found.into_iter().collect::<Result<_, ElfError>>()?;
    let each = addresses.iter().zip(found.into_iter().flatten());
    Ok(each.map(|(&address, found)| frames_at(found, symbols, address, functions)).collect())
}

/// In how many parts so many addresses are looked up at once.
fn parts_of(addresses: usize) -> usize {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    processors.min(addresses / ADDRESSES_A_PART).max(1)
}

/// Whether addresses cannot be looked up without a section. Those of variables, macros and types are often larger
/// than all others together.
fn is_needed(id: SectionId) -> bool {
    matches!(
        id,
        SectionId::DebugAbbrev
            | SectionId::DebugAddr
            | SectionId::DebugAranges
            | SectionId::DebugInfo
            | SectionId::DebugLine
            | SectionId::DebugLineStr
            | SectionId::DebugRanges
            | SectionId::DebugRngLists
            | SectionId::DebugStr
            | SectionId::DebugStrOffsets
    )
}

/// Walks all entries once, without recursion. A unit that cannot be walked to its end is left to the lookup, which
/// goes no further than this did.
fn refuse_deep_nesting(dwarf: &gimli::Dwarf<Reader<'_>>, parts: usize) -> Result<(), ElfError> {
    let mut all = dwarf.units();
    let mut units = Vec::new();
    while let Some(unit) = all.next().map_err(ElfError::DamagedDebugInformation)? {
        units.push(unit);
    }
    let is_shallow = |unit: &gimli::UnitHeader<Reader<'_>>| is_shallow(dwarf, unit);
    match in_parts(parts, |part| units.iter().skip(part).step_by(parts).all(is_shallow)) {
        found if found.iter().all(|&is_shallow| is_shallow) => Ok(()),
        _ => Err(ElfError::TooDeep(NESTING_MAX)),
    }
}

fn is_shallow(dwarf: &gimli::Dwarf<Reader<'_>>, unit: &gimli::UnitHeader<Reader<'_>>) -> bool {
    let Ok(abbreviations) = dwarf.abbreviations(unit) else { return true };
    let Ok(mut entries) = unit.entries_raw(&abbreviations, None) else { return true };
    while !entries.is_empty() {
        if entries.next_depth() > NESTING_MAX {
            return false;
        }
        match entries.read_abbreviation() {
            Ok(Some(abbreviation)) => {
                if entries.skip_attributes(abbreviation.attributes()).is_err() {
                    break;
                }
            }
            Ok(None) => {}
            Err(_) => break,
        }
    }
    true
}

/// What debug information says of a frame.
struct Found<'a> {
    /// As the linker knows it, or its last part only.
    name: Option<Cow<'a, str>>,
    file: Arc<str>,
    line: u32,
    column: u32,
}

/// Source files without detours, by where the reader keeps their path: it forgets none while it lives.
#[derive(Default)]
struct Files(BTreeMap<(usize, usize), Arc<str>>);

impl Files {
    fn readable(&mut self, path: &str) -> Arc<str> {
        let place = (path.as_ptr().addr(), path.len());
        Arc::clone(self.0.entry(place).or_insert_with(|| Arc::from(readable_path(path))))
    }
}

/// What is said of one address, innermost first; nothing where its debug information is damaged.
fn found_at<'a>(context: &Context<Reader<'a>>, address: u64, files: &mut Files) -> Vec<Found<'a>> {
    let mut lookup = context.find_frames(address);
    let found = loop {
        match lookup {
            LookupResult::Output(found) => break found,
            // Debug information that was split off into `.dwo` files is not followed: their paths come from the
            // file, and Rust splits only on demand.
            LookupResult::Load { continuation, .. } => lookup = continuation.resume(None),
        }
    };
    let mut frames = Vec::new();
    let Ok(mut found) = found else { return frames };
    while let Ok(Some(frame)) = found.next() {
        let (file, line, column) = frame.location.as_ref().map_or(("", 0, 0), |location| {
            (location.file.unwrap_or(""), location.line.unwrap_or(0), location.column.unwrap_or(0))
        });
        let name = frame.function.map(|function| function.name.to_string_lossy());
        frames.push(Found { name, file: files.readable(file), line, column });
    }
    frames
}

/// The frames of one address.
fn frames_at(
    found: Vec<Found<'_>>,
    symbols: &SymbolTable<'_>,
    address: u64,
    functions: &mut FunctionTable,
) -> Vec<Frame> {
    let mut frames = Vec::with_capacity(found.len().max(1));
    let mut found = found.into_iter().peekable();
    while let Some(Found { name, file, line, column }) = found.next() {
        let is_last = found.peek().is_none();
        // Only the last frame is a function of the symbol table; the others were inlined into it.
        let name = match name {
            Some(name) if !is_last || is_mangled(&name) => Some(name),
            Some(name) => match symbols.name(address) {
                Some(symbol) if is_mangled(&symbol) => Some(Cow::Owned(symbol)),
                _ => Some(name),
            },
            None if is_last => symbols.name(address).map(Cow::Owned),
            None => None,
        };
        // A line without a function is still worth showing; nothing at all is not.
        if name.is_none() && file.is_empty() {
            continue;
        }
        let function = functions.intern(name.as_deref().unwrap_or(""), &file);
        frames.extend(function.map(|function| Frame { function, line, column }));
    }
    if frames.is_empty() {
        frames.extend(named_frame(symbols, address, functions));
    }
    frames
}

/// The frame of an address of which only the function is known.
pub(crate) fn named_frame(
    symbols: &SymbolTable<'_>,
    address: u64,
    functions: &mut FunctionTable,
) -> Option<Frame> {
    let function = functions.intern(&symbols.name(address)?, "")?;
    Some(Frame { function, line: 0, column: 0 })
}

/// A path without the detours that compilers leave in it: `/build/src/../include/./x.h` is `/build/include/x.h`.
/// Text only, since the file need not exist here.
fn readable_path(path: &str) -> Cow<'_, str> {
    let has_detour = path.split('/').skip(1).any(|part| matches!(part, "" | "." | ".."));
    if !has_detour {
        return Cow::Borrowed(path);
    }
    let mut parts: Vec<&str> = Vec::new();
    for (place, part) in path.split('/').enumerate() {
        match part {
            "." => {}
            "" if place > 0 => {}
            ".." if parts.last().is_some_and(|last| !matches!(*last, "" | "..")) => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    Cow::Owned(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::{ObjectSymbol as _, SymbolKind};

    /// `.debug_abbrev` with a compile unit and an inlined call without attributes, which are one byte each.
    const ABBREVIATIONS: [u8; 11] = [1, 0x11, 1, 0, 0, 2, 0x1d, 1, 0, 0, 0];

    /// `.debug_info` with a unit whose inlined calls nest `depth` deep.
    fn nested(depth: usize) -> Vec<u8> {
        let entries = 1 + depth;
        let mut bytes = u32::try_from(7 + entries + entries).unwrap().to_le_bytes().to_vec();
        bytes.extend([4, 0, 0, 0, 0, 0, 8]);
        bytes.push(1);
        bytes.extend(std::iter::repeat_n(2, depth));
        bytes.extend(std::iter::repeat_n(0, entries));
        bytes
    }

    #[test]
    fn entries_that_nest_without_end_are_refused_before_the_stack_overflows() {
        let check = |depth: usize| {
            let information = nested(depth);
            let dwarf = gimli::Dwarf::load(|id| {
                let section: &[u8] = match id {
                    SectionId::DebugAbbrev => &ABBREVIATIONS,
                    SectionId::DebugInfo => &information,
                    _ => &[],
                };
                Ok::<_, ElfError>(gimli::EndianSlice::new(section, RunTimeEndian::Little))
            });
            refuse_deep_nesting(&dwarf.unwrap(), 2)
        };
        assert!(check(900).is_ok());
        assert!(matches!(check(1_100), Err(ElfError::TooDeep(NESTING_MAX))));
        assert!(matches!(check(1_000_000), Err(ElfError::TooDeep(NESTING_MAX))));
    }

    #[test]
    fn parts_change_no_answer() {
        let file = ElfFile::open(&std::env::current_exe().unwrap()).unwrap();
        let symbols = SymbolTable::new(&file).unwrap();
        let headers = file.headers().unwrap();
        let code = headers.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 8);
        let mut addresses: Vec<u64> = code.map(|symbol| symbol.address() + symbol.size() / 2).collect();
        addresses.sort_unstable();
        let addresses: Vec<u64> = addresses.into_iter().step_by(20).take(400).collect();
        let answers = |parts: usize| {
            let mut functions = FunctionTable::default();
            let frames = frames_in_parts(parts, &file, &symbols, &addresses, &mut functions).unwrap();
            (frames, functions.iter().cloned().collect::<Vec<_>>())
        };
        let whole = answers(1);
        assert!(whole.0.iter().any(|frames| frames.len() > 1), "there is too little to tell");
        for parts in [2, 5] {
            assert!(answers(parts) == whole, "{parts} parts");
        }
    }

    #[test]
    fn detours_are_taken_out_of_paths() {
        for (path, expected) in [
            ("/a/b.rs", "/a/b.rs"),
            ("/a/./b.rs", "/a/b.rs"),
            ("/a/c/../b.rs", "/a/b.rs"),
            ("/a//b.rs", "/a/b.rs"),
            ("../b.rs", "../b.rs"),
            ("a/../../b.rs", "../b.rs"),
            ("/rustc/0123/library/core/src/ptr/mod.rs", "/rustc/0123/library/core/src/ptr/mod.rs"),
            ("", ""),
        ] {
            assert_eq!(readable_path(path), expected);
        }
    }
}
