//! Reports with instructions, `-disasm` and `-weblist`, which are not made here. What they would not find is said all the
//! same, in pprof's words.

use super::{Report, ReportError};
use crate::pattern::Pattern;

/// Why there is no listing of instructions.
pub(super) fn disassembly(report: &mut Report<'_>) -> ReportError {
    let graph = report.graph(None);
    let pattern = report.pattern.as_ref();
    let is_listed = graph.shown.iter().any(|&id| {
        let info = graph.node(id).info;
        let object = report.profile.text(info.object);
        pattern.is_none_or(|pattern| pattern.is_match(&info.printable_name(&report.profile)))
            && !object.is_empty()
            && (report.outside.is_binary)(object)
    });
    if is_listed {
        return ReportError::NotSupported {
            name: "disasm",
            instead: "-list shows source lines, and -peek -addresses the addresses for objdump -d",
        };
    }
    match pattern.and_then(address) {
        Some(address) => ReportError::NoAddress(address),
        None => ReportError::NoSymbols { pattern: source(pattern) },
    }
}

/// Why there is no page of source lines with instructions.
pub(super) fn web_list(report: &Report<'_>) -> ReportError {
    let pattern = report.pattern.as_ref();
    let wanted = pattern.and_then(address);
    let profile = &report.profile;
    let is_match = |text: &str| pattern.is_none_or(|pattern| pattern.is_match(text));
    let is_listed = profile.samples.iter().flat_map(|sample| sample.stack).any(|&id| {
        let location = profile.location(id);
        let lines = profile.lines(location);
        let file = location.mapping.and_then(|mapping| profile.mapping(mapping)).map(|mapping| mapping.file);
        let has_function = lines.iter().any(|line| {
            let function = profile.function(line.function);
            let names = [function.name, function.system_name, function.filename];
            names.iter().any(|&name| is_match(profile.text(name)))
        });
        let is_of_file = file.is_some_and(|file| is_match(profile.text(file)));
        has_function || (!lines.is_empty() && (is_of_file || wanted == Some(location.address)))
    });
    if is_listed {
        ReportError::NotSupported { name: "weblist", instead: "-list shows the same source lines as text" }
    } else {
        ReportError::NoMatches { pattern: source(pattern) }
    }
}

fn source(pattern: Option<&Pattern>) -> String {
    pattern.map_or_else(String::new, |pattern| pattern.as_str().to_owned())
}

/// An expression that is a number is an address, too.
fn address(pattern: &Pattern) -> Option<u64> {
    let text = pattern.as_str();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if !digits.starts_with('+') => u64::from_str_radix(digits, 16).ok(),
        Some(_) => None,
        None => text.parse().ok().filter(|_| !text.starts_with('+')),
    }
}
