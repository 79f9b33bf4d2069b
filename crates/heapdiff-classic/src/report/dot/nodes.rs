//! Boxes for functions, and small boxes for their tags.

use super::color::{Shade, color};
use super::escaped;
use super::name::multiline_name;
use super::tag_groups::collapsed;
use crate::graph::{Graph, NodeId, TAGS_MAX, Tag, sort_tags};
use crate::measurement::{as_f64, as_i64, magnitude};
use crate::report::Report;

/// Size of the smallest text.
const FONT_SIZE_MIN: i64 = 8;
/// By how much larger the text of the largest value is.
const FONT_GROWTH: f64 = 16.0;

/// Writes all boxes; says of each function's whether it has tags.
pub(super) fn push_nodes(output: &mut String, report: &Report<'_>, graph: &Graph) -> Vec<bool> {
    let largest =
        graph.shown_nodes().map(|node| as_f64(magnitude(node.flat_value()))).fold(f64::MIN, f64::max);
    let push = |(&id, number): (&NodeId, usize)| {
        push_node(output, report, graph, id, number, largest);
        let tags = tags(report, graph, id, number);
        output.push_str(&tags);
        !tags.is_empty()
    };
    graph.shown.iter().zip(1..).map(push).collect()
}

fn push_node(
    output: &mut String,
    report: &Report<'_>,
    graph: &Graph,
    id: NodeId,
    number: usize,
    largest: f64,
) {
    let node = graph.node(id);
    let (flat, cum) = (node.flat_value(), node.cum_value());
    let with_part = |value| format!("{} ({})", report.format_value(value), report.percentage(value).trim());
    let mut label = multiline_name(&node.info, &report.profile);
    label.push_str(&if flat == 0 { "0".to_owned() } else { with_part(flat) });
    if cum != flat {
        label.push_str(if flat == 0 { " " } else { "\\n" });
        label.push_str(&format!("of {}", with_part(cum)));
    }
    let mut font_size = FONT_SIZE_MIN;
    if largest != 0.0 && flat != 0 && as_f64(magnitude(flat)) <= largest {
        font_size += as_i64((FONT_GROWTH * (as_f64(magnitude(flat)) / largest).sqrt()).ceil());
    }
    let score = as_f64(cum) / as_f64(magnitude(report.total));
    output.push_str(&format!(
        "N{number} [label=\"{label}\" id=\"node{number}\" fontsize={font_size} shape=box tooltip=\"{} ({})\" color=\"{}\" fillcolor=\"{}\"]\n",
        escaped(&node.info.printable_name(&report.profile)),
        report.format_value(cum),
        color(score, Shade::Line),
        color(score, Shade::Fill),
    ));
}

/// The boxes of a node's tags.
fn tags(report: &Report<'_>, graph: &Graph, id: NodeId, number: usize) -> String {
    let node = graph.node(id);
    let mut output = String::new();
    // A leaf stands for all that was called from it and is not shown; others have their own values only.
    let by_flat = graph.outgoing(id).next().is_some();
    let mut words = graph.word_tags(node);
    sort_tags(&mut words, by_flat);
    for (index, tag) in words.iter().take(TAGS_MAX).enumerate() {
        let value = if by_flat { tag.flat_value() } else { tag.cum_value() };
        if value == 0 {
            continue;
        }
        let name = format!("N{number}_{index}");
        let value = report.format_value(value);
        push_tag(&mut output, &format!("N{number}"), &name, &tag.name, &value, "");
        let below = graph.number_tags(node, &tag.name);
        push_numbers(&mut output, report, below, by_flat, &name);
    }
    push_numbers(&mut output, report, graph.number_tags(node, ""), by_flat, &format!("N{number}"));
    output
}

fn push_numbers(output: &mut String, report: &Report<'_>, tags: Vec<Tag>, by_flat: bool, source: &str) {
    for (index, tag) in collapsed(tags, TAGS_MAX, by_flat).iter().enumerate() {
        let (flat, cum) = (tag.flat_value(), tag.cum_value());
        let (value, style) = if by_flat || flat == cum { (flat, "") } else { (cum, " style=\"dotted\"") };
        if value != 0 {
            let name = format!("N{source}_{index}");
            push_tag(output, source, &name, &tag.name, &report.format_value(value), style);
        }
    }
}

/// A small box and the line to it.
fn push_tag(output: &mut String, source: &str, name: &str, label: &str, value: &str, style: &str) {
    output.push_str(&format!(
        "{name} [label = \"{label}\" id=\"{name}\" fontsize=8 shape=box3d tooltip=\"{value}\"]\n"
    ));
    output.push_str(&format!(
        "{source} -> {name} [label=\" {value}\" weight=100 tooltip=\"{value}\" labeltooltip=\"{value}\"{style}]\n"
    ));
}
