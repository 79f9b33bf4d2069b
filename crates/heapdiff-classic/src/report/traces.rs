//! `-traces`: every stack with its labels.

use super::Report;
use crate::graph::{NodeInfo, location_nodes};
use crate::measurement::label;
use crate::profile::{LabelValue, Sample, StringId};
use std::collections::BTreeMap;

const SEPARATOR: &str = "-----------+-------------------------------------------------------\n";

pub(super) fn traces(report: &mut Report<'_>) -> String {
    let places = location_nodes(&mut report.profile);
    let report = &*report;
    let mut output = report.profile_legend().join("\n");
    output.push('\n');
    for sample in report.profile.samples.iter() {
        push_trace(&mut output, report, &places, &sample);
    }
    output.push_str(SEPARATOR);
    output
}

fn push_trace(output: &mut String, report: &Report<'_>, places: &[Vec<NodeInfo>], sample: &Sample<'_>) {
    let frames = sample.stack.iter().filter_map(|location| places.get(location.index())).flat_map(|places| {
        let outermost = places.len();
        places.iter().zip(1..).map(move |(place, depth)| (place, depth != outermost))
    });
    let (value, divisor) = report.measure.of(sample);
    let mut value = report.format_value(if divisor == 0 { value } else { value.wrapping_div(divisor) });
    if sample.stack.is_empty() {
        return;
    }
    output.push_str(SEPARATOR);
    push_labels(output, report, sample);
    for (place, is_inline) in frames {
        let name = place.printable_name(&report.profile);
        let mark = if is_inline { " (inline)" } else { "" };
        output.push_str(&format!("{value:>10}   {name}{mark}\n"));
        value.clear();
    }
}

/// A line for each key: the words first, then the numbers.
fn push_labels(output: &mut String, report: &Report<'_>, sample: &Sample<'_>) {
    let profile = &report.profile;
    let mut words: BTreeMap<StringId, Vec<String>> = BTreeMap::new();
    let mut numbers: BTreeMap<StringId, Vec<String>> = BTreeMap::new();
    for entry in profile.label_sets.get(sample.labels) {
        match entry.value {
            LabelValue::Text(text) => {
                words.entry(entry.key).or_default().push(profile.text(text).to_owned());
            }
            LabelValue::Number { value, .. } => {
                numbers.entry(entry.key).or_default().push(label(value, report.label_unit(entry.key)));
            }
        }
    }
    for labels in [words, numbers] {
        let line = |(key, values): (StringId, Vec<String>)| {
            format!("{:>10}:  {}\n", profile.text(key), values.join(" "))
        };
        let mut lines: Vec<String> = labels.into_iter().map(line).collect();
        lines.sort_unstable();
        output.extend(lines);
    }
}
