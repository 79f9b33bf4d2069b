//! `-tree` and `-peek`: every function with its callers above it and its callees below.

use super::{Report, ReportError};
use crate::graph::{Graph, NodeId};
use crate::measurement::percentage;

const SEPARATOR: &str = "----------------------------------------------------------+-------------\n";
const HEADING: &str = "      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t \n";

pub(super) fn tree(report: &mut Report<'_>) -> Result<String, ReportError> {
    let trimmed = report.trimmed_graph();
    let graph = &trimmed.graph;
    let mut output = report.legend(&trimmed, false).join("\n");
    output.push('\n');
    output.push_str(SEPARATOR);
    output.push_str(HEADING);
    let mut sum: i64 = 0;
    let mut is_empty = true;
    for &id in &graph.shown {
        let name = graph.node(id).info.printable_name(&report.profile);
        if report.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(&name)) {
            continue;
        }
        is_empty = false;
        output.push_str(SEPARATOR);
        push_node(&mut output, report, graph, id, &name, &mut sum);
    }
    if !graph.shown.is_empty() {
        output.push_str(SEPARATOR);
    }
    match &report.pattern {
        Some(pattern) if is_empty => Err(ReportError::NoMatches { pattern: pattern.as_str().to_owned() }),
        _ => Ok(output),
    }
}

fn push_node(output: &mut String, report: &Report<'_>, graph: &Graph, id: NodeId, name: &str, sum: &mut i64) {
    let node = graph.node(id);
    let (flat, cum) = (node.flat_value(), node.cum_value());
    let push_edge = |output: &mut String, weight: i64, other: NodeId, is_inline: bool| {
        output.push_str(&format!(
            "{:>50} {} |   {}{}\n",
            report.format_value(weight),
            percentage(weight, cum),
            graph.node(other).info.printable_name(&report.profile),
            if is_inline { " (inline)" } else { "" },
        ));
    };
    for (_, edge) in graph.sorted_edges(graph.incoming(id), &report.profile) {
        push_edge(output, edge.weight, edge.from, edge.is_inline);
    }
    *sum = sum.wrapping_add(flat);
    output.push_str(&format!(
        "{:>10} {} {} {:>10} {}                | {name}\n",
        report.format_value(flat),
        report.percentage(flat),
        report.percentage(*sum),
        report.format_value(cum),
        report.percentage(cum),
    ));
    for (_, edge) in graph.sorted_edges(graph.outgoing(id), &report.profile) {
        push_edge(output, edge.weight, edge.to, edge.is_inline);
    }
}
