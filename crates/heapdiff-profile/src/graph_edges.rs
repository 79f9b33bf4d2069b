//! The calls between nodes that are shown.

use crate::call_graph::DroppedNodes;
use crate::call_paths::CallPaths;
use crate::diff::DiffFigures;
use crate::gathered::Gathered;
use crate::interval::Confidence;
use crate::significance::judge_together;
use indexmap::IndexMap;

/// Calls from one node to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GraphEdge {
    /// Index of the node that calls.
    pub caller: usize,
    /// Index of the node that is called.
    pub callee: usize,
    /// The values of stacks in which it does, each counted once.
    pub figures: DiffFigures,
    /// All growth and all shrinkage of these stacks, added up.
    pub gross: i64,
    /// Whether nodes that were left out lie between the two in all of these stacks.
    pub is_residual: bool,
}

/// Which edges are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EdgeOptions {
    /// The gross value below which an edge is left out.
    pub(crate) cutoff: i64,
    /// Whether one over nodes that were left out goes where others lead the same way.
    pub(crate) drops_redundant: bool,
    /// What edges are judged by, all together, also those that are left out.
    pub(crate) confidence: Confidence,
}

/// What an edge's paths sum to.
struct EdgeSums {
    gathered: Gathered,
    gross: i64,
    is_residual: bool,
    /// The path that was counted last, from 1 on: an edge that comes twice in one path is counted once.
    last_path: usize,
}

/// Connects the nodes that have a place, over those that have none; `dropped` counts the edges below the cutoff.
pub(crate) fn connect(
    paths: &CallPaths,
    place: &[Option<usize>],
    options: EdgeOptions,
    dropped: &mut DroppedNodes,
) -> Vec<GraphEdge> {
    let sums = edge_sums(paths, place).into_iter();
    let mut edges: Vec<GraphEdge> = sums
        .map(|((caller, callee), EdgeSums { gathered, gross, is_residual, .. })| {
            let figures = paths.comparison.figures(&gathered);
            GraphEdge { caller, callee, figures, gross, is_residual }
        })
        .collect();
    judge_together(edges.iter_mut().map(|edge| &mut edge.figures).collect(), options.confidence);
    let all = edges.len();
    edges.retain(|edge| edge.gross >= options.cutoff);
    dropped.edges = all - edges.len();
    edges.sort_by_key(|edge| {
        (
            std::cmp::Reverse(edge.figures.value.delta().unsigned_abs()),
            std::cmp::Reverse(edge.gross),
            edge.caller,
            edge.callee,
        )
    });
    if options.drops_redundant {
        drop_redundant(&mut edges);
    }
    edges
}

fn edge_sums(paths: &CallPaths, place: &[Option<usize>]) -> IndexMap<(usize, usize), EdgeSums> {
    let mut edges: IndexMap<(usize, usize), EdgeSums> = IndexMap::new();
    for (number, (path, gathered)) in (1..).zip(&paths.paths) {
        let (mut caller, mut is_residual) = (None, false);
        for node in path {
            let Some(callee) = place.get(*node).copied().flatten() else {
                is_residual = true;
                continue;
            };
            if let Some(caller) = caller.filter(|&caller| caller != callee) {
                let none =
                    EdgeSums { gathered: Gathered::default(), gross: 0, is_residual: true, last_path: 0 };
                let edge = edges.entry((caller, callee)).or_insert(none);
                edge.is_residual &= is_residual;
                if edge.last_path != number {
                    edge.last_path = number;
                    edge.gathered += *gathered;
                    edge.gross = edge.gross.saturating_add(crate::call_paths::gross(gathered));
                }
            }
            (caller, is_residual) = (Some(callee), false);
        }
    }
    edges
}

/// Drops each edge over nodes that were left out whose ends other edges connect, the smallest first.
///
/// **Source:** `RemoveRedundantEdges` of google/pprof.
fn drop_redundant(edges: &mut Vec<GraphEdge>) {
    for at in (0..edges.len()).rev() {
        let is_redundant =
            edges.get(at).is_some_and(|edge| edge.is_residual && is_connected_without(edges, at));
        if is_redundant {
            edges.remove(at);
        }
    }
}

/// Whether the ends of the edge at `without` are connected by others.
fn is_connected_without(edges: &[GraphEdge], without: usize) -> bool {
    let Some(edge) = edges.get(without) else { return false };
    let mut reached = vec![edge.caller];
    let mut next = 0;
    while let Some(&from) = reached.get(next) {
        next += 1;
        for (at, other) in edges.iter().enumerate().filter(|(_, other)| other.caller == from) {
            if at == without || reached.contains(&other.callee) {
                continue;
            }
            if other.callee == edge.callee {
                return true;
            }
            reached.push(other.callee);
        }
    }
    false
}
