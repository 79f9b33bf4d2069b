//! Arrows for calls.

use super::color::{Shade, color};
use super::escaped;
use crate::graph::{Edge, Graph};
use crate::measurement::{as_f64, magnitude};
use crate::report::Report;

/// Writes an arrow. It is the thicker, and pulls its ends together the more, the larger its part of the total is.
pub(super) fn push_edge(
    output: &mut String,
    report: &Report<'_>,
    graph: &Graph,
    edge: &Edge,
    (from, to): (usize, usize),
    is_spread: bool,
) {
    let weight = edge.weight_value();
    let text = report.format_value(weight);
    let mut attributes = format!("label=\" {text}{}\"", if edge.is_inline { "\\n (inline)" } else { "" });
    if report.total != 0 {
        let level =
            |steps: i64| 1 + magnitude(weight.wrapping_mul(steps).wrapping_div(report.total)).min(steps);
        if level(100) > 1 {
            attributes.push_str(&format!(" weight={}", level(100)));
        }
        if level(5) > 1 {
            attributes.push_str(&format!(" penwidth={}", level(5)));
        }
        let score = as_f64(weight) / as_f64(magnitude(report.total));
        attributes.push_str(&format!(" color=\"{}\"", color(score, Shade::Line)));
    }
    let name = |id| escaped(&graph.node(id).info.printable_name(&report.profile));
    let arrow = if edge.is_residual { "..." } else { "->" };
    let tooltip = format!("\"{} {arrow} {} ({text})\"", name(edge.from), name(edge.to));
    attributes.push_str(&format!(" tooltip={tooltip} labeltooltip={tooltip}"));
    if edge.is_residual {
        attributes.push_str(" style=\"dotted\"");
    }
    if is_spread {
        // Room for the tags.
        attributes.push_str(" minlen=2");
    }
    output.push_str(&format!("N{from} -> N{to} [{attributes}]\n"));
}
