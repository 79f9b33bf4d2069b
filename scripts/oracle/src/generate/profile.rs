//! Random profiles: small, with everything that a profile can hold.

use crate::generate::names::{FILES, FUNCTIONS, LABEL_KEYS, LABEL_VALUES, MAPPINGS, UNITS};
use crate::generate::{any_size, chance, pick};
use crate::proto::{Function, Label, Line, Location, Mapping, Profile, Sample, ValueType};
use fastrand::Rng;

/// Sample types as producers have them.
const SAMPLE_TYPES: &[&[(&str, &str)]] = &[
    &[
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ],
    &[("objects", "count"), ("space", "bytes")],
    &[("samples", "count"), ("cpu", "nanoseconds")],
    &[("contentions", "count"), ("delay", "nanoseconds")],
    &[("inuse_space", "bytes")],
    &[("cpu", "milliseconds")],
    &[("goroutine", "count")],
];

pub(crate) fn profile(rng: &mut Rng) -> Profile {
    let mut profile = Profile { string_table: vec![String::new()], ..Profile::default() };
    profile.sample_type = sample_types(&mut profile, rng);
    mappings(&mut profile, rng);
    functions(&mut profile, rng);
    locations(&mut profile, rng);
    header(&mut profile, rng);
    let labels = label_pool(&mut profile, rng);
    let samples = if chance(rng, 4) { 0 } else { rng.usize(1..25) };
    let style = Style { is_negative: chance(rng, 15), is_zero: chance(rng, 4), magnitude: rng.u32(1..45) };
    for _ in 0..samples {
        let sample = sample(&profile, &labels, style, rng);
        profile.sample.push(sample);
    }
    profile
}

/// The same program some time later: values change, some stacks vanish, others are new.
pub(crate) fn later(profile: &Profile, rng: &mut Rng) -> Profile {
    let mut later = profile.clone();
    later.sample.retain(|_| chance(rng, 85));
    for sample in &mut later.sample {
        for value in &mut sample.value {
            match rng.u32(0..4) {
                0 => *value = value.wrapping_mul(2),
                1 => *value /= 3,
                2 => *value = value.saturating_add(rng.i64(0..5_000)),
                _ => {}
            }
        }
    }
    let style = Style { is_negative: false, is_zero: false, magnitude: 22 };
    for _ in 0..rng.usize(0..5) {
        let sample = sample(profile, &[], style, rng);
        later.sample.push(sample);
    }
    if chance(rng, 50) {
        later.time_nanos = later.time_nanos.saturating_add(rng.i64(0..100_000_000_000));
    }
    if chance(rng, 20) && later.sample_type.len() > 1 {
        // One sample type less, or another unit: both have to be made compatible.
        if rng.bool() {
            later.sample_type.pop();
            for sample in &mut later.sample {
                sample.value.pop();
            }
        } else {
            let unit = later.string(pick(rng, UNITS));
            let last = later.sample_type.len() - 1;
            later.sample_type[last].unit = unit;
        }
    }
    if chance(rng, 15) {
        // Another place in memory, as address space randomization has it.
        for mapping in &mut later.mapping {
            mapping.memory_start = mapping.memory_start.wrapping_add(0x10_0000);
            mapping.memory_limit = mapping.memory_limit.wrapping_add(0x10_0000);
        }
        for location in &mut later.location {
            location.address = location.address.wrapping_add(0x10_0000);
        }
    }
    later
}

/// Gives locations, functions and mappings ids with gaps, as some producers write them: a profile that is not merged
/// keeps them.
pub(crate) fn renumber(profile: &mut Profile, rng: &mut Rng) {
    let (factor, offset) = (rng.u64(1..5), rng.u64(0..1_000));
    let new = |id: &mut u64| {
        // Zero means none.
        if *id != 0 {
            *id = *id * factor + offset;
        }
    };
    profile.mapping.iter_mut().for_each(|mapping| new(&mut mapping.id));
    profile.function.iter_mut().for_each(|function| new(&mut function.id));
    for location in &mut profile.location {
        new(&mut location.id);
        new(&mut location.mapping_id);
        location.line.iter_mut().for_each(|line| new(&mut line.function_id));
    }
    for sample in &mut profile.sample {
        sample.location_id.iter_mut().for_each(new);
    }
    if rng.bool() {
        rng.shuffle(&mut profile.location);
        rng.shuffle(&mut profile.function);
    }
}

/// Breaks one rule of the format: both programs must refuse it, in the same words.
pub(crate) fn damage(profile: &mut Profile, rng: &mut Rng) {
    match rng.u32(0..10) {
        0 => profile.string_table[0] = "not empty".to_owned(),
        1 => profile.sample.iter_mut().take(1).for_each(|sample| sample.value.push(1)),
        2 => profile.sample.iter_mut().take(1).for_each(|sample| sample.location_id.push(9_999)),
        3 => profile.location.iter_mut().take(1).for_each(|location| location.id = 0),
        4 => profile.function.iter_mut().take(2).for_each(|function| function.id = 1),
        5 => profile.location.iter_mut().take(2).for_each(|location| location.id = 1),
        6 => profile.mapping.iter_mut().take(2).for_each(|mapping| mapping.id = 0),
        7 => profile.sample_type.clear(),
        8 => profile.function.iter_mut().take(1).for_each(|function| function.name = 10_000),
        _ => profile.location.iter_mut().take(1).for_each(|location| location.mapping_id = 77),
    }
}

fn sample_types(profile: &mut Profile, rng: &mut Rng) -> Vec<ValueType> {
    if chance(rng, 70) {
        let types = pick(rng, SAMPLE_TYPES);
        return types.iter().map(|(name, unit)| profile.value_type(name, unit)).collect();
    }
    let names = ["samples", "inuse_space", "alloc_space", "delay", "größe", "x", "space"];
    (0..rng.usize(1..5)).map(|_| profile.value_type(pick(rng, &names), pick(rng, UNITS))).collect()
}

fn mappings(profile: &mut Profile, rng: &mut Rng) {
    let mut start = 0x40_0000;
    for id in 1..=rng.u64(0..4) {
        let limit = start + rng.u64(1..0x9000);
        let has_symbols = chance(rng, 70);
        let filename = profile.string(pick(rng, MAPPINGS));
        // Never of one character: pprof 1.24.11 panics on such.
        let build_id = profile.string(pick(rng, &["", "", "abcdef0123", "buildid", "0123456789abcdef"]));
        profile.mapping.push(Mapping {
            id,
            memory_start: start,
            memory_limit: limit,
            file_offset: if chance(rng, 30) { rng.u64(0..0x3000) } else { 0 },
            filename,
            build_id,
            has_functions: has_symbols,
            has_filenames: has_symbols && chance(rng, 80),
            has_line_numbers: has_symbols && chance(rng, 80),
            has_inline_frames: has_symbols && chance(rng, 60),
        });
        // Adjacent mappings of one file become one, so there are such.
        start = if chance(rng, 30) { limit } else { limit.next_multiple_of(0x1000) + 0x1_0000 };
    }
}

fn functions(profile: &mut Profile, rng: &mut Rng) {
    for id in 1..=rng.u64(1..14) {
        let name = profile.string(pick(rng, FUNCTIONS));
        let system_name = if chance(rng, 80) { name } else { profile.string(pick(rng, FUNCTIONS)) };
        let filename = if chance(rng, 80) { profile.string(pick(rng, FILES)) } else { 0 };
        let start_line = if chance(rng, 40) { rng.i64(0..50) } else { 0 };
        profile.function.push(Function { id, name, system_name, filename, start_line });
    }
}

fn locations(profile: &mut Profile, rng: &mut Rng) {
    let functions = profile.function.len() as u64;
    let has_columns = chance(rng, 20);
    let lines_max = if chance(rng, 50) { 2 } else { 4 };
    for id in 1..=rng.u64(1..20) {
        let mapping = (!profile.mapping.is_empty() && chance(rng, 90))
            .then(|| profile.mapping[rng.usize(0..profile.mapping.len())]);
        let address = match mapping {
            Some(mapping) => rng.u64(mapping.memory_start..mapping.memory_limit),
            None if rng.bool() => rng.u64(0..0x1_0000),
            None => 0,
        };
        let line = (0..rng.usize(0..lines_max)).map(|_| Line {
            function_id: rng.u64(1..=functions),
            line: if chance(rng, 85) { rng.i64(1..60) } else { 0 },
            column: if has_columns { rng.i64(0..80) } else { 0 },
        });
        let line = line.collect();
        let mapping_id = mapping.map_or(0, |mapping| mapping.id);
        profile.location.push(Location { id, mapping_id, address, line, is_folded: chance(rng, 4) });
    }
}

fn header(profile: &mut Profile, rng: &mut Rng) {
    if chance(rng, 60) {
        profile.time_nanos = rng.i64(1..2_000_000_000_000_000_000);
    }
    if chance(rng, 40) {
        profile.duration_nanos = any_size(rng, 49);
    }
    if chance(rng, 70) {
        let name = pick(rng, &["space", "cpu", "", "contentions"]);
        profile.period_type = Some(profile.value_type(name, pick(rng, UNITS)));
        profile.period = any_size(rng, 29);
    }
    for _ in 0..rng.usize(0..3) {
        let text = pick(rng, &["a comment", "#hidden", "größe", "", "two\nlines", "a comment"]);
        let comment = profile.string(text);
        profile.comment.push(comment);
    }
    if chance(rng, 10) {
        profile.drop_frames = profile.string(pick(rng, &["malloc|operator new.*", "runtime\\..*", "a", "("]));
        if rng.bool() {
            profile.keep_frames = profile.string(pick(rng, &["runtime\\.main", "malloc", ".*"]));
        }
    }
    if chance(rng, 10) {
        let name = pick(rng, &["inuse_space", "samples", "alloc_space", "absent"]);
        profile.default_sample_type = profile.string(name);
    }
    if chance(rng, 8) {
        let url = pick(rng, &["https://example.com/doc", "http://x.org", "example.com", "ftp://x.org"]);
        profile.doc_url = profile.string(url);
    }
}

/// The labels that samples of this profile draw from, so that some are alike.
fn label_pool(profile: &mut Profile, rng: &mut Rng) -> Vec<Label> {
    if chance(rng, 50) {
        return Vec::new();
    }
    let pool = (0..rng.usize(1..10)).map(|_| {
        let mut key = profile.string(pick(rng, LABEL_KEYS));
        if profile.string_table[key as usize] == "pprof::base" && !chance(rng, 30) {
            key = profile.string("key1");
        }
        if rng.bool() {
            return Label { key, str: profile.string(pick(rng, LABEL_VALUES)), ..Label::default() };
        }
        let num = match rng.u32(0..6) {
            0 => 0,
            1 => -rng.i64(1..5_000),
            2 => any_size(rng, 49),
            _ => 1 << rng.u32(0..24),
        };
        let num_unit = if chance(rng, 50) { profile.string(pick(rng, UNITS)) } else { 0 };
        Label { key, num, num_unit, ..Label::default() }
    });
    pool.collect()
}

/// What the values of a profile are like.
#[derive(Clone, Copy, Debug)]
struct Style {
    is_negative: bool,
    is_zero: bool,
    /// The largest value, as a power of two.
    magnitude: u32,
}

fn sample(profile: &Profile, labels: &[Label], style: Style, rng: &mut Rng) -> Sample {
    let depth = if chance(rng, 5) { 0 } else { rng.usize(1..9) };
    let locations = profile.location.len() as u64;
    // Now and then the same location again: recursion.
    let location_id = (0..depth).map(|_| rng.u64(1..=locations)).collect();
    let value = profile.sample_type.iter().map(|_| {
        let value = any_size(rng, style.magnitude);
        match rng.u32(0..10) {
            _ if style.is_zero => 0,
            0 => 0,
            1..=4 if style.is_negative => -value,
            _ => value,
        }
    });
    let value = value.collect();
    let count = if labels.is_empty() { 0 } else { rng.usize(0..4) };
    let label = (0..count).map(|_| labels[rng.usize(0..labels.len())]).collect();
    Sample { location_id, value, label }
}
