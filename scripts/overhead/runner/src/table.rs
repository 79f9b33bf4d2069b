//! The tables of rounds, at most 100 columns wide.

use crate::figures::{nanos, signed_nanos};
use crate::rounds::{Figures, Results};
use crate::row::Row;
use std::fmt::{self, Write};

/// The table of one build.
pub(crate) fn rounds(results: &Results, rows: &[Row]) -> String {
    let mut text = String::new();
    // Writing into a String does not fail.
    let _ = write_rounds(&mut text, results, rows);
    text
}

fn write_rounds(text: &mut String, results: &Results, rows: &[Row]) -> fmt::Result {
    writeln!(text, "== {}: CPU time, medians of {} rounds", results.title, results.rounds)?;
    for (&workload, by_row) in &results.figures {
        writeln!(text, "\n{}: {}", workload.name(), workload.operation())?;
        writeln!(
            text,
            "  {:<36} {:>11} {:>12} {:>8}   {:<15}",
            "allocator", "an op", "over inner", "ratio", "quartiles"
        )?;
        for row in rows {
            if let Some(figures) = by_row.get(row.key) {
                write_row(text, row, figures)?;
            }
        }
    }
    for row in rows {
        if let Some(why) = results.absent.get(row.key) {
            writeln!(text, "  {:<36} absent: {}", row.label, cut(why, 54))?;
        }
    }
    writeln!(text)
}

fn write_row(text: &mut String, row: &Row, figures: &Figures) -> fmt::Result {
    write!(text, "  {:<36} {:>11}", row.label, nanos(figures.cpu_ns.median()))?;
    if !row.is_inner() {
        let ratio = figures.ratio().summary();
        let over = signed_nanos(figures.over().median());
        let quartiles = format!("{:.3} to {:.3}", ratio.low, ratio.high);
        write!(text, " {over:>12} {:>8.3}   {quartiles}", ratio.median)?;
    }
    writeln!(text)
}

/// As many characters as fit.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    text.chars().take(columns).collect()
}
