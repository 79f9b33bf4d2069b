//! Who calls whom, and what each holds: what `top`, `tree`, `peek` and `graph` are views of.
//!
//! A path that calls a function twice counts once in its cum value and once in each of its edges. Percentages are of one
//! figure, [`GraphTotals::whole`]; what is too small is left out against what the filters let through, and is counted.
//!
//! **Where it differs from pprof**, on purpose: a diff's figures keep their sign; its 100 % is the gross change, all
//! growth and all shrinkage of paths added up, so that no share exceeds it and the shares of all rows add up to it; and
//! nothing is left out unless [`DroppedNodes`] says so.

use crate::call_paths::{CallPaths, PathOptions, gross};
use crate::diff::{Change, DiffFigures, Pairing};
use crate::error::AnalysisError;
use crate::filter::Filters;
use crate::frame::{FrameId, FrameTable};
use crate::gathered::Gathered;
use crate::graph_edges::{EdgeOptions, GraphEdge, connect};
use crate::graph_trimming::{self, Cutoffs};
use crate::interval::Confidence;
use crate::node_key::NodeBy;
use crate::note::Note;
use crate::profile::ValueType;
use crate::selection::Selection;
use crate::significance::{judge_alone, judge_together};
use crate::subject::Subject;
use regex::Regex;
use std::cmp::Ordering;

/// What nodes are sorted by, and which remain where not all may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NodeOrder {
    /// The node's own value.
    #[default]
    Flat,
    /// The node's value with all that it called.
    Cum,
    /// What a drawing is about: big nodes, and those where calls meet and part.
    Entropy,
}

/// How to make the graph.
#[derive(Clone, Debug, Default)]
pub struct GraphOptions {
    /// What makes a node. Default: the function.
    pub by: NodeBy,
    /// Whether a function that is called in two ways is two nodes, so that the graph is a tree. Default: it is one.
    pub call_tree: bool,
    /// What nodes are sorted by. Default: flat.
    pub order: NodeOrder,
    /// What is left out. Default: nothing.
    pub trimming: Trimming,
    /// Which values, samples and frames.
    pub selection: Selection,
}

/// What is too small to be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Trimming {
    /// Nodes at most. Default: all.
    pub node_count: Option<usize>,
    /// Nodes whose gross cum value is below this part of what the filters let through are left out. Default: none.
    pub node_fraction: f64,
    /// The same for edges. Default: none.
    pub edge_fraction: f64,
    /// Whether nodes on whose paths nothing changed are left out. Default: they are shown.
    pub unchanged: bool,
    /// Whether an edge over nodes that were left out goes where others lead the same way. Default: it stays.
    pub redundant_edges: bool,
}

/// The graph.
#[derive(Clone, Debug)]
pub struct CallGraph {
    /// The frames that stand for the nodes.
    pub frames: FrameTable,
    /// What the values count.
    pub sample_type: ValueType,
    /// How the two sides of a diff relate; `None` for a single profile.
    pub pairing: Option<Pairing>,
    /// Sums, and what 100 % is.
    pub totals: GraphTotals,
    /// In the order asked for: by absolute value, then by name.
    pub nodes: Vec<GraphNode>,
    /// Between nodes that are shown, the biggest first.
    pub edges: Vec<GraphEdge>,
    /// What was left out for being too small.
    pub dropped: DroppedNodes,
    /// As in [`crate::DiffReport::resolution_bytes`].
    pub resolution_bytes: Option<u64>,
    /// As in [`crate::DiffReport::confidence`].
    pub confidence: Confidence,
    /// What a reader must know.
    pub notes: Vec<Note>,
}

/// Sums over all paths.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GraphTotals {
    /// What 100 % is. Of a single profile the sum of the absolute values of its samples, as in pprof; of a diff the
    /// gross change: the growth of all paths that grew and the shrinkage of all that shrank. Before filters, unless
    /// percentages are to be relative.
    pub whole: i64,
    /// The part of [`Self::whole`] that the filters let through.
    pub gross: i64,
    /// The sum of what the filters let through, on both sides; also that of every node's [`GraphNode::flat`] before
    /// any is left out.
    pub shown: DiffFigures,
    /// The sums of both sides before filters.
    pub unfiltered: Change,
}

/// A node of the graph. Values of a single profile are changes from nothing: its base is 0.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphNode {
    /// What the node is about. By function its file and line are those of the place with the biggest value; by file its
    /// function is empty; by module and by crate its function is their name.
    pub frame: FrameId,
    /// The values of stacks whose leaf-most shown frame this is.
    pub flat: DiffFigures,
    /// The values of stacks that have this anywhere, each counted once.
    pub cum: DiffFigures,
    /// All growth and all shrinkage of paths that end here, added up: what a row contributes to the sum of all. At
    /// least the absolute value of [`Self::flat`]; more where paths to it grew and others shrank.
    pub flat_gross: i64,
    /// The same of paths that come through here.
    pub cum_gross: i64,
    /// Indices of the edges that lead here, from callers.
    pub callers: Vec<usize>,
    /// Indices of the edges that lead on, to what it called.
    pub callees: Vec<usize>,
}

/// What was left out for being too small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DroppedNodes {
    /// Nodes below the cut-off.
    pub small: usize,
    /// Nodes beyond the number that was asked for.
    pub surplus: usize,
    /// Nodes on whose paths nothing changed.
    pub unchanged: usize,
    /// Nodes that shrank, or hold less than nothing.
    pub negative: usize,
    /// Edges below their cut-off.
    pub edges: usize,
    /// What all these nodes hold themselves, without sign.
    pub flat_gross: i64,
    /// The gross cum value below which a node was left out.
    pub node_cutoff: i64,
    /// The value below which an edge was left out.
    pub edge_cutoff: i64,
}

/// Makes the graph of a profile, or of what changed between two.
///
/// # Errors
/// If the profiles do not have the sample type that is asked for, or none in common.
pub fn call_graph(subject: Subject<'_>, options: &GraphOptions) -> Result<CallGraph, AnalysisError> {
    let selection = &options.selection;
    let path_options = PathOptions { by: options.by, contexts: options.call_tree, selection };
    let paths = CallPaths::new(subject, path_options)?;
    let whole = whole(subject, path_options, &paths)?;
    let sums = node_sums(&paths);
    let cutoffs = Cutoffs::of(paths.gross(), &options.trimming);
    let kept = graph_trimming::choose(&paths, &sums, cutoffs, options);
    let order = sorted(&paths, &sums, &kept.nodes, options.order);
    let mut place = vec![None; sums.len()];
    for (at, &node) in order.iter().enumerate() {
        place.get_mut(node).into_iter().for_each(|place| *place = Some(at));
    }
    // All are judged, also those that are left out.
    let mut all: Vec<_> = (0..sums.len()).map(|node| graph_node(&paths, sums.get(node)?, node)).collect();
    judge_together(all.iter_mut().flatten().map(|node| &mut node.flat).collect(), selection.confidence);
    judge_together(all.iter_mut().flatten().map(|node| &mut node.cum).collect(), selection.confidence);
    let mut nodes: Vec<GraphNode> =
        order.iter().filter_map(|&node| all.get_mut(node).and_then(Option::take)).collect();
    let mut dropped = kept.dropped;
    let edge_options = EdgeOptions {
        cutoff: cutoffs.edge,
        drops_redundant: options.trimming.redundant_edges,
        confidence: selection.confidence,
    };
    let edges = connect(&paths, &place, edge_options, &mut dropped);
    for (at, edge) in edges.iter().enumerate() {
        nodes.get_mut(edge.caller).into_iter().for_each(|caller| caller.callees.push(at));
        nodes.get_mut(edge.callee).into_iter().for_each(|callee| callee.callers.push(at));
    }
    let sum = paths.paths.iter().fold(Gathered::default(), |mut sum, (_, gathered)| {
        sum += *gathered;
        sum
    });
    let mut shown = paths.comparison.figures(&sum);
    judge_alone(&mut shown, selection.confidence);
    Ok(CallGraph {
        totals: GraphTotals { whole, gross: paths.gross(), shown, unfiltered: paths.comparison.unfiltered() },
        pairing: subject.base.map(|_| paths.comparison.pairing()),
        resolution_bytes: paths.comparison.resolution_bytes(),
        confidence: selection.confidence,
        sample_type: paths.sample_type,
        notes: paths.notes,
        frames: paths.frames,
        nodes,
        edges,
        dropped,
    })
}

/// What 100 % is.
fn whole(subject: Subject<'_>, options: PathOptions<'_>, paths: &CallPaths) -> Result<i64, AnalysisError> {
    let selection = options.selection;
    if selection.relative_percentages {
        return Ok(paths.gross());
    }
    if let Some(total) = paths.total_of_samples {
        return Ok(total);
    }
    if selection.filters.is_empty() {
        return Ok(paths.gross());
    }
    let unfiltered = Selection { filters: Filters::default(), ..selection.clone() };
    Ok(CallPaths::new(subject, PathOptions { selection: &unfiltered, ..options })?.gross())
}

/// What a node's paths sum to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NodeSums {
    pub(crate) flat: Gathered,
    pub(crate) cum: Gathered,
    pub(crate) flat_gross: i64,
    pub(crate) cum_gross: i64,
    /// The path that was counted last, from 1 on: what comes twice in one path is counted once.
    last_path: usize,
}

fn node_sums(paths: &CallPaths) -> Vec<NodeSums> {
    let mut sums = vec![NodeSums::default(); paths.nodes.len()];
    for (number, (path, gathered)) in (1..).zip(&paths.paths) {
        let gross = gross(gathered);
        for &node in path {
            let Some(sums) = sums.get_mut(node).filter(|sums| sums.last_path != number) else { continue };
            sums.last_path = number;
            sums.cum += *gathered;
            sums.cum_gross = sums.cum_gross.saturating_add(gross);
        }
        if let Some(leaf) = path.last().and_then(|&leaf| sums.get_mut(leaf)) {
            leaf.flat += *gathered;
            leaf.flat_gross = leaf.flat_gross.saturating_add(gross);
        }
    }
    sums
}

fn graph_node(paths: &CallPaths, sums: &NodeSums, node: usize) -> Option<GraphNode> {
    Some(GraphNode {
        frame: *paths.nodes.get(node)?,
        flat: paths.comparison.figures(&sums.flat),
        cum: paths.comparison.figures(&sums.cum),
        flat_gross: sums.flat_gross,
        cum_gross: sums.cum_gross,
        callers: Vec::new(),
        callees: Vec::new(),
    })
}

/// The chosen nodes by absolute value, then by the other one, then by what they are called. pprof looks at the name
/// before the other value, which puts everything that holds nothing itself into the order of the alphabet.
fn sorted(paths: &CallPaths, sums: &[NodeSums], kept: &[bool], order: NodeOrder) -> Vec<usize> {
    let mut nodes: Vec<usize> = (0..sums.len()).filter(|&node| kept.get(node) == Some(&true)).collect();
    nodes.sort_by(|&a, &b| compare(paths, sums, order, a, b));
    nodes
}

/// See [`sorted`].
pub(crate) fn compare(
    paths: &CallPaths,
    sums: &[NodeSums],
    order: NodeOrder,
    a: usize,
    b: usize,
) -> Ordering {
    let size =
        |node: usize, of: fn(&NodeSums) -> &Gathered| sums.get(node).map_or(0, |sums| of(sums).magnitude().0);
    let flat = |node| size(node, |sums| &sums.flat);
    let cum = |node| size(node, |sums| &sums.cum);
    let frame = |node: usize| paths.nodes.get(node).map(|&frame| paths.frames.frame(frame));
    let name = |node| paths.context(node).map(frame);
    let (first, last) = match order {
        NodeOrder::Flat => (flat(b).cmp(&flat(a)), cum(b).cmp(&cum(a))),
        NodeOrder::Cum | NodeOrder::Entropy => (cum(b).cmp(&cum(a)), flat(b).cmp(&flat(a))),
    };
    first.then(last).then_with(|| name(a).cmp(name(b)))
}

impl CallGraph {
    /// The nodes whose function or file `pattern` matches, in the graph's order.
    ///
    /// # Errors
    /// [`AnalysisError::BadPattern`] if it is not a regular expression.
    pub fn matching(&self, pattern: &str) -> Result<Vec<usize>, AnalysisError> {
        let pattern = Regex::new(pattern).map_err(|source| AnalysisError::BadPattern {
            pattern: pattern.to_owned(),
            source: Box::new(source),
        })?;
        let is_match = |node: &GraphNode| {
            let frame = self.frames.frame(node.frame);
            pattern.is_match(frame.function) || (!frame.file.is_empty() && pattern.is_match(frame.file))
        };
        Ok((0..self.nodes.len()).filter(|&at| self.nodes.get(at).is_some_and(is_match)).collect())
    }

    /// Whether this is a diff.
    #[must_use]
    pub fn is_diff(&self) -> bool {
        self.pairing.is_some()
    }
}
