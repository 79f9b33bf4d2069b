//! Addresses to frames through DWARF, with inlined functions.

use crate::demangle::is_mangled;
use crate::elf_file::{ElfError, ElfFile};
use crate::function_table::{Frame, FunctionTable};
use crate::symbol_table::SymbolTable;
use addr2line::gimli::{self, RunTimeEndian, SectionId};
use addr2line::{Context, LookupContinuation, LookupResult};
use object::Object;
use std::borrow::Cow;

/// How deep entries may nest. Namespaces, functions, blocks and inlined calls of real programs nest less than a
/// hundred deep; the reader recurses once a level, and a stack that overflows ends the process, so deeper files are
/// refused before it sees them.
const NESTING_MAX: isize = 1000;

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
    let headers = file.headers()?;
    let endian = if headers.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let sections = gimli::DwarfSections::<Cow<'_, [u8]>>::load(|id| {
        if is_needed(id) { ElfFile::section(&headers, id.name()) } else { Ok(Cow::Borrowed(&[][..])) }
    })?;
    let mut dwarf = sections.borrow(|section| gimli::EndianSlice::new(section, endian));
    dwarf.populate_abbreviations_cache(gimli::AbbreviationsCacheStrategy::Duplicates);
    refuse_deep_nesting(&dwarf)?;
    let context = Context::from_dwarf(dwarf).map_err(ElfError::DamagedDebugInformation)?;
    Ok(addresses.iter().map(|&address| frames_at(&context, symbols, address, functions)).collect())
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
fn refuse_deep_nesting(dwarf: &gimli::Dwarf<Reader<'_>>) -> Result<(), ElfError> {
    let mut units = dwarf.units();
    while let Some(unit) = units.next().map_err(ElfError::DamagedDebugInformation)? {
        let Ok(abbreviations) = dwarf.abbreviations(&unit) else { continue };
        let Ok(mut entries) = unit.entries_raw(&abbreviations, None) else { continue };
        while !entries.is_empty() {
            if entries.next_depth() > NESTING_MAX {
                return Err(ElfError::TooDeep(NESTING_MAX));
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
    }
    Ok(())
}

/// The frames of one address; none where its debug information is damaged.
fn frames_at(
    context: &Context<Reader<'_>>,
    symbols: &SymbolTable<'_>,
    address: u64,
    functions: &mut FunctionTable,
) -> Vec<Frame> {
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
    if let Ok(mut found) = found {
        let mut next = found.next().ok().flatten();
        while let Some(frame) = next {
            next = found.next().ok().flatten();
            let name = frame.function.as_ref().and_then(|function| function.raw_name().ok());
            // Only the last frame is a function of the symbol table; the others were inlined into it.
            let name = match name {
                Some(name) if next.is_some() || is_mangled(&name) => Some(name),
                Some(name) => match symbols.name(address) {
                    Some(symbol) if is_mangled(&symbol) => Some(Cow::Owned(symbol)),
                    _ => Some(name),
                },
                None if next.is_none() => symbols.name(address).map(Cow::Owned),
                None => None,
            };
            let (file, line, column) = frame.location.as_ref().map_or(("", 0, 0), |location| {
                (location.file.unwrap_or(""), location.line.unwrap_or(0), location.column.unwrap_or(0))
            });
            // A line without a function is still worth showing; nothing at all is not.
            if name.is_none() && file.is_empty() {
                continue;
            }
            let function = functions.intern(name.as_deref().unwrap_or(""), &readable_path(file));
            frames.extend(function.map(|function| Frame { function, line, column }));
        }
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
            refuse_deep_nesting(&dwarf.unwrap())
        };
        assert!(check(900).is_ok());
        assert!(matches!(check(1_100), Err(ElfError::TooDeep(NESTING_MAX))));
        assert!(matches!(check(1_000_000), Err(ElfError::TooDeep(NESTING_MAX))));
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
