//! Executable files of this machine, as Go's pprof reads them: one line for an address, without inlined functions, and
//! the function's plain name.

use addr2line::gimli::{self, Dwarf, DwarfSections, EndianSlice, RunTimeEndian, SectionId, Unit};
use heapdiff_classic::session::{Binary, SourceLine};
use object::{Object as _, ObjectSection as _};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// How files begin that hold programs but are no ELF files: Mach-O of both kinds and both byte orders, universal ones,
/// and those of Windows. pprof opens them; nothing is looked up in them here.
const OTHER_MAGICS: [&[u8]; 6] = [
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"MZ",
];

type Reader<'b> = EndianSlice<'b, RunTimeEndian>;

/// An executable file.
pub(super) struct LocalBinary {
    /// Where its code wants to be in memory.
    load_address: Option<u64>,
    endian: RunTimeEndian,
    sections: DwarfSections<Vec<u8>>,
    /// The functions of each unit that was looked into, by the place of the unit.
    functions: BTreeMap<usize, Vec<Function>>,
}

/// Addresses of a function, and its name if the entry itself has one.
#[derive(Clone, Debug)]
struct Function {
    begin: u64,
    end: u64,
    name: String,
}

impl fmt::Debug for LocalBinary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalBinary").field("load_address", &self.load_address).finish_non_exhaustive()
    }
}

impl LocalBinary {
    /// Opens a file; none if it is no executable file.
    pub(super) fn open(path: &Path) -> io::Result<Option<Self>> {
        let mut file = File::open(path)?;
        let mut magic = [0; 4];
        if file.read_exact(&mut magic).is_err() {
            return Ok(None);
        }
        if OTHER_MAGICS.iter().any(|other| magic.starts_with(other)) {
            return Ok(Some(Self {
                load_address: None,
                endian: RunTimeEndian::Little,
                sections: DwarfSections::default(),
                functions: BTreeMap::new(),
            }));
        }
        if &magic != b"\x7fELF" {
            return Ok(None);
        }
        drop(file);
        let bytes = std::fs::read(path)?;
        let Ok(object) = object::File::parse(&*bytes) else { return Ok(None) };
        let section = |id: SectionId| -> Result<Vec<u8>, gimli::Error> {
            let data = object.section_by_name(id.name()).and_then(|section| section.uncompressed_data().ok());
            Ok(data.map(Cow::into_owned).unwrap_or_default())
        };
        Ok(Some(Self {
            load_address: load_address(&bytes),
            endian: if object.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big },
            sections: DwarfSections::load(section).unwrap_or_default(),
            functions: BTreeMap::new(),
        }))
    }
}

impl Binary for LocalBinary {
    fn source_line(&mut self, address: u64, mapping_start: u64) -> Option<SourceLine> {
        let Self { load_address, endian, sections, functions } = self;
        let offset = match load_address {
            Some(load_address) if mapping_start != 0 => mapping_start.wrapping_sub(*load_address),
            _ => 0,
        };
        let address = address.wrapping_sub(offset);
        let dwarf = sections.borrow(|section| EndianSlice::new(section, *endian));
        let (place, unit) = unit_of(&dwarf, address)?;
        let (file, line) = line_of(&dwarf, &unit, address)?;
        let functions = functions.entry(place).or_insert_with(|| functions_of(&dwarf, &unit));
        let function = functions.iter().find(|function| function.begin <= address && address < function.end);
        let function = function.map(|function| function.name.clone()).unwrap_or_default();
        Some(SourceLine { function, file, line })
    }
}

/// The address that the first part of a file with code is to be mapped to.
fn load_address(bytes: &[u8]) -> Option<u64> {
    use object::elf::{FileHeader64, PF_X, PT_LOAD};
    use object::read::elf::{FileHeader as _, ProgramHeader as _};
    let header = FileHeader64::<object::Endianness>::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let mut segments = header.program_headers(endian, bytes).ok()?.iter();
    let code = segments
        .find(|segment| segment.p_type(endian) == PT_LOAD && segment.p_flags(endian).contains(PF_X))?;
    let address = code.p_vaddr(endian);
    Some(address - address.checked_rem(code.p_align(endian))?)
}

/// The unit that an address lies in, and its place among all.
fn unit_of<'b>(dwarf: &Dwarf<Reader<'b>>, address: u64) -> Option<(usize, Unit<Reader<'b>>)> {
    let mut units = dwarf.units();
    let mut place = 0;
    while let Some(header) = units.next().ok()? {
        let unit = dwarf.unit(header).ok()?;
        let mut ranges = dwarf.unit_ranges(&unit).ok()?;
        while let Some(range) = ranges.next().ok()? {
            if range.begin <= address && address < range.end {
                return Some((place, unit));
            }
        }
        place += 1;
    }
    None
}

/// The file and the line of an address. The table is read until it has passed the address, as pprof reads it, even if
/// its parts are not in the order of their addresses.
fn line_of(dwarf: &Dwarf<Reader<'_>>, unit: &Unit<Reader<'_>>, address: u64) -> Option<(String, i64)> {
    let mut rows = unit.line_program.clone()?.rows();
    let (_, first) = rows.next_row().ok()??;
    let mut row = *first;
    if row.address() > address {
        return None;
    }
    loop {
        let (_, next) = rows.next_row().ok()??;
        if next.address() > address {
            break;
        }
        row = *next;
    }
    if row.end_sequence() {
        return None;
    }
    let header = rows.header().clone();
    let file = row.file(&header)?;
    let folder = |index: u64| -> Option<String> {
        let own = dwarf.attr_string(unit, header.directory(index)?).ok()?.to_string_lossy().into_owned();
        let main = unit.comp_dir.map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
        Some(if index == 0 { own } else { joined(&main, &own) })
    };
    let name = dwarf.attr_string(unit, file.path_name()).ok()?.to_string_lossy().into_owned();
    let name = joined(&folder(file.directory_index()).unwrap_or_default(), &name);
    Some((name, row.line().map_or(0, |line| line.get().cast_signed())))
}

/// A path in a folder, unless it needs none. Nothing is shortened.
fn joined(folder: &str, path: &str) -> String {
    match folder {
        _ if path.starts_with('/') => path.to_owned(),
        "" => path.to_owned(),
        folder if folder.ends_with('/') => format!("{folder}{path}"),
        folder => format!("{folder}/{path}"),
    }
}

/// All functions of a unit whose entries have addresses and names. Entries whose name is that of another one, as
/// methods have it, are nameless for pprof.
fn functions_of(dwarf: &Dwarf<Reader<'_>>, unit: &Unit<Reader<'_>>) -> Vec<Function> {
    let mut functions = Vec::new();
    let mut entries = unit.entries();
    while let Ok(Some(entry)) = entries.next_dfs() {
        if entry.tag() != gimli::DW_TAG_subprogram {
            continue;
        }
        let name = entry.attr_value(gimli::DW_AT_name).and_then(|name| dwarf.attr_string(unit, name).ok());
        let (Some(name), Ok(mut ranges)) = (name, dwarf.die_ranges(unit, entry)) else { continue };
        let name = name.to_string_lossy();
        while let Ok(Some(range)) = ranges.next() {
            functions.push(Function { begin: range.begin, end: range.end, name: name.clone().into_owned() });
        }
    }
    functions
}
