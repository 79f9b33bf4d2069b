//! Numbers as a person reads them: bytes in powers of 1024, counts with separators, times, and shares.
//!
//! Three significant digits are enough for an estimate and line up in a column; JSON has every digit.

use heapdiff_profile::Estimated;
use std::fmt::Write as _;

/// What a value counts, and so how it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Unit {
    /// Bytes, written with a binary prefix: `1.50 MiB`.
    Bytes,
    /// Things, written in full: `12,345`.
    Count,
    /// Time, written in at most two units: `1 min 20 s`.
    Nanoseconds,
    /// Any other unit of a foreign profile, written after the number.
    Other(String),
    /// Values in one unit that was asked for, whatever their size.
    Fixed {
        /// How much of what is counted one of them is.
        size: f64,
        /// What is written after the number.
        name: String,
    },
    /// Values that are divided by a number, in another unit.
    Divided {
        /// The number.
        by: f64,
        /// The unit.
        unit: Box<Self>,
    },
}

/// How a user wants values to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measure {
    /// A unit, such as `mib` or `ms`. Default: that which suits each value.
    pub unit: Option<String>,
    /// What values are divided by. Default: nothing.
    pub divide_by: Option<f64>,
}

impl Measure {
    /// How values of a unit that a profile calls `name` are written. In that unit, if another one that was asked for
    /// measures something else: see [`Self::fits`].
    #[must_use]
    pub fn unit(&self, name: &str) -> Unit {
        let of_profile = Unit::from_name(name);
        let fixed = self.unit.as_deref().and_then(|wanted| fixed(&of_profile, wanted));
        let unit = fixed.unwrap_or(of_profile);
        match self.divide_by {
            Some(by) => Unit::Divided { by, unit: Box::new(unit) },
            None => unit,
        }
    }

    /// How objects are written: divided as values are, for a reader compares the two.
    #[must_use]
    pub fn objects(&self) -> Unit {
        match self.divide_by {
            Some(by) => Unit::Divided { by, unit: Box::new(Unit::Count) },
            None => Unit::Count,
        }
    }

    /// Whether values of a unit that a profile calls `name` can be written as the user wants.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        self.unit.as_deref().is_none_or(|wanted| fixed(&Unit::from_name(name), wanted).is_some())
    }
}

/// The unit called `wanted`, if it measures the same as `of_profile`. As in pprof, `kb` is 1024 bytes.
fn fixed(of_profile: &Unit, wanted: &str) -> Option<Unit> {
    let lower = wanted.to_ascii_lowercase();
    let (size, name) = match of_profile {
        Unit::Bytes => match lower.as_str() {
            "b" | "byte" | "bytes" => (1.0, "B"),
            "k" | "kb" | "kib" => (1024.0, "KiB"),
            "m" | "mb" | "mib" => (1024_f64.powi(2), "MiB"),
            "g" | "gb" | "gib" => (1024_f64.powi(3), "GiB"),
            "t" | "tb" | "tib" => (1024_f64.powi(4), "TiB"),
            _ => return None,
        },
        Unit::Nanoseconds => match lower.as_str() {
            "ns" => (1.0, "ns"),
            "us" => (1e3, "us"),
            "ms" => (1e6, "ms"),
            "s" => (1e9, "s"),
            "min" => (60e9, "min"),
            "h" | "hr" | "hrs" => (3600e9, "h"),
            _ => return None,
        },
        Unit::Count if ["count", "objects", "samples"].contains(&lower.as_str()) => (1.0, ""),
        _ => return None,
    };
    Some(Unit::Fixed { size, name: name.to_owned() })
}

/// A number with two decimals, and a mark where that hides that it is something.
fn two_decimals(value: f64) -> String {
    let text = format!("{value:.2}");
    match text.as_str() {
        "0.00" if value > 0.0 => "<0.01".to_owned(),
        _ => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
    }
}

impl Unit {
    /// The unit that a profile calls `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "bytes" | "byte" | "B" | "b" => Self::Bytes,
            "count" | "objects" | "samples" | "" => Self::Count,
            "nanoseconds" | "nanosecond" | "ns" => Self::Nanoseconds,
            other => Self::Other(other.to_owned()),
        }
    }

    /// What an interval is written in, beside values in this unit.
    #[must_use]
    pub fn of_interval(&self, estimated: Estimated) -> Self {
        match (estimated, self) {
            (Estimated::Value, _) => self.clone(),
            (Estimated::Bytes, Self::Divided { by, unit }) => {
                Self::Divided { by: *by, unit: Box::new(unit.of_interval(estimated)) }
            }
            (Estimated::Bytes, _) => Self::Bytes,
        }
    }

    /// `value` without a sign, unless it is negative.
    #[must_use]
    pub fn format(&self, value: i64) -> String {
        let sign = if value < 0 { "-" } else { "" };
        format!("{sign}{}", self.magnitude(value.unsigned_abs()))
    }

    /// `value` as a change: always with a sign, and zero as plain `0`.
    #[must_use]
    pub fn format_change(&self, value: i64) -> String {
        match value {
            0 => "0".to_owned(),
            _ => format!("{}{}", if value < 0 { "-" } else { "+" }, self.magnitude(value.unsigned_abs())),
        }
    }

    /// Two values with one unit, as a change: `+1.20..+14.0 MiB`.
    #[must_use]
    pub fn format_change_range(&self, low: i64, high: i64) -> String {
        self.range(low, high, "+")
    }

    /// Two values with one unit: `1.20..14.0 MiB`.
    #[must_use]
    pub fn format_range(&self, low: i64, high: i64) -> String {
        self.range(low, high, "")
    }

    fn range(&self, low: i64, high: i64, plus: &str) -> String {
        let biggest = low.unsigned_abs().max(high.unsigned_abs());
        let (size, name, is_fixed) = self.scale(biggest);
        let end = |value: i64| {
            let sign = if value < 0 { "-" } else { plus };
            let scaled = value.unsigned_abs() as f64 / size;
            match value {
                0 => "0".to_owned(),
                _ if is_fixed => format!("{sign}{}", two_decimals(scaled)),
                #[expect(clippy::float_cmp, reason = "what is not scaled is scaled by exactly 1")]
                _ if size == 1.0 => format!("{sign}{}", count(value.unsigned_abs())),
                _ => format!("{sign}{}", three_digits(scaled)),
            }
        };
        format!("{}..{} {name}", end(low), end(high)).trim_end().to_owned()
    }

    /// What `biggest` is divided by when it is written, the name of that, and whether it is the same for all values.
    fn scale(&self, biggest: u64) -> (f64, &str, bool) {
        match self {
            Self::Bytes => {
                let (size, prefix) = byte_scale(biggest);
                (size, prefix, false)
            }
            Self::Count => (1.0, "", false),
            Self::Nanoseconds => (1e9, "s", true),
            Self::Other(unit) => (1.0, unit, false),
            Self::Fixed { size, name } => (*size, name, true),
            Self::Divided { by, unit } => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
                let quotient = (biggest as f64 / by).round() as u64;
                let (size, name, is_fixed) = unit.scale(quotient);
                (size * by, name, is_fixed)
            }
        }
    }

    fn magnitude(&self, value: u64) -> String {
        match self {
            Self::Bytes => bytes(value),
            Self::Count => count(value),
            Self::Nanoseconds => duration(value),
            Self::Other(unit) => format!("{} {unit}", count(value)),
            Self::Fixed { size, name } => {
                format!("{} {name}", two_decimals(value as f64 / size)).trim_end().to_owned()
            }
            Self::Divided { by, unit } => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
                let quotient = (value as f64 / by).round() as u64;
                match &**unit {
                    Self::Fixed { size, name } => {
                        Self::Fixed { size: size * by, name: name.clone() }.magnitude(value)
                    }
                    // What is whole before it is divided is a fraction behind.
                    Self::Bytes if quotient < 10 => format!("{} B", fraction(value as f64 / by)),
                    Self::Count if quotient < 10 => fraction(value as f64 / by),
                    unit => unit.magnitude(quotient),
                }
            }
        }
    }
}

/// A number of bytes, such as `512 B` or `1.50 MiB`.
#[must_use]
pub fn bytes(value: u64) -> String {
    match byte_scale(value) {
        (_, "B") => format!("{value} B"),
        (size, unit) => format!("{} {unit}", three_digits(value as f64 / size)),
    }
}

/// The unit that suits so many bytes, and its size.
fn byte_scale(value: u64) -> (f64, &'static str) {
    const PREFIXES: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let (mut size, mut unit) = (1.0, "B");
    for prefix in PREFIXES {
        // 1023.6 would be written as 1024: it belongs to the next prefix.
        if (value as f64 / size) < if unit == "B" { 1024.0 } else { 1023.5 } {
            break;
        }
        (size, unit) = (size * 1024.0, prefix);
    }
    (size, unit)
}

/// A positive number with three significant digits, and all of them from 100 on.
fn three_digits(value: f64) -> String {
    if value < 9.995 {
        format!("{value:.2}")
    } else if value < 99.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// A quotient of less than ten, with three significant digits, and a mark where they hide that it is something.
fn fraction(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        0.0..0.0005 => "<0.001".to_owned(),
        0.0005..0.995 => format!("{value:.3}"),
        _ => three_digits(value),
    }
}

/// A number of things, with a separator every three digits: `12,345`.
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A chance in percent, such as `95 %` or `99.9 %`.
#[must_use]
pub fn chance(chance: f64) -> String {
    // Four digits behind the point are more than anybody asks for, and hide how 1 - 0.95 is rounded.
    let percent = format!("{:.4}", chance * 100.0);
    format!("{} %", percent.trim_end_matches('0').trim_end_matches('.'))
}

/// A number of things with their name: `1 sample`, `12 samples`.
#[must_use]
pub fn counted(value: u64, singular: &str) -> String {
    format!("{} {singular}{}", count(value), if value == 1 { "" } else { "s" })
}

/// A length of time in at most two units, such as `15 min 20 s` or `1.2 s`.
#[must_use]
pub fn duration(nanos: u64) -> String {
    const SECOND: u64 = 1_000_000_000;
    if nanos < 1_000_000 {
        return format!("{} us", nanos / 1000);
    }
    if nanos < SECOND {
        return format!("{} ms", nanos / 1_000_000);
    }
    if nanos < 100 * SECOND {
        return format!("{:.1} s", nanos as f64 / 1e9);
    }
    let seconds = nanos / SECOND;
    let (large, large_unit, small, small_unit) = match seconds {
        0..3_600 => (seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => (seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => (seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    };
    let mut text = format!("{large} {large_unit}");
    if small > 0 {
        let _ = write!(text, " {small} {small_unit}");
    }
    text
}

/// A moment as `2026-11-20 14:03:30 UTC`; `None` for a moment that is not known (0).
#[must_use]
pub fn moment(unix_nanos: i64) -> Option<String> {
    if unix_nanos <= 0 {
        return None;
    }
    let seconds = unix_nanos / 1_000_000_000;
    let (year, month, day) = civil_date(seconds / 86_400);
    let of_day = seconds % 86_400;
    Some(format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC",
        of_day / 3_600,
        of_day % 3_600 / 60,
        of_day % 60
    ))
}

/// Year, month and day of the day that is `days` after 1970-01-01.
///
/// **Source:** the era arithmetic of "chrono-Compatible Low-Level Date Algorithms" (H. Hinnant), for days from 1970.
fn civil_date(days: i64) -> (i64, i64, i64) {
    // Years here begin in March, so that the leap day is the last day of a year; 719,468 days lie between
    // 0000-03-01 and 1970-01-01, and 146,097 in an era of 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// `part` as a share of `whole`: `12.3 %`. A dash where the whole is nothing.
///
/// The caller names the denominator beside it.
#[must_use]
pub fn share(part: i64, whole: i64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let percent = part as f64 / whole as f64 * 100.0;
    let size = percent.abs();
    // Keeps a part that rounds to nothing apart from nothing.
    if part != 0 && size < 0.05 { "<0.1 %".to_owned() } else { format!("{percent:.1} %") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_three_digits_and_change_prefix_before_1024() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (1536, "1.50 KiB"),
            (10 * 1024 * 1024, "10.0 MiB"),
            (341 << 20, "341 MiB"),
            ((1 << 20) - 1, "1.00 MiB"),
            (u64::MAX, "16.0 EiB"),
        ];
        for (value, text) in cases {
            assert_eq!(bytes(value), text);
        }
    }

    #[test]
    fn values_are_written_in_the_unit_that_was_asked_for_if_they_can_be() {
        let measure = |unit: Option<&str>, divide_by| Measure { unit: unit.map(str::to_owned), divide_by };
        let written = |measure: &Measure, unit| measure.unit(unit).format_change(-1_572_864);
        assert_eq!(written(&measure(Some("MB"), None), "bytes"), "-1.5 MiB");
        assert_eq!(written(&measure(Some("gib"), None), "bytes"), "-<0.01 GiB");
        assert_eq!(written(&measure(Some("kib"), Some(3.0)), "bytes"), "-512 KiB");
        assert_eq!(written(&measure(None, Some(3.0)), "bytes"), "-512 KiB");
        assert_eq!(written(&measure(Some("ms"), None), "nanoseconds"), "-1.57 ms");
        assert!(!measure(Some("ms"), None).fits("bytes"));
        assert!(measure(None, Some(2.0)).fits("cycles"));
    }

    #[test]
    fn changes_carry_a_sign_and_zero_does_not() {
        assert_eq!(Unit::Bytes.format_change(2048), "+2.00 KiB");
        assert_eq!(Unit::Bytes.format_change(-2048), "-2.00 KiB");
        assert_eq!(Unit::Bytes.format_change(0), "0");
        assert_eq!(Unit::Count.format_change(-12_345), "-12,345");
        assert_eq!(Unit::Bytes.format_change(i64::MIN), "-8.00 EiB");
        assert_eq!(Unit::from_name("nanoseconds").format_change(1_500_000_000), "+1.5 s");
        assert_eq!(Unit::from_name("cycles").format(-1_500), "-1,500 cycles");
    }

    #[test]
    fn ranges_have_one_unit() {
        let mib = |tenths: i64| tenths * (1 << 20) / 10;
        assert_eq!(Unit::Bytes.format_change_range(mib(141), mib(276)), "+14.1..+27.6 MiB");
        assert_eq!(Unit::Bytes.format_change_range(mib(-12), 4096), "-1.20..+0.00 MiB");
        assert_eq!(Unit::Bytes.format_range(0, mib(10230)), "0..1023 MiB");
        assert_eq!(Unit::Bytes.format_change_range(-5, 900), "-5..+900 B");
        let mebibytes = Measure { unit: Some("mib".to_owned()), divide_by: Some(2.0) };
        assert_eq!(mebibytes.unit("bytes").format_change_range(mib(-10), mib(30)), "-0.5..+1.5 MiB");
        let divided = Measure { unit: None, divide_by: Some(4.0) };
        assert_eq!(divided.unit("bytes").format_change_range(-2048, mib(30)), "-0.50..+768 KiB");
        assert_eq!([chance(0.95), chance(1.0 - 0.95), chance(0.999)], ["95 %", "5 %", "99.9 %"]);
    }

    #[test]
    fn counts_are_separated_and_agree_in_number() {
        assert_eq!([count(0), count(999), count(1000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([counted(1, "sample"), counted(0, "sample")], ["1 sample", "0 samples"]);
    }

    #[test]
    fn what_is_little_for_each_item_is_not_rounded_to_nothing() {
        let of = Measure { unit: None, divide_by: Some(4000.0) };
        let (bytes, objects) = (of.unit("bytes"), of.objects());
        let written = [1, 3, 1000, 10_000, 200_000].map(|value| bytes.format(value));
        assert_eq!(written, ["<0.001 B", "0.001 B", "0.250 B", "2.50 B", "50 B"]);
        let written = [0, 8, 4000, 6000, 8_000_000].map(|value| objects.format_change(value));
        assert_eq!(written, ["0", "+0.002", "+1.00", "+1.50", "+2,000"]);
        assert_eq!(Measure::default().objects(), Unit::Count);
    }

    #[test]
    fn durations_use_two_units_at_most() {
        let cases = [
            (999_999, "999 us"),
            (20_000_000, "20 ms"),
            (1_250_000_000, "1.2 s"),
            (920_000_000_000, "15 min 20 s"),
            (7_200_000_000_000, "2 h"),
            (90_000_000_000_000, "1 d 1 h"),
        ];
        for (nanos, text) in cases {
            assert_eq!(duration(nanos), text);
        }
    }

    #[test]
    fn moments_are_utc_and_know_leap_years() {
        assert_eq!(moment(0), None);
        assert_eq!(moment(951_782_400_000_000_000).as_deref(), Some("2000-02-29 00:00:00 UTC"));
        assert_eq!(moment(1_795_172_610_000_000_000).as_deref(), Some("2026-11-20 11:03:30 UTC"));
    }

    #[test]
    fn shares_tell_little_from_nothing() {
        assert_eq!(
            [share(0, 100), share(1, 100_000), share(-50, 100), share(1, 0)],
            ["0.0 %", "<0.1 %", "-50.0 %", "-"]
        );
    }
}
