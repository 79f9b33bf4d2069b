//! Contention of locks, by C++ and by Go.

use super::super::label_sets::LabelSetId;
use super::super::model::Profile;
use super::super::parse_error::FormatError;
use super::builder::{Builder, calls};
use super::lines::{Lines, is_comment};
use super::{expression, go_number, memory_map};
use crate::measurement::{as_f64, as_i64};
use regex::Regex;
use std::sync::LazyLock;

static SAMPLE: LazyLock<Regex> = LazyLock::new(|| expression(r"([0-9]+) *([0-9]+) @([ x0-9a-f]*)"));

pub(super) fn parse(bytes: &[u8]) -> Result<Profile, FormatError> {
    const BEGINNINGS: [&str; 3] = ["--- contentionz ", "--- mutex:", "--- contention:"];
    let mut lines = Lines::new(bytes);
    if !lines.advance() {
        lines.check()?;
        return Err(FormatError::Unrecognized);
    }
    if !BEGINNINGS.iter().any(|beginning| lines.line().starts_with(beginning)) {
        return Err(FormatError::Unrecognized);
    }
    let sample_types = [("contentions", "count"), ("delay", "nanoseconds")];
    let mut builder = Builder::new(&sample_types, ("contentions", "count"), 1);
    let cycles_per_second = read_attributes(&mut lines, &mut builder.profile)?;
    lines.check()?;
    loop {
        let line = lines.line().trim();
        if line.starts_with("---") {
            break;
        }
        if !is_comment(line) {
            add_sample(&mut builder, line, cycles_per_second)?;
        }
        if !lines.advance() {
            break;
        }
    }
    lines.check()?;
    memory_map::read(&mut lines, &mut builder.profile)?;
    Ok(builder.profile)
}

/// Reads `name = value` up to the first line that is not of this kind. Gives the cycles of the clock in a second; 0
/// where delays are no cycles.
fn read_attributes(lines: &mut Lines<'_>, profile: &mut Profile) -> Result<i64, FormatError> {
    let mut cycles_per_second = 0;
    while lines.advance() {
        let line = lines.line().trim();
        if is_comment(line) {
            continue;
        }
        let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with("---")) else { break };
        let number = || go_number::any_base(value.trim()).map_err(|_| FormatError::Unrecognized);
        match name.trim() {
            "cycles/second" => cycles_per_second = number()?,
            "sampling period" => profile.period = number()?,
            "ms since reset" => profile.duration_nanos = number()?.wrapping_mul(1_000_000),
            "discarded samples" => {}
            // Java's format, among others.
            _ => return Err(FormatError::Unrecognized),
        }
    }
    Ok(cycles_per_second)
}

fn add_sample(builder: &mut Builder, line: &str, cycles_per_second: i64) -> Result<(), FormatError> {
    let found = SAMPLE.captures(line).ok_or(FormatError::Unrecognized)?;
    let [_, delay, count, stack] =
        std::array::from_fn(|place| found.get(place).map_or("", |part| part.as_str()));
    let mut delay = go_number::decimal(delay).map_err(go_number::malformed_sample(line))?;
    let mut count = go_number::decimal(count).map_err(go_number::malformed_sample(line))?;
    let period = builder.profile.period;
    if period > 0 {
        if cycles_per_second > 0 {
            let cycles_per_nanosecond = as_f64(cycles_per_second) / 1e9;
            delay = as_i64(as_f64(delay) * as_f64(period) / cycles_per_nanosecond);
        }
        count = count.wrapping_mul(period);
    }
    let addresses = go_number::addresses(stack).map_err(go_number::malformed_sample(line))?;
    builder.sample(calls(&addresses), &[count, delay], LabelSetId::EMPTY);
    Ok(())
}
