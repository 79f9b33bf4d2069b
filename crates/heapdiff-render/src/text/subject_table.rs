//! Rows of one profile or of a comparison: the head of the report, the columns of numbers, and what they mean.

use super::TextOptions;
use super::comparison_head::ComparisonHead;
use super::diff_columns::{DiffColumns, is_number, is_of_things, samples_legend};
use super::interval::Intervals;
use super::profile_head::ProfileHead;
use super::table::{Align, Cell};
use super::wrapping::write_remark;
use crate::quantity::{self, Unit};
use crate::side::Sides;
use heapdiff_profile::{DiffFigures, SubjectTotals};
use std::io::{self, Write};

/// From this width on there is room for the interval of each value, in columns.
const INTERVAL_WIDTH_MIN: usize = 80;
/// The same of a change, beside which stands what it was born and died of.
const CHANGE_INTERVAL_WIDTH_MIN: usize = 110;

/// How reports on a [`Subject`](heapdiff_profile::Subject) begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct SubjectHead<'a> {
    pub(super) sides: Sides<'a>,
    pub(super) subject: &'a SubjectTotals,
}

impl SubjectHead<'_> {
    /// Says what the report is about.
    pub(super) fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let SubjectTotals { sample_type, pairing, total, resolution_bytes, .. } = self.subject;
        let resolution_bytes = *resolution_bytes;
        match (self.sides.base, *pairing) {
            (Some(base), Some(pairing)) => {
                let head = self.sides.head;
                ComparisonHead { base, head, sample_type, total, pairing, resolution_bytes }
                    .write(options, out)
            }
            _ => {
                let (shown, total) = (total.shown.value.delta(), total.unfiltered.head);
                ProfileHead { side: self.sides.head, sample_type, total, shown, is_relative: false }
                    .write(options, out)
            }
        }
    }
}

/// The columns of numbers.
pub(super) enum SubjectColumns {
    /// Of one profile.
    Values {
        unit: Unit,
        /// What 100 % is.
        total: i64,
        objects: bool,
        object_unit: Unit,
        samples: bool,
        is_of_things: bool,
        intervals: Intervals,
    },
    /// Of a comparison.
    Changes(DiffColumns),
}

impl SubjectColumns {
    /// The columns for which the rows have values.
    pub(super) fn of(subject: &SubjectTotals, figures: &[&DiffFigures], options: &TextOptions) -> Self {
        if subject.is_diff() {
            return Self::Changes(DiffColumns::of(
                &subject.sample_type,
                figures,
                (subject.confidence, CHANGE_INTERVAL_WIDTH_MIN),
                options,
            ));
        }
        Self::Values {
            unit: options.unit(&subject.sample_type),
            total: subject.total.unfiltered.head,
            objects: !is_number(&subject.sample_type)
                && figures.iter().any(|figures| figures.objects.is_some()),
            object_unit: options.measure.objects(),
            samples: figures.iter().any(|figures| figures.samples.is_some()),
            is_of_things: is_of_things(&subject.sample_type, figures.iter()),
            intervals: Intervals::of(
                &subject.sample_type,
                figures,
                (false, subject.confidence),
                INTERVAL_WIDTH_MIN,
                options,
            ),
        }
    }

    /// Their titles.
    pub(super) fn titles(&self) -> Vec<(&'static str, Align)> {
        match self {
            Self::Changes(columns) => columns.titles(),
            Self::Values { objects, samples, intervals, .. } => {
                let mut titles = vec!["value", "share"];
                titles.extend(objects.then_some("objects"));
                titles.extend(samples.then_some("samples"));
                titles.into_iter().map(|title| (title, Align::Right)).chain(intervals.title()).collect()
            }
        }
    }

    /// The numbers of a row.
    pub(super) fn cells(&self, figures: &DiffFigures, options: &TextOptions) -> Vec<Cell> {
        match self {
            Self::Changes(columns) => columns.cells(figures, options),
            Self::Values { unit, total, objects, object_unit, samples, intervals, .. } => {
                let value = figures.value.delta();
                let mut cells = vec![
                    Cell::painted(unit.format(value), |text| options.theme.strong(text)),
                    Cell::plain(quantity::share(value, *total)),
                ];
                let or_dash = |text: Option<String>| Cell::plain(text.unwrap_or_else(|| "-".to_owned()));
                if *objects {
                    cells.push(or_dash(figures.objects.map(|objects| object_unit.format(objects.delta()))));
                }
                if *samples {
                    cells.push(or_dash(figures.samples.map(quantity::count)));
                }
                cells.extend(intervals.cell(figures));
                cells
            }
        }
    }

    /// Says what signs and titles mean, after an empty line.
    pub(super) fn write_legend(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Changes(columns) => {
                writeln!(out)?;
                columns.write_legend(options, out)
            }
            Self::Values { samples: true, intervals, is_of_things, .. } => {
                writeln!(out)?;
                intervals.write_legend(options, out)?;
                write_remark(samples_legend(*is_of_things), options, out)
            }
            Self::Values { .. } => Ok(()),
        }
    }
}
