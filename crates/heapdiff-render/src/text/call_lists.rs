//! `heapdiff tree` and `heapdiff peek`: each function between those that call it and those that it calls.

use super::TextOptions;
use super::graph_columns::{GraphColumns, node_name};
use super::graph_head::{write_dropped, write_head};
use super::interval::is_uncertain;
use super::table::{Align, Cell, Row, Table};
use super::top::nothing;
use super::wrapping::write_remark;
use crate::elide;
use crate::graph_view::GraphView;
use heapdiff_profile::{GraphEdge, GraphNode};
use std::io::{self, Write};

/// From this width on there is room for the share of flat values, in columns.
const SHARE_WIDTH_MIN: usize = 100;
/// From this width on there is room for the interval of each cum value, in columns.
const INTERVAL_WIDTH_MIN: usize = 110;
/// Space between two columns, and between function and source line.
const GAP: usize = 2;
/// What callers and callees are indented by: an arrow and a space.
const ARROW: usize = 4;

/// Functions with their callers and callees.
#[derive(Clone, Copy, Debug)]
pub struct CallListsText<'a> {
    /// The graph and its files.
    pub view: GraphView<'a>,
    /// The nodes that are shown, by index; `None` for all.
    pub only: Option<&'a [usize]>,
}

impl CallListsText<'_> {
    /// Writes the lists.
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
        let columns = GraphColumns::of(&self.view, |node| &node.cum, INTERVAL_WIDTH_MIN, options);
        self.write_blocks(&columns, options, out)?;
        if self.only.is_none() {
            write_dropped(&self.view, options, out)?;
        }
        writeln!(out)?;
        let residual = graph.edges.iter().any(|edge| edge.is_residual);
        let over = if residual { "   …: over some that are left out" } else { "" };
        columns.intervals.write_legend(options, out)?;
        let legend = [
            format!("↑ called it   ↓ was called by it{over}; each with its share of its cum"),
            format!("flat: held by the {} itself   cum: with all it called", self.view.noun()),
        ];
        legend.iter().try_for_each(|line| write_remark(line, options, out))
    }

    fn write_blocks(
        &self,
        columns: &GraphColumns,
        options: &TextOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let has_share = options.width >= SHARE_WIDTH_MIN;
        let mut titles = if columns.is_diff { vec![("", Align::Left)] } else { Vec::new() };
        titles.push(("flat", Align::Right));
        titles.extend(has_share.then_some(("flat%", Align::Right)));
        titles.extend([("cum", Align::Right), ("cum%", Align::Right)]);
        titles.extend(columns.intervals.title());
        titles.push((self.view.noun(), Align::Left));
        let lines = self.lines(columns, has_share, options);
        // Names get what the numbers leave.
        let count = titles.len() - 1;
        let width_of = |column: usize| {
            let cells = lines.iter().filter_map(|line| line.cells.get(column));
            let title = titles.get(column).map_or(0, |(title, _)| title.len());
            cells.map(Cell::columns).chain([title]).max().unwrap_or(0)
        };
        let room = options.width.saturating_sub((0..count).map(|column| width_of(column) + GAP).sum());
        let mut table = Table::new(titles);
        for Line { mut cells, frame, arrow } in lines {
            let Some(frame) = frame else {
                table.push(Row::default());
                continue;
            };
            let name = node_name(&self.view, frame, options);
            let cell = match arrow {
                Some(arrow) => Cell::plain(format!(
                    "  {arrow}{}",
                    name.function_in(room.saturating_sub(elide::width(&arrow) + 2))
                )),
                None => {
                    let place = elide::start(&name.place, room / 2);
                    let left = room.saturating_sub(elide::width(&place) + GAP);
                    let is_beside = !place.is_empty() && elide::width(&name.function) <= left;
                    let function = name.function_in(if is_beside { left } else { room });
                    let plain =
                        if is_beside { format!("{function}  {place}") } else { function.into_owned() };
                    Cell::painted(plain, |text| options.theme.strong(text))
                }
            };
            cells.push(cell);
            table.push(Row { cells, below: Vec::new() });
        }
        table.write(options, out)
    }

    fn lines(&self, columns: &GraphColumns, has_share: bool, options: &TextOptions) -> Vec<Line> {
        let graph = self.view.graph;
        let all: Vec<usize> = (0..graph.nodes.len()).collect();
        let mut lines = Vec::new();
        let shown = self.only.unwrap_or(&all);
        for (nth, node) in
            shown.iter().filter_map(|&at| graph.nodes.get(at)).take(options.rows_max).enumerate()
        {
            if nth > 0 {
                lines.push(Line::default());
            }
            let edges = |indices: &[usize], arrow: &str| -> Vec<Line> {
                let edges = indices.iter().filter_map(|&at| graph.edges.get(at));
                edges.map(|edge| self.edge(edge, node, arrow, columns, has_share, options)).collect()
            };
            lines.extend(edges(&node.callers, "↑"));
            let mut cells: Vec<_> = columns.sign(&node.cum, options).into_iter().collect();
            let [flat, share] = columns.figures(&node.flat, options);
            cells.push(flat);
            cells.extend(has_share.then_some(share));
            cells.extend(columns.figures(&node.cum, options));
            cells.extend(columns.intervals.cell(&node.cum));
            lines.push(Line { cells, frame: Some(node.frame), arrow: None });
            lines.extend(edges(&node.callees, "↓"));
        }
        lines
    }

    /// A caller or a callee of `node`.
    fn edge(
        &self,
        edge: &GraphEdge,
        node: &GraphNode,
        arrow: &str,
        columns: &GraphColumns,
        has_share: bool,
        options: &TextOptions,
    ) -> Line {
        let other = if arrow == "↑" { edge.caller } else { edge.callee };
        let frame = self.view.graph.nodes.get(other).map(|node| node.frame);
        let delta = edge.figures.value.delta();
        let is_uncertain = is_uncertain(&edge.figures);
        // Signs stand beside what the block is about; of the others it matters which may be chance.
        let sign = columns.sign(&edge.figures, options);
        let mut cells: Vec<_> =
            sign.map(|sign| if is_uncertain { sign } else { Cell::default() }).into_iter().collect();
        cells.resize(cells.len() + 1 + usize::from(has_share), Cell::default());
        cells.push(columns.value(delta, is_uncertain, options));
        cells.push(Cell::plain(columns.share(delta, node.cum_gross)));
        cells.extend(columns.intervals.cell(&edge.figures));
        let arrow = if edge.is_residual { format!("{arrow} … ") } else { format!("{arrow} ") };
        debug_assert!(elide::width(&arrow) <= ARROW);
        Line { cells, frame, arrow: Some(arrow) }
    }
}

/// A line of a block; without a frame the blank one between two.
#[derive(Default)]
struct Line {
    cells: Vec<Cell>,
    frame: Option<heapdiff_profile::FrameId>,
    /// What stands before a caller or a callee.
    arrow: Option<String>,
}
