//! Function names from an ELF file's symbol table: what is left when debug information is not, and the whole path of
//! a function for which debug information knows only the last part.

use crate::elf_file::{ElfError, ElfFile, Headers};
use object::{Object, ObjectSymbol, ObjectSymbolTable, SymbolIndex, SymbolKind};

/// The functions of one file, by address. Names stay in the file until they are asked for: of 100,000 symbols a
/// profile needs a few hundred.
pub(crate) struct SymbolTable<'a> {
    headers: Headers<'a>,
    /// Whether the functions come from `.dynsym`, because the file has been stripped.
    is_dynamic: bool,
    /// Ascending by address, one an address.
    functions: Vec<FunctionRange>,
}

#[derive(Clone, Copy, Debug)]
struct FunctionRange {
    begin: u64,
    end: u64,
    symbol: SymbolIndex,
}

impl<'a> SymbolTable<'a> {
    /// Indexes the functions of `file`.
    pub(crate) fn new(file: &'a ElfFile) -> Result<Self, ElfError> {
        let headers = file.headers()?;
        let is_dynamic = headers.symbols().next().is_none();
        let functions =
            if is_dynamic { functions(headers.dynamic_symbols()) } else { functions(headers.symbols()) };
        Ok(Self { headers, is_dynamic, functions })
    }

    /// The name, as the linker knows it, of the function that holds `address`.
    pub(crate) fn name(&self, address: u64) -> Option<String> {
        let after = self.functions.partition_point(|function| function.begin <= address);
        let function = self.functions.get(after.checked_sub(1)?)?;
        if address >= function.end {
            return None;
        }
        let table =
            if self.is_dynamic { self.headers.dynamic_symbol_table() } else { self.headers.symbol_table() }?;
        let symbol = table.symbol_by_index(function.symbol).ok()?;
        let name = String::from_utf8_lossy(symbol.name_bytes().ok()?);
        (!name.is_empty()).then(|| name.into_owned())
    }
}

/// The ranges of the functions among `symbols`.
fn functions<'a, S: ObjectSymbol<'a>>(symbols: impl Iterator<Item = S>) -> Vec<FunctionRange> {
    let mut functions: Vec<FunctionRange> = symbols
        .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.is_definition())
        .map(|symbol| {
            let begin = symbol.address();
            FunctionRange { begin, end: begin.saturating_add(symbol.size()), symbol: symbol.index() }
        })
        .collect();
    // Of several names for one address the one with the largest range stays; of equal ones the first in the file.
    functions.sort_by_key(|function| (function.begin, std::cmp::Reverse(function.end)));
    functions.dedup_by_key(|function| function.begin);
    // Functions written in assembly language often have no size: they reach to the next one.
    let next: Vec<u64> = functions.iter().skip(1).map(|function| function.begin).chain([u64::MAX]).collect();
    for (function, next) in functions.iter_mut().zip(next) {
        if function.end == function.begin && next != u64::MAX {
            function.end = next;
        }
    }
    functions
}
