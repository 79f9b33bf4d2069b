//! The numbers of a diff: which columns there are, and what stands in them.

use super::TextOptions;
use super::interval::{Intervals, is_uncertain};
use super::table::{Align, Cell};
use super::wrapping::write_remark;
use crate::quantity::{self, Unit};
use crate::theme;
use heapdiff_profile::{Confidence, DiffFigures, Estimated, ValueType};
use std::io::{self, Write};

/// From this width on there is room for all columns, in columns of the terminal.
const ALL_WIDTH_MIN: usize = 90;

/// Which columns a diff has.
pub(super) struct DiffColumns {
    unit: Unit,
    /// Born and died, where the sides are paired; else base and head.
    flow: bool,
    /// Whether anything grew in place, or went from one row to another.
    in_place: bool,
    /// Whether tasks or resources are counted.
    is_of_things: bool,
    /// Objects, unless they are what the rows count.
    objects: bool,
    object_unit: Unit,
    samples: bool,
    intervals: Intervals,
}

impl DiffColumns {
    /// The columns for which the rows have values, and `options` the room; intervals from `interval_width_min` columns on.
    pub(super) fn of(
        sample_type: &ValueType,
        figures: &[&DiffFigures],
        (confidence, interval_width_min): (Confidence, usize),
        options: &TextOptions,
    ) -> Self {
        let intervals = Intervals::of(sample_type, figures, (true, confidence), interval_width_min, options);
        let figures = || figures.iter();
        let in_place = figures().any(|figures| figures.value.flow.is_some_and(|flow| flow.grown != 0));
        // Where not everything has room, the interval says how sure a row is, and better than samples do.
        let has_room = intervals.title().is_none() || !in_place || options.width >= ALL_WIDTH_MIN;
        Self {
            unit: options.unit(sample_type),
            flow: figures().any(|figures| figures.value.flow.is_some()),
            in_place,
            is_of_things: is_of_things(sample_type, figures()),
            objects: !is_number(sample_type) && figures().any(|figures| figures.objects.is_some()),
            object_unit: options.measure.objects(),
            samples: has_room && figures().any(|figures| figures.samples.is_some()),
            intervals,
        }
    }

    /// Their titles.
    pub(super) fn titles(&self) -> Vec<(&'static str, Align)> {
        let mut titles = vec!["change"];
        titles.extend(if self.flow { ["born", "died"] } else { ["base", "head"] });
        let in_place = if self.is_of_things { "moved" } else { "in place" };
        titles.extend(self.in_place.then_some(in_place));
        titles.extend(self.objects.then_some("objects"));
        titles.extend(self.samples.then_some("samples"));
        let numbers = titles.into_iter().map(|title| (title, Align::Right)).chain(self.intervals.title());
        // The sign of the direction stands apart, so that signs are below each other.
        [("", Align::Left)].into_iter().chain(numbers).collect()
    }

    /// The numbers of a row.
    pub(super) fn cells(&self, figures: &DiffFigures, options: &TextOptions) -> Vec<Cell> {
        let delta = figures.value.delta();
        let sign = if is_uncertain(figures) { "~" } else { theme::direction(delta) };
        let paint = |text: &str| match sign {
            "~" => options.theme.faint(text),
            _ => options.theme.change(delta, text),
        };
        let mut cells =
            vec![Cell::painted(sign, paint), Cell::painted(self.unit.format_change(delta), paint)];
        match (self.flow, figures.value.flow) {
            (true, Some(flow)) => {
                cells.push(Cell::plain(self.unit.format_change(flow.born)));
                cells.push(Cell::plain(self.unit.format_change(flow.died.saturating_neg())));
                if self.in_place {
                    cells.push(Cell::plain(self.unit.format_change(flow.grown)));
                }
            }
            (true, None) => cells.extend(vec![Cell::plain("-"); 2 + usize::from(self.in_place)]),
            (false, _) => {
                cells.push(Cell::plain(self.unit.format(figures.value.base)));
                cells.push(Cell::plain(self.unit.format(figures.value.head)));
            }
        }
        let or_dash = |text: Option<String>| Cell::plain(text.unwrap_or_else(|| "-".to_owned()));
        if self.objects {
            cells.push(or_dash(
                figures.objects.map(|objects| self.object_unit.format_change(objects.delta())),
            ));
        }
        if self.samples {
            cells.push(or_dash(figures.samples.map(quantity::count)));
        }
        cells.extend(self.intervals.cell(figures));
        cells
    }

    /// Says what signs and titles mean.
    pub(super) fn write_legend(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        self.intervals.write_legend(options, out)?;
        let mut lines = Vec::new();
        if self.flow {
            lines.push(match (self.in_place, self.is_of_things) {
                (false, _) => "born: in head, not in base   died: in base, not in head".to_owned(),
                (true, false) => {
                    "born: in head, not in base   died: in base, not in head   in place: by realloc"
                        .to_owned()
                }
                (true, true) => "born: in head, not in base   died: has ended, or is parked elsewhere now   \
                                 moved: in both, parked elsewhere before"
                    .to_owned(),
            });
        }
        if self.samples {
            lines.push(samples_legend(self.is_of_things).to_owned());
        }
        lines.iter().try_for_each(|line| write_remark(line, options, out))
    }
}

/// What a column of samples says.
pub(super) fn samples_legend(is_of_things: bool) -> &'static str {
    match is_of_things {
        false => "samples: sampled allocations that the row rests on; the more, the surer",
        true => "samples: those recorded with their stack, that the row rests on; the more, the surer",
    }
}

/// Whether what is counted is a number of objects or things, beside which a column of objects says nothing.
pub(super) fn is_number(sample_type: &ValueType) -> bool {
    sample_type.kind.ends_with("objects") || sample_type.kind == "count"
}

/// Whether these are figures of tasks or resources: all that is estimated as it is, but for objects of a heap.
pub(super) fn is_of_things<'a>(
    sample_type: &ValueType,
    mut figures: impl Iterator<Item = &'a &'a DiffFigures>,
) -> bool {
    !sample_type.kind.ends_with("objects") && figures.any(|figures| figures.estimated == Estimated::Value)
}
