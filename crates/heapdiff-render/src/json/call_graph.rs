//! `heapdiff/tree/v1`, `heapdiff/peek/v1` and `heapdiff/graph/v1`: nodes, and the calls between them.

use super::frame::{FrameJson, OriginJson, SideJson, two_digits};
use crate::graph_view::GraphView;
use heapdiff_profile::{Change, DiffFigures, DroppedNodes, GraphEdge, GraphNode, Interval, NodeBy, Pairing};
use schemars::JsonSchema;
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

impl GraphJsonKind {
    /// The name and version of the schema.
    #[must_use]
    pub const fn schema(self) -> &'static str {
        match self {
            Self::Tree => "heapdiff/tree/v1",
            Self::Peek => "heapdiff/peek/v1",
            Self::Graph => "heapdiff/graph/v1",
        }
    }
}

impl GraphJson<'_> {
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
                schema: self.kind.schema(),
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
#[derive(JsonSchema, Serialize)]
pub(super) struct HeadJson<'a> {
    #[serde(flatten)]
    origin: OriginJson,
    /// What the file is compared with; null for a single profile.
    base: Option<SideJson>,
    /// Whether the two are snapshots of one process, matched by epoch; null for a single profile.
    paired: Option<bool>,
    /// What makes a node.
    by: NodeByJson,
    /// What is counted, such as `inuse_space`.
    sample_type: &'a str,
    /// The unit of every `value`, such as `bytes` or `count`.
    unit: &'a str,
    /// What 100 % is, in the unit: of a comparison the gross change, all growth and all shrinkage of paths.
    total: i64,
    /// What the filters let through, in the unit: of a comparison the net change.
    shown: i64,
    /// The part of `total` that the filters let through.
    gross: i64,
    /// Lower end of the interval of `shown`, in the unit if that is bytes or a number of things and in bytes if not; null where it is not known how many samples there were, or how often.
    shown_low: Option<i64>,
    /// Upper end of that interval.
    shown_high: Option<i64>,
    /// Sampled allocations that `shown` rests on; null where they are not known.
    shown_samples: Option<u64>,
    /// The smallest change of one stack that cannot have been missed, in bytes; 0 is exact, null is not known.
    resolution_bytes: Option<u64>,
    /// The chance with which each interval holds the true value.
    confidence: f64,
}

impl<'a> HeadJson<'a> {
    pub(super) fn of(view: &GraphView<'a>) -> Self {
        let graph = view.graph;
        let totals = &graph.totals;
        Self {
            origin: OriginJson::of(view.sides.head),
            base: view.sides.base.map(|base| SideJson::of(base, totals.unfiltered.base)),
            paired: graph.pairing.map(|pairing| pairing == Pairing::Paired),
            by: NodeByJson::of(view.by),
            sample_type: &graph.sample_type.kind,
            unit: &graph.sample_type.unit,
            total: totals.whole,
            shown: totals.shown.value.delta(),
            gross: totals.gross,
            shown_low: totals.shown.interval.map(|interval| interval.low),
            shown_high: totals.shown.interval.map(|interval| interval.high),
            shown_samples: totals.shown.samples,
            resolution_bytes: graph.resolution_bytes,
            confidence: graph.confidence.chance(),
        }
    }
}

/// What makes a node.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum NodeByJson {
    Function,
    Line,
    File,
    Module,
    Crate,
}

impl NodeByJson {
    fn of(by: NodeBy) -> Self {
        match by {
            NodeBy::Function => Self::Function,
            NodeBy::Line => Self::Line,
            NodeBy::File => Self::File,
            NodeBy::Module => Self::Module,
            NodeBy::Crate => Self::Crate,
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

/// Who calls whom, and what is held where.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "CallGraph")]
pub(super) struct Document<'a> {
    /// Name and version of this schema.
    schema: &'static str,
    #[serde(flatten)]
    head: HeadJson<'a>,
    /// Whether each context has a node of its own, so that the graph is a tree.
    call_tree: bool,
    /// Ids of the nodes that were asked for; null where all were.
    matched: Option<&'a [usize]>,
    /// How many nodes there were before any was left out.
    nodes_all: usize,
    /// What was left out.
    dropped: DroppedJson,
    /// Functions, or what else makes a node, and what they hold.
    nodes: Vec<IdentifiedNodeJson>,
    /// Who calls whom, and how much of what is held goes through the call.
    edges: Vec<EdgeJson>,
    /// What a reader must know to understand the figures, each a sentence.
    notes: Vec<String>,
}

/// A node, and its name in this document.
#[derive(JsonSchema, Serialize)]
struct IdentifiedNodeJson {
    /// What edges name it by.
    id: usize,
    #[serde(flatten)]
    node: NodeJson,
}

/// A node. Values of a diff are changes.
#[derive(JsonSchema, Serialize)]
pub(super) struct NodeJson {
    #[serde(flatten)]
    frame: FrameJson,
    /// What it holds itself, in the unit; of a comparison the change.
    flat: i64,
    /// `flat` in percent of `total`; null where that is 0.
    flat_percent: Option<f64>,
    /// What it holds with all that it calls, in the unit; of a comparison the change.
    cum: i64,
    /// `cum` in percent of `total`; null where that is 0.
    cum_percent: Option<f64>,
    /// `flat` in objects; null where the profile does not count them.
    flat_objects: Option<i64>,
    /// Sampled allocations that `flat` rests on; null where they are not known.
    flat_samples: Option<u64>,
    /// Sampled allocations that `cum` rests on; null where they are not known.
    cum_samples: Option<u64>,
    /// All growth and all shrinkage of paths that end here, in the unit.
    flat_gross: i64,
    /// All growth and all shrinkage of paths that come through here, in the unit.
    cum_gross: i64,
    /// `flat` of the base; 0 for a single profile.
    flat_base: i64,
    /// `flat` of the head.
    flat_head: i64,
    /// `cum` of the base; 0 for a single profile.
    cum_base: i64,
    /// `cum` of the head.
    cum_head: i64,
    /// Lower end of the interval of `flat`, in the unit if that is bytes or a number of things and in bytes if not; null where it is not known how many samples there were, or how often.
    flat_low: Option<i64>,
    /// Upper end of that interval.
    flat_high: Option<i64>,
    /// Lower end of the interval of `cum`, in the unit if that is bytes or a number of things and in bytes if not; null where it is not known how many samples there were, or how often.
    cum_low: Option<i64>,
    /// Upper end of that interval.
    cum_high: Option<i64>,
    /// The part of `flat` that is in the head and not in the base, in the unit; null unless the sides are paired.
    flat_born: Option<i64>,
    /// What was in the base and is not in the head, in the unit; null unless the sides are paired.
    flat_died: Option<i64>,
    /// The part of `cum` that is in the head and not in the base, in the unit; null unless the sides are paired.
    cum_born: Option<i64>,
    /// What was in the base with all that it called and is not in the head, in the unit; null unless the sides are
    /// paired.
    cum_died: Option<i64>,
    /// The chance to see such a change of `flat` where there is none, the node judged by itself: see `p` of a diff. Null
    /// without an interval, and of a single profile.
    flat_p: Option<f64>,
    /// The same of `cum`.
    cum_p: Option<f64>,
    /// Whether `flat` changed, judged together with that of all other nodes, also those that are left out; without an
    /// interval, and of a single profile, whether there is any value.
    significant: bool,
    /// Whether `cum` changed, in the same way.
    cum_significant: bool,
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
            cum_samples: cum.samples,
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
            flat_p: flat.p.map(two_digits),
            cum_p: cum.p.map(two_digits),
            significant: flat.significant.unwrap_or(flat.value.delta() != 0),
            cum_significant: cum.significant.unwrap_or(cum.value.delta() != 0),
        }
    }
}

/// A call. Values of a diff are changes.
#[derive(JsonSchema, Serialize)]
struct EdgeJson {
    /// Id of the node that calls.
    caller: usize,
    /// Id of the node that is called.
    callee: usize,
    /// What is held through this call, in the unit; of a comparison the change.
    value: i64,
    /// `value` in percent of the `cum_gross` of the caller; null where that is 0.
    caller_percent: Option<f64>,
    /// `value` in percent of the `cum_gross` of the callee; null where that is 0.
    callee_percent: Option<f64>,
    /// All growth and all shrinkage of paths through this call, in the unit.
    gross: i64,
    /// `value` of the base; 0 for a single profile.
    base: i64,
    /// `value` of the head.
    head: i64,
    /// Lower end of the interval of `value`, in the unit if that is bytes or a number of things and in bytes if not; null where it is not known how many samples there were, or how often.
    low: Option<i64>,
    /// Upper end of that interval.
    high: Option<i64>,
    /// Sampled allocations that `value` rests on; null where they are not known.
    samples: Option<u64>,
    /// The chance to see such a change where there is none, the call judged by itself: see `p` of a diff. Null without an
    /// interval, and of a single profile.
    p: Option<f64>,
    /// Whether `value` changed, judged together with all calls between the nodes; without an interval, and of a single
    /// profile, whether there is any value.
    significant: bool,
    /// Whether nodes that were left out lie between the two.
    residual: bool,
}

impl EdgeJson {
    fn of(edge: &GraphEdge, view: &GraphView<'_>) -> Self {
        let figures = &edge.figures;
        let value = figures.value.delta();
        let of = |node: usize| view.graph.nodes.get(node).and_then(|node| percent(value, node.cum_gross));
        Self {
            caller: edge.caller,
            callee: edge.callee,
            value,
            caller_percent: of(edge.caller),
            callee_percent: of(edge.callee),
            gross: edge.gross,
            base: figures.value.base,
            head: figures.value.head,
            low: figures.interval.map(|interval| interval.low),
            high: figures.interval.map(|interval| interval.high),
            samples: figures.samples,
            p: figures.p.map(two_digits),
            significant: figures.significant.unwrap_or(value != 0),
            residual: edge.is_residual,
        }
    }
}

/// What was left out.
#[derive(JsonSchema, Serialize)]
pub(super) struct DroppedJson {
    /// Nodes that hold too little with all that they call: see `node_cutoff`.
    small: usize,
    /// Nodes beyond how many were asked for.
    surplus: usize,
    /// Nodes through which nothing changed.
    unchanged: usize,
    /// Nodes that shrank, where only growth was asked for.
    negative: usize,
    /// Calls between nodes that are shown that were too small: see `edge_cutoff`.
    edges: usize,
    /// What all these nodes hold themselves, in the unit.
    flat_gross: i64,
    /// The `cum_gross` below which a node is too small, in the unit.
    node_cutoff: i64,
    /// The `gross` below which a call is too small, in the unit.
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
