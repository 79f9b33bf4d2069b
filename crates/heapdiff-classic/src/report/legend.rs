//! The lines above a report: what the profile is of, and how much of it is shown.

use super::Report;
use super::trimmed_graph::TrimmedGraph;
use crate::measurement::{as_f64, as_i64, label, magnitude, percentage, scale};
use crate::path;

/// A filter is cut after this many bytes.
const FILTER_LENGTH_MAX: usize = 80;

impl Report<'_> {
    /// What the profile says about itself.
    pub(crate) fn profile_legend(&self) -> Vec<String> {
        let profile = &self.profile;
        let mut lines = Vec::new();
        if let Some(mapping) = profile.mappings.first() {
            if !mapping.file.is_empty() {
                lines.push(format!("File: {}", path::base(profile.text(mapping.file))));
            }
            if !mapping.build_id.is_empty() {
                lines.push(format!("Build ID: {}", profile.text(mapping.build_id)));
            }
        }
        let comments = profile.comments.iter().map(|&comment| profile.text(comment));
        lines.extend(comments.filter(|comment| !comment.starts_with('#')).map(str::to_owned));
        if !self.sample_type.is_empty() {
            lines.push(format!("Type: {}", self.sample_type));
        }
        if !profile.doc_url.is_empty() {
            lines.push(format!("Doc: {}", profile.text(profile.doc_url)));
        }
        if profile.time_nanos != 0 {
            lines.push(format!("Time: {}", (self.outside.local_time)(profile.time_nanos).short()));
        }
        if profile.duration_nanos != 0 {
            lines.push(self.duration_line());
        }
        lines
    }

    fn duration_line(&self) -> String {
        let duration = self.profile.duration_nanos;
        let busy = scale(self.total, &self.sample_unit, "nanoseconds");
        let part = if busy.unit == "ns" && busy.value != 0.0 {
            format!("({})", percentage(as_i64(busy.value), duration))
        } else {
            String::new()
        };
        let (duration, total) = (label(duration, "nanoseconds"), self.format_value(self.total));
        format!("Duration: {duration}, Total samples = {total} {part}")
    }

    /// All lines above a graph or what is made of one. A picture has the full legend in any case.
    pub(super) fn legend(&self, trimmed: &TrimmedGraph, is_picture: bool) -> Vec<String> {
        let mut lines = Vec::new();
        if is_picture || !self.config.compact_labels {
            lines = self.profile_legend();
        }
        let filters = self.config.active_filters();
        if !filters.is_empty() {
            lines.push("Active filters:".to_owned());
            lines.extend(filters.iter().map(|filter| format!("   {}", shortened(filter))));
        }
        let flat = trimmed.graph.shown_nodes().fold(0, |sum: i64, node| sum.wrapping_add(node.flat_value()));
        lines.push(format!(
            "Showing nodes accounting for {}, {} of {} total",
            self.format_value(flat),
            self.percentage(flat).trim(),
            self.format_value(self.total)
        ));
        if self.total != 0 {
            self.push_what_is_missing(&mut lines, trimmed, is_picture);
        }
        if is_picture {
            lines.push("\nSee https://git.io/JfYMW for how to read the graph".to_owned());
        }
        lines
    }

    fn push_what_is_missing(&self, lines: &mut Vec<String>, trimmed: &TrimmedGraph, is_picture: bool) {
        let cutoff = |fraction: f64| self.format_value(magnitude(as_i64(as_f64(self.total) * fraction)));
        if trimmed.dropped_nodes > 0 {
            let nodes = counted(trimmed.dropped_nodes, "node");
            lines.push(format!("Dropped {nodes} (cum <= {})", cutoff(self.config.nodefraction)));
        }
        if is_picture && trimmed.dropped_edges > 0 {
            let edges = counted(trimmed.dropped_edges, "edge");
            lines.push(format!("Dropped {edges} (freq <= {})", cutoff(self.config.edgefraction)));
        }
        let shown = trimmed.graph.shown.len();
        if shown > 0 && shown < trimmed.node_count {
            lines.push(format!("Showing top {shown} nodes out of {}", trimmed.node_count));
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn shortened(filter: &str) -> String {
    if filter.len() <= FILTER_LENGTH_MAX {
        return filter.to_owned();
    }
    let part = filter.as_bytes().get(..FILTER_LENGTH_MAX).unwrap_or_default();
    format!("{}…", String::from_utf8_lossy(part))
}
