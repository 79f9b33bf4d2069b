//! Names as a human would write them.

use std::fmt;

/// Longest name that is kept, in bytes. Real names of deeply nested iterators reach some thousand; a mangled name
/// made for the purpose can stand for any amount.
const NAME_BYTES_MAX: usize = 64 << 10;

/// The name behind a linker's symbol: Rust's two manglings without their hashes, C++'s, or else `symbol` as it is.
///
/// ```
/// assert_eq!(heapdiff_symbols::demangle("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE"), "core::fmt::Write::write_fmt");
/// assert_eq!(heapdiff_symbols::demangle("_RNvCs15kBYyAo9fc_7mycrate7example"), "mycrate::example");
/// assert_eq!(heapdiff_symbols::demangle("_ZN3foo3barEv"), "foo::bar()");
/// assert_eq!(heapdiff_symbols::demangle("malloc"), "malloc");
/// ```
#[must_use]
pub fn demangle(symbol: &str) -> String {
    if let Ok(name) = rustc_demangle::try_demangle(symbol) {
        // The alternate form leaves out the hash of the symbol and those of the crates.
        return bounded(|out| fmt::write(out, format_args!("{name:#}"))).unwrap_or_else(|| symbol.to_owned());
    }
    // Rust's first mangling is valid C++, so C++ comes second.
    if symbol.starts_with("_Z") {
        let name = cpp_demangle::Symbol::new(symbol).ok().and_then(|parsed| {
            let options = cpp_demangle::DemangleOptions::default();
            bounded(|out| parsed.structured_demangle(out, &options))
        });
        if let Some(name) = name {
            return name;
        }
    }
    symbol.to_owned()
}

/// Whether a linker's symbol is a Rust or C++ name with its whole path, and not a bare word of C.
pub(crate) fn is_mangled(symbol: &str) -> bool {
    symbol.starts_with("_Z") || symbol.starts_with("_R")
}

/// What `write` writes, unless it fails or is too long.
fn bounded(write: impl FnOnce(&mut BoundedText) -> fmt::Result) -> Option<String> {
    let mut text = BoundedText(String::new());
    write(&mut text).ok().map(|()| text.0)
}

struct BoundedText(String);

impl fmt::Write for BoundedText {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.0.len() + part.len() > NAME_BYTES_MAX {
            return Err(fmt::Error);
        }
        self.0.push_str(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_copies_keep_their_name() {
        assert_eq!(
            demangle("_ZN3std2io5stdio6_print17h0123456789abcdefE.llvm.123456"),
            "std::io::stdio::_print"
        );
    }

    #[test]
    fn generic_arguments_of_the_second_mangling_are_shown() {
        assert_eq!(
            demangle("_RNvMs0_NtCs2gNzX3SQhT5_5alloc3vecINtB5_3VechE4pushCs8KNvMjcZqUo_4pool"),
            "<alloc::vec::Vec<u8>>::push"
        );
    }

    #[test]
    fn a_name_that_unfolds_without_end_stays_mangled() {
        // `S_` is `std::pair`, `S0_` the first pair, `S1_` a pair of those, and so on: each level is twice as long.
        let symbol = |levels: u32| {
            let digits = ('0'..='9').chain('A'..='Z').take(levels as usize);
            let pairs: String = digits.map(|digit| format!("S_IS{digit}_S{digit}_E")).collect();
            format!("_Z1fSt4pairIiiE{pairs}")
        };
        assert_eq!(
            demangle(&symbol(1)),
            "f(std::pair<int, int>, std::pair<std::pair<int, int>, std::pair<int, int> >)"
        );
        assert_eq!(demangle(&symbol(30)), symbol(30));
    }

    #[test]
    fn half_a_symbol_stays_as_it_is() {
        for symbol in ["", "_Z", "_R", "_ZN", "_ZN4core", "_RNv", "_ZN99999999999999999999x17h0E"] {
            assert_eq!(demangle(symbol), symbol);
        }
    }
}
