//! How sure a number is: the column of intervals, and what the legend says about it.

use super::TextOptions;
use super::table::{Align, Cell};
use super::wrapping::write_remark;
use crate::quantity::{self, Unit};
use heapdiff_profile::{Confidence, DiffFigures, Estimated, Interval, ValueType};
use std::io::{self, Write};

/// The intervals of a report.
pub(super) struct Intervals {
    /// Whether they have a column: they are known, something was sampled, and there is room.
    is_shown: bool,
    /// What they are written in: the unit of the values where these are what was estimated.
    unit: Unit,
    title: &'static str,
    /// Whether values are changes.
    is_diff: bool,
    /// Whether a row was tested.
    is_tested: bool,
    /// Whether a change may be chance.
    is_uncertain: bool,
    confidence: Confidence,
}

impl Intervals {
    /// Those of a report whose lines have at least `width_min` columns.
    pub(super) fn of(
        sample_type: &ValueType,
        figures: &[&DiffFigures],
        (is_diff, confidence): (bool, Confidence),
        width_min: usize,
        options: &TextOptions,
    ) -> Self {
        let is_of_values = sample_type.unit.trim_end_matches('s') == "byte"
            || figures.iter().any(|figures| figures.estimated == Estimated::Value);
        let is_sampled = |of: &DiffFigures| of.interval.is_some_and(|Interval { low, high }| low != high);
        let is_any = |is: &dyn Fn(&DiffFigures) -> bool| figures.iter().any(|figures| is(figures));
        Self {
            is_shown: options.width >= width_min && is_any(&is_sampled),
            unit: if is_of_values { options.unit(sample_type) } else { Unit::Bytes },
            title: if is_of_values { "interval" } else { "interval of bytes" },
            is_diff,
            is_tested: is_diff && is_any(&is_sampled),
            is_uncertain: is_diff && is_any(&is_uncertain),
            confidence,
        }
    }

    /// The title of the column, if there is one.
    pub(super) fn title(&self) -> Option<(&'static str, Align)> {
        self.is_shown.then_some((self.title, Align::Right))
    }

    /// The interval of a row.
    pub(super) fn cell(&self, figures: &DiffFigures) -> Option<Cell> {
        // Of what holds nothing itself there is nothing to estimate.
        let is_nothing = figures.samples == Some(0) && (figures.value.base, figures.value.head) == (0, 0);
        let text = || match figures.interval {
            _ if is_nothing => String::new(),
            Some(interval) => self.text(interval),
            None => "-".to_owned(),
        };
        self.is_shown.then(|| Cell::plain(text()))
    }

    /// `+17.0..+23.5 MiB`.
    pub(super) fn text(&self, Interval { low, high }: Interval) -> String {
        match self.is_diff {
            true => self.unit.format_change_range(low, high),
            // What is held cannot be less than nothing.
            false => self.unit.format_range(low.max(0), high.max(0)),
        }
    }

    /// Says what signs and intervals mean.
    pub(super) fn write_legend(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        if self.is_diff {
            let uncertain = if self.is_uncertain { "   ~ may be chance" } else { "" };
            write_remark(&format!("▲ grew   ▼ shrank{uncertain}"), options, out)?;
        }
        let what = if self.is_diff { "change" } else { "value" };
        let chance = quantity::chance(self.confidence.chance());
        if self.is_tested {
            let rest = quantity::chance(1.0 - self.confidence.chance());
            write_remark(&format!("of all ▲ and ▼, at most {rest} are expected to be chance"), options, out)?;
        }
        match self.is_shown {
            false => Ok(()),
            true => {
                let meaning = format!("interval: holds the true {what} with a chance of {chance}");
                write_remark(&meaning, options, out)
            }
        }
    }
}

/// Whether a change may be chance.
pub(super) fn is_uncertain(figures: &DiffFigures) -> bool {
    figures.value.delta() != 0 && figures.significant == Some(false)
}
