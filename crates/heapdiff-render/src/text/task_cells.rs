//! What the answer for a series says of tasks that are known by their cells on the heap alone.

use super::TextOptions;
use super::naming::{NamedRows, RowName};
use super::rates::Rates;
use super::sparkline::{sparkline, sparkline_columns};
use super::table::{Align, Cell};
use super::wrapping::write_remark;
use crate::quantity;
use crate::verdict_words;
use heapdiff_profile::{CellSite, Things, TrendRow};
use std::io::{self, Write};

/// Columns of a row's history on a terminal of 80.
const SPARKLINE_COLUMNS: usize = 12;

/// The places that spawned them, what grows first, each with how many of its tasks there are.
pub(super) fn write_sites(
    things: &Things,
    has_tracked: bool,
    options: &TextOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let trend = &things.trend;
    let rates = Rates::of(trend);
    let columns = [
        (if things.is_short() { "" } else { "verdict" }, Align::Left),
        ("first", Align::Right),
        ("last", Align::Right),
        ("interval", Align::Right),
        ("samples", Align::Right),
        ("over time", Align::Left),
    ];
    let mut rows = NamedRows::new(&columns);
    for (row, site) in trend.rows.iter().zip(&things.cells).take(options.rows_max) {
        let (words, direction) = words(row, things);
        let value = |value: Option<&i64>| rates.value(value.copied().unwrap_or(0));
        let history = sparkline(&row.values, sparkline_columns(SPARKLINE_COLUMNS, options.width));
        let cells = vec![
            Cell::painted(words, |words| options.theme.change(direction, words)),
            Cell::plain(value(row.values.first())),
            Cell::plain(value(row.values.last())),
            Cell::plain(format!("{} to {}", rates.value(site.interval.low), rates.value(site.interval.high))),
            Cell::plain(quantity::count(site.samples.unsigned_abs())),
            Cell::plain(history),
        ];
        let name = RowName::of(trend.frames.frame(row.frame), options);
        rows.push(cells, with_tracked(name, site));
    }
    rows.write(options, out)?;
    let rest = trend.rows.len().saturating_sub(options.rows_max);
    if rest > 0 {
        write_remark(&format!("not shown: {}", quantity::counted(rest as u64, "more line")), options, out)?;
    }
    let sight = if has_tracked { "" } else { "; no task is tracked, so this is all that is known of tasks" };
    let words = format!(
        "each is told from the block that tokio puts it into{sight}: where it waits shows if it is `.tracked()` or \
         spawned by `heapdiff::task::spawn`"
    );
    write_remark(&words, options, out)
}

/// What a row does, and whether that is growth.
fn words(row: &TrendRow, things: &Things) -> (String, i64) {
    match things.tendency(row) {
        Some(tendency) => {
            let (words, direction) = verdict_words::tendency(tendency);
            (words.to_owned(), direction)
        }
        None => verdict_words::signed(row.judgement.verdict),
    }
}

fn with_tracked(name: RowName, site: &CellSite) -> RowName {
    match site.tracked {
        0 => name,
        tracked => name.because(format!("{} of them are tracked", quantity::count(tracked.unsigned_abs()))),
    }
}
