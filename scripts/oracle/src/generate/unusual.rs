//! What no producer writes on purpose, but some by accident: values at the ends of their ranges, texts where numbers
//! belong, tables that contradict each other, files that are cut or joined.

use crate::generate::{chance, pick};
use crate::proto::{Label, Line, Profile};
use fastrand::Rng;

const EXTREMES: &[i64] = &[
    i64::MIN,
    i64::MIN + 1,
    i64::MAX,
    i64::MAX - 1,
    -1,
    0,
    1,
    1 << 62,
    -(1 << 53),
    (1 << 53) + 1,
    999,
    1023,
    1025,
];

const UNITS: &[&str] = &[
    "Bytes",
    "BYTES",
    "byte",
    "kb",
    "kib",
    "KiB",
    "kbyte",
    "megabyte",
    "Megabytes",
    "tb",
    "eb",
    "µs",
    "usec",
    "Ns",
    "MS",
    "sec",
    "hr",
    "hrs",
    "days",
    "weeks",
    "years",
    "min",
    "gcus",
    "kilogcu",
    "kGCU",
    "%",
    "10",
    " bytes",
    "größe",
    "auto",
    "minimum",
    "s",
    "ss",
    "b",
    "bs",
    "h",
];

/// Changes a profile in some of these ways.
pub(super) fn distort(profile: &mut Profile, rng: &mut Rng) {
    for _ in 0..rng.u32(1..4) {
        match rng.u32(0..14) {
            0 | 1 => values(profile, rng),
            2 => header(profile, rng),
            3 => mappings(profile, rng),
            4 => addresses(profile, rng),
            5 => lines(profile, rng),
            6 | 7 => labels(profile, rng),
            8 => units(profile, rng),
            9 => patterns(profile, rng),
            10 => {
                let again: Vec<_> = profile.sample.iter().take(3).cloned().collect();
                profile.sample.extend(again);
            }
            11 => mapping_gaps(profile, rng),
            12 => {
                let last = profile.sample_type.last().copied();
                profile.sample_type.extend(last);
                for sample in &mut profile.sample {
                    let last = sample.value.last().copied();
                    sample.value.extend(last);
                }
            }
            _ => deep(profile, rng),
        }
    }
}

fn extreme(rng: &mut Rng) -> i64 {
    EXTREMES[rng.usize(0..EXTREMES.len())]
}

fn values(profile: &mut Profile, rng: &mut Rng) {
    let percent = rng.u32(5..100);
    for value in profile.sample.iter_mut().flat_map(|sample| &mut sample.value) {
        if chance(rng, percent) {
            *value = extreme(rng);
        }
    }
}

fn header(profile: &mut Profile, rng: &mut Rng) {
    match rng.u32(0..6) {
        0 => profile.period = extreme(rng),
        1 => profile.time_nanos = extreme(rng),
        2 => profile.duration_nanos = extreme(rng),
        3 => profile.period_type = None,
        4 => {
            let comment = profile.string(pick(rng, &["# x", "%s", "\u{1b}[31m", "\u{7f}", "a\rb", " "]));
            profile.comment = vec![comment; rng.usize(1..4)];
        }
        _ => {
            let url = pick(
                rng,
                &["http://", "https://x y", "HTTP://x", "//x", "http:x", "file:///x", "https://ö/"],
            );
            profile.doc_url = profile.string(url);
        }
    }
}

fn mappings(profile: &mut Profile, rng: &mut Rng) {
    for mapping in &mut profile.mapping {
        match rng.u32(0..8) {
            0 => (mapping.memory_start, mapping.memory_limit) = (mapping.memory_limit, mapping.memory_start),
            1 => mapping.memory_limit = u64::MAX,
            2 => mapping.memory_start = 0,
            3 => (mapping.memory_start, mapping.memory_limit) = (0, 0),
            4 => mapping.file_offset = u64::MAX,
            5 => mapping.has_inline_frames = !mapping.has_inline_frames,
            6 => mapping.has_functions = !mapping.has_functions,
            _ => {}
        }
    }
}

fn mapping_gaps(profile: &mut Profile, rng: &mut Rng) {
    if chance(rng, 40) {
        profile.mapping.clear();
    }
    for location in &mut profile.location {
        if profile.mapping.is_empty() || chance(rng, 40) {
            location.mapping_id = 0;
        }
    }
}

fn addresses(profile: &mut Profile, rng: &mut Rng) {
    for location in &mut profile.location {
        match rng.u32(0..6) {
            0 => location.address = u64::MAX,
            1 => location.address = 0,
            2 => location.address = 1 << 63,
            3 => location.address = 0x40_0000,
            _ => {}
        }
    }
}

fn lines(profile: &mut Profile, rng: &mut Rng) {
    for location in &mut profile.location {
        for line in &mut location.line {
            match rng.u32(0..8) {
                0 => line.line = extreme(rng),
                1 => line.column = extreme(rng),
                2 if chance(rng, 10) => line.function_id = 0,
                _ => {}
            }
        }
        if chance(rng, 10) {
            let line = Line { function_id: 1, line: rng.i64(0..9), column: 0 };
            location.line = vec![line; rng.usize(1..30)];
        }
    }
    for function in &mut profile.function {
        match rng.u32(0..10) {
            0 => function.start_line = extreme(rng),
            1 => function.system_name = 0,
            2 => function.name = 0,
            _ => {}
        }
    }
}

fn labels(profile: &mut Profile, rng: &mut Rng) {
    let keys: Vec<i64> = ["bytes", "", "request", "k:v", "a,b", "x=y", "alignment", "größe"]
        .map(|key| profile.string(key))
        .into();
    let words: Vec<i64> =
        ["", "1kb", "a:b", "\u{0}", "64", "x=1", "very\tlong", "ä,ö"].map(|word| profile.string(word)).into();
    let units: Vec<i64> = UNITS.iter().map(|unit| profile.string(unit)).collect();
    let any = |rng: &mut Rng, list: &[i64]| list[rng.usize(0..list.len())];
    for sample in &mut profile.sample {
        for _ in 0..rng.u32(0..3) {
            let mut label = Label { key: any(rng, &keys), ..Label::default() };
            if rng.bool() {
                label.str = any(rng, &words);
            }
            if label.str == 0 || chance(rng, 5) {
                label.num = if rng.bool() { extreme(rng) } else { rng.i64(-5_000..2_000_000) };
                label.num_unit = if rng.bool() { any(rng, &units) } else { 0 };
            }
            sample.label.push(label);
        }
    }
}

fn units(profile: &mut Profile, rng: &mut Rng) {
    for index in 0..profile.sample_type.len() {
        if rng.bool() {
            profile.sample_type[index].unit = profile.string(pick(rng, UNITS));
        }
        if chance(rng, 15) {
            profile.sample_type[index].r#type =
                profile.string(pick(rng, &["", "inuse_space", "a b", "delay", "contentions", "0"]));
        }
    }
}

fn patterns(profile: &mut Profile, rng: &mut Rng) {
    let texts = [
        "",
        "(",
        "a|b",
        "[z-a]",
        ".*",
        "^$",
        "main",
        "\\p{Greek}",
        "x{1001}",
        "malloc.*|operator.*",
        "ö",
        "(?i)MAIN",
    ];
    profile.drop_frames = profile.string(pick(rng, &texts));
    profile.keep_frames = profile.string(pick(rng, &texts));
}

/// Stacks that go through the same few functions again and again.
fn deep(profile: &mut Profile, rng: &mut Rng) {
    for sample in &mut profile.sample {
        let stack = sample.location_id.clone();
        let times = rng.usize(1..6);
        sample.location_id = stack.repeat(times);
    }
}

/// Changes a file, not what it says.
pub(super) fn damage_file(bytes: &mut Vec<u8>, rng: &mut Rng) {
    match rng.u32(0..7) {
        0 => bytes.truncate(rng.usize(0..=bytes.len())),
        1 => bytes.extend_from_within(..),
        2 => bytes.extend(b"trailing"),
        3 => bytes.extend([0; 16]),
        4 | 5 if !bytes.is_empty() => {
            let place = rng.usize(0..bytes.len());
            bytes[place] ^= 1 << rng.u32(0..8);
        }
        _ => {
            let place = rng.usize(0..=bytes.len());
            bytes.splice(place..place, [rng.u8(..), rng.u8(..)]);
        }
    }
}
