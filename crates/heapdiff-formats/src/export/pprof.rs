//! From the model to `profile.proto`.

use super::ExportError;
use heapdiff_pprof::{LabelValue as WireLabelValue, Writer};
use heapdiff_profile::{Label, LabelValue, Metadata, Profile, StringId, ValueType};
use std::io::Write;

/// Writes a profile as `profile.proto` in gzip, and gives the sink back, not flushed.
///
/// What [`read_profile`](crate::read_profile) makes of it is equal, except that a build ID of one digit has a
/// leading zero, and strings that nothing refers to are gone.
///
/// # Errors
/// If the sink fails, or the profile's invariants do not hold.
pub fn write_profile<W: Write>(profile: &Profile, sink: W) -> Result<W, ExportError> {
    let mut writer = Writer::gzip(sink)?;
    write_header(profile, &mut writer)?;
    for (mapping, id) in profile.mappings.iter().zip(1..) {
        writer.mapping(&heapdiff_pprof::Mapping {
            id,
            memory_start: mapping.memory_start,
            memory_limit: mapping.memory_limit,
            file_offset: mapping.file_offset,
            file: &mapping.file,
            build_id: &mapping.build_id,
            has_functions: mapping.symbolized,
            has_file_names: mapping.symbolized,
            has_line_numbers: mapping.symbolized,
            has_inline_frames: mapping.symbolized,
        })?;
    }
    for (function, id) in profile.functions.iter().zip(1..) {
        writer.function(&heapdiff_pprof::Function {
            id,
            name: profile.strings.get(function.name),
            system_name: profile.strings.get(function.system_name),
            file: profile.strings.get(function.file),
            start_line: function.start_line,
        })?;
    }
    let mut lines = Vec::new();
    for (location, id) in profile.locations.iter().zip(1..) {
        lines.clear();
        lines.extend(location.lines.iter().map(|line| heapdiff_pprof::Line {
            function_id: line.function.index() as u64 + 1,
            line: line.line,
            column: line.column,
        }));
        writer.location(&heapdiff_pprof::Location {
            id,
            mapping_id: location.mapping.map_or(0, |mapping| mapping.index() as u64 + 1),
            address: location.address,
            lines: &lines,
            is_folded: location.is_folded,
        })?;
    }
    write_samples(profile, &mut writer)?;
    Ok(writer.finish_gzip()?)
}

fn write_header<W: Write>(profile: &Profile, writer: &mut Writer<W>) -> Result<(), ExportError> {
    for sample_type in &profile.sample_types {
        writer.sample_type(wire_value_type(sample_type))?;
    }
    if let Some(metadata) = &profile.metadata {
        let json = serde_json::to_string(metadata)?;
        writer.comment(&format!("{}{json}", Metadata::COMMENT_PREFIX))?;
    }
    for comment in &profile.comments {
        writer.comment(comment)?;
    }
    if let Some(kind) = &profile.default_sample_type {
        writer.default_sample_type(kind)?;
    }
    if let Some(regex) = &profile.drop_frames {
        writer.drop_frames(regex)?;
    }
    if let Some(regex) = &profile.keep_frames {
        writer.keep_frames(regex)?;
    }
    if let Some(url) = &profile.doc_url {
        writer.doc_url(url)?;
    }
    if let Some(period_type) = &profile.period_type {
        writer.period_type(wire_value_type(period_type))?;
    }
    writer.period(profile.period)?;
    writer.time_nanos(profile.time_nanos)?;
    writer.duration_nanos(profile.duration_nanos)?;
    Ok(())
}

fn write_samples<W: Write>(profile: &Profile, writer: &mut Writer<W>) -> Result<(), ExportError> {
    let mut location_ids = Vec::new();
    let mut labels = Vec::new();
    for sample in &profile.samples {
        location_ids.clear();
        location_ids.extend(sample.stack.iter().map(|location| location.index() as u64 + 1));
        labels.clear();
        labels.extend(sample.labels.iter().map(|label| wire_label(profile, label)));
        writer.sample(&location_ids, &sample.values, &labels)?;
    }
    Ok(())
}

fn wire_label<'p>(profile: &'p Profile, label: &Label) -> heapdiff_pprof::Label<&'p str> {
    let text = |id: StringId| profile.strings.get(id);
    heapdiff_pprof::Label {
        key: text(label.key),
        value: match label.value {
            LabelValue::Text(word) => WireLabelValue::Text(text(word)),
            LabelValue::Number { value, unit } => WireLabelValue::Number { value, unit: text(unit) },
        },
    }
}

fn wire_value_type(value_type: &ValueType) -> heapdiff_pprof::ValueType<&str> {
    heapdiff_pprof::ValueType { kind: &value_type.kind, unit: &value_type.unit }
}
