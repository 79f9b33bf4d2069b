//! The graph itself: nodes and edges in two lists, and what is still shown of them.

use super::node_info::NodeInfo;
use super::tags::NodeTags;
use crate::measurement::magnitude;
use crate::profile::{Profile, StringTable};

macro_rules! id {
    ($name:ident, $what:literal) => {
        #[doc = $what]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(u32);

        impl $name {
            pub(super) fn at(index: usize) -> Self {
                // Lists end with memory, long before their ids do.
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }

            pub(crate) fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id!(NodeId, "A node of one graph.");
id!(EdgeId, "An edge of one graph.");

/// A place in the program with its values.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) info: NodeInfo,
    /// In a call tree, the node that it was called from: there, one function is many nodes.
    pub(crate) caller: Option<NodeId>,
    pub(crate) flat: i64,
    pub(crate) flat_divisor: i64,
    pub(crate) cum: i64,
    pub(crate) cum_divisor: i64,
    pub(super) incoming: Vec<EdgeId>,
    pub(super) outgoing: Vec<EdgeId>,
    pub(super) tags: NodeTags,
    /// The last sample that was counted into cum.
    pub(super) last_sample: usize,
}

impl Node {
    pub(super) fn new(info: NodeInfo, caller: Option<NodeId>) -> Self {
        Self {
            info,
            caller,
            flat: 0,
            flat_divisor: 0,
            cum: 0,
            cum_divisor: 0,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            tags: NodeTags::default(),
            last_sample: 0,
        }
    }

    /// What it accounts for itself: a mean where there is something to divide by.
    pub(crate) fn flat_value(&self) -> i64 {
        divided(self.flat, self.flat_divisor)
    }

    /// What it and all it calls account for.
    pub(crate) fn cum_value(&self) -> i64 {
        divided(self.cum, self.cum_divisor)
    }

    pub(super) fn is_negative(&self) -> bool {
        self.flat < 0 || (self.flat == 0 && self.cum < 0)
    }
}

/// Calls from one place to another.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) weight: i64,
    pub(crate) weight_divisor: i64,
    /// Whether there were nodes between the two that are not shown.
    pub(crate) is_residual: bool,
    /// Whether every call was inlined.
    pub(crate) is_inline: bool,
    pub(super) is_removed: bool,
    /// The last sample that was counted.
    pub(super) last_sample: usize,
}

impl Edge {
    /// What the calls account for: a mean where there is something to divide by.
    pub(crate) fn weight_value(&self) -> i64 {
        divided(self.weight, self.weight_divisor)
    }
}

pub(crate) fn divided(value: i64, divisor: i64) -> i64 {
    if divisor == 0 { value } else { value.wrapping_div(divisor) }
}

/// A graph. Nodes that are not shown any more keep their place, and the edges to them: pprof counts and even prints
/// edges whose ends it does not show.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    /// The nodes that are shown, in order.
    pub(crate) shown: Vec<NodeId>,
    /// The texts of tags.
    pub(super) tag_names: StringTable,
    /// What their numbers are counted in.
    pub(super) tag_unit: String,
}

impl Graph {
    /// A node.
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        static NOWHERE: std::sync::LazyLock<Node> =
            std::sync::LazyLock::new(|| Node::new(NodeInfo::default(), None));
        self.nodes.get(id.index()).unwrap_or(&NOWHERE)
    }

    /// The nodes that are shown, in order.
    pub(crate) fn shown_nodes(&self) -> impl ExactSizeIterator<Item = &Node> {
        self.shown.iter().map(|&id| self.node(id))
    }

    /// The edges into a node.
    pub(crate) fn incoming(&self, id: NodeId) -> impl Iterator<Item = (EdgeId, &Edge)> {
        self.present(&self.node(id).incoming)
    }

    /// The edges out of a node.
    pub(crate) fn outgoing(&self, id: NodeId) -> impl Iterator<Item = (EdgeId, &Edge)> {
        self.present(&self.node(id).outgoing)
    }

    fn present(&self, ids: &[EdgeId]) -> impl Iterator<Item = (EdgeId, &Edge)> {
        ids.iter()
            .filter_map(|&id| Some((id, self.edges.get(id.index())?)))
            .filter(|(_, edge)| !edge.is_removed)
    }

    pub(super) fn remove_edge(&mut self, id: EdgeId) {
        if let Some(edge) = self.edges.get_mut(id.index()) {
            edge.is_removed = true;
        }
    }

    /// Edges by weight, the heaviest first, then by the names of their ends.
    pub(crate) fn sorted_edges<'g>(
        &'g self,
        edges: impl Iterator<Item = (EdgeId, &'g Edge)>,
        profile: &Profile,
    ) -> Vec<(EdgeId, &'g Edge)> {
        let mut edges: Vec<_> = edges.collect();
        let name = |id: NodeId| self.node(id).info.printable_name(profile);
        edges.sort_by(|(_, a), (_, b)| {
            let by_weight = magnitude(b.weight).cmp(&magnitude(a.weight)).then(b.weight.cmp(&a.weight));
            by_weight.then_with(|| name(a.from).cmp(&name(b.from))).then_with(|| name(a.to).cmp(&name(b.to)))
        });
        edges
    }

    /// The signed sum of what the shown nodes account for themselves.
    pub(crate) fn flat_sum(&self) -> i64 {
        self.shown_nodes().fold(0, |sum: i64, node| sum.wrapping_add(node.flat))
    }

    /// Shows every node that accounts for something.
    pub(super) fn show_nodes(&mut self, drop_negative: bool) {
        let is_shown =
            |node: &Node| (node.flat != 0 || node.cum != 0) && !(drop_negative && node.is_negative());
        let shown = self.nodes.iter().enumerate().filter(|(_, node)| is_shown(node));
        self.shown = shown.map(|(index, _)| NodeId::at(index)).collect();
    }

    /// Enters every edge at its two ends.
    pub(super) fn attach_edges(&mut self) {
        for (index, edge) in self.edges.iter().enumerate() {
            let id = EdgeId::at(index);
            if let Some(node) = self.nodes.get_mut(edge.from.index()) {
                node.outgoing.push(id);
            }
            if let Some(node) = self.nodes.get_mut(edge.to.index()) {
                node.incoming.push(id);
            }
        }
    }
}
