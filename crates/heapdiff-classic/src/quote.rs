//! Text in quotes, as Go's `%q` writes it.

use crate::foreign_bytes::foreign_byte;

/// `text` between double quotes, with escapes for what does not print.
#[must_use]
pub(crate) fn quoted(text: &str) -> String {
    let mut output = String::with_capacity(text.len() + 2);
    output.push('"');
    for character in text.chars() {
        if let Some(byte) = foreign_byte(character) {
            output.push_str(&format!("\\x{byte:02x}"));
            continue;
        }
        match character {
            '"' | '\\' => output.extend(['\\', character]),
            '\x07' => output.push_str("\\a"),
            '\x08' => output.push_str("\\b"),
            '\x0c' => output.push_str("\\f"),
            '\n' => output.push_str("\\n"),
            '\r' => output.push_str("\\r"),
            '\t' => output.push_str("\\t"),
            '\x0b' => output.push_str("\\v"),
            control if control.is_ascii_control() => {
                output.push_str(&format!("\\x{:02x}", u32::from(control)));
            }
            other if is_printable(other) => output.push(other),
            wide if u32::from(wide) < 0x1_0000 => output.push_str(&format!("\\u{:04x}", u32::from(wide))),
            wide => output.push_str(&format!("\\U{:08x}", u32::from(wide))),
        }
    }
    output.push('"');
    output
}

/// Whether a character shows; of spaces only the ASCII one does.
fn is_printable(character: char) -> bool {
    // Rust's own escapes leave alone exactly what prints, quotes aside.
    character == ' '
        || !character.is_whitespace() && character.escape_debug().len() == 1
        || matches!(character, '\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_print_is_escaped() {
        assert_eq!(quoted("it's \"ö\"\n\x01\\"), r#""it's \"ö\"\n\x01\\""#);
        assert_eq!(quoted("\u{a0}\u{2028}"), r#""\u00a0\u2028""#);
    }
}
