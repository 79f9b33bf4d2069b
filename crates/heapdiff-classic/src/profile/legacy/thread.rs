//! Stacks of all threads: `threadz`.

use super::super::label_sets::LabelSetId;
use super::super::model::Profile;
use super::super::parse_error::FormatError;
use super::builder::{Builder, calls_above_leaf};
use super::cpu::drop_duplicate_leaves;
use super::lines::Lines;
use super::{expression, go_number, memory_map};
use regex::Regex;
use std::sync::LazyLock;

static HEADER: LazyLock<Regex> = LazyLock::new(|| expression(r"--- threadz [0-9]+ ---"));
static THREAD: LazyLock<Regex> =
    LazyLock::new(|| expression(r"--- Thread ([0-9A-Fa-f]+) \(name: (.*)/([0-9]+)\) stack: ---"));

pub(super) fn parse(bytes: &[u8]) -> Result<Profile, FormatError> {
    let mut lines = Lines::new(bytes);
    lines.skip_comments();
    let mut line = lines.line().to_owned();
    if HEADER.is_match(&line) {
        while lines.advance() {
            lines.line().clone_into(&mut line);
            if memory_map::is_beginning(&line) || line.starts_with('-') {
                break;
            }
        }
    } else if !THREAD.is_match(&line) {
        return Err(FormatError::Unrecognized);
    }
    let mut builder = Builder::new(&[("thread", "count")], ("thread", "count"), 1);
    while !memory_map::is_beginning(&line) && !line.starts_with("---- no stack trace for") {
        if !THREAD.is_match(&line) {
            return Err(FormatError::Unrecognized);
        }
        let addresses = read_stack(&mut lines, &mut line)?;
        if addresses.is_empty() {
            // The same stack as the thread before.
            let last = builder.profile.samples.len().wrapping_sub(1);
            let counts = builder.profile.samples.values_mut(last);
            counts.iter_mut().for_each(|count| *count = count.wrapping_add(1));
        } else {
            builder.sample(calls_above_leaf(&addresses), &[1], LabelSetId::EMPTY);
        }
    }
    memory_map::read(&mut lines, &mut builder.profile)?;
    drop_duplicate_leaves(&mut builder.profile);
    Ok(builder.profile)
}

/// The addresses up to the next headline, none if they are those of the thread before. `line` becomes the line where
/// it ends, which at the end of the text is the last line.
fn read_stack(lines: &mut Lines<'_>, line: &mut String) -> Result<Vec<u64>, FormatError> {
    let mut addresses = Vec::new();
    let mut is_same = false;
    line.clear();
    while lines.advance() {
        lines.line().trim().clone_into(line);
        if line.starts_with("---") {
            break;
        }
        if line.contains("same as previous thread") {
            is_same = true;
            continue;
        }
        addresses.extend(go_number::addresses(line).map_err(go_number::malformed_sample(line))?);
    }
    lines.check()?;
    Ok(if is_same { Vec::new() } else { addresses })
}
