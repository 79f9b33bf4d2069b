//! `heapdiff top`: flat and cum of one profile, or how they changed.

use super::TextOptions;
use super::graph_columns::{GraphColumns, node_name};
use super::graph_head::{write_dropped, write_head};
use super::naming::NamedRows;
use super::table::Align;
use super::wrapping::write_remark;
use crate::graph_view::GraphView;
use crate::quantity;
use std::io::{self, Write};

/// From this width on there is room for the interval of each flat value, in columns.
const INTERVAL_WIDTH_MIN: usize = 80;

/// The table of the nodes of a call graph.
#[derive(Clone, Copy, Debug)]
pub struct TopText<'a> {
    /// The graph and its files.
    pub view: GraphView<'a>,
}

impl TopText<'_> {
    /// Writes the table.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let graph = self.view.graph;
        write_head(&self.view, options, out)?;
        if graph.nodes.is_empty() {
            write_dropped(&self.view, options, out)?;
            return writeln!(out, "{}", nothing(&self.view));
        }
        writeln!(out)?;
        let columns = GraphColumns::of(&self.view, |node| &node.flat, INTERVAL_WIDTH_MIN, options);
        self.write_rows(&columns, options, out)?;
        write_dropped(&self.view, options, out)?;
        writeln!(out)?;
        // As everywhere, the samples behind a value tell how sure it is.
        let sum = if columns.is_diff { "share of the gross change" } else { "flat%" };
        columns.intervals.write_legend(options, out)?;
        let legend = [
            Some(format!(
                "flat: held by the {} itself   cum: with all it called   sum%: {sum} so far",
                self.view.noun()
            )),
            columns
                .samples
                .then(|| "samples: sampled allocations that flat rests on; the more, the surer".to_owned()),
        ];
        legend.iter().flatten().try_for_each(|line| write_remark(line, options, out))
    }

    fn write_rows(
        &self,
        columns: &GraphColumns,
        options: &TextOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let graph = self.view.graph;
        let mut titles = if columns.is_diff { vec![("", Align::Left)] } else { Vec::new() };
        titles.extend(["flat", "flat%", "sum%", "cum", "cum%"].map(|title| (title, Align::Right)));
        titles.extend(columns.samples.then_some(("samples", Align::Right)));
        titles.extend(columns.intervals.title());
        let mut rows = NamedRows::new(&titles);
        let (mut net, mut gross) = (0_i64, 0_i64);
        for node in graph.nodes.iter().take(options.rows_max) {
            net = net.saturating_add(node.flat.value.delta());
            gross = gross.saturating_add(node.flat_gross);
            let mut cells: Vec<_> = columns.sign(&node.flat, options).into_iter().collect();
            cells.extend(columns.figures(&node.flat, options));
            cells.push(columns.sum(gross));
            cells.extend(columns.figures(&node.cum, options));
            cells.extend(columns.samples(&node.flat));
            cells.extend(columns.intervals.cell(&node.flat));
            rows.push(cells, node_name(&self.view, node.frame, options));
        }
        rows.write(options, out)?;
        if graph.nodes.len() > options.rows_max {
            let all = graph.nodes.len();
            let shown = quantity::count(options.rows_max as u64);
            let rest = match columns.is_diff {
                false => format!(
                    "has {}",
                    columns.unit.format(graph.totals.shown.value.delta().saturating_sub(net))
                ),
                true => format!(
                    "changed by {} in all",
                    columns.unit.format(graph.totals.gross.saturating_sub(gross))
                ),
            };
            let remark = format!("{shown} of {all} rows; the rest {rest} (-n {all} shows all)");
            write_remark(&remark, options, out)?;
        }
        Ok(())
    }
}

/// What is said where there is no node.
pub(super) fn nothing(view: &GraphView<'_>) -> &'static str {
    match view.graph.is_diff() {
        false => "No sample to show.",
        true if view.graph.totals.gross == 0 => "Nothing changed.",
        true => "Nothing to show.",
    }
}
