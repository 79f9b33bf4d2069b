//! Numbers as Go reads them, with its errors.

use super::super::parse_error::FormatError;
use std::num::IntErrorKind;

/// A decimal number, or Go's words for why it is none.
pub(super) fn decimal(text: &str) -> Result<i64, String> {
    text.parse::<i64>().map_err(|error| explain(text, error.kind()))
}

/// A number in the base that its beginning tells: `0x`, `0b`, `0o`, `0`, or decimal.
pub(super) fn any_base(text: &str) -> Result<i64, String> {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.get(..1).unwrap_or_default(), digits),
        None => ("", text),
    };
    let bases = [("0x", 16), ("0X", 16), ("0b", 2), ("0B", 2), ("0o", 8), ("0O", 8)];
    let based = bases.iter().find_map(|&(prefix, base)| Some((digits.strip_prefix(prefix)?, base)));
    let (digits, base) = match based {
        Some(based) => based,
        None if digits.len() > 1 && digits.starts_with('0') => (digits.get(1..).unwrap_or_default(), 8),
        None => (digits, 10),
    };
    let is_underscored_well = !digits.ends_with('_') && !digits.contains("__");
    let is_signed_twice = digits.starts_with(['-', '+']);
    if is_signed_twice || !is_underscored_well || (base == 10 && digits.contains('_')) {
        return Err(explain(text, &IntErrorKind::InvalidDigit));
    }
    let digits = digits.replace('_', "");
    i64::from_str_radix(&format!("{sign}{digits}"), base).map_err(|error| explain(text, error.kind()))
}

fn explain(text: &str, kind: &IntErrorKind) -> String {
    let problem = match kind {
        IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
        _ => "invalid syntax",
    };
    format!("strconv.ParseInt: parsing \"{text}\": {problem}")
}

/// The addresses in a text: everything that looks like `0x1f`.
pub(super) fn addresses(text: &str) -> Result<Vec<u64>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        rest = rest.get(at + 2..).unwrap_or_default();
        let is_digit = |digit: char| matches!(digit, '0'..='9' | 'a'..='f');
        let end = rest.find(|digit| !is_digit(digit)).unwrap_or(rest.len());
        let (digits, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if !digits.is_empty() {
            let address = u64::from_str_radix(digits, 16)
                .map_err(|_| format!("failed to parse as hex 64-bit number: 0x{digits}"))?;
            found.push(address);
        }
        rest = after;
    }
    Ok(found)
}

/// A line of samples that is wrong.
pub(super) fn malformed_sample(line: &str) -> impl Fn(String) -> FormatError + use<'_> {
    move |problem| FormatError::Line(format!("malformed sample: {line}: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_are_told_by_the_beginning() {
        let texts = ["12", "-0x1f", "010", "0", "0b11", "0o17", "0_7"];
        assert_eq!(texts.map(|text| any_base(text).unwrap()), [12, -31, 8, 0, 3, 15, 7]);
        for wrong in ["", "08", "1_0", "0x", "--1", "0x-1"] {
            let expected = format!("strconv.ParseInt: parsing \"{wrong}\": invalid syntax");
            assert_eq!(any_base(wrong), Err(expected));
        }
        assert!(decimal("99999999999999999999").unwrap_err().ends_with("value out of range"));
    }

    #[test]
    fn addresses_are_found_anywhere() {
        assert_eq!(addresses("a 0x1f0x2 0x 0xAB 00x3g"), Ok(vec![0x1f0, 3]));
        assert!(addresses("0x11111111111111111").is_err());
    }
}
