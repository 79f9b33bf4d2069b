//! A graph from samples.

use super::arena::{Edge, EdgeId, Graph, Node, NodeId};
use super::node_info::NodeInfo;
use super::tags::{TagSets, TagUnits};
use crate::path;
use crate::profile::{Location, Profile, Sample, StringId};
use foldhash::fast::FixedState;
use hashbrown::{HashSet, HashTable};
use std::hash::BuildHasher as _;

/// Which value of a sample counts, and whether it is a mean.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure {
    pub(crate) column: usize,
    /// Whether values are divided by the sample's first one.
    pub(crate) is_mean: bool,
}

impl Measure {
    /// The value of a sample, and what to divide it by; 0 for nothing.
    pub(crate) fn of(&self, sample: &Sample<'_>) -> (i64, i64) {
        let value = sample.values.get(self.column).copied().unwrap_or(0);
        let divisor = if self.is_mean { sample.values.first().copied().unwrap_or(0) } else { 0 };
        (value, divisor)
    }
}

/// Places that a smaller graph consists of.
pub(crate) type NodeSet = HashSet<NodeInfo, FixedState>;

/// How to make a graph.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each report wants another part of the graph")]
pub(crate) struct GraphOptions<'o> {
    pub(crate) measure: Measure,
    /// Whether functions of different mapped files are different.
    pub(crate) keep_objects: bool,
    /// Whether one function called in two ways is two nodes.
    pub(crate) is_tree: bool,
    pub(crate) drop_negative: bool,
    /// Whether calls matter. Without them no edges are made.
    pub(crate) has_edges: bool,
    /// The units of tags' numbers, if tags matter.
    pub(crate) tag_units: Option<TagUnits<'o>>,
    /// The only nodes to make, if not all.
    pub(crate) kept: Option<&'o NodeSet>,
}

/// Makes a graph of a profile.
pub(crate) fn build(profile: &mut Profile, options: &GraphOptions<'_>) -> Graph {
    let files = clean_files(profile);
    let mut graph = Graph::default();
    if let Some(units) = options.tag_units {
        units.from.clone_into(&mut graph.tag_unit);
    }
    let tags = options.tag_units.map(|units| TagSets::new(profile, units, &mut graph.tag_names));
    if options.is_tree {
        super::tree::add_samples(&mut graph, profile, options, &files, tags.as_ref());
    } else {
        let locations = nodes_of_locations(&mut graph, profile, options, &files);
        add_samples(&mut graph, profile, options, &locations, tags.as_ref());
    }
    graph.attach_edges();
    graph.show_nodes(options.drop_negative);
    graph
}

/// The places of each location, innermost first, for reports that need no graph.
pub(crate) fn location_nodes(profile: &mut Profile) -> Vec<Vec<NodeInfo>> {
    let files = clean_files(profile);
    let of = |location: &Location| infos(profile, location, false, &files).collect();
    profile.locations.iter().map(of).collect()
}

/// The cleaned path of each function's file, as a text of the profile.
fn clean_files(profile: &mut Profile) -> Vec<StringId> {
    let mut last = (StringId::EMPTY, StringId::EMPTY);
    let mut files = Vec::with_capacity(profile.functions.len());
    for index in 0..profile.functions.len() {
        let file = profile.functions.get(index).map_or(StringId::EMPTY, |function| function.filename);
        if file != last.0 {
            let cleaned = if file.is_empty() { String::new() } else { path::clean(profile.text(file)) };
            last = (file, profile.strings.intern(&cleaned));
        }
        files.push(last.1);
    }
    files
}

/// The places of a location: one for each line, or one for its address.
pub(super) fn infos<'p>(
    profile: &'p Profile,
    location: &'p Location,
    keep_objects: bool,
    files: &'p [StringId],
) -> impl ExactSizeIterator<Item = NodeInfo> + DoubleEndedIterator + 'p {
    let lines = profile.lines(location);
    (0..lines.len().max(1)).map(move |index| {
        let line = lines.get(index);
        let file = line.and_then(|line| files.get(line.function.index())).copied().unwrap_or_default();
        NodeInfo::new(profile, location, line, file, keep_objects)
    })
}

/// The nodes of each location, innermost first; none where a node is not kept.
struct LocationNodes {
    nodes: Vec<Option<NodeId>>,
    /// Where the nodes of each location end.
    ends: Vec<usize>,
}

impl LocationNodes {
    fn of(&self, location: usize) -> &[Option<NodeId>] {
        let start = location.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(location).and_then(|&end| self.nodes.get(start..end)).unwrap_or(&[])
    }
}

fn nodes_of_locations(
    graph: &mut Graph,
    profile: &Profile,
    options: &GraphOptions<'_>,
    files: &[StringId],
) -> LocationNodes {
    let hasher = FixedState::default();
    let mut index: HashTable<NodeId> = HashTable::new();
    let mut locations = LocationNodes { nodes: Vec::new(), ends: Vec::new() };
    for location in &profile.locations {
        for info in infos(profile, location, options.keep_objects, files) {
            let is_kept = options.kept.is_none_or(|kept| kept.contains(&info));
            let nodes = &mut graph.nodes;
            let node = is_kept.then(|| {
                let is_it = |id: &NodeId| nodes.get(id.index()).is_some_and(|node: &Node| node.info == info);
                let hash = hasher.hash_one(info);
                if let Some(id) = index.find(hash, is_it) {
                    return *id;
                }
                let id = NodeId::at(nodes.len());
                nodes.push(Node::new(info, None));
                let hash_of =
                    |id: &NodeId| nodes.get(id.index()).map_or(0, |node| hasher.hash_one(node.info));
                index.insert_unique(hash, id, hash_of);
                id
            });
            locations.nodes.push(node);
        }
        locations.ends.push(locations.nodes.len());
    }
    locations
}

/// Edges by their ends.
#[derive(Default)]
pub(super) struct EdgeIndex {
    edges: HashTable<EdgeId>,
    hasher: FixedState,
}

impl EdgeIndex {
    /// The edge between two nodes, which is made if it is new.
    pub(super) fn find_or_add<'e>(
        &mut self,
        edges: &'e mut Vec<Edge>,
        (from, to): (NodeId, NodeId),
    ) -> Option<&'e mut Edge> {
        let hash = self.hasher.hash_one((from, to));
        let ends = |id: &EdgeId| edges.get(id.index()).map(|edge: &Edge| (edge.from, edge.to));
        let found = self.edges.find(hash, |id| ends(id) == Some((from, to))).copied();
        let id = found.unwrap_or_else(|| {
            let id = EdgeId::at(edges.len());
            edges.push(Edge {
                from,
                to,
                weight: 0,
                weight_divisor: 0,
                is_residual: false,
                is_inline: true,
                is_removed: false,
                last_sample: 0,
            });
            let hasher = &self.hasher;
            let key =
                |id: &EdgeId| edges.get(id.index()).map_or(0, |edge| hasher.hash_one((edge.from, edge.to)));
            self.edges.insert_unique(hash, id, key);
            id
        });
        edges.get_mut(id.index())
    }
}

fn add_samples(
    graph: &mut Graph,
    profile: &Profile,
    options: &GraphOptions<'_>,
    locations: &LocationNodes,
    tags: Option<&TagSets>,
) {
    let mut edge_index = EdgeIndex::default();
    for (sample_number, sample) in (1..).zip(profile.samples.iter()) {
        let (weight, divisor) = options.measure.of(&sample);
        if weight == 0 && divisor == 0 {
            continue;
        }
        let mut caller: Option<NodeId> = None;
        // Whether nodes were passed that are not kept.
        let mut is_residual = false;
        for location in sample.stack.iter().rev() {
            let nodes = locations.of(location.index());
            for (depth, node) in nodes.iter().enumerate().rev() {
                let Some(node) = *node else {
                    is_residual = true;
                    continue;
                };
                let is_inline = depth + 1 != nodes.len();
                count_cum(graph, node, sample_number, weight, divisor, tags.map(|tags| (tags, &sample)));
                if let Some(caller) = caller
                    && options.has_edges
                    && caller != node
                    && let Some(edge) = edge_index.find_or_add(&mut graph.edges, (caller, node))
                    && edge.last_sample != sample_number
                {
                    edge.last_sample = sample_number;
                    edge.weight = edge.weight.wrapping_add(weight);
                    edge.weight_divisor = edge.weight_divisor.wrapping_add(divisor);
                    edge.is_residual |= is_residual;
                    edge.is_inline &= is_inline;
                }
                caller = Some(node);
                is_residual = false;
            }
        }
        if let Some(leaf) = caller
            && !is_residual
        {
            count_flat(graph, leaf, weight, divisor, tags.map(|tags| (tags, &sample)));
        }
    }
}

/// Counts a sample into the cum of a node, once.
fn count_cum(
    graph: &mut Graph,
    node: NodeId,
    sample_number: usize,
    weight: i64,
    divisor: i64,
    tags: Option<(&TagSets, &Sample<'_>)>,
) {
    let Some(node) = graph.nodes.get_mut(node.index()) else { return };
    if node.last_sample != sample_number {
        node.last_sample = sample_number;
        add_cum(node, weight, divisor, tags);
    }
}

pub(super) fn add_cum(node: &mut Node, weight: i64, divisor: i64, tags: Option<(&TagSets, &Sample<'_>)>) {
    node.cum = node.cum.wrapping_add(weight);
    node.cum_divisor = node.cum_divisor.wrapping_add(divisor);
    if let Some((tags, sample)) = tags {
        tags.add(node, sample.labels.index(), weight, divisor, false);
    }
}

pub(super) fn count_flat(
    graph: &mut Graph,
    node: NodeId,
    weight: i64,
    divisor: i64,
    tags: Option<(&TagSets, &Sample<'_>)>,
) {
    let Some(node) = graph.nodes.get_mut(node.index()) else { return };
    node.flat = node.flat.wrapping_add(weight);
    node.flat_divisor = node.flat_divisor.wrapping_add(divisor);
    if let Some((tags, sample)) = tags {
        tags.add(node, sample.labels.index(), weight, divisor, true);
    }
}
