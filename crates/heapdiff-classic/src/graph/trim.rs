//! What is left out of a graph so that it can be read.

use super::arena::{EdgeId, Graph, NodeId};
use super::build::NodeSet;
use super::tags::flat_tag_count;
use crate::measurement::magnitude;
use crate::profile::Profile;
use std::collections::{BTreeSet, VecDeque};

/// How many tags a node has in a picture at most: of words, and of numbers.
pub(crate) const TAGS_MAX: usize = 4;

impl Graph {
    /// The shown nodes whose cum is at least `cutoff`.
    pub(crate) fn frequent_nodes(&self, cutoff: i64) -> Vec<NodeId> {
        self.shown.iter().copied().filter(|&id| magnitude(self.node(id).cum) >= cutoff).collect()
    }

    /// The first nodes, at most `count`. For a picture a tag takes the place of a node.
    pub(crate) fn top_nodes(&self, count: usize, is_picture: bool) -> Vec<NodeId> {
        let mut count = count;
        if is_picture {
            let mut boxes = 0;
            for (position, node) in self.shown_nodes().enumerate() {
                boxes += flat_tag_count(node).min(TAGS_MAX) + 1;
                if boxes >= count {
                    count = position + 1;
                    break;
                }
            }
        }
        self.shown.iter().copied().take(count).collect()
    }

    /// What tells these nodes from others, for making the graph anew with them alone.
    pub(crate) fn node_set(&self, nodes: &[NodeId]) -> NodeSet {
        nodes.iter().map(|&id| self.node(id).info).collect()
    }

    /// Removes edges into shown nodes that weigh less than `cutoff`; returns how many.
    pub(crate) fn trim_low_frequency_edges(&mut self, cutoff: i64) -> usize {
        let is_light = |id: &NodeId| {
            let light = self.incoming(*id).filter(|(_, edge)| magnitude(edge.weight) < cutoff);
            light.map(|(edge, _)| edge).collect::<Vec<_>>()
        };
        let light: Vec<EdgeId> = self.shown.iter().flat_map(is_light).collect();
        for &edge in &light {
            self.remove_edge(edge);
        }
        light.len()
    }

    /// Keeps of a tree only `kept`; what hung below a removed node is hung to the next one above it.
    pub(crate) fn trim_tree(&mut self, kept: &[NodeId], profile: &Profile) {
        let kept: BTreeSet<NodeId> = kept.iter().copied().collect();
        for id in std::mem::take(&mut self.shown) {
            if kept.contains(&id) {
                self.shown.push(id);
            } else {
                self.cut_out(id);
            }
        }
        self.remove_redundant_edges(profile);
    }

    fn cut_out(&mut self, id: NodeId) {
        let above = self.incoming(id).next().map(|(edge, above)| (edge, above.from, above.is_inline));
        let below: Vec<EdgeId> = self.outgoing(id).map(|(edge, _)| edge).collect();
        let Some((edge_above, caller, is_inline)) = above else {
            for edge in below {
                self.remove_edge(edge);
            }
            return;
        };
        self.remove_edge(edge_above);
        for edge in &below {
            if let Some(edge) = self.edges.get_mut(edge.index()) {
                edge.from = caller;
                edge.is_residual = true;
                edge.is_inline &= is_inline;
            }
        }
        if let Some(node) = self.nodes.get_mut(id.index()) {
            node.outgoing.clear();
        }
        if let Some(caller) = self.nodes.get_mut(caller.index()) {
            caller.outgoing.extend(below);
        }
    }

    /// Removes residual edges whose ends are connected in another way. The lightest go first, and none that is heavier
    /// than an edge which stays.
    pub(crate) fn remove_redundant_edges(&mut self, profile: &Profile) {
        for position in (0..self.shown.len()).rev() {
            let Some(&id) = self.shown.get(position) else { continue };
            let incoming: Vec<(EdgeId, bool)> = self
                .sorted_edges(self.incoming(id), profile)
                .into_iter()
                .map(|(edge_id, edge)| (edge_id, edge.is_residual))
                .collect();
            for (edge, is_residual) in incoming.into_iter().rev() {
                if !is_residual {
                    break;
                }
                if self.is_redundant(edge) {
                    self.remove_edge(edge);
                }
            }
        }
    }

    /// Whether there is another way between the ends of an edge.
    fn is_redundant(&self, id: EdgeId) -> bool {
        let Some(edge) = self.edges.get(id.index()) else { return false };
        let mut seen = BTreeSet::from([edge.to]);
        let mut queue = VecDeque::from([edge.to]);
        while let Some(node) = queue.pop_front() {
            for (other, incoming) in self.incoming(node) {
                if other == id || seen.contains(&incoming.from) {
                    continue;
                }
                if incoming.from == edge.from {
                    return true;
                }
                seen.insert(incoming.from);
                queue.push_back(incoming.from);
            }
        }
        false
    }
}
