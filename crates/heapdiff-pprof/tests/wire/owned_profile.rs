//! A whole profile in memory, with its way to bytes and back.

use heapdiff_pprof::{
    DecodeError, Function, Label, LabelValue, Line, Location, Mapping, Message, Reader, StringIndex,
    ValueType, Writer,
};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct OwnedProfile {
    pub(crate) sample_types: Vec<ValueType<String>>,
    pub(crate) default_sample_type: String,
    pub(crate) drop_frames: String,
    pub(crate) keep_frames: String,
    pub(crate) time_nanos: i64,
    pub(crate) duration_nanos: i64,
    pub(crate) period_type: Option<ValueType<String>>,
    pub(crate) period: i64,
    pub(crate) comments: Vec<String>,
    pub(crate) doc_url: String,
    pub(crate) mappings: Vec<Mapping<String>>,
    pub(crate) locations: Vec<OwnedLocation>,
    pub(crate) functions: Vec<Function<String>>,
    pub(crate) samples: Vec<OwnedSample>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct OwnedLocation {
    pub(crate) id: u64,
    pub(crate) mapping_id: u64,
    pub(crate) address: u64,
    pub(crate) lines: Vec<Line>,
    pub(crate) is_folded: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct OwnedSample {
    pub(crate) location_ids: Vec<u64>,
    pub(crate) values: Vec<i64>,
    pub(crate) labels: Vec<Label<String>>,
}

pub(crate) fn encode(profile: &OwnedProfile) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    for sample_type in &profile.sample_types {
        writer.sample_type(ValueType { kind: &sample_type.kind, unit: &sample_type.unit }).unwrap();
    }
    writer.default_sample_type(&profile.default_sample_type).unwrap();
    if let Some(period_type) = &profile.period_type {
        writer.period_type(ValueType { kind: &period_type.kind, unit: &period_type.unit }).unwrap();
    }
    writer.period(profile.period).unwrap();
    writer.time_nanos(profile.time_nanos).unwrap();
    writer.duration_nanos(profile.duration_nanos).unwrap();
    writer.drop_frames(&profile.drop_frames).unwrap();
    writer.keep_frames(&profile.keep_frames).unwrap();
    profile.comments.iter().for_each(|comment| writer.comment(comment).unwrap());
    writer.doc_url(&profile.doc_url).unwrap();
    for mapping in &profile.mappings {
        writer
            .mapping(&mapping_with_strings(mapping, mapping.file.as_str(), mapping.build_id.as_str()))
            .unwrap();
    }
    for Function { id, name, system_name, file, start_line } in &profile.functions {
        writer.function(&Function { id: *id, name, system_name, file, start_line: *start_line }).unwrap();
    }
    for OwnedLocation { id, mapping_id, address, lines, is_folded } in profile.locations.clone() {
        writer.location(&Location { id, mapping_id, address, lines: &lines, is_folded }).unwrap();
    }
    for sample in &profile.samples {
        let labels: Vec<_> = sample.labels.iter().map(label_of_strs).collect();
        writer.sample(&sample.location_ids, &sample.values, &labels).unwrap();
    }
    writer.finish().unwrap()
}

pub(crate) fn decode(bytes: &[u8]) -> Result<OwnedProfile, DecodeError> {
    let reader = Reader::new(bytes)?;
    let text = |index: StringIndex| reader.string(index).to_owned();
    let value_type = |of: &ValueType<StringIndex>| ValueType { kind: text(of.kind), unit: text(of.unit) };
    let header = reader.header();
    let mut profile = OwnedProfile {
        sample_types: header.sample_types.iter().map(value_type).collect(),
        default_sample_type: text(header.default_sample_type),
        drop_frames: text(header.drop_frames),
        keep_frames: text(header.keep_frames),
        time_nanos: header.time_nanos,
        duration_nanos: header.duration_nanos,
        period_type: header.period_type.as_ref().map(value_type),
        period: header.period,
        comments: header.comments.iter().map(|&comment| text(comment)).collect(),
        doc_url: text(header.doc_url),
        ..OwnedProfile::default()
    };
    let mut messages = reader.messages();
    while let Some(message) = messages.next_message()? {
        match message {
            Message::Mapping(mapping) => {
                profile.mappings.push(mapping_with_strings(
                    &mapping,
                    text(mapping.file),
                    text(mapping.build_id),
                ));
            }
            Message::Location(Location { id, mapping_id, address, lines, is_folded }) => {
                profile.locations.push(OwnedLocation {
                    id,
                    mapping_id,
                    address,
                    lines: lines.to_vec(),
                    is_folded,
                });
            }
            Message::Function(Function { id, name, system_name, file, start_line }) => {
                let (name, system_name, file) = (text(name), text(system_name), text(file));
                profile.functions.push(Function { id, name, system_name, file, start_line });
            }
            Message::Sample(sample) => profile.samples.push(OwnedSample {
                location_ids: sample.location_ids.to_vec(),
                values: sample.values.to_vec(),
                labels: sample.labels.iter().map(|label| label_of(label, text)).collect(),
            }),
        }
    }
    Ok(profile)
}

fn mapping_with_strings<S, T>(mapping: &Mapping<S>, file: T, build_id: T) -> Mapping<T> {
    Mapping {
        id: mapping.id,
        memory_start: mapping.memory_start,
        memory_limit: mapping.memory_limit,
        file_offset: mapping.file_offset,
        file,
        build_id,
        has_functions: mapping.has_functions,
        has_file_names: mapping.has_file_names,
        has_line_numbers: mapping.has_line_numbers,
        has_inline_frames: mapping.has_inline_frames,
    }
}

fn label_of_strs(label: &Label<String>) -> Label<&str> {
    let value = match &label.value {
        LabelValue::Text(text) => LabelValue::Text(text.as_str()),
        LabelValue::Number { value, unit } => LabelValue::Number { value: *value, unit: unit.as_str() },
    };
    Label { key: &label.key, value }
}

fn label_of(label: &Label<StringIndex>, text: impl Fn(StringIndex) -> String) -> Label<String> {
    let value = match label.value {
        LabelValue::Text(word) => LabelValue::Text(text(word)),
        LabelValue::Number { value, unit } => LabelValue::Number { value, unit: text(unit) },
    };
    Label { key: text(label.key), value }
}

/// Any valid profile, with ids from 1 in order.
pub(crate) fn any_profile() -> impl Strategy<Value = OwnedProfile> {
    (0_u64..4, 0_u64..4, 0_u64..5, 0_usize..4).prop_flat_map(|(mappings, functions, locations, types)| {
        let tables = (
            (1..=mappings).map(any_mapping).collect::<Vec<_>>(),
            (1..=functions).map(any_function).collect::<Vec<_>>(),
            (1..=locations).map(|id| any_location(id, mappings, functions)).collect::<Vec<_>>(),
            vec(any_sample(locations, types), if types == 0 { 0..1 } else { 0..6 }),
        );
        (vec(any_value_type(), types), any_header(), tables).prop_map(|(sample_types, header, tables)| {
            let (mappings, functions, locations, samples) = tables;
            OwnedProfile { sample_types, mappings, functions, locations, samples, ..header }
        })
    })
}

fn any_header() -> impl Strategy<Value = OwnedProfile> {
    let strings = (word(), word(), word(), word(), vec(word(), 0..3));
    let numbers = (any::<i64>(), any::<i64>(), any::<i64>(), proptest::option::of(any_value_type()));
    (strings, numbers).prop_map(|(strings, (time_nanos, duration_nanos, period, period_type))| {
        let (default_sample_type, drop_frames, keep_frames, doc_url, comments) = strings;
        let header =
            OwnedProfile { time_nanos, duration_nanos, period, period_type, ..OwnedProfile::default() };
        OwnedProfile { default_sample_type, drop_frames, keep_frames, doc_url, comments, ..header }
    })
}

fn any_value_type() -> impl Strategy<Value = ValueType<String>> {
    (word(), word()).prop_map(|(kind, unit)| ValueType { kind, unit })
}

fn any_mapping(id: u64) -> impl Strategy<Value = Mapping<String>> {
    let numbers = any::<(u64, u64, u64)>();
    (numbers, word(), "([0-9a-f]{2}){0,4}", any::<[bool; 4]>()).prop_map(
        move |(numbers, file, build_id, has)| {
            let (memory_start, memory_limit, file_offset) = numbers;
            let [has_functions, has_file_names, has_line_numbers, has_inline_frames] = has;
            let mapping =
                Mapping { id, memory_start, memory_limit, file_offset, file, build_id, ..Mapping::default() };
            Mapping { has_functions, has_file_names, has_line_numbers, has_inline_frames, ..mapping }
        },
    )
}

fn any_function(id: u64) -> impl Strategy<Value = Function<String>> {
    (word(), word(), word(), any::<i64>()).prop_map(move |(name, system_name, file, start_line)| Function {
        id,
        name,
        system_name,
        file,
        start_line,
    })
}

fn any_location(id: u64, mappings: u64, functions: u64) -> impl Strategy<Value = OwnedLocation> {
    let line = (1..=functions.max(1), any::<i64>(), any::<i64>())
        .prop_map(|(function_id, line, column)| Line { function_id, line, column });
    let lines = vec(line, if functions == 0 { 0..1 } else { 0..3 });
    (0..=mappings, any::<u64>(), lines, any::<bool>()).prop_map(
        move |(mapping_id, address, lines, is_folded)| OwnedLocation {
            id,
            mapping_id,
            address,
            lines,
            is_folded,
        },
    )
}

fn any_sample(locations: u64, types: usize) -> impl Strategy<Value = OwnedSample> {
    let location_ids = vec(1..=locations.max(1), if locations == 0 { 0..1 } else { 0..8 });
    (location_ids, vec(any::<i64>(), types), vec(any_label(), 0..3))
        .prop_map(|(location_ids, values, labels)| OwnedSample { location_ids, values, labels })
}

fn any_label() -> impl Strategy<Value = Label<String>> {
    let number = (-2_i64..3, word()).prop_map(|(value, unit)| LabelValue::Number { value, unit });
    let value = prop_oneof![word().prop_map(LabelValue::Text), number];
    (word(), value).prop_map(|(key, value)| Label { key, value })
}

/// Few different words, so that some are used twice; the empty one among them.
fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{0,2}", "\\PC{0,6}"]
}
