//! Floating-point numbers as Go's `%.2f` and `%.2g` print them.

/// `value` with exactly `digits` decimals.
pub(crate) fn decimal(value: f64, digits: usize) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    format!("{value:.digits$}")
}

/// `value` with at most `digits` significant digits, and an exponent where the number is very small or has more digits
/// before its point.
pub(crate) fn general(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return decimal(value, digits);
    }
    let scientific = format!("{value:.*e}", digits.saturating_sub(1));
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= i64::try_from(digits).unwrap_or(i64::MAX) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", without_trailing_zeros(mantissa), exponent.unsigned_abs());
    }
    let decimals = i64::try_from(digits).unwrap_or(i64::MAX) - 1 - exponent;
    let text = format!("{value:.*}", usize::try_from(decimals).unwrap_or(0));
    without_trailing_zeros(&text).to_owned()
}

fn without_trailing_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_even_digit() {
        assert_eq!(decimal(0.125, 2), "0.12");
        assert_eq!(decimal(0.375, 2), "0.38");
        assert_eq!(general(0.125, 2), "0.12");
    }

    #[test]
    fn the_exponent_has_two_digits() {
        assert_eq!(general(0.000_012_34, 2), "1.2e-05");
        assert_eq!(general(0.000_123_4, 2), "0.00012");
        assert_eq!(general(123.0, 2), "1.2e+02");
        assert_eq!(general(0.0, 2), "0");
        assert_eq!(general(0.999, 2), "1");
        assert_eq!(general(1e-100, 2), "1e-100");
    }
}
