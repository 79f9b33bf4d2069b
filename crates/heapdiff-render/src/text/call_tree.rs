//! `heapdiff tree --call-tree`: from the root on what was called, each context by itself.

use super::TextOptions;
use super::graph_columns::{GraphColumns, node_name};
use super::graph_head::{write_dropped, write_head};
use super::table::{Align, Cell, Row, Table};
use super::top::nothing;
use super::wrapping::write_remark;
use crate::elide;
use crate::graph_view::GraphView;
use std::cmp::Reverse;
use std::io::{self, Write};

/// Space between two columns.
const GAP: usize = 2;
/// From this width on there is room for the interval of each cum value, in columns.
const INTERVAL_WIDTH_MIN: usize = 110;
/// Columns that a name gets at least, however deep it stands.
const NAME_MIN: usize = 24;

/// The tree of calls.
#[derive(Clone, Copy, Debug)]
pub struct CallTreeText<'a> {
    /// The graph and its files. Each node has at most one caller.
    pub view: GraphView<'a>,
}

/// A node that is to be written, and what stands before its name and before those of what it called.
struct Pending {
    node: usize,
    branch: String,
    trunk: String,
}

impl CallTreeText<'_> {
    /// Writes the tree.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        write_head(&self.view, options, out)?;
        if self.view.graph.nodes.is_empty() {
            write_dropped(&self.view, options, out)?;
            return writeln!(out, "{}", nothing(&self.view));
        }
        writeln!(out)?;
        let columns = GraphColumns::of(&self.view, |node| &node.cum, INTERVAL_WIDTH_MIN, options);
        self.write_tree(&columns, options, out)?;
        write_dropped(&self.view, options, out)?;
        writeln!(out)?;
        columns.intervals.write_legend(options, out)?;
        let legend = [
            "├ └ were called by what stands above them; a line without, by the line above it, alone"
                .to_owned(),
            format!("cum: held with all it called   flat: by the {} itself", self.view.noun()),
        ];
        legend.iter().try_for_each(|line| write_remark(line, options, out))
    }

    fn write_tree(
        &self,
        columns: &GraphColumns,
        options: &TextOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut titles = if columns.is_diff { vec![("", Align::Left)] } else { Vec::new() };
        titles.extend(["cum", "cum%"].map(|title| (title, Align::Right)));
        titles.extend(columns.intervals.title());
        titles.push(("flat", Align::Right));
        titles.push((self.view.noun(), Align::Left));
        let order = self.depth_first();
        let rows: Vec<Vec<Cell>> =
            order.iter().map(|pending| self.cells(pending.node, columns, options)).collect();
        let width_of = |column: usize, title: &str| {
            rows.iter()
                .filter_map(|cells| cells.get(column))
                .map(Cell::columns)
                .chain([title.len()])
                .max()
                .unwrap_or(0)
        };
        let numbers = titles.len() - 1;
        let taken: usize =
            titles.iter().take(numbers).enumerate().map(|(at, (title, _))| width_of(at, title) + GAP).sum();
        let room = options.width.saturating_sub(taken);
        let mut table = Table::new(titles);
        for (mut cells, pending) in rows.into_iter().zip(order) {
            let Some(node) = self.view.graph.nodes.get(pending.node) else { continue };
            // However deep a node stands, its name must be readable.
            let branch = elide::start(&pending.branch, room.saturating_sub(NAME_MIN)).into_owned();
            let name = node_name(&self.view, node.frame, options);
            let left = room.saturating_sub(elide::width(&branch));
            let function = name.function_in(left);
            let place = left.saturating_sub(elide::width(&function) + GAP);
            let place = if elide::width(&name.place) <= place { name.place.as_str() } else { "" };
            let plain = format!("{branch}{function}  {place}");
            let plain = plain.trim_end();
            let painted = format!(
                "{}{}  {}",
                options.theme.faint(&branch),
                options.theme.strong(&function),
                options.theme.faint(place)
            );
            cells.push(Cell::painted(plain, |_| painted.trim_end().to_owned()));
            table.push(Row { cells, below: Vec::new() });
        }
        table.write(options, out)
    }

    fn cells(&self, node: usize, columns: &GraphColumns, options: &TextOptions) -> Vec<Cell> {
        let Some(node) = self.view.graph.nodes.get(node) else { return Vec::new() };
        let mut cells: Vec<_> = columns.sign(&node.cum, options).into_iter().collect();
        cells.extend(columns.figures(&node.cum, options));
        cells.extend(columns.intervals.cell(&node.cum));
        let [flat, _] = columns.figures(&node.flat, options);
        cells.push(flat);
        cells
    }

    /// Every node behind what calls it, the biggest of siblings first.
    fn depth_first(&self) -> Vec<Pending> {
        let graph = self.view.graph;
        let sorted = |mut nodes: Vec<usize>| {
            let size =
                |&node: &usize| graph.nodes.get(node).map(|node| node.cum.value.delta().unsigned_abs());
            nodes.sort_by_key(|node| Reverse(size(node)));
            nodes
        };
        let roots = (0..graph.nodes.len())
            .filter(|&node| graph.nodes.get(node).is_some_and(|node| node.callers.is_empty()));
        let mut stack = siblings(sorted(roots.collect()), "");
        let mut done = Vec::with_capacity(graph.nodes.len());
        while let Some(next) = stack.pop() {
            let edges = graph.nodes.get(next.node).map_or(&[][..], |node| &node.callees);
            let callees = edges.iter().filter_map(|&edge| graph.edges.get(edge)).map(|edge| edge.callee);
            stack.extend(siblings(sorted(callees.collect()), &next.trunk));
            done.push(next);
        }
        done
    }
}

/// What one node called, or all roots, the last first; `trunk` stands before each.
fn siblings(nodes: Vec<usize>, trunk: &str) -> Vec<Pending> {
    let count = nodes.len();
    let pending = nodes.into_iter().enumerate().map(|(nth, node)| {
        let (branch, below) = match (count, nth + 1 == count) {
            // A chain of calls goes down without going in.
            (1, _) => ("", ""),
            (_, false) => ("├ ", "│ "),
            (_, true) => ("└ ", "  "),
        };
        Pending { node, branch: format!("{trunk}{branch}"), trunk: format!("{trunk}{below}") }
    });
    pending.rev().collect()
}
