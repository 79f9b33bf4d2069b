//! `-dot`: the graph in Graphviz's language.

mod color;
mod edges;
mod name;
mod nodes;
mod tag_groups;

use super::Report;
use super::trimmed_graph::TrimmedGraph;
use crate::path;
use std::collections::BTreeMap;

pub(super) fn dot(report: &mut Report<'_>) -> String {
    let trimmed = report.trimmed_graph();
    let report = &*report;
    let mapping = report.profile.mappings.first().filter(|mapping| !mapping.file.is_empty());
    let title = mapping.map_or("", |mapping| path::base(report.profile.text(mapping.file)));
    let mut output = format!("digraph \"{}\" {{\n", if title.is_empty() { "unnamed" } else { title });
    output.push_str("node [style=filled fillcolor=\"#f8f8f8\"]\n");
    push_legend(&mut output, &report.legend(&trimmed, true), title);
    push_graph(&mut output, report, &trimmed);
    output.push_str("}\n");
    output
}

fn push_legend(output: &mut String, lines: &[String], title: &str) {
    let Some(first) = lines.first() else { return };
    let label: String = lines.iter().map(|line| format!("{}\\l", escaped(line))).collect();
    output.push_str(&format!(
        "subgraph cluster_L {{ \"{}\" [shape=box fontsize=16 label=\"{label}\"",
        escaped(first)
    ));
    if !title.is_empty() {
        output.push_str(&format!(" tooltip=\"{title}\""));
    }
    output.push_str("] }\n");
}

fn push_graph(output: &mut String, report: &Report<'_>, trimmed: &TrimmedGraph) {
    let graph = &trimmed.graph;
    let numbers: BTreeMap<_, usize> = graph.shown.iter().copied().zip(1..).collect();
    let has_tags = nodes::push_nodes(output, report, graph);
    let edges = graph.shown.iter().flat_map(|&id| graph.outgoing(id));
    for (_, edge) in graph.sorted_edges(edges, &report.profile) {
        // An end that is not shown has no number; pprof prints 0 for it.
        let number = |id| numbers.get(&id).copied().unwrap_or(0);
        let from = number(edge.from);
        let is_spread = from.checked_sub(1).and_then(|index| has_tags.get(index)).copied().unwrap_or(false);
        edges::push_edge(output, report, graph, edge, (from, number(edge.to)), is_spread);
    }
}

/// Text within a string of Graphviz's.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\l")
}
