//! What the answer for a series says of tasks and resources.

use super::TextOptions;
use super::naming::{NamedRows, RowName};
use super::odd_tasks::write_odd;
use super::overview::{change_cells, verdict_cells};
use super::rates::Rates;
use super::table::Align;
use super::task_cells::write_sites;
use super::wrapping::write_remark;
use crate::elide;
use crate::quantity;
use crate::verdict_words;
use heapdiff_profile::{Overview, Tendency, ThingKind, Things, TrendRow, Verdict};
use std::cmp::Reverse;
use std::io::{self, Write};

/// A sentence for each kind that grows or may, and whether it surely does, the surest first.
pub(super) fn sentences(overview: &Overview) -> Vec<(String, bool)> {
    let mut things: Vec<&Things> = overview.things.iter().collect();
    things.sort_by_key(|things| things.verdict());
    things.into_iter().filter_map(|things| Some((sentence(things)?, is_sure(things)))).collect()
}

fn is_sure(things: &Things) -> bool {
    things.verdict() == Verdict::LeakLike || (things.is_short() && things.growing().next().is_some())
}

fn sentence(things: &Things) -> Option<String> {
    let trend = &things.trend;
    let rates = Rates::of(trend);
    let what = match &things.kind {
        ThingKind::Tasks => "The number of tasks".to_owned(),
        ThingKind::TaskCells => "The number of tasks that nobody tracks".to_owned(),
        ThingKind::Resources(name) => format!("The number of open `{}`", elide::printable(name)),
    };
    let lines = |count: usize| quantity::counted(count as u64, "line");
    let growing = things.growing().count();
    if things.is_short() {
        let rise = things.growing().fold(0_i64, |sum, row| sum.saturating_add(row.figures.value.delta()));
        let snapshots = quantity::counted(trend.points.len() as u64, "snapshot");
        return (growing > 0).then(|| {
            let rise = rates.value(rise);
            format!(
                "{what} rose by {rise} in {}; {snapshots} are too few for a verdict, which takes 5.",
                lines(growing)
            )
        });
    }
    match (things.verdict(), things.rate()) {
        (Verdict::LeakLike, Some(rate)) => {
            let chance = quantity::chance(trend.confidence.chance());
            let whose = match growing {
                0 => "So few are recorded that no line can be told".to_owned(),
                1 => "1 line looks like a leak".to_owned(),
                _ => format!("{} look like leaks", lines(growing)),
            };
            Some(format!(
                "{what} keeps growing: {}, {chance} interval {}. {whose}.",
                rates.rate(rate.per_second),
                rates.interval(rate)
            ))
        }
        (Verdict::Inconclusive, _) => {
            let undecided = |row: &&TrendRow| row.judgement.verdict == Verdict::Inconclusive;
            let undecided = trend.rows.iter().filter(undecided).count();
            Some(format!("{what} may be growing: {} cannot be told yet.", lines(undecided)))
        }
        _ => None,
    }
}

/// The rows of each kind that grow or may, and how many of all there are.
pub(super) fn write_things(
    overview: &Overview,
    options: &TextOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let has_tracked = overview.things.iter().any(|things| things.kind == ThingKind::Tasks);
    for things in &overview.things {
        write_title(things, options, out)?;
        match things.kind {
            ThingKind::TaskCells => write_sites(things, has_tracked, options, out)?,
            ThingKind::Tasks | ThingKind::Resources(_) => write_suspects(things, options, out)?,
        }
        write_odd(things, options, out)?;
    }
    Ok(())
}

fn write_title(things: &Things, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let name = match &things.kind {
        ThingKind::Tasks => "tasks".to_owned(),
        ThingKind::TaskCells => "tasks that nobody tracks".to_owned(),
        ThingKind::Resources(name) => format!("resources `{}`", elide::printable(name)),
    };
    let (first, last) = things.first_and_last();
    let count = |value: i64| quantity::count(value.unsigned_abs());
    writeln!(out)?;
    writeln!(
        out,
        "{}: {} in the first snapshot, {} in the last",
        options.theme.strong(name),
        count(first),
        count(last)
    )?;
    match things.refused() {
        0 => Ok(()),
        refused => {
            let refused = quantity::count(refused);
            write_remark(
                &format!("missing: {refused} that found no room, since the program started"),
                options,
                out,
            )
        }
    }
}

fn write_suspects(things: &Things, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let trend = &things.trend;
    let is_suspect = |row: &&TrendRow| match things.tendency(row) {
        Some(tendency) => tendency == Tendency::Grew,
        None => row.judgement.verdict <= Verdict::Inconclusive,
    };
    let mut suspects: Vec<&TrendRow> = trend.rows.iter().filter(is_suspect).collect();
    // What grows is among these, though nobody can tell which.
    if suspects.is_empty() && things.verdict() <= Verdict::Inconclusive {
        suspects.extend(trend.rows.iter().filter(|row| row.values.last().is_some_and(|&last| last > 0)));
        suspects.sort_by_key(|row| Reverse(row.values.last().copied()));
    }
    let rates = Rates::of(trend);
    let mut columns = if things.is_short() {
        vec![("", Align::Left), ("change", Align::Right), ("interval", Align::Right), ("peak", Align::Right)]
    } else {
        vec![("verdict", Align::Left), (rates.per(), Align::Right), ("interval", Align::Right)]
    };
    columns.push(("over time", Align::Left));
    let mut rows = NamedRows::new(&columns);
    for row in suspects.iter().take(options.rows_max) {
        let cells = match things.tendency(row) {
            Some(tendency) => change_cells(row, tendency, &rates, false, options),
            None => verdict_cells(row, &rates, false, options),
        };
        rows.push(cells, name_of(row, things, options));
    }
    if !suspects.is_empty() {
        rows.write(options, out)?;
    }
    let rest = trend.rows.len() - suspects.len().min(options.rows_max);
    match rest {
        0 => Ok(()),
        rest => {
            write_remark(&format!("not shown: {}", quantity::counted(rest as u64, "more line")), options, out)
        }
    }
}

fn name_of(row: &TrendRow, things: &Things, options: &TextOptions) -> RowName {
    let frames = &things.trend.frames;
    let name = RowName::of(frames.frame(row.frame), options);
    let name = match things.spawned_at(row) {
        Some(spawn) => name.spawned_at(spawn, frames),
        None => name.through(row.via, frames),
    };
    let is_resource = matches!(things.kind, ThingKind::Resources(_));
    if is_resource && frames.function(row.frame) == Things::NO_STACK {
        return name.because("only counted: `HEAPDIFF_RESOURCES=sampled` tells who acquired them".to_owned());
    }
    match row.judgement.verdict {
        Verdict::Inconclusive if !things.is_short() => {
            name.because(verdict_words::reason(row.judgement.reason))
        }
        _ => name,
    }
}
