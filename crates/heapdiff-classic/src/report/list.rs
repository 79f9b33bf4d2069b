//! `-list`: source lines with what they account for.

use super::{Report, ReportError};
use crate::foreign_bytes::carry;
use crate::graph::{Graph, NodeId, NodeOrder};
use crate::measurement::percentage;
use crate::path;
use crate::source_path;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Lines that are shown before the first and after the last one with a value.
const MARGIN: i64 = 5;
/// A line of a source file is at most this long; behind a longer one nothing is read.
const LINE_BYTES_MAX: usize = 64 * 1024;

pub(super) fn list(report: &mut Report<'_>) -> Result<String, ReportError> {
    let graph = report.graph(None);
    let report = &*report;
    let mut nodes: Vec<NodeId> = graph.shown.clone();
    if let Some(pattern) = &report.pattern {
        nodes.retain(|&id| pattern.is_match(report.profile.text(graph.node(id).info.name)));
        if nodes.is_empty() {
            return Err(ReportError::NoMatches { pattern: pattern.as_str().to_owned() });
        }
    }
    let mut output = format!("Total: {}\n", report.format_value(report.total));
    let mut sources = Sources { report, files: BTreeMap::new() };
    graph.sort_nodes(&mut nodes, NodeOrder::Name, &report.profile);
    let name = |id: NodeId| graph.node(id).info.name;
    for function in nodes.chunk_by(|&a, &b| name(a) == name(b)) {
        push_function(&mut output, &mut sources, &graph, function);
    }
    Ok(output)
}

/// Lists the files in which a function is; most often there is one.
fn push_function(output: &mut String, sources: &mut Sources<'_>, graph: &Graph, nodes: &[NodeId]) {
    let profile = &sources.report.profile;
    let name = nodes.first().map_or("", |&id| profile.text(graph.node(id).info.name));
    let mut nodes: Vec<NodeId> =
        nodes.iter().copied().filter(|&id| !graph.node(id).info.file.is_empty()).collect();
    if nodes.is_empty() {
        output.push_str(&format!("No source information for {name}\n"));
    }
    graph.sort_nodes(&mut nodes, NodeOrder::File, profile);
    let file = |id: NodeId| graph.node(id).info.file;
    for of_file in nodes.chunk_by(|&a, &b| file(a) == file(b)) {
        let path = of_file.first().map_or("", |&id| profile.text(file(id)));
        let (flat, cum) = sum(graph, of_file);
        let report = sources.report;
        output.push_str(&format!(
            "ROUTINE ======================== {name} in {path}\n{:>10} {:>10} (flat, cum) {} of Total\n",
            report.format_value(flat),
            report.format_value(cum),
            percentage(cum, report.total),
        ));
        let (first, last) = shown_range(graph, of_file);
        // For no lines nothing is read; an error of an earlier reading is told all the same.
        let lines = if first <= last { sources.file(path) } else { sources.known(path) };
        match lines {
            Ok(lines) => push_lines(output, report, graph, of_file, first..=last, lines),
            Err(error) => output.push_str(&format!(" Error: {error}\n")),
        }
    }
}

fn sum(graph: &Graph, nodes: &[NodeId]) -> (i64, i64) {
    nodes.iter().map(|&id| graph.node(id)).fold((0, 0), |(flat, cum): (i64, i64), node| {
        (flat.wrapping_add(node.flat), cum.wrapping_add(node.cum))
    })
}

fn push_lines(
    output: &mut String,
    report: &Report<'_>,
    graph: &Graph,
    nodes: &[NodeId],
    shown: RangeInclusive<i64>,
    lines: &[String],
) {
    let mut of_line: BTreeMap<i64, Vec<NodeId>> = BTreeMap::new();
    for &id in nodes {
        of_line.entry(graph.node(id).info.line).or_default().push(id);
    }
    for number in shown {
        let text = usize::try_from(number - 1).ok().and_then(|index| lines.get(index));
        let Some(text) = text else { break };
        let (flat, cum) = sum(graph, of_line.get(&number).map_or(&[], Vec::as_slice));
        let value = |value| if value == 0 { ".".to_owned() } else { report.format_value(value) };
        output.push_str(&format!("{:>10} {:>10} {number:>6}:{text}\n", value(flat), value(cum)));
    }
}

/// The first and the last line to show.
fn shown_range(graph: &Graph, nodes: &[NodeId]) -> (i64, i64) {
    let range = |id: &NodeId| {
        let info = graph.node(*id).info;
        let start = if info.start_line == 0 { info.line.saturating_sub(MARGIN) } else { info.start_line };
        (start, info.line.saturating_add(MARGIN))
    };
    let (mut first, mut last) = nodes.first().map(range).unwrap_or_default();
    for (start, end) in nodes.iter().map(range) {
        if start < first {
            first = start;
        } else {
            last = last.max(end);
        }
    }
    (first.max(1), last)
}

/// Source files that were read.
struct Sources<'r> {
    report: &'r Report<'r>,
    files: BTreeMap<String, Result<Vec<String>, String>>,
}

impl Sources<'_> {
    fn file(&mut self, path: &str) -> Result<&[String], &str> {
        if !self.files.contains_key(path) {
            let lines = self.read(path).map(|bytes| lines_of(&bytes));
            self.files.insert(path.to_owned(), lines);
        }
        self.known(path)
    }

    /// A file as far as it was read already.
    fn known(&self, path: &str) -> Result<&[String], &str> {
        match self.files.get(path) {
            Some(Ok(lines)) => Ok(lines),
            Some(Err(error)) => Err(error),
            None => Ok(&[]),
        }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let Report { config, outside, .. } = self.report;
        let read = outside.read_source;
        let search =
            if config.source_path.is_empty() { &outside.working_directory } else { &config.source_path };
        let path = source_path::trimmed(path, &config.trim_path, search);
        if path.starts_with('/') {
            return read(path).map_err(|error| format!("open {path}: {error}"));
        }
        let folders = path::split_list(search).chain(outside.source_folders.iter().map(String::as_str));
        for folder in folders {
            // A relative path may begin in any of the folders above.
            let mut folder = folder.to_owned();
            loop {
                if let Ok(bytes) = read(&path::join(&folder, path)) {
                    return Ok(bytes);
                }
                let parent = path::parent(&folder);
                if parent == folder {
                    break;
                }
                folder = parent;
            }
        }
        Err(format!("could not find file {path} on path {search}"))
    }
}

fn lines_of(bytes: &[u8]) -> Vec<String> {
    let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if bytes.is_empty() {
        return Vec::new();
    }
    let lines = text.split(|&byte| byte == b'\n').take_while(|line| line.len() < LINE_BYTES_MAX);
    lines.map(|line| carry(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()).collect()
}
