//! In which order nodes are shown.

use super::arena::{Edge, EdgeId, Graph, Node, NodeId};
use crate::measurement::{as_f64, as_i64, magnitude};
use crate::profile::Profile;
use std::cell::OnceCell;
use std::cmp::Ordering;

/// What nodes are sorted by; the largest value first, then by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeOrder {
    /// What a node accounts for itself.
    Flat,
    /// What it and all it calls account for.
    Cum,
    /// How much a picture would miss without it.
    Entropy,
    /// The name of the function.
    Name,
    /// The file, and the line on which the function begins.
    File,
}

impl Graph {
    /// Sorts the nodes that are shown.
    pub(crate) fn sort(&mut self, order: NodeOrder, profile: &Profile) {
        let mut shown = std::mem::take(&mut self.shown);
        self.sort_nodes(&mut shown, order, profile);
        self.shown = shown;
    }

    /// Sorts some nodes.
    pub(crate) fn sort_nodes(&self, nodes: &mut [NodeId], order: NodeOrder, profile: &Profile) {
        let mut rows: Vec<Row<'_>> = nodes.iter().map(|&id| self.row(id, order)).collect();
        rows.sort_by(|a, b| compare(a, b, order, profile));
        for (slot, row) in nodes.iter_mut().zip(rows) {
            *slot = row.id;
        }
    }

    fn row(&self, id: NodeId, order: NodeOrder) -> Row<'_> {
        let node = self.node(id);
        let (score, tie) = match order {
            NodeOrder::Flat => (node.flat, node.cum),
            NodeOrder::Cum => (node.cum, node.flat),
            NodeOrder::Entropy => (self.entropy_score(id), node.flat),
            NodeOrder::Name | NodeOrder::File => (0, 0),
        };
        Row { id, node, score: magnitude(score), tie: magnitude(tie), name: OnceCell::new() }
    }

    /// How important a node is to a picture: much for one that splits or joins calls, little for one that hands all it
    /// gets on to one other.
    fn entropy_score(&self, id: NodeId) -> i64 {
        let node = self.node(id);
        // Where calls begin and end is always worth showing.
        let entries = edge_entropy(|| self.incoming(id), 0).unwrap_or(1.0);
        let exits = edge_entropy(|| self.outgoing(id), node.flat).unwrap_or(1.0);
        as_i64((entries + exits) * as_f64(node.cum)).wrapping_add(node.flat)
    }
}

struct Row<'g> {
    id: NodeId,
    node: &'g Node,
    score: i64,
    tie: i64,
    /// The printable name, once somebody asked for it.
    name: OnceCell<String>,
}

impl Row<'_> {
    fn name(&self, profile: &Profile) -> &str {
        self.name.get_or_init(|| self.node.info.printable_name(profile))
    }
}

fn compare(a: &Row<'_>, b: &Row<'_>, order: NodeOrder, profile: &Profile) -> Ordering {
    let (a_info, b_info) = (&a.node.info, &b.node.info);
    let by_key = match order {
        NodeOrder::Flat | NodeOrder::Cum | NodeOrder::Entropy => b
            .score
            .cmp(&a.score)
            .then_with(|| a.name(profile).cmp(b.name(profile)))
            .then_with(|| b.tie.cmp(&a.tie)),
        NodeOrder::Name => profile.text(a_info.name).cmp(profile.text(b_info.name)),
        NodeOrder::File => profile
            .text(a_info.file)
            .cmp(profile.text(b_info.file))
            .then_with(|| a_info.start_line.cmp(&b_info.start_line)),
    };
    by_key.then_with(|| a_info.sort_text(profile).cmp(&b_info.sort_text(profile)))
}

/// The entropy of the weights of edges, and of what stays at the node itself; none without edges.
fn edge_entropy<'g, E>(edges: impl Fn() -> E, own: i64) -> Option<f64>
where
    E: Iterator<Item = (EdgeId, &'g Edge)>,
{
    edges().next()?;
    // Growth alone makes the whole, while shares are of all: so it is in pprof.
    let growing = edges().map(|(_, edge)| edge.weight).filter(|&weight| weight > 0);
    let total = growing.fold(own, i64::wrapping_add);
    if total == 0 {
        return Some(0.0);
    }
    let information = |weight: i64| {
        let share = as_f64(magnitude(weight)) / as_f64(total);
        -share * share.log2()
    };
    let of_edges: f64 = edges().map(|(_, edge)| information(edge.weight)).sum();
    Some(if own > 0 { of_edges + information(own) } else { of_edges })
}
