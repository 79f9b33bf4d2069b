//! Which nodes of a call graph are shown.

use crate::call_graph::{DroppedNodes, GraphOptions, NodeOrder, NodeSums, Trimming, compare};
use crate::call_paths::{CallPaths, gross};
use indexmap::IndexMap;

/// Below which value nodes and edges are left out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cutoffs {
    pub(crate) node: i64,
    pub(crate) edge: i64,
}

/// Which nodes are shown, and what the others hold.
pub(crate) struct Kept {
    pub(crate) nodes: Vec<bool>,
    pub(crate) dropped: DroppedNodes,
}

impl Cutoffs {
    /// Parts of `gross`, what the filters let through.
    pub(crate) fn of(gross: i64, trimming: &Trimming) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
        let part = |fraction: f64| (gross as f64 * fraction) as i64;
        Self { node: part(trimming.node_fraction), edge: part(trimming.edge_fraction) }
    }
}

/// Chooses by size, then by number.
pub(crate) fn choose(paths: &CallPaths, sums: &[NodeSums], cutoffs: Cutoffs, options: &GraphOptions) -> Kept {
    let trimming = &options.trimming;
    let mut dropped =
        DroppedNodes { node_cutoff: cutoffs.node, edge_cutoff: cutoffs.edge, ..DroppedNodes::default() };
    let mut nodes = vec![true; sums.len()];
    for (sums, is_kept) in sums.iter().zip(&mut nodes) {
        let flat = sums.flat.delta();
        let cum = sums.cum.delta();
        let reason = if options.selection.drop_negative && (flat < 0 || (flat == 0 && cum < 0)) {
            &mut dropped.negative
        } else if trimming.unchanged && sums.cum_gross == 0 {
            &mut dropped.unchanged
        } else if sums.cum_gross < cutoffs.node {
            &mut dropped.small
        } else {
            continue;
        };
        *reason += 1;
        *is_kept = false;
    }
    let candidates: Vec<usize> = (0..sums.len()).filter(|&node| nodes.get(node) == Some(&true)).collect();
    if let Some(count) = trimming.node_count.filter(|&count| count < candidates.len()) {
        dropped.surplus = candidates.len() - count;
        for node in ranked(paths, sums, candidates, options).into_iter().skip(count) {
            nodes.get_mut(node).into_iter().for_each(|is_kept| *is_kept = false);
        }
    }
    let out = sums.iter().zip(&nodes).filter(|&(_, &is_kept)| !is_kept);
    dropped.flat_gross = out.fold(0, |sum, (of_node, _)| sum.saturating_add(of_node.flat_gross));
    Kept { nodes, dropped }
}

/// The nodes that matter most first.
fn ranked(paths: &CallPaths, sums: &[NodeSums], mut nodes: Vec<usize>, options: &GraphOptions) -> Vec<usize> {
    if options.call_tree {
        // What calls something is at least as big: so no context remains without those that it is called from.
        let size = |node: usize| sums.get(node).map_or(0, |sums| sums.cum_gross);
        nodes.sort_by(|&a, &b| {
            let by_depth = || paths.context(a).count().cmp(&paths.context(b).count());
            size(b).cmp(&size(a)).then_with(by_depth).then_with(|| compare(paths, sums, NodeOrder::Cum, a, b))
        });
    } else if options.order == NodeOrder::Entropy {
        let scores = entropy_scores(paths, sums);
        let score = |node: usize| scores.get(node).copied().unwrap_or(0.0);
        nodes.sort_by(|&a, &b| {
            score(b).total_cmp(&score(a)).then_with(|| compare(paths, sums, NodeOrder::Cum, a, b))
        });
    } else {
        nodes.sort_by(|&a, &b| compare(paths, sums, options.order, a, b));
    }
    nodes
}

/// How much of the drawing each node is: its size, times how evenly calls come in and go out. What is on the way of one
/// call alone says least.
///
/// **Source:** `entropyScore` of google/pprof, here with the gross values of paths.
fn entropy_scores(paths: &CallPaths, sums: &[NodeSums]) -> Vec<f64> {
    let mut edges: IndexMap<(usize, usize), (f64, usize)> = IndexMap::new();
    for (number, (path, gathered)) in (1..).zip(&paths.paths) {
        for (&caller, &callee) in path.iter().zip(path.iter().skip(1)) {
            let (weight, last_path) = edges.entry((caller, callee)).or_default();
            if *last_path != number {
                *last_path = number;
                *weight += gross(gathered) as f64;
            }
        }
    }
    let mut ways = vec![(Vec::new(), Vec::new()); sums.len()];
    for ((caller, callee), (weight, _)) in edges {
        ways.get_mut(callee).into_iter().for_each(|(into, _)| into.push(weight));
        ways.get_mut(caller).into_iter().for_each(|(_, out)| out.push(weight));
    }
    let score = |(sums, (into, mut out)): (&NodeSums, (Vec<f64>, Vec<f64>))| {
        let flat = sums.flat_gross as f64;
        let of_callers = if into.is_empty() { 1.0 } else { entropy(&into) };
        let of_callees = if out.is_empty() {
            1.0
        } else {
            out.push(flat);
            entropy(&out)
        };
        (of_callers + of_callees) * sums.cum_gross as f64 + flat
    };
    sums.iter().zip(ways).map(score).collect()
}

/// How evenly weights are spread, in bits.
fn entropy(weights: &[f64]) -> f64 {
    let sum: f64 = weights.iter().sum();
    let parts = weights.iter().map(|weight| weight / sum).filter(|&part| part > 0.0);
    parts.map(|part| -part * part.log2()).sum()
}
