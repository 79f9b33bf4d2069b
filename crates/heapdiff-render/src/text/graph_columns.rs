//! The numbers of a view of calls: values of one profile, or changes with their signs.

use super::TextOptions;
use super::interval::{Intervals, is_uncertain};
use super::naming::RowName;
use super::table::Cell;
use crate::graph_view::GraphView;
use crate::quantity::{self, Unit};
use crate::theme;
use heapdiff_profile::{DiffFigures, FrameId, GraphNode, NodeBy};

/// Which figures there are, and how they are written.
pub(super) struct GraphColumns {
    pub(super) unit: Unit,
    /// Whether values are changes.
    pub(super) is_diff: bool,
    /// Sampled allocations behind each value.
    pub(super) samples: bool,
    /// How sure each value is: flat or cum, as asked for.
    pub(super) intervals: Intervals,
    /// What 100 % is.
    whole: i64,
}

impl GraphColumns {
    /// The columns for which the graph has values, and `options` the room.
    ///
    /// Intervals are those of `of`, and have a column from `interval_width_min` columns on.
    pub(super) fn of(
        view: &GraphView<'_>,
        of: fn(&GraphNode) -> &DiffFigures,
        interval_width_min: usize,
        options: &TextOptions,
    ) -> Self {
        let graph = view.graph;
        let figures: Vec<_> = graph.nodes.iter().map(of).collect();
        let kind = (graph.is_diff(), graph.confidence);
        Self {
            unit: options.unit(&graph.sample_type),
            is_diff: graph.is_diff(),
            samples: figures.iter().any(|figures| figures.samples.is_some()),
            intervals: Intervals::of(&graph.sample_type, &figures, kind, interval_width_min, options),
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
}

/// What a node is called.
pub(super) fn node_name(view: &GraphView<'_>, frame: FrameId, options: &TextOptions) -> RowName {
    let mut name = RowName::of(view.graph.frames.frame(frame), options);
    if view.by == NodeBy::File && name.function.is_empty() {
        name.function = std::mem::take(&mut name.place);
    }
    name
}
