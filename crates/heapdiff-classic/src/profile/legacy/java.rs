//! Profiles of Java programs, which name their functions.

use super::super::aggregate::Detail;
use super::super::entities::{Function, FunctionId, Line};
use super::super::label_sets::LabelSetId;
use super::super::model::Profile;
use super::super::parse_error::FormatError;
use super::super::string_table::StringId;
use super::builder::{Builder, value_type};
use super::heap::unsampled;
use super::{expression, go_number, mappings};
use crate::foreign_bytes::carry;
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| expression(r"([0-9A-Za-z_ ]+)=([0-9A-Za-z_ ]+)"));
static SAMPLE: LazyLock<Regex> = LazyLock::new(|| expression(r" *([0-9]+) +([0-9]+) +@ +([ x0-9a-f]*)"));
static LOCATION: LazyLock<Regex> =
    LazyLock::new(|| expression(r"^[\t\n\f\r ]*0x([0-9A-Fa-f]+)[\t\n\f\r ]+(.*)[\t\n\f\r ]*$"));
static FILE_AND_LINE: LazyLock<Regex> =
    LazyLock::new(|| expression(r"^(.*)[\t\n\f\r ]+\((.+):(-?[0-9]+)\)$"));
static PATH: LazyLock<Regex> = LazyLock::new(|| expression(r"^(.*)[\t\n\f\r ]+\((.*)\)$"));

/// The mean number of bytes between the samples of a Java heap.
const HEAP_PERIOD_BYTES: i64 = 512 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Heap,
    Contention,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Profile, FormatError> {
    let end = bytes.iter().position(|&byte| byte == b'\n').ok_or(FormatError::Unrecognized)?;
    let (header, rest) = bytes.split_at_checked(end + 1).ok_or(FormatError::Unrecognized)?;
    let kind = match carry(header).trim() {
        "--- heapz 1 ---" => Kind::Heap,
        "--- contentionz 1 ---" => Kind::Contention,
        _ => return Err(FormatError::Unrecognized),
    };
    let mut builder = Builder::new(&[], ("", ""), 0);
    let mut lines = TerminatedLines { rest };
    read_attributes(kind, &mut lines, &mut builder.profile)?;
    builder.profile.samples = super::super::Samples::new(builder.profile.sample_types.len());
    read_samples(kind, &mut lines, &mut builder)?;
    if builder.profile.sample_types.is_empty() && !builder.profile.samples.is_empty() {
        return Err(FormatError::Line("missing sample type information".into()));
    }
    finish(builder, lines.rest)
}

/// Reads the names of the locations, and drops their addresses, so that profiles of several runs can be merged.
pub(super) fn finish(mut builder: Builder, names: &[u8]) -> Result<Profile, FormatError> {
    let mut functions: BTreeMap<StringId, FunctionId> = BTreeMap::new();
    for line in names.split(|&byte| byte == b'\n') {
        let line = carry(line);
        read_location(line.trim(), &mut builder, &mut functions)?;
    }
    let mut profile = builder.profile;
    mappings::finish(&mut profile);
    profile.aggregate(&Detail {
        inline_frames: true,
        functions: true,
        filenames: true,
        line_numbers: true,
        columns: false,
        addresses: false,
    });
    Ok(profile)
}

/// Lines that a line feed ends; what is after the last one is none.
#[derive(Clone, Copy, Debug)]
struct TerminatedLines<'b> {
    rest: &'b [u8],
}

impl<'b> TerminatedLines<'b> {
    fn peek(&self) -> Option<(String, &'b [u8])> {
        let end = self.rest.iter().position(|&byte| byte == b'\n')?;
        let (line, rest) = self.rest.split_at_checked(end + 1)?;
        Some((carry(line).trim().to_owned(), rest))
    }
}

fn read_attributes(
    kind: Kind,
    lines: &mut TerminatedLines<'_>,
    profile: &mut Profile,
) -> Result<(), FormatError> {
    while let Some((line, rest)) = lines.peek() {
        if !line.is_empty() {
            let Some(found) = ATTRIBUTE.captures(&line) else { return Ok(()) };
            let [_, name, value] =
                std::array::from_fn(|place| found.get(place).map_or("", |part| part.as_str()));
            let value = value.trim();
            let number = || {
                let explain = |error| FormatError::Line(format!("failed to parse attribute {line}: {error}"));
                go_number::any_base(value).map_err(explain)
            };
            match (kind, name.trim()) {
                (_, "format") if value == "java" => {}
                (Kind::Heap, "resolution") => {
                    let types = [("inuse_objects", "count"), ("inuse_space", value)];
                    profile.sample_types = types.map(|kind| value_type(profile, kind)).to_vec();
                }
                (Kind::Contention, "resolution") => {
                    let types = [("contentions", "count"), ("delay", value)];
                    profile.sample_types = types.map(|kind| value_type(profile, kind)).to_vec();
                }
                (Kind::Contention, "sampling period") => {
                    profile.period_type = value_type(profile, ("contentions", "count"));
                    profile.period = number()?;
                }
                (Kind::Contention, "ms since reset") => {
                    profile.duration_nanos = number()?.wrapping_mul(1_000_000);
                }
                _ => return Err(FormatError::Unrecognized),
            }
        }
        lines.rest = rest;
    }
    Ok(())
}

fn read_samples(
    kind: Kind,
    lines: &mut TerminatedLines<'_>,
    builder: &mut Builder,
) -> Result<(), FormatError> {
    while let Some((line, rest)) = lines.peek() {
        if !line.is_empty() {
            let Some(found) = SAMPLE.captures(&line) else { return Ok(()) };
            // The size comes first here, and the count second.
            let [_, size, count, stack] =
                std::array::from_fn(|place| found.get(place).map_or("", |part| part.as_str()));
            let addresses = go_number::addresses(stack).map_err(go_number::malformed_sample(&line))?;
            let explain = |error| FormatError::Line(format!("parsing sample {line}: {error}"));
            let count = go_number::any_base(count).map_err(explain)?;
            let size = go_number::any_base(size).map_err(explain)?;
            let (values, labels) = match kind {
                Kind::Heap if count == 0 => return Err(explain("second value must be non-zero".into())),
                Kind::Heap => {
                    let labels = builder.block_size(size.wrapping_div(count));
                    (unsampled(count, size, HEAP_PERIOD_BYTES), labels)
                }
                Kind::Contention => {
                    let period = if builder.profile.period == 0 { 1 } else { builder.profile.period };
                    ((count.wrapping_mul(period), size.wrapping_mul(period)), LabelSetId::EMPTY)
                }
            };
            builder.sample(addresses.into_iter(), &[values.0, values.1], labels);
        }
        lines.rest = rest;
    }
    Ok(())
}

/// `0x1f function (file:line)`, and variations of it.
fn read_location(
    line: &str,
    builder: &mut Builder,
    functions: &mut BTreeMap<StringId, FunctionId>,
) -> Result<(), FormatError> {
    let Some(found) = LOCATION.captures(line) else { return Ok(()) };
    let [_, address, what] = std::array::from_fn(|place| found.get(place).map_or("", |part| part.as_str()));
    let address = u64::from_str_radix(address, 16).map_err(|_| {
        let error = format!("strconv.ParseUint: parsing \"{address}\": value out of range");
        FormatError::Line(format!("parsing sample {line}: {error}"))
    })?;
    let Some(location) = builder.location(address) else { return Ok(()) };
    let (name, file, number) = if let Some(found) = FILE_AND_LINE.captures(what) {
        let [_, name, file, number] =
            std::array::from_fn(|place| found.get(place).map_or("", |part| part.as_str()));
        (name, file, number.parse::<i64>().unwrap_or(0).max(0))
    } else if let Some(found) = PATH.captures(what) {
        let [_, name, path] = std::array::from_fn(|place| found.get(place).map_or("", |part| part.as_str()));
        (name, base_name(path), 0)
    } else if what.contains("generated stub/JIT") {
        ("STUB", "", 0)
    } else {
        (what, "", 0)
    };
    let profile = &mut builder.profile;
    let (name, filename) = (profile.strings.intern(name), profile.strings.intern(file));
    let function = *functions.entry(name).or_insert_with(|| {
        profile.push_function(Function { name, system_name: name, filename, ..Function::default() })
    });
    profile.set_lines(location, &[Line { function, line: number, column: 0 }]);
    if let Some(location) = profile.locations.get_mut(location.index()) {
        location.address = 0;
    }
    Ok(())
}

/// The last part of a path, as Go has it: `.` for an empty path, `/` for one of slashes only.
fn base_name(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" if path.is_empty() => ".",
        "" => "/",
        path => path.rsplit('/').next().unwrap_or(path),
    }
}
