//! Go's counts of goroutines and threads.

use super::super::label_sets::LabelSetId;
use super::super::model::Profile;
use super::super::parse_error::FormatError;
use super::builder::{Builder, calls};
use super::lines::{Lines, is_comment};
use super::{expression, go_number, memory_map};
use regex::Regex;
use std::sync::LazyLock;

static HEADER: LazyLock<Regex> = LazyLock::new(|| expression(r"\A([^\t\n\f\r ]+) profile: total [0-9]+\z"));
static SAMPLE: LazyLock<Regex> = LazyLock::new(|| expression(r"\A([0-9]+) @(( 0x[0-9a-f]+)+)\z"));

pub(super) fn parse(bytes: &[u8]) -> Result<Profile, FormatError> {
    let mut lines = Lines::new(bytes);
    lines.skip_comments();
    lines.check()?;
    let header = HEADER.captures(lines.line()).ok_or(FormatError::Unrecognized)?;
    let kind = header.get(1).map_or("", |kind| kind.as_str());
    let mut builder = Builder::new(&[(kind, "count")], (kind, "count"), 1);
    while lines.advance() {
        let line = lines.line();
        if is_comment(line) {
            continue;
        }
        if line.starts_with("---") {
            break;
        }
        let found = SAMPLE.captures(line).ok_or(FormatError::Malformed)?;
        let [_, count, stack, _] =
            std::array::from_fn(|place| found.get(place).map_or("", |part| part.as_str()));
        let count = go_number::any_base(count).map_err(|_| FormatError::Malformed)?;
        let addresses = go_number::addresses(stack).map_err(|_| FormatError::Malformed)?;
        builder.sample(calls(&addresses), &[count], LabelSetId::EMPTY);
    }
    lines.check()?;
    memory_map::read(&mut lines, &mut builder.profile)?;
    Ok(builder.profile)
}
