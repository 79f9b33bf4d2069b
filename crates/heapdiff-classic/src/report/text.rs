//! `-text` and `-top`: a row for each function.

use super::Report;
use crate::graph::{Graph, NodeId};

pub(super) fn text(report: &mut Report<'_>) -> String {
    let trimmed = report.trimmed_graph();
    let mut output = report.legend(&trimmed, false).join("\n");
    output.push_str("\n      flat  flat%   sum%        cum   cum%\n");
    let graph = &trimmed.graph;
    let mut sum: i64 = 0;
    for &id in &graph.shown {
        let node = graph.node(id);
        let (flat, cum) = (node.flat_value(), node.cum_value());
        sum = sum.wrapping_add(flat);
        output.push_str(&format!(
            "{:>10} {} {} {:>10} {}  {}{}\n",
            report.format_value(flat),
            report.percentage(flat),
            report.percentage(sum),
            report.format_value(cum),
            report.percentage(cum),
            node.info.printable_name(&report.profile),
            inline_mark(graph, id),
        ));
    }
    output
}

/// Says whether the calls of a function were inlined, all or some.
fn inline_mark(graph: &Graph, id: NodeId) -> &'static str {
    let is_inline = || graph.incoming(id).map(|(_, edge)| edge.is_inline);
    if !is_inline().any(|inline| inline) {
        ""
    } else if is_inline().all(|inline| inline) {
        " (inline)"
    } else {
        " (partial-inline)"
    }
}
