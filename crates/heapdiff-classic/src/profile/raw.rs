//! A profile as text, for `-raw`.

use super::entities::{Location, Mapping};
use super::label_sets::{Label, LabelValue};
use super::model::Profile;
use super::samples::Sample;
use std::fmt::Write;

const LABEL_INDENT: &str = "                ";

impl Profile {
    /// Everything in the profile as text. `time` is how the profile's time reads, as pprof prints it.
    #[must_use]
    pub fn raw(&self, time: &str) -> String {
        let mut text = String::new();
        self.write_header(&mut text, time);
        text.push_str("Samples:\n");
        let sample_types: Vec<String> = self
            .sample_types
            .iter()
            .map(|kind| {
                let default = if kind.kind == self.default_sample_type { "[dflt]" } else { "" };
                format!("{}/{}{default}", self.text(kind.kind), self.text(kind.unit))
            })
            .collect();
        text.push_str(sample_types.join(" ").trim());
        text.push('\n');
        for sample in self.samples.iter() {
            self.write_sample(&mut text, sample);
        }
        text.push_str("Locations\n");
        for location in &self.locations {
            self.write_location(&mut text, location);
        }
        text.push_str("Mappings\n");
        for mapping in &self.mappings {
            self.write_mapping(&mut text, mapping);
        }
        text
    }

    fn write_header(&self, text: &mut String, time: &str) {
        for &comment in &self.comments {
            line(text, format_args!("Comment: {}", self.text(comment)));
        }
        if !self.doc_url.is_empty() {
            line(text, format_args!("Doc: {}", self.text(self.doc_url)));
        }
        let (kind, unit) = (self.text(self.period_type.kind), self.text(self.period_type.unit));
        line(text, format_args!("PeriodType: {kind} {unit}"));
        line(text, format_args!("Period: {}", self.period));
        if self.time_nanos != 0 {
            line(text, format_args!("Time: {time}"));
        }
        if self.duration_nanos != 0 {
            let duration: String = duration(self.duration_nanos).chars().take(4).collect();
            line(text, format_args!("Duration: {duration}"));
        }
    }

    fn write_sample(&self, text: &mut String, sample: Sample<'_>) {
        // Writing to a text cannot fail.
        for value in sample.values {
            let _ = write!(text, " {value:10}");
        }
        text.push_str(": ");
        for &location in sample.stack {
            let _ = write!(text, "{} ", self.location(location).id);
        }
        text.push('\n');
        let labels = self.label_sets.get(sample.labels);
        let numbers_from = labels.partition_point(|label| matches!(label.value, LabelValue::Text(_)));
        for part in [labels.get(..numbers_from), labels.get(numbers_from..)] {
            let mut shown: Vec<String> = part
                .unwrap_or_default()
                .chunk_by(|one, other| one.key == other.key)
                .map(|values| self.label_text(values))
                .collect();
            if !shown.is_empty() {
                shown.sort_unstable();
                line(text, format_args!("{LABEL_INDENT}{}", shown.join(" ")));
            }
        }
    }

    /// The labels of one key: `key:[value value]`.
    fn label_text(&self, labels: &[Label]) -> String {
        let has_units = labels
            .iter()
            .any(|label| matches!(label.value, LabelValue::Number { unit, .. } if !unit.is_empty()));
        let values: Vec<String> = labels
            .iter()
            .map(|label| match label.value {
                LabelValue::Text(word) => self.text(word).to_owned(),
                LabelValue::Number { value, unit } if has_units => format!("{value} {}", self.text(unit)),
                LabelValue::Number { value, .. } => value.to_string(),
            })
            .collect();
        let key = labels.first().map_or("", |label| self.text(label.key));
        format!("{key}:[{}]", values.join(" "))
    }

    fn write_location(&self, text: &mut String, location: &Location) {
        let _ = write!(text, "{:6}: {:#x} ", location.id, location.address);
        if location.mapping.is_some() {
            let _ = write!(text, "M={} ", self.mapping_number(location));
        }
        if location.is_folded {
            text.push_str("[F] ");
        }
        let lines = self.lines(location);
        if lines.is_empty() {
            text.push('\n');
        }
        for (place, source) in lines.iter().enumerate() {
            if place > 0 {
                text.push_str("             ");
            }
            let function = self.function(source.function);
            let (name, filename) = (self.text(function.name), self.text(function.filename));
            let (at, column, start) = (source.line, source.column, function.start_line);
            let _ = write!(text, "{name} {filename}:{at}:{column} s={start}");
            if function.name != function.system_name {
                let _ = write!(text, "({})", self.text(function.system_name));
            }
            text.push('\n');
        }
    }

    fn write_mapping(&self, text: &mut String, mapping: &Mapping) {
        let flags = [
            (mapping.has_functions, "[FN]"),
            (mapping.has_filenames, "[FL]"),
            (mapping.has_line_numbers, "[LN]"),
            (mapping.has_inline_frames, "[IN]"),
        ];
        let flags: String = flags.into_iter().filter_map(|(is_set, flag)| is_set.then_some(flag)).collect();
        let Mapping { id, start, limit, offset, .. } = mapping;
        let (file, build_id) = (self.text(mapping.file), self.text(mapping.build_id));
        line(text, format_args!("{id}: {start:#x}/{limit:#x}/{offset:#x} {file} {build_id} {flags}"));
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    let _ = writeln!(text, "{line}");
}

/// A duration as Go prints it: `1h2m3.5s`, `1.5ms`, `12µs`, `7ns`.
fn duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    match nanos {
        0 => "0s".into(),
        1..1_000 => format!("{sign}{nanos}ns"),
        1_000..1_000_000 => format!("{sign}{}µs", decimal(nanos, 1_000)),
        1_000_000..1_000_000_000 => format!("{sign}{}ms", decimal(nanos, 1_000_000)),
        _ => {
            let minutes = nanos / 60_000_000_000;
            let seconds = decimal(nanos % 60_000_000_000, 1_000_000_000);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{sign}{seconds}s"),
                (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

/// `value / unit` exactly, without zeros at the end; `unit` is a power of ten.
fn decimal(value: u64, unit: u64) -> String {
    let digits = unit.ilog10() as usize;
    let fraction = format!("{:0digits$}", value % unit);
    match fraction.trim_end_matches('0') {
        "" => (value / unit).to_string(),
        fraction => format!("{}.{fraction}", value / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_in_go() {
        let texts =
            [1, 1_500, 2_000_000, 1_500_000_000, 61_000_000_000, 3_723_500_000_000, -5_000].map(duration);
        assert_eq!(texts, ["1ns", "1.5µs", "2ms", "1.5s", "1m1s", "1h2m3.5s", "-5µs"]);
    }
}
