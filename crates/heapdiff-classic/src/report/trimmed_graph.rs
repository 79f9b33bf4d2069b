//! The graph of a report: as small as the options ask for.

use super::Report;
use crate::graph::{self, Graph, NodeId, NodeOrder, NodeSet};
use crate::measurement::{as_f64, as_i64, magnitude, scale};
use crate::options::{Format, Sort};
use crate::source_path;

/// A graph, and what was left out of it.
#[derive(Debug)]
pub(super) struct TrimmedGraph {
    pub(super) graph: Graph,
    /// Nodes after the rare ones were dropped, and before only the first were kept.
    pub(super) node_count: usize,
    pub(super) dropped_nodes: usize,
    pub(super) dropped_edges: usize,
}

impl Report<'_> {
    /// The graph of the profile, or of some nodes.
    pub(super) fn graph(&mut self, kept: Option<&NodeSet>) -> Graph {
        self.trim_source_paths();
        let has_inlines =
            self.profile.locations.iter().any(|location| self.profile.lines(location).len() > 1);
        let mut profile = std::mem::take(&mut self.profile);
        let graph = graph::build(&mut profile, &self.graph_options(kept, has_inlines));
        self.profile = profile;
        graph
    }

    fn trim_source_paths(&mut self) {
        let mut last = None;
        for index in 0..self.profile.functions.len() {
            let Some(file) = self.profile.functions.get(index).map(|function| function.filename) else {
                continue;
            };
            let trimmed = match last {
                Some((previous, trimmed)) if previous == file => trimmed,
                _ => {
                    let path = self.profile.text(file);
                    let trimmed =
                        source_path::trimmed(path, &self.config.trim_path, &self.config.source_path);
                    let trimmed = (trimmed.len() != path.len()).then(|| trimmed.to_owned());
                    trimmed.map_or(file, |trimmed| self.profile.strings.intern(&trimmed))
                }
            };
            last = Some((file, trimmed));
            if let Some(function) = self.profile.functions.get_mut(index) {
                function.filename = trimmed;
            }
        }
    }

    /// The graph without rare nodes, of as many nodes as asked for, in order. It also settles the unit of the report.
    pub(super) fn trimmed_graph(&mut self) -> TrimmedGraph {
        let is_picture = self.format == Format::Dot;
        let is_tree = self.config.call_tree && matches!(self.format, Format::Dot | Format::Callgrind);
        let order = match (is_picture, self.config.sort) {
            (true, _) => NodeOrder::Entropy,
            (false, Sort::Cum) => NodeOrder::Cum,
            (false, Sort::Flat) => NodeOrder::Flat,
        };
        let mut graph = self.graph(None);
        // Of the signed sum, although percentages are of the unsigned one: that is pprof's way.
        let sum = as_f64(graph.flat_sum());
        let node_cutoff = magnitude(as_i64(sum * self.config.nodefraction));
        let edge_cutoff = magnitude(as_i64(sum * self.config.edgefraction));
        let mut dropped_nodes = 0;
        if node_cutoff > 0 {
            let kept = graph.frequent_nodes(node_cutoff);
            dropped_nodes = graph.shown.len() - kept.len();
            if dropped_nodes > 0 {
                graph = self.reduced(graph, &kept, is_tree);
            }
        }
        let node_count = graph.shown.len();
        graph.sort(order, &self.profile);
        if let Ok(count @ 1..) = usize::try_from(self.config.nodecount) {
            // Rare tags and edges must not influence which nodes are chosen.
            graph.trim_low_frequency_tags(node_cutoff);
            graph.trim_low_frequency_edges(edge_cutoff);
            let kept = graph.top_nodes(count, is_picture);
            if kept.len() != graph.shown.len() {
                graph = self.reduced(graph, &kept, is_tree);
                graph.sort(order, &self.profile);
            }
        }
        graph.trim_low_frequency_tags(node_cutoff);
        let dropped_edges = graph.trim_low_frequency_edges(edge_cutoff);
        if is_picture {
            graph.remove_redundant_edges(&self.profile);
        }
        self.select_output_unit(&graph);
        TrimmedGraph { graph, node_count, dropped_nodes, dropped_edges }
    }

    /// The graph with some of its nodes only.
    fn reduced(&mut self, mut graph: Graph, kept: &[NodeId], is_tree: bool) -> Graph {
        if is_tree {
            graph.trim_tree(kept, &self.profile);
            return graph;
        }
        let kept = graph.node_set(kept);
        drop(graph);
        self.graph(Some(&kept))
    }

    /// Settles the unit of the report: that of the smallest value, unless the largest would become unreadable.
    fn select_output_unit(&mut self, graph: &Graph) {
        if self.output_unit != "minimum" || graph.shown.is_empty() {
            return;
        }
        let smallest = graph.shown_nodes().filter_map(|node| {
            let flat = magnitude(node.flat_value());
            let value = if flat == 0 { magnitude(node.cum_value()) } else { flat };
            (value > 0).then_some(value)
        });
        let minimum = self.divided(smallest.min().unwrap_or(self.total));
        let maximum = self.divided(self.total);
        let unit_of = |value: i64| scale(value, &self.sample_unit, "minimum").unit.into_owned();
        let mut unit = unit_of(minimum);
        if unit != unit_of(maximum) && minimum.wrapping_mul(100) < maximum && self.format != Format::Callgrind
        {
            // A larger unit, in which the smallest value is still 0.01 at least. Callgrind knows whole numbers only.
            unit = unit_of(minimum.wrapping_mul(100));
        }
        self.output_unit = if unit.is_empty() { self.sample_unit.clone() } else { unit };
    }
}
