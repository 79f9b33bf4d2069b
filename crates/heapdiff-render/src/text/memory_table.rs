//! Where the resident memory of a process was at the first and at the last snapshot, so that the parts add up.

use super::TextOptions;
use super::table::{Align, Cell, Row, Table};
use crate::quantity::Unit;
use crate::theme;
use heapdiff_profile::{Overview, SnapshotPoint};
use std::io::{self, Write};

/// In fewer columns there is no room for what each part of the memory is.
const REMARK_WIDTH_MIN: usize = 80;

/// Writes how live heap, the allocator's reserve, and what is outside of both moved.
pub(super) fn write_memory(
    overview: &Overview,
    options: &TextOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let points = &overview.trend.points;
    let (Some(base), Some(head)) = (points.first(), points.last()) else { return Ok(()) };
    let mut table = Table::new([
        ("", Align::Left),
        ("first", Align::Right),
        ("last", Align::Right),
        ("", Align::Left),
        ("change", Align::Right),
        ("", Align::Left),
    ]);
    let both = |part: fn(&SnapshotPoint) -> Option<i64>| part(base).zip(part(head));
    let is_space = overview.trend.sample_type.kind == "inuse_space";
    let peak = peak(overview);
    let live = if is_space { both(|point| Some(point.live)) } else { both(|point| point.live_bytes) };
    let remark = if is_space { peak.as_str() } else { "estimate of what is in use" };
    // Where either snapshot does not tell what the allocator keeps from what is outside of it, the sum is shown.
    let outside = both(|point| point.split?.outside);
    let (retained, remark_of_retained) = match outside {
        Some(_) => (both(|point| point.split?.retained), "freed, unused or its own"),
        None => (
            both(|point| Some(point.split?.retained?.saturating_add(point.split?.outside.unwrap_or(0)))),
            "at most: with code, stacks",
        ),
    };
    // An allocator that says nothing about itself is part of what is outside.
    let remark_of_outside = match retained {
        Some(_) => "code, stacks, mapped memory",
        None => "the allocator, code, stacks",
    };
    let parts = [
        ("live heap", live, remark),
        ("allocator keeps", retained, remark_of_retained),
        ("heapdiff itself", both(|point| Some(point.split?.recorder)), "the recorder's tables"),
        ("unexplained", outside, remark_of_outside),
        ("RSS", both(|point| i64::try_from(point.rss?).ok()), "resident, the sum of these"),
    ];
    if !is_space {
        let sample_type = &overview.trend.sample_type;
        let unit = Unit::from_name(&sample_type.unit);
        table.push(memory_row(&sample_type.kind, (base.live, head.live), &unit, &peak, options));
    }
    for (title, values, remark) in parts {
        if let Some(values) = values {
            table.push(memory_row(title, values, &Unit::Bytes, remark, options));
        }
    }
    table.write(options, out)?;
    write_filtered(overview, (base.live, head.live), out)
}

/// What the filters let through, where that is not all.
fn write_filtered(overview: &Overview, all: (i64, i64), out: &mut dyn Write) -> io::Result<()> {
    let trend = &overview.trend;
    let values = &trend.total.values;
    let (Some(&first), Some(&last)) = (values.first(), values.last()) else { return Ok(()) };
    if (first, last) == all {
        return Ok(());
    }
    let unit = Unit::from_name(&trend.sample_type.unit);
    writeln!(
        out,
        "the filters let through: {} {} at first, {} at last, {}",
        trend.sample_type.kind,
        unit.format(first),
        unit.format(last),
        unit.format_change(last.saturating_sub(first))
    )
}

/// `peak 350 MiB in snapshot 28`, unless the peak is at either end.
fn peak(overview: &Overview) -> String {
    let trend = &overview.trend;
    let unit = Unit::from_name(&trend.sample_type.unit);
    let is_cumulative = trend.sample_type.kind.starts_with("alloc_");
    let is_between = 0 < overview.peak && overview.peak + 1 < trend.points.len();
    match trend.points.get(overview.peak) {
        Some(peak) if is_between && !is_cumulative => {
            let number = peak.sequence.map_or(overview.peak, |sequence| sequence as usize);
            format!("peak {} in snapshot {number}", unit.format(peak.live))
        }
        _ if is_cumulative => "since recording began".to_owned(),
        _ if trend.resolution_bytes == Some(0) => "what is in use".to_owned(),
        _ => "estimate of what is in use".to_owned(),
    }
}

fn memory_row(
    title: &str,
    (first, last): (i64, i64),
    unit: &Unit,
    remark: &str,
    options: &TextOptions,
) -> Row {
    let delta = last.saturating_sub(first);
    let remark = if options.width < REMARK_WIDTH_MIN { "" } else { remark };
    Row {
        cells: vec![
            Cell::plain(title),
            Cell::plain(unit.format(first)),
            Cell::plain(unit.format(last)),
            Cell::painted(theme::direction(delta).trim(), |text| options.theme.change(delta, text)),
            Cell::painted(unit.format_change(delta), |text| options.theme.change(delta, text)),
            Cell::painted(remark, |text| options.theme.faint(text)),
        ],
        below: Vec::new(),
    }
}
