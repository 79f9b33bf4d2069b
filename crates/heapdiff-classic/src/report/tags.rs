//! `-tags`: how much each value of each label accounts for.

use super::Report;
use super::tab_columns::align_right;
use crate::measurement::{decimal, magnitude, percentage, scale, scaled_label};
use crate::profile::LabelValue;
use std::collections::BTreeMap;

pub(super) fn tags(report: &Report<'_>) -> String {
    let mut output = String::new();
    for (key, values) in sums(report) {
        let total = values.values().fold(0, |sum: i64, &value| sum.wrapping_add(value));
        output.push_str(&format!("{key}:\t Total {}\n", value_text(report, total)));
        let mut rows: Vec<(String, i64)> = values.into_iter().collect();
        rows.sort_by(|(a_name, a), (b_name, b)| {
            magnitude(*b).cmp(&magnitude(*a)).then_with(|| a_name.cmp(b_name))
        });
        for (name, value) in rows {
            let part = if total > 0 { format!(" ({})", percentage(value, total)) } else { String::new() };
            output.push_str(&format!(" \t{}{part}:\t {name}\n", value_text(report, value)));
        }
        output.push('\n');
    }
    align_right(&output)
}

fn value_text(report: &Report<'_>, value: i64) -> String {
    let scaled = scale(value, &report.sample_unit, &report.output_unit);
    format!("{}{}", decimal(scaled.value, 1), scaled.unit)
}

/// By key, then by value: the sum over the samples that have it.
fn sums<'r>(report: &'r Report<'_>) -> BTreeMap<&'r str, BTreeMap<String, i64>> {
    let profile = &report.profile;
    let mut by_set = vec![0_i64; profile.label_sets.len()];
    let mut is_used = vec![false; profile.label_sets.len()];
    for sample in profile.samples.iter() {
        let (value, _) = report.measure.of(&sample);
        let set = sample.labels.index();
        if let (Some(sum), Some(used)) = (by_set.get_mut(set), is_used.get_mut(set)) {
            *sum = sum.wrapping_add(value);
            *used = true;
        }
    }
    let mut sums: BTreeMap<&str, BTreeMap<String, i64>> = BTreeMap::new();
    let sets = profile.label_sets.ids().zip(by_set.iter().zip(&is_used));
    for (set, (value, _)) in sets.filter(|(_, (_, used))| **used) {
        for label in profile.label_sets.get(set) {
            let text = match label.value {
                LabelValue::Text(text) => profile.text(text).to_owned(),
                LabelValue::Number { value, .. } => {
                    scaled_label(value, report.label_unit(label.key), &report.output_unit)
                }
            };
            let sum = sums.entry(profile.text(label.key)).or_default().entry(text).or_insert(0);
            *sum = sum.wrapping_add(*value);
        }
    }
    sums
}
