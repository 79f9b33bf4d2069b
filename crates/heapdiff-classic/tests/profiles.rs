//! Laws of reading, combining and filtering profiles, on random ones.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use heapdiff_classic::pattern::Pattern;
use heapdiff_classic::profile::{
    Function, Label, LabelValue, Line, LocationId, Mapping, NameFilters, Profile, Samples, ValueType,
    combine, merge, parse,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// A profile of functions `f0`, `f1`, ... with one location each, and the stacks, values and sizes of samples.
fn profile(start: u64, samples: &[(Vec<usize>, i64, i64)]) -> Profile {
    let mut profile = Profile::default();
    let (kind, unit) = (profile.strings.intern("inuse_space"), profile.strings.intern("bytes"));
    profile.sample_types = vec![ValueType { kind, unit }];
    let file = profile.strings.intern("/bin/service");
    let limit = start + 0x10_000;
    let mapping = profile.push_mapping(Mapping { start, limit, file, ..Mapping::default() });
    let locations: Vec<LocationId> = (0..8)
        .map(|number: u64| {
            let name = profile.strings.intern(&format!("f{number}"));
            let function = profile.push_function(Function { name, system_name: name, ..Function::default() });
            let line = Line { function, line: 1, column: 0 };
            profile.push_location(start + number * 16, Some(mapping), false, &[line])
        })
        .collect();
    profile.samples = Samples::new(1);
    for (stack, value, size) in samples {
        let stack: Vec<LocationId> = stack.iter().map(|&place| locations[place]).collect();
        let value_of_label = LabelValue::Number { value: *size, unit };
        let mut labels = [Label { key: unit, value: value_of_label }];
        let set = profile.label_sets.intern(&mut labels, &profile.strings);
        profile.samples.push(&stack, &[*value], set);
    }
    profile
}

fn samples() -> impl Strategy<Value = Vec<(Vec<usize>, i64, i64)>> {
    vec((vec(0..8_usize, 0..5), -3..20_i64, 1..3_i64), 1..20)
}

/// Everything but the order: each sample as text, with names for locations.
fn rows(profile: &Profile) -> Vec<String> {
    let mut rows: Vec<String> = profile
        .samples
        .iter()
        .map(|sample| {
            let name = |&id: &LocationId| {
                let lines = profile.lines(profile.location(id));
                profile.text(profile.function(lines[0].function).name).to_owned()
            };
            let stack: Vec<String> = sample.stack.iter().map(name).collect();
            let labels = profile.label_sets.get(sample.labels);
            let labels: Vec<_> = labels.iter().map(|label| (profile.text(label.key), label.value)).collect();
            let sizes: Vec<i64> = labels
                .iter()
                .filter_map(|(_, value)| match value {
                    LabelValue::Number { value, .. } => Some(*value),
                    LabelValue::Text(_) => None,
                })
                .collect();
            format!("{stack:?} {:?} {sizes:?}", sample.values)
        })
        .collect();
    rows.sort();
    rows
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(samples in samples()) {
        let profile = profile(0x1000, &samples);
        let bytes = profile.encode();
        let read = parse(&bytes).unwrap();
        prop_assert_eq!(read.encode(), bytes);
        prop_assert_eq!(read.raw(""), profile.raw(""));
    }

    #[test]
    fn runs_at_other_addresses_are_summed_up(samples in samples()) {
        let twice: Vec<_> = samples.iter().map(|(stack, value, size)| (stack.clone(), value * 2, *size)).collect();
        let moved = merge(vec![profile(0x1000, &samples), profile(0x7000, &samples)]).unwrap();
        let doubled = merge(vec![profile(0x1000, &twice)]).unwrap();
        prop_assert_eq!(rows(&moved), rows(&doubled));
        prop_assert_eq!(moved.mappings.len(), 1);
    }

    #[test]
    fn a_profile_less_itself_is_empty(samples in samples()) {
        let mut base = profile(0x9000, &samples);
        base.negate();
        let difference = combine(vec![profile(0x1000, &samples), base]).unwrap();
        prop_assert!(difference.samples.is_empty());
        prop_assert!(difference.locations.is_empty());
    }

    #[test]
    fn a_marked_base_cancels_nothing(samples in samples()) {
        let mut base = profile(0x9000, &samples);
        base.mark_as_base();
        base.negate();
        let kept = base.samples.len();
        let difference = combine(vec![profile(0x1000, &samples), base]).unwrap();
        let of_base = difference.samples.iter().filter(|sample| difference.is_base(sample.labels)).count();
        prop_assert!(of_base <= kept);
        prop_assert_eq!(of_base * 2, difference.samples.len());
    }

    #[test]
    fn focus_and_ignore_part_the_samples(samples in samples()) {
        let pattern = Pattern::new("^f[0-3]$").unwrap();
        let all = profile(0x1000, &samples);
        let with_stack = all.samples.iter().filter(|sample| !sample.stack.is_empty()).count();
        let (mut focused, mut ignored) = (all.clone(), all);
        focused.filter_by_name(&NameFilters { focus: Some(&pattern), ..NameFilters::default() });
        ignored.filter_by_name(&NameFilters { ignore: Some(&pattern), ..NameFilters::default() });
        prop_assert_eq!(focused.samples.len() + ignored.samples.len(), with_stack);
    }

    #[test]
    fn hide_and_show_part_the_frames(samples in samples()) {
        let pattern = Pattern::new("^f[0-3]$").unwrap();
        let all = profile(0x1000, &samples);
        let frames = all.samples.location_count();
        let (mut hidden, mut shown) = (all.clone(), all);
        hidden.filter_by_name(&NameFilters { hide: Some(&pattern), ..NameFilters::default() });
        shown.filter_by_name(&NameFilters { show: Some(&pattern), ..NameFilters::default() });
        prop_assert_eq!(hidden.samples.location_count() + shown.samples.location_count(), frames);
    }

    #[test]
    fn any_bytes_are_an_error_or_a_profile(
        samples in samples(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = profile(0x1000, &samples).encode();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        for bytes in [&bytes[..], &bytes[..end.index(bytes.len())]] {
            if let Ok(read) = parse(bytes) {
                let _ = combine(vec![read.clone(), read]).map(|combined| combined.raw(""));
            }
        }
    }

    #[test]
    fn any_text_is_an_error_or_a_profile(
        header in prop::sample::select(vec![
            "heap profile: 1: 2 [1: 2] @ heap_v2/524288", "goroutine profile: total 3", "--- contentionz 1 ---",
            "--- threadz 1 ---", "--- heapz 1 ---\nformat=java\nresolution=bytes", "heap profile: 0: 0 [0: 0] @ growthz",
        ]),
        lines in vec(prop::sample::select(vec![
            "1: 64 [2: 128] @ 0x10 0x20", "3 @ 0x10 0x20", "100 2 @ 0x10 0x20", "--- Thread 1f (name: a/1) stack: ---",
            "0x10", "MAPPED_LIBRARIES:", "00-1000 r-xp 00000000 08:01 1 /bin/a", "build=/b", "0-20: $build/c (@10) ab",
            "sampling period = 0x10", "0x10 f (g.java:7)", "0x20 h (/lib/i.so)", "---", "#", "", "0: 0 [0: 0] @",
            "--- Memory map: ---", "  same as previous thread", "99999999999999999999: 1 [1: 1] @ 0x1",
        ]), 0..12),
    ) {
        let text = format!("{header}\n{}\n", lines.join("\n"));
        if let Ok(read) = parse(text.as_bytes()) {
            prop_assert_eq!(parse(&read.encode()).unwrap().samples.len(), read.samples.len());
        }
    }
}

#[test]
fn columns_of_inner_lines_do_not_part_locations() {
    let two_inlined = |column| {
        let mut profile = profile(0x1000, &[(vec![0], 1, 1)]);
        let id = profile.location_ids().next().unwrap();
        let line = profile.lines(profile.location(id))[0];
        profile.set_lines(id, &[Line { column, ..line }, line]);
        profile
    };
    let merged = merge(vec![two_inlined(3), two_inlined(4)]).unwrap();
    assert_eq!(merged.locations.len(), 1, "pprof loses the columns of all lines but the last");
}

#[test]
fn only_common_types_stay_and_units_become_the_finest() {
    let read = |kinds: [(&str, &str); 2], values: [i64; 2]| {
        let mut profile = profile(0x1000, &[]);
        profile.sample_types = kinds
            .map(|(kind, unit)| ValueType {
                kind: profile.strings.intern(kind),
                unit: profile.strings.intern(unit),
            })
            .to_vec();
        profile.samples = Samples::new(2);
        let stack: Vec<LocationId> = profile.location_ids().take(1).collect();
        profile.samples.push(&stack, &values, Default::default());
        profile
    };
    let combined = combine(vec![
        read([("cpu", "milliseconds"), ("samples", "count")], [3, 1]),
        read([("wall", "count"), ("cpu", "nanoseconds")], [7, 5]),
    ]);
    let combined = combined.unwrap();
    assert_eq!(combined.sample_types.len(), 1);
    assert_eq!(combined.text(combined.sample_types[0].unit), "nanoseconds");
    let values: Vec<i64> = combined.samples.iter().flat_map(|sample| sample.values.to_vec()).collect();
    assert_eq!(values, [3_000_005]);
}

#[test]
fn a_type_that_is_twice_in_one_profile_counts_as_common_to_two() {
    let twice = {
        let mut profile = profile(0x1000, &[]);
        let kind = profile.sample_types[0];
        profile.sample_types.push(kind);
        profile.samples = Samples::new(2);
        profile
    };
    let mut other = profile(0x1000, &[]);
    other.sample_types[0].kind = other.strings.intern("alloc_space");
    let error = combine(vec![twice, other]).unwrap_err();
    assert_eq!(error.to_string(), "\"inuse_space\" sample type is not found in profile");
}
