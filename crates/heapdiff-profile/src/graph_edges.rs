//! The calls between nodes that are shown.

use crate::call_graph::DroppedNodes;
use crate::call_paths::CallPaths;
use crate::diff::{Change, Flow};
use indexmap::IndexMap;

/// Calls from one node to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphEdge {
    /// Index of the node that calls.
    pub caller: usize,
    /// Index of the node that is called.
    pub callee: usize,
    /// The values of stacks in which it does, each counted once.
    pub value: Change,
    /// All growth and all shrinkage of these stacks, added up.
    pub gross: i64,
    /// Whether nodes that were left out lie between the two in all of these stacks.
    pub is_residual: bool,
}

/// Connects the nodes that have a place, over those that have none; `dropped` counts the edges below `cutoff`.
pub(crate) fn connect(
    paths: &CallPaths,
    place: &[Option<usize>],
    cutoff: i64,
    drops_redundant: bool,
    dropped: &mut DroppedNodes,
) -> Vec<GraphEdge> {
    let has_flow = paths.comparison.has_flow();
    // The path that was counted last, from 1 on: an edge that comes twice in one path is counted once.
    let mut edges: IndexMap<(usize, usize), (GraphEdge, usize)> = IndexMap::new();
    for (number, (path, gathered)) in (1..).zip(&paths.paths) {
        let (mut caller, mut is_residual) = (None, false);
        for node in path {
            let Some(callee) = place.get(*node).copied().flatten() else {
                is_residual = true;
                continue;
            };
            if let Some(caller) = caller.filter(|&caller| caller != callee) {
                let new = GraphEdge { caller, callee, value: Change::default(), gross: 0, is_residual: true };
                let (edge, last_path) = edges.entry((caller, callee)).or_insert((new, 0));
                edge.is_residual &= is_residual;
                if *last_path != number {
                    *last_path = number;
                    edge.value = sum(edge.value, gathered.value(has_flow));
                    edge.gross = edge.gross.saturating_add(crate::call_paths::gross(gathered));
                }
            }
            (caller, is_residual) = (Some(callee), false);
        }
    }
    let mut edges: Vec<GraphEdge> = edges.into_values().map(|(edge, _)| edge).collect();
    let all = edges.len();
    edges.retain(|edge| edge.gross >= cutoff);
    dropped.edges = all - edges.len();
    edges.sort_by_key(|edge| {
        (
            std::cmp::Reverse(edge.value.delta().unsigned_abs()),
            std::cmp::Reverse(edge.gross),
            edge.caller,
            edge.callee,
        )
    });
    if drops_redundant {
        drop_redundant(&mut edges);
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

fn sum(a: Change, b: Change) -> Change {
    let flow = match (a.flow, b.flow) {
        (Some(a), Some(b)) => Some(Flow {
            born: a.born.saturating_add(b.born),
            died: a.died.saturating_add(b.died),
            grown: a.grown.saturating_add(b.grown),
        }),
        (a, b) => a.or(b),
    };
    Change { base: a.base.saturating_add(b.base), head: a.head.saturating_add(b.head), flow }
}
