//! Numbers as Go's `strconv.ParseFloat` reads them: `1e3`, `1_000.5`, `0x1.8p-2`, `Inf`.

/// Reads a number. The error says whether it is too large.
pub(super) fn parse(text: &str) -> Result<f64, bool> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if has_stray_underscore(unsigned) {
        return Err(false);
    }
    let digits = unsigned.replace('_', "").to_ascii_lowercase();
    let value = if let Some(hex) = digits.strip_prefix("0x") {
        hexadecimal(hex).ok_or(false)?
    } else if unsigned.len() < text.len() && digits == "nan" {
        return Err(false);
    } else {
        // A second sign is none.
        digits.parse().ok().filter(|_| !digits.starts_with(['+', '-'])).ok_or(false)?
    };
    if value.is_infinite() && digits.contains(|c: char| c.is_ascii_digit()) {
        return Err(true);
    }
    Ok(if text.starts_with('-') { -value } else { value })
}

/// Underscores stand between digits, or between `0x` and a digit.
fn has_stray_underscore(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let (digits, mut is_after_digit) =
        lower.strip_prefix("0x").map_or((lower.as_str(), false), |hex| (hex, true));
    let is_hex = digits.len() < lower.len();
    let mut is_after_underscore = false;
    for character in digits.chars() {
        let is_digit = character.is_ascii_digit() || is_hex && character.is_ascii_hexdigit();
        let is_underscore = character == '_';
        if is_underscore && !is_after_digit || is_after_underscore && !is_digit {
            return true;
        }
        (is_after_digit, is_after_underscore) = (is_digit, is_underscore);
    }
    is_after_underscore
}

/// How many hexadecimal digits of a mantissa are looked at one by one; an `f64` holds fourteen.
const DIGITS_MAX: u32 = 15;

/// No exponent beyond this makes a difference.
const EXPONENT_MAX: i32 = 100_000;

/// `1.8p-2`: the power of two is not optional.
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, power) = text.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let power_digits = power.strip_prefix(['+', '-']).unwrap_or(power);
    let is_number = |text: &str, base| !text.is_empty() && text.chars().all(|c| c.is_digit(base));
    if !is_number(&format!("{whole}{fraction}"), 16) || !is_number(power_digits, 10) {
        return None;
    }
    let size: i32 = power_digits.parse().unwrap_or(EXPONENT_MAX).min(EXPONENT_MAX);
    let mut exponent = if power.starts_with('-') { -size } else { size };
    let (mut value, mut digit_count) = (0_u64, 0);
    for (digit, is_fraction) in
        whole.chars().map(|digit| (digit, false)).chain(fraction.chars().map(|digit| (digit, true)))
    {
        let digit = u64::from(digit.to_digit(16)?);
        if digit_count < DIGITS_MAX {
            value = value << 4 | digit;
            digit_count += u32::from(value != 0);
            exponent = exponent.saturating_sub(if is_fraction { 4 } else { 0 });
        } else {
            // Whatever is not zero down here only says on which side of the middle the number is.
            value |= u64::from(digit != 0);
            exponent = exponent.saturating_add(if is_fraction { 0 } else { 4 });
        }
    }
    // At most sixty bits.
    #[expect(clippy::cast_precision_loss, reason = "this is where the number is rounded, to even as in Go")]
    let mut value = value as f64;
    // In steps that a number can take without becoming infinite, or nothing, too early.
    while exponent != 0 && value != 0.0 && value.is_finite() {
        let step = exponent.clamp(-1000, 1000);
        value *= 2.0_f64.powi(step);
        exponent -= step;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_go() {
        for (text, expected) in [
            ("1", Ok(1.0)),
            ("+.5", Ok(0.5)),
            ("1_0", Ok(10.0)),
            ("0x1p-2", Ok(0.25)),
            ("-0X1.8P1", Ok(-3.0)),
            ("0x_1p0", Ok(1.0)),
            ("0x1fffffffffffffp0", Ok(9_007_199_254_740_991.0)),
            ("0x20000000000001p0", Ok(9_007_199_254_740_992.0)),
            ("0x20000000000003p0", Ok(9_007_199_254_740_996.0)),
            ("0x200000000000010000000001p0", Ok(2.0_f64.powi(93) + 2.0_f64.powi(41))),
            ("0x0p99999999999", Ok(0.0)),
            ("0x1p-2000", Ok(0.0)),
            ("-Infinity", Ok(f64::NEG_INFINITY)),
            ("0x1p2000", Err(true)),
            ("1e400", Err(true)),
            ("0x1", Err(false)),
            ("0x.p1", Err(false)),
            ("0x1p", Err(false)),
            ("_1", Err(false)),
            ("1_", Err(false)),
            ("1__0", Err(false)),
            ("1_.5", Err(false)),
            ("+nan", Err(false)),
            ("+-1", Err(false)),
            ("", Err(false)),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        assert!(parse("NaN").unwrap().is_nan());
    }
}
