//! Collapsed stacks: a line a stack, functions from the root on, and a value.
//!
//! ```text
//! main;load;parse 4096
//! ```
//!
//! With two values, base and head, it is what `difffolded.pl` writes. The format has no escapes. A `;` in a name, as in `Buffer<[u8; 64]>`, is written as `:` as `stackcollapse-perf.pl`
//! does, a line break as a blank, and the blank before a number that ends the stack as `_`.
//!
//! **Source:** `flamegraph.pl` and `difffolded.pl` of brendangregg/FlameGraph.

use super::ExportError;
use super::frames::Frames;
use heapdiff_profile::{LocationId, Profile};
use std::io::{self, Write};

/// Writes the stacks that hold something in one of `columns`, each with its values in all of them.
pub(super) fn write(profile: &Profile, columns: &[usize], sink: &mut dyn Write) -> Result<(), ExportError> {
    let frames = Frames::of(profile);
    let mut stack = Vec::new();
    for group in frames.by_functions().iter() {
        if columns.iter().all(|&column| group.sum(column) == 0) {
            continue;
        }
        stack.clear();
        write_stack(&frames, &group.first.stack, &mut stack)?;
        if columns.len() == 1 {
            join_number(&mut stack);
        }
        sink.write_all(&stack)?;
        for &column in columns {
            write!(sink, " {}", group.sum(column))?;
        }
        writeln!(sink)?;
    }
    Ok(())
}

/// Keeps a number at the end of the leaf's name from being read as the first of two values.
fn join_number(stack: &mut [u8]) {
    let Some(blank) = stack.iter().rposition(|&byte| byte == b' ') else { return };
    let last_word = stack.get(blank + 1..).and_then(|word| std::str::from_utf8(word).ok());
    if last_word.is_some_and(|word| word.parse::<f64>().is_ok())
        && let Some(byte) = stack.get_mut(blank)
    {
        *byte = b'_';
    }
}

/// Writes the functions of a stack as collapsed stacks have them.
pub(super) fn write_stack(frames: &Frames<'_>, stack: &[LocationId], sink: &mut dyn Write) -> io::Result<()> {
    for (index, frame) in frames.root_first(stack).enumerate() {
        if index > 0 {
            sink.write_all(b";")?;
        }
        write_name(frames.table.function(frame), sink)?;
    }
    Ok(())
}

/// Writes a name without what would end it.
fn write_name(name: &str, sink: &mut dyn Write) -> io::Result<()> {
    // An empty name would be no frame at all to who splits at `;`.
    let name = if name.is_empty() { "[unknown]" } else { name };
    let mut rest = name;
    while let Some(at) = rest.find(|character: char| character == ';' || character.is_control()) {
        let (good, tail) = rest.split_at(at);
        sink.write_all(good.as_bytes())?;
        sink.write_all(if tail.starts_with(';') { b":" } else { b" " })?;
        let mut characters = tail.chars();
        characters.next();
        rest = characters.as_str();
    }
    sink.write_all(rest.as_bytes())
}
