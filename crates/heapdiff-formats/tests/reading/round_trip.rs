use heapdiff_formats::{Limits, read_profile, write_profile};
use heapdiff_profile::{
    Function, FunctionId, Label, LabelValue, Line, Location, LocationId, Mapping, MappingId, Metadata,
    Process, Profile, Sample, StringId, StringTable, ValueType,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;
use std::error::Error;
use std::fmt::Debug;

/// Everything in a profile, with strings in place of their handles, which a reader may give anew.
fn resolved(profile: &Profile) -> impl PartialEq + Debug {
    let text = |id: StringId| profile.strings.get(id).to_owned();
    let functions: Vec<_> = (profile.functions.iter())
        .map(|function| {
            (text(function.name), text(function.system_name), text(function.file), function.start_line)
        })
        .collect();
    let label = |label: &Label| {
        let value = match label.value {
            LabelValue::Text(word) => Err(text(word)),
            LabelValue::Number { value, unit } => Ok((value, text(unit))),
        };
        (text(label.key), value)
    };
    let samples: Vec<_> = (profile.samples.iter())
        .map(|sample| {
            let labels: Vec<_> = sample.labels.iter().map(label).collect();
            (sample.stack.clone(), sample.values.to_vec(), labels)
        })
        .collect();
    let types = (profile.sample_types.clone(), profile.period_type.clone(), profile.period);
    let texts = [&profile.default_sample_type, &profile.drop_frames, &profile.keep_frames, &profile.doc_url];
    let times = (profile.time_nanos, profile.duration_nanos);
    let notes = (profile.comments.clone(), profile.metadata.clone());
    (
        types,
        texts.map(Clone::clone),
        times,
        notes,
        profile.mappings.clone(),
        profile.locations.clone(),
        functions,
        samples,
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read(profile in any_profile()) {
        let file = write_profile(&profile, Vec::new()).unwrap();
        let (read, warnings) = read_profile(file.as_slice(), &Limits::default()).unwrap();
        prop_assert_eq!(resolved(&read), resolved(&profile));
        prop_assert_eq!(warnings, []);
    }

    #[test]
    fn writing_again_gives_the_same_bytes(profile in any_profile()) {
        let file = write_profile(&profile, Vec::new()).unwrap();
        let (read, _) = read_profile(file.as_slice(), &Limits::default()).unwrap();
        prop_assert_eq!(write_profile(&read, Vec::new()).unwrap(), file);
    }
}

#[test]
fn a_profile_whose_invariants_do_not_hold_is_not_written() {
    let sample = Sample { stack: vec![], values: vec![1, 2].into(), labels: vec![].into() };
    let profile = Profile { samples: vec![sample], ..Profile::default() };
    assert_eq!(
        write_profile(&profile, Vec::new()).unwrap_err().source().unwrap().to_string(),
        "a sample has `2` values, expected one for each of `0` sample types"
    );
}

/// A label, with strings in place of handles.
type PlainLabel = (String, Result<(i64, String), String>);
/// A sample, with labels of strings.
type PlainSample = (Vec<LocationId>, Vec<i64>, Vec<PlainLabel>);

/// Any profile whose invariants hold.
fn any_profile() -> impl Strategy<Value = Profile> {
    (0..4_usize, 0..4_usize, 0..5_usize, 1..4_usize).prop_flat_map(
        |(mappings, functions, locations, types)| {
            let function = (word(), word(), word(), any::<i64>());
            (
                any_header(types),
                vec(any_mapping(), mappings),
                vec(function, functions),
                vec(any_location(mappings, functions), locations),
                vec(any_sample(locations, types), 0..6),
            )
                .prop_map(|(header, mappings, functions, locations, samples)| {
                    let mut profile = Profile { mappings, locations, ..header };
                    let strings = &mut profile.strings;
                    for (name, system_name, file, start_line) in functions {
                        let (name, system_name) = (strings.intern(&name), strings.intern(&system_name));
                        profile.functions.push(Function {
                            name,
                            system_name,
                            file: strings.intern(&file),
                            start_line,
                        });
                    }
                    profile.samples = samples.into_iter().map(|sample| interned(sample, strings)).collect();
                    profile
                })
        },
    )
}

fn interned((stack, values, labels): PlainSample, strings: &mut StringTable) -> Sample {
    let mut label = |(key, value): PlainLabel| Label {
        key: strings.intern(&key),
        value: match value {
            Ok((value, unit)) => LabelValue::Number { value, unit: strings.intern(&unit) },
            Err(text) => LabelValue::Text(strings.intern(&text)),
        },
    };
    Sample { stack, values: values.into(), labels: labels.into_iter().map(&mut label).collect() }
}

fn any_header(types: usize) -> impl Strategy<Value = Profile> {
    let texts = [option::of("[a-z]{1,5}"), option::of("[a-z]{1,5}"), option::of("[a-z]{1,5}")];
    let doc_url = option::of("https?://[a-z]{1,5}");
    let value_types = (vec(any_value_type(), types), option::of(any_value_type()));
    let notes = (vec(word(), 0..3), option::of(any_metadata()));
    (texts, doc_url, value_types, notes, any::<[i64; 3]>()).prop_map(
        |(texts, doc_url, value_types, notes, numbers)| {
            let [default_sample_type, drop_frames, keep_frames] = texts;
            let [time_nanos, duration_nanos, period] = numbers;
            let (sample_types, period_type) = value_types;
            let (comments, metadata) = notes;
            let header =
                Profile { sample_types, period_type, comments, metadata, doc_url, ..Profile::default() };
            let header = Profile { default_sample_type, drop_frames, keep_frames, ..header };
            Profile { time_nanos, duration_nanos, period, ..header }
        },
    )
}

fn any_value_type() -> impl Strategy<Value = ValueType> {
    (word(), word()).prop_map(|(kind, unit)| ValueType { kind, unit })
}

fn any_metadata() -> impl Strategy<Value = Metadata> {
    (any::<[u32; 2]>(), vec(any::<u32>(), 0..4), any::<[u64; 2]>(), word(), option::of(vec(word(), 0..3)))
        .prop_map(|([pid, sequence], boundaries, [start_nanos, recording_nanos], program, command_line)| {
            Metadata {
                schema: Metadata::SCHEMA.into(),
                process: Process { pid, start_nanos, program, command_line, ..Process::default() },
                sequence,
                boundaries,
                recording_nanos,
                dropped: [("live_table_full".to_owned(), start_nanos)].into(),
                ..Metadata::default()
            }
        })
}

fn any_mapping() -> impl Strategy<Value = Mapping> {
    (any::<[u64; 3]>(), word(), "([0-9a-f]{2}){0,4}", any::<bool>()).prop_map(
        |([memory_start, memory_limit, file_offset], file, build_id, symbolized)| Mapping {
            memory_start,
            memory_limit,
            file_offset,
            file,
            build_id,
            symbolized,
        },
    )
}

fn any_location(mappings: usize, functions: usize) -> impl Strategy<Value = Location> {
    let line = (any::<Index>(), any::<[i64; 2]>()).prop_map(move |(function, [line, column])| Line {
        function: FunctionId::from_index(function.index(functions.max(1))).unwrap(),
        line,
        column,
    });
    let lines = vec(line, 0..if functions == 0 { 1 } else { 3 });
    (option::of(any::<Index>()), any::<u64>(), lines, any::<bool>()).prop_map(
        move |(mapping, address, lines, is_folded)| Location {
            mapping: mapping
                .filter(|_| mappings > 0)
                .and_then(|mapping| MappingId::from_index(mapping.index(mappings))),
            address,
            lines,
            is_folded,
        },
    )
}

fn any_sample(locations: usize, types: usize) -> impl Strategy<Value = PlainSample> {
    let location = (0..locations.max(1)).prop_map(|index| LocationId::from_index(index).unwrap());
    let stack = vec(location, 0..if locations == 0 { 1 } else { 8 });
    let value = prop_oneof![(-2_i64..3, word()).prop_map(Ok), word().prop_map(Err)];
    (stack, vec(any::<i64>(), types), vec((word(), value), 0..3))
}

/// Few different words, so that some are used twice; the empty one among them.
fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{0,2}", "\\PC{0,6}"]
}
