//! The numbers of a view of calls: values of one profile, or changes with their signs.

use super::TextOptions;
use super::naming::RowName;
use super::table::Cell;
use crate::graph_view::GraphView;
use crate::quantity::{self, Unit};
use crate::theme;
use heapdiff_profile::{DiffFigures, FrameId, NodeBy};

/// From this width on there is room for the interval of each value, in columns.
const INTERVAL_WIDTH_MIN: usize = 170;

/// Which figures there are, and how they are written.
pub(super) struct GraphColumns {
    pub(super) unit: Unit,
    /// Whether values are changes.
    pub(super) is_diff: bool,
    /// Sampled allocations behind each value.
    pub(super) samples: bool,
    /// The title of the interval of each flat value; `None` if there is no room for it.
    pub(super) interval: Option<&'static str>,
    /// Whether a value may be chance.
    pub(super) uncertain: bool,
    /// What 100 % is.
    whole: i64,
}

impl GraphColumns {
    /// The columns for which the graph has values, and `options` the room.
    pub(super) fn of(view: &GraphView<'_>, options: &TextOptions) -> Self {
        let graph = view.graph;
        let figures = || graph.nodes.iter().map(|node| &node.flat);
        let in_bytes = graph.sample_type.unit.trim_end_matches('s') == "byte";
        Self {
            unit: options.unit(&graph.sample_type),
            is_diff: graph.is_diff(),
            samples: figures().any(|figures| figures.samples.is_some()),
            interval: (options.width >= INTERVAL_WIDTH_MIN
                && figures().any(|figures| figures.interval.is_some()))
            .then_some(if in_bytes { "95 % interval" } else { "95 % interval of bytes" }),
            uncertain: graph.is_diff() && figures().any(is_uncertain),
            whole: graph.totals.whole,
        }
    }

    /// The sign of a change, to stand before it; nothing for a single profile.
    pub(super) fn sign(&self, figures: &DiffFigures, options: &TextOptions) -> Option<Cell> {
        self.is_diff.then(|| {
            let delta = figures.value.delta();
            match is_uncertain(figures) {
                true => Cell::painted("~", |text| options.theme.faint(text)),
                false => Cell::painted(theme::direction(delta), |text| options.theme.change(delta, text)),
            }
        })
    }

    /// A value; a change in its colour.
    pub(super) fn value(&self, value: i64, is_faint: bool, options: &TextOptions) -> Cell {
        match self.is_diff {
            false => Cell::plain(self.unit.format(value)),
            true => Cell::painted(self.unit.format_change(value), |text| match is_faint {
                true => options.theme.faint(text),
                false => options.theme.change(value, text),
            }),
        }
    }

    /// A flat or cum value with its share of the whole.
    pub(super) fn figures(&self, figures: &DiffFigures, options: &TextOptions) -> [Cell; 2] {
        let delta = figures.value.delta();
        [self.value(delta, is_uncertain(figures), options), Cell::plain(self.share(delta, self.whole))]
    }

    /// A share: of a change with its sign.
    pub(super) fn share(&self, part: i64, whole: i64) -> String {
        let share = quantity::share(part, whole);
        if self.is_diff && part > 0 && whole != 0 { format!("+{share}") } else { share }
    }

    /// The share of what so many rows account for, without sign.
    pub(super) fn sum(&self, gross: i64) -> Cell {
        Cell::plain(quantity::share(gross, self.whole))
    }

    pub(super) fn samples(&self, figures: &DiffFigures) -> Option<Cell> {
        let text = || figures.samples.map_or("-".to_owned(), quantity::count);
        self.samples.then(|| Cell::plain(text()))
    }

    pub(super) fn interval(&self, figures: &DiffFigures) -> Option<Cell> {
        let end =
            |value| if self.is_diff { Unit::Bytes.format_change(value) } else { Unit::Bytes.format(value) };
        // Of what holds nothing itself there is nothing to estimate.
        let has_flat = figures.samples != Some(0) || figures.value.delta() != 0;
        let text = || match figures.interval.filter(|_| has_flat) {
            Some(interval) => {
                // What is held cannot be less than nothing.
                let low = if self.is_diff { interval.low } else { interval.low.max(0) };
                format!("{} to {}", end(low), end(interval.high))
            }
            None => (if has_flat { "-" } else { "" }).to_owned(),
        };
        self.interval.map(|_| Cell::plain(text()))
    }

    /// Says what signs mean.
    pub(super) fn legend_of_signs(&self) -> Option<String> {
        let uncertain = if self.uncertain { "   ~ may be chance: its 95 % interval holds 0" } else { "" };
        self.is_diff.then(|| format!("▲ grew   ▼ shrank{uncertain}"))
    }
}

/// Whether a change may be chance.
fn is_uncertain(figures: &DiffFigures) -> bool {
    figures.value.delta() != 0 && figures.significant() == Some(false)
}

/// What a node is called.
pub(super) fn node_name(view: &GraphView<'_>, frame: FrameId, options: &TextOptions) -> RowName {
    let mut name = RowName::of(view.graph.frames.frame(frame), options);
    if view.by == NodeBy::File && name.function.is_empty() {
        name.function = std::mem::take(&mut name.place);
    }
    name
}
