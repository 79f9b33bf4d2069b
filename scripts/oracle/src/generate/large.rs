//! Large profiles for the benchmark: as a busy program leaves them.

use crate::generate::{any_size, chance};
use crate::proto::{Function, Line, Location, Mapping, Profile, Sample};
use fastrand::Rng;
use std::fs;
use std::path::Path;

const STACKS: usize = 100_000;
const FUNCTIONS: u64 = 20_000;
/// Call sites in a function: each is a location.
const CALL_SITES: u64 = 4;
/// Frames in a stack.
const DEPTH: std::ops::RangeInclusive<usize> = 10..=60;
/// How many functions a call site may lead to, so that stacks have a call graph under them, as real ones have.
const CALLEES: u64 = 3;
/// How many stacks of the base the head has too, in percent.
const COMMON_PERCENT: u32 = 80;

pub(crate) const BASE: &str = "base.pb.gz";
pub(crate) const HEAD: &str = "head.pb.gz";

/// Writes a base and a head into the folder.
pub(crate) fn write(folder: &Path, seed: u64) -> Result<(), String> {
    let fails = |error| format!("cannot write to {}: {error}", folder.display());
    let rng = &mut Rng::with_seed(seed);
    let base = profile(rng);
    let head = later(&base, rng);
    fs::create_dir_all(folder).map_err(fails)?;
    for (name, profile) in [(BASE, base), (HEAD, head)] {
        fs::write(folder.join(name), profile.gzipped()).map_err(fails)?;
    }
    Ok(())
}

fn profile(rng: &mut Rng) -> Profile {
    let mut profile = tables();
    profile.sample = (0..STACKS).map(|_| sample(rng)).collect();
    profile
}

fn later(base: &Profile, rng: &mut Rng) -> Profile {
    let mut head = base.clone();
    head.time_nanos += 60_000_000_000;
    for sample in &mut head.sample {
        if chance(rng, 100 - COMMON_PERCENT) {
            *sample = self::sample(rng);
        } else if rng.bool() {
            sample.value = values(rng);
        }
    }
    head
}

/// Everything but the samples.
fn tables() -> Profile {
    let mut profile = Profile { string_table: vec![String::new()], ..Profile::default() };
    let types = [
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ];
    profile.sample_type = types.iter().map(|(name, unit)| profile.value_type(name, unit)).collect();
    profile.period_type = Some(profile.value_type("space", "bytes"));
    profile.period = 512 << 10;
    profile.time_nanos = 1_700_000_000_000_000_000;
    profile.mapping = vec![Mapping {
        id: 1,
        memory_start: 0x40_0000,
        memory_limit: 0x4000_0000,
        filename: profile.string("/opt/service/bin/service"),
        build_id: profile.string("0123456789abcdef"),
        has_functions: true,
        has_filenames: true,
        has_line_numbers: true,
        has_inline_frames: true,
        ..Mapping::default()
    }];
    let mut string = |text: String| {
        profile.string_table.push(text);
        i64::try_from(profile.string_table.len() - 1).expect("the table is small")
    };
    for id in 1..=FUNCTIONS {
        let name = string(format!("service::module_{}::Type{}::function_{id}", id % 97, id % 1_009));
        let filename = string(format!("/opt/service/src/module_{}/file_{}.rs", id % 97, id % 1_009));
        profile.function.push(Function { id, name, system_name: name, filename, start_line: 1 });
    }
    for id in 1..=FUNCTIONS * CALL_SITES {
        let function_id = (id - 1) / CALL_SITES + 1;
        let number = i64::try_from(id % 500 + 1).expect("it is below 501");
        let line = vec![Line { function_id, line: number, column: 0 }];
        let address = 0x40_0000 + id * 16;
        profile.location.push(Location { id, mapping_id: 1, address, line, is_folded: false });
    }
    profile
}

fn sample(rng: &mut Rng) -> Sample {
    let depth = rng.usize(DEPTH);
    let mut location_id = Vec::with_capacity(depth);
    // From the root on: few functions start everything.
    let mut function = rng.u64(0..32);
    for _ in 0..depth {
        let site = function * CALL_SITES + rng.u64(0..CALL_SITES);
        location_id.push(site + 1);
        // The odd constant spreads the callees of a call site over all functions.
        function = (site * CALLEES + rng.u64(0..CALLEES)).wrapping_mul(0x9e37_79b9_7f4a_7c15) % FUNCTIONS;
    }
    location_id.reverse();
    Sample { location_id, value: values(rng), label: Vec::new() }
}

fn values(rng: &mut Rng) -> Vec<i64> {
    let (objects, size) = (any_size(rng, 12) + 1, any_size(rng, 16) + 16);
    let live = rng.i64(0..=objects);
    vec![objects, objects * size, live, live * size]
}
