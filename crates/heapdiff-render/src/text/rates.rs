//! How rates and moments of a series are written.

use crate::quantity::{self, Unit};
use heapdiff_profile::{Headroom, ItemRate, ItemSeries, MemoryLimit, Rate, TrendReport, TrendRow};

/// A series of less than these seconds is spoken of in seconds,
const SECONDS_UP_TO: f64 = 100.0;
/// and of less than these in minutes, so that a rate stays near what was seen.
const MINUTES_UP_TO: f64 = 2.0 * 3600.0;
/// Of how many parts the rate of a count is made before it is rounded.
const PARTS: f64 = 1000.0;
const DAY: f64 = 24.0 * 3600.0;

/// Writes the rates of a series for the time that suits its length.
#[derive(Clone, Debug)]
pub(super) struct Rates<'a> {
    report: &'a TrendReport,
    unit: Unit,
    /// What rates are written in, and what they are multiplied by before.
    of_rates: (Unit, f64),
    per: &'static str,
}

/// A rate by time or by items.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speed {
    pub(super) rate: f64,
    low: f64,
    high: f64,
}

impl From<Rate> for Speed {
    fn from(Rate { per_second, low, high }: Rate) -> Self {
        Self { rate: per_second, low, high }
    }
}

impl From<ItemRate> for Speed {
    fn from(ItemRate { per_item, low, high }: ItemRate) -> Self {
        Self { rate: per_item, low, high }
    }
}

impl<'a> Rates<'a> {
    /// Rates in the unit of the report, by items where it counts them.
    pub(super) fn of(report: &'a TrendReport) -> Self {
        let rates = Self::in_unit(report, Unit::from_name(&report.sample_type.unit));
        match report.items.as_ref().map(ItemSeries::total) {
            None => rates,
            // What all items make is divided by their number when it is written, so that no digit is lost.
            Some(by) => {
                let unit = Box::new(rates.unit.clone());
                Self { of_rates: (Unit::Divided { by, unit }, by), per: "per item", ..rates }
            }
        }
    }

    /// Rates of bytes, whatever the report counts.
    pub(super) fn of_bytes(report: &'a TrendReport) -> Self {
        Self::in_unit(report, Unit::Bytes)
    }

    fn in_unit(report: &'a TrendReport, unit: Unit) -> Self {
        let (times, per) = match report.seconds.last().copied().unwrap_or(0.0) {
            _ if !report.has_times => (1.0, "per snapshot"),
            length if length < SECONDS_UP_TO => (1.0, "per second"),
            length if length < MINUTES_UP_TO => (60.0, "per minute"),
            _ => (3600.0, "per hour"),
        };
        // A few things an hour are no whole number.
        let of_rates = match &unit {
            Unit::Count => (Unit::Divided { by: PARTS, unit: Box::new(unit.clone()) }, times * PARTS),
            _ => (unit.clone(), times),
        };
        Self { report, of_rates, unit, per }
    }

    /// `per hour`.
    pub(super) fn per(&self) -> &'static str {
        self.per
    }

    /// The rate of a row, by items where these are counted, else by time.
    pub(super) fn of_row(row: &TrendRow) -> Speed {
        row.per_item.map_or_else(|| row.rate.into(), |rates| rates.rate.into())
    }

    /// That of its troughs.
    pub(super) fn of_troughs(row: &TrendRow) -> Option<Speed> {
        match row.per_item {
            None => row.troughs.map(Speed::from),
            Some(rates) => rates.troughs.map(Speed::from),
        }
    }

    /// `+852 MiB`: what a rate amounts to in that time, or with each item.
    pub(super) fn amount(&self, rate: f64) -> String {
        let (unit, times) = &self.of_rates;
        #[expect(clippy::cast_possible_truncation, reason = "rounds; `as` saturates")]
        let amount = (rate * times).round() as i64;
        unit.format_change(amount)
    }

    /// `+852 MiB per hour`.
    pub(super) fn rate(&self, rate: f64) -> String {
        format!("{} {}", self.amount(rate), self.per)
    }

    /// `+16.8 to +32.7 MiB`: the interval of a rate.
    pub(super) fn interval(&self, speed: impl Into<Speed>) -> String {
        let Speed { low, high, .. } = speed.into();
        between(&self.amount(low), &self.amount(high))
    }

    /// `+16.8 to +32.7 MiB`: the interval of a change.
    pub(super) fn interval_of(&self, low: i64, high: i64) -> String {
        between(&self.unit.format_change(low), &self.unit.format_change(high))
    }

    /// `+61.0 MiB`.
    pub(super) fn change(&self, change: i64) -> String {
        self.unit.format_change(change)
    }

    /// `61.0 MiB`.
    pub(super) fn value(&self, value: i64) -> String {
        self.unit.format(value)
    }

    /// When a snapshot was taken: `at 14:03:30`, with the day in a series of more than one, or `in snapshot 7`.
    pub(super) fn at(&self, snapshot: usize) -> String {
        let Some(point) = self.report.points.get(snapshot) else { return String::new() };
        let moment = quantity::moment(point.time_nanos);
        // 2026-11-20 14:03:30 UTC
        let is_long = self.report.seconds.last().is_some_and(|&length| length >= DAY);
        let shown = if is_long { 5..16 } else { 11..19 };
        match moment.as_deref().and_then(|moment| moment.get(shown)) {
            Some(time) => format!("at {time}"),
            None => format!("in snapshot {}", point.sequence.map_or(snapshot, |sequence| sequence as usize)),
        }
    }
}

/// Two amounts, the unit of both said once.
fn between(low: &str, high: &str) -> String {
    match (low.rsplit_once(' '), high.rsplit_once(' ')) {
        (Some((number, unit)), Some((_, of_high))) if unit == of_high => format!("{number} to {high}"),
        _ => format!("{low} to {high}"),
    }
}

/// A time in seconds, such as `15 min 20 s`.
pub(super) fn duration(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    let nanos = (seconds * 1e9) as u64;
    quantity::duration(nanos)
}

/// When the memory is used up, and whose limit that is.
pub(super) fn headroom_words(headroom: &Headroom) -> String {
    let [earliest, latest] = headroom.interval();
    let range = if latest.is_finite() {
        format!("between {} and {}", duration(earliest), duration(latest))
    } else {
        format!("not before {}", duration(earliest))
    };
    let (whose, end) = match headroom.limit {
        MemoryLimit::Cgroup => ("the cgroup's", "its limit is reached"),
        MemoryLimit::Host => ("the host's", "the host has none left"),
    };
    format!(
        "memory: {} of {whose} {} used; at this rate {end} in {}, {range}",
        quantity::bytes(headroom.used_bytes),
        quantity::bytes(headroom.limit_bytes),
        duration(headroom.seconds())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_that_both_ends_share_is_said_once() {
        assert_eq!(between("+16.8 MiB", "+32.7 MiB"), "+16.8 to +32.7 MiB");
        assert_eq!(between("-512 KiB", "+1.00 MiB"), "-512 KiB to +1.00 MiB");
        assert_eq!(between("-3", "+4"), "-3 to +4");
        assert_eq!(between("0", "+4.00 MiB"), "0 to +4.00 MiB");
    }

    #[test]
    fn the_limit_that_is_reached_is_named() {
        let rate = Rate { per_second: f64::from(1 << 20), low: 0.0, high: f64::from(2 << 20) };
        let headroom =
            Headroom { limit: MemoryLimit::Host, limit_bytes: 16 << 30, used_bytes: 15 << 30, rate };
        assert_eq!(
            headroom_words(&headroom),
            "memory: 15.0 GiB of the host's 16.0 GiB used; at this rate the host has none left in 17 min 4 s, \
             not before 8 min 32 s"
        );
        let cgroup =
            Headroom { limit: MemoryLimit::Cgroup, rate: Rate { low: rate.per_second, ..rate }, ..headroom };
        assert_eq!(
            headroom_words(&cgroup),
            "memory: 15.0 GiB of the cgroup's 16.0 GiB used; at this rate its limit is reached in 17 min 4 s, \
             between 8 min 32 s and 17 min 4 s"
        );
    }
}
