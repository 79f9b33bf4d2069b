//! Comma-separated values: a row a stack and set of labels.
//!
//! Columns: `function`, `file` and `line` of the leaf; `stack`, as collapsed stacks have it, root first; a column a
//! label, named by its key, with its unit where it has one; a column a sample type, `inuse_space/bytes`.
//!
//! **Source:** RFC 4180, but lines end as on Unix: every reader takes that, and so do `cut` and `awk`.

use super::ExportError;
use super::collapsed::write_stack;
use super::frames::Frames;
use heapdiff_profile::{FrameTable, LabelValue, Profile, Sample, StringId};
use std::collections::BTreeSet;
use std::io::{self, Write};

pub(super) fn write(profile: &Profile, sink: &mut dyn Write) -> Result<(), ExportError> {
    let frames = Frames::of(profile);
    let keys = label_keys(profile);
    let mut writer = csv::Writer::from_writer(sink);
    let titles = ["function", "file", "line", "stack"].into_iter().map(str::to_owned);
    let titles = titles.chain(keys.iter().map(|(key, unit)| title(profile, *key, *unit)));
    let titles = titles.chain(profile.sample_types.iter().map(|of| format!("{}/{}", of.kind, of.unit)));
    writer.write_record(titles).map_err(sink_error)?;
    let mut stack = Vec::new();
    for group in frames.by_row().iter() {
        let leaf =
            frames.leaf(&group.first.stack).map_or(FrameTable::NO_STACK, |leaf| frames.table.frame(leaf));
        stack.clear();
        write_stack(&frames, &group.first.stack, &mut stack)?;
        let mut field = |field: &[u8]| writer.write_field(field).map_err(sink_error);
        field(leaf.function.as_bytes())?;
        field(leaf.file.as_bytes())?;
        field(if leaf.line == 0 { String::new() } else { leaf.line.to_string() }.as_bytes())?;
        field(&stack)?;
        for &key in &keys {
            field(label(profile, group.first, key).as_bytes())?;
        }
        for column in 0..profile.sample_types.len() {
            field(group.sum(column).to_string().as_bytes())?;
        }
        writer.write_record(None::<&[u8]>).map_err(sink_error)?;
    }
    writer.flush()?;
    Ok(())
}

/// A label's key and unit; text has none.
type LabelKey = (StringId, StringId);

/// The labels of all samples, by name.
fn label_keys(profile: &Profile) -> Vec<LabelKey> {
    let labels = profile.samples.iter().flat_map(|sample| &sample.labels);
    let keys: BTreeSet<LabelKey> = labels.map(|label| (label.key, unit(&label.value))).collect();
    let mut keys: Vec<LabelKey> = keys.into_iter().collect();
    keys.sort_by_key(|&(key, unit)| (profile.strings.get(key), profile.strings.get(unit)));
    keys
}

fn unit(value: &LabelValue) -> StringId {
    match value {
        LabelValue::Text(_) => StringId::EMPTY,
        LabelValue::Number { unit, .. } => *unit,
    }
}

fn title(profile: &Profile, key: StringId, unit: StringId) -> String {
    let key = profile.strings.get(key);
    match profile.strings.get(unit) {
        "" => key.to_owned(),
        // heapdiff's own label is called as what it is counted in.
        unit if unit == key => key.to_owned(),
        unit => format!("{key}/{unit}"),
    }
}

/// What a sample says under a key; several values are separated by blanks.
fn label(profile: &Profile, sample: &Sample, key: LabelKey) -> String {
    let of_key = sample.labels.iter().filter(|label| (label.key, unit(&label.value)) == key);
    let texts = of_key.map(|label| match label.value {
        LabelValue::Text(word) => profile.strings.get(word).to_owned(),
        LabelValue::Number { value, .. } => value.to_string(),
    });
    texts.collect::<Vec<_>>().join(" ")
}

fn sink_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
