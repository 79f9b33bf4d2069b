//! `heapdiff/tree/v1`, `heapdiff/peek/v1` and `heapdiff/graph/v1`: nodes, and the calls between them.

use super::frame::{FrameJson, OriginJson, SideJson};
use crate::graph_view::GraphView;
use heapdiff_profile::{Change, DiffFigures, DroppedNodes, GraphEdge, GraphNode, Interval, NodeBy, Pairing};
use serde::Serialize;
use std::io::{self, Write};

/// A call graph for other programs.
#[derive(Clone, Copy, Debug)]
pub struct GraphJson<'a> {
    /// The graph and its files.
    pub view: GraphView<'a>,
    /// Which report it is.
    pub kind: GraphJsonKind,
    /// Whether contexts are apart.
    pub call_tree: bool,
    /// The nodes that were asked for, by index; `None` for all.
    pub matched: Option<&'a [usize]>,
}

/// Which report of a call graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphJsonKind {
    /// `heapdiff tree`.
    Tree,
    /// `heapdiff peek`.
    Peek,
    /// `heapdiff graph`.
    Graph,
}

impl GraphJson<'_> {
    /// The name and version of the schema.
    #[must_use]
    pub fn schema(&self) -> &'static str {
        match self.kind {
            GraphJsonKind::Tree => "heapdiff/tree/v1",
            GraphJsonKind::Peek => "heapdiff/peek/v1",
            GraphJsonKind::Graph => "heapdiff/graph/v1",
        }
    }

    /// Writes the graph. With [`Self::matched`], only those nodes, what calls them and what they call.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let graph = self.view.graph;
        let is_matched = |node: usize| self.matched.is_none_or(|matched| matched.contains(&node));
        let edges: Vec<&GraphEdge> =
            graph.edges.iter().filter(|edge| is_matched(edge.caller) || is_matched(edge.callee)).collect();
        let is_near = |node: usize| {
            is_matched(node) || edges.iter().any(|edge| edge.caller == node || edge.callee == node)
        };
        let nodes = graph.nodes.iter().enumerate().filter(|(id, _)| is_near(*id));
        super::write(
            &Document {
                schema: self.schema(),
                head: HeadJson::of(&self.view),
                call_tree: self.call_tree,
                matched: self.matched,
                nodes_all: graph.nodes.len() + left_out(&graph.dropped),
                dropped: DroppedJson::of(&graph.dropped),
                nodes: nodes
                    .map(|(id, node)| IdentifiedNodeJson { id, node: NodeJson::of(node, &self.view) })
                    .collect(),
                edges: edges.iter().map(|edge| EdgeJson::of(edge, &self.view)).collect(),
                notes: graph.notes.iter().map(ToString::to_string).collect(),
            },
            out,
        )
    }
}

/// What every view of calls begins with.
#[derive(Serialize)]
pub(super) struct HeadJson<'a> {
    #[serde(flatten)]
    origin: OriginJson,
    /// What the file is compared with; null for a single profile.
    base: Option<SideJson>,
    /// Whether the two are snapshots of one process, matched by epoch; null for a single profile.
    paired: Option<bool>,
    by: &'static str,
    sample_type: &'a str,
    unit: &'a str,
    /// What 100 % is: of a diff the gross change, all growth and all shrinkage of paths.
    total: i64,
    /// What the filters let through: of a diff the net change.
    shown: i64,
    /// The part of `total` that the filters let through.
    gross: i64,
}

impl<'a> HeadJson<'a> {
    pub(super) fn of(view: &GraphView<'a>) -> Self {
        let graph = view.graph;
        let totals = &graph.totals;
        Self {
            origin: OriginJson::of(view.sides.head),
            base: view.sides.base.map(|base| SideJson::of(base, totals.unfiltered.base)),
            paired: graph.pairing.map(|pairing| pairing == Pairing::Paired),
            by: match view.by {
                NodeBy::Function => "function",
                NodeBy::Line => "line",
                NodeBy::File => "file",
                NodeBy::Module => "module",
                NodeBy::Crate => "crate",
            },
            sample_type: &graph.sample_type.kind,
            unit: &graph.sample_type.unit,
            total: totals.whole,
            shown: totals.shown.value.delta(),
            gross: totals.gross,
        }
    }
}

/// `part` in percent of `total`; null where the total is nothing.
pub(super) fn percent(part: i64, total: i64) -> Option<f64> {
    (total != 0).then(|| part as f64 / total as f64 * 100.0)
}

fn left_out(dropped: &DroppedNodes) -> usize {
    dropped.small + dropped.surplus + dropped.unchanged + dropped.negative
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    #[serde(flatten)]
    head: HeadJson<'a>,
    call_tree: bool,
    /// Ids of the nodes that were asked for; null where all were.
    matched: Option<&'a [usize]>,
    /// Nodes before any was left out.
    nodes_all: usize,
    dropped: DroppedJson,
    nodes: Vec<IdentifiedNodeJson>,
    edges: Vec<EdgeJson>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct IdentifiedNodeJson {
    /// What edges name it by.
    id: usize,
    #[serde(flatten)]
    node: NodeJson,
}

/// A node. Values of a diff are changes.
#[derive(Serialize)]
pub(super) struct NodeJson {
    #[serde(flatten)]
    frame: FrameJson,
    flat: i64,
    flat_percent: Option<f64>,
    cum: i64,
    cum_percent: Option<f64>,
    flat_objects: Option<i64>,
    /// Sampled allocations that `flat` rests on; null where the profile does not count them.
    flat_samples: Option<u64>,
    /// All growth and all shrinkage of paths that end here.
    flat_gross: i64,
    /// The same of paths that come through here.
    cum_gross: i64,
    flat_base: i64,
    flat_head: i64,
    cum_base: i64,
    cum_head: i64,
    /// Ends of the 95 % interval of the bytes of `flat`; null where the profiles do not state samples or a period.
    flat_low: Option<i64>,
    flat_high: Option<i64>,
    cum_low: Option<i64>,
    cum_high: Option<i64>,
    flat_born: Option<i64>,
    flat_died: Option<i64>,
    cum_born: Option<i64>,
    cum_died: Option<i64>,
    /// Whether the interval of `flat` excludes zero. Without an interval: whether there is any value.
    significant: bool,
}

impl NodeJson {
    pub(super) fn of(node: &GraphNode, view: &GraphView<'_>) -> Self {
        let whole = view.graph.totals.whole;
        let (flat, cum) = (&node.flat, &node.cum);
        let low = |figures: &DiffFigures| figures.interval.map(|Interval { low, .. }| low);
        let high = |figures: &DiffFigures| figures.interval.map(|Interval { high, .. }| high);
        Self {
            frame: FrameJson::of(node.frame, &view.graph.frames),
            flat: flat.value.delta(),
            flat_percent: percent(flat.value.delta(), whole),
            cum: cum.value.delta(),
            cum_percent: percent(cum.value.delta(), whole),
            flat_objects: flat.objects.map(Change::delta),
            flat_samples: flat.samples,
            flat_gross: node.flat_gross,
            cum_gross: node.cum_gross,
            flat_base: flat.value.base,
            flat_head: flat.value.head,
            cum_base: cum.value.base,
            cum_head: cum.value.head,
            flat_low: low(flat),
            flat_high: high(flat),
            cum_low: low(cum),
            cum_high: high(cum),
            flat_born: flat.value.flow.map(|flow| flow.born),
            flat_died: flat.value.flow.map(|flow| flow.died),
            cum_born: cum.value.flow.map(|flow| flow.born),
            cum_died: cum.value.flow.map(|flow| flow.died),
            significant: flat.significant().unwrap_or(flat.value.delta() != 0),
        }
    }
}

/// A call. Values of a diff are changes.
#[derive(Serialize)]
struct EdgeJson {
    caller: usize,
    callee: usize,
    value: i64,
    /// Of the gross cum of the caller, and of that of the callee.
    caller_percent: Option<f64>,
    callee_percent: Option<f64>,
    gross: i64,
    base: i64,
    head: i64,
    /// Whether nodes that were left out lie between.
    residual: bool,
}

impl EdgeJson {
    fn of(edge: &GraphEdge, view: &GraphView<'_>) -> Self {
        let value = edge.value.delta();
        let of = |node: usize| view.graph.nodes.get(node).and_then(|node| percent(value, node.cum_gross));
        Self {
            caller: edge.caller,
            callee: edge.callee,
            value,
            caller_percent: of(edge.caller),
            callee_percent: of(edge.callee),
            gross: edge.gross,
            base: edge.value.base,
            head: edge.value.head,
            residual: edge.is_residual,
        }
    }
}

/// What was left out.
#[derive(Serialize)]
pub(super) struct DroppedJson {
    small: usize,
    surplus: usize,
    unchanged: usize,
    negative: usize,
    edges: usize,
    flat_gross: i64,
    node_cutoff: i64,
    edge_cutoff: i64,
}

impl DroppedJson {
    pub(super) fn of(dropped: &DroppedNodes) -> Self {
        let &DroppedNodes {
            small,
            surplus,
            unchanged,
            negative,
            edges,
            flat_gross,
            node_cutoff,
            edge_cutoff,
        } = dropped;
        Self { small, surplus, unchanged, negative, edges, flat_gross, node_cutoff, edge_cutoff }
    }
}
