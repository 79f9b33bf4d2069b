//! A tree of calls: one function called in two ways is two nodes.

use super::arena::{Graph, Node, NodeId};
use super::build::{EdgeIndex, GraphOptions, add_cum, count_flat, infos};
use super::node_info::NodeInfo;
use super::tags::TagSets;
use crate::profile::{Profile, StringId};
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher as _;

/// Nodes by what they are and who calls them.
#[derive(Default)]
struct TreeIndex {
    nodes: HashTable<NodeId>,
    hasher: FixedState,
}

impl TreeIndex {
    fn find_or_add(&mut self, graph: &mut Graph, caller: Option<NodeId>, info: NodeInfo) -> NodeId {
        let hash = self.hasher.hash_one((caller, info));
        let key = |graph: &Graph, id: &NodeId| (graph.node(*id).caller, graph.node(*id).info);
        if let Some(id) = self.nodes.find(hash, |id| key(graph, id) == (caller, info)) {
            return *id;
        }
        let id = NodeId::at(graph.nodes.len());
        graph.nodes.push(Node::new(info, caller));
        let hasher = &self.hasher;
        self.nodes.insert_unique(hash, id, |id| hasher.hash_one(key(graph, id)));
        id
    }
}

/// Counts every sample. A function that calls itself is a node below itself, so nothing is counted twice.
pub(super) fn add_samples(
    graph: &mut Graph,
    profile: &Profile,
    options: &GraphOptions<'_>,
    files: &[StringId],
    tags: Option<&TagSets>,
) {
    let mut index = TreeIndex::default();
    let mut edge_index = EdgeIndex::default();
    for sample in profile.samples.iter() {
        let (weight, divisor) = options.measure.of(&sample);
        if weight == 0 && divisor == 0 {
            continue;
        }
        let mut caller: Option<NodeId> = None;
        for location in sample.stack.iter().rev() {
            let places = infos(profile, profile.location(*location), options.keep_objects, files);
            let outermost = places.len() - 1;
            for (depth, info) in places.enumerate().rev() {
                let node = index.find_or_add(graph, caller, info);
                if let Some(node) = graph.nodes.get_mut(node.index()) {
                    add_cum(node, weight, divisor, tags.map(|tags| (tags, &sample)));
                }
                if let Some(caller) = caller
                    && let Some(edge) = edge_index.find_or_add(&mut graph.edges, (caller, node))
                {
                    edge.weight = edge.weight.wrapping_add(weight);
                    edge.weight_divisor = edge.weight_divisor.wrapping_add(divisor);
                    edge.is_inline &= depth != outermost;
                }
                caller = Some(node);
            }
        }
        if let Some(leaf) = caller {
            count_flat(graph, leaf, weight, divisor, tags.map(|tags| (tags, &sample)));
        }
    }
}
