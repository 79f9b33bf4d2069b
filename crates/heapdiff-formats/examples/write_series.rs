//! Writes a series of snapshots as a service leaves them behind, to measure what reading them takes.
//!
//! `cargo run --release -p heapdiff-formats --example write_series -- FOLDER BINARY SNAPSHOTS STACKS`
//!
//! Stacks are 10 to 60 addresses of `BINARY`, which has to be an ELF file with 64 bits, and share their root side. As
//! in heapdiff's own snapshots each has a row of all that was ever allocated, and most have rows of what is alive, by
//! epoch: some is there from the beginning, some new, and one stack in fifty leaks.

use heapdiff_formats::write_profile;
use heapdiff_profile::{
    Label, LabelValue, Location, LocationId, Mapping, MappingId, Profile, ProfileBuilder, Sample,
};
use std::error::Error;
use std::fs::{self, File};
use std::io::BufWriter;
use std::ops::Range;
use std::path::Path;

/// Call sites that the stacks are made of.
const CALL_SITES: usize = 20_000;
const LOADED_AT: u64 = 0x5555_5555_0000;
const PERIOD: i64 = 512 << 10;

type Stacks = Vec<Vec<LocationId>>;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, binary, snapshots, stacks] = arguments.as_slice() else {
        return Err("usage: write_series FOLDER BINARY SNAPSHOTS STACKS".into());
    };
    let folder = Path::new(folder);
    fs::create_dir_all(folder)?;
    let (mut bare, stacks) = service(binary, stacks.parse()?)?;
    let mut key = |key: &str, unit: &str| (bare.strings.intern(key), bare.strings.intern(unit));
    let (epoch_key, bytes_key) = (key("epoch", ""), key("bytes", "bytes"));
    for at in 0..snapshots.parse()? {
        let mut profile = ProfileBuilder::heap().snapshot(at).build();
        (profile.mappings, profile.locations) = (bare.mappings.clone(), bare.locations.clone());
        profile.strings = bare.strings.clone();
        let number = |(key, unit), value| Label { key, value: LabelValue::Number { value, unit } };
        for (stack, index) in stacks.iter().zip(0..) {
            let size = 16 << (index % 12);
            let mut row = |values: [i64; 6], labels: Vec<Label>| {
                profile.samples.push(Sample { stack: stack.clone(), values: values.to_vec(), labels });
            };
            let age = i64::from(at) + 1;
            row([age, 0, age * PERIOD / size, age * PERIOD, 0, 0], vec![number(bytes_key, size)]);
            for (epoch, samples) in live(index, at) {
                let bytes = samples * PERIOD;
                let labels = vec![number(bytes_key, size), number(epoch_key, i64::from(epoch))];
                row([0, samples, 0, 0, bytes / size, bytes], labels);
            }
        }
        let name = format!("service-20270115T080000Z-42-{at:06}.pb.gz");
        write_profile(&profile, BufWriter::new(File::create(folder.join(name))?))?.into_inner()?;
    }
    Ok(())
}

/// What of a stack is alive at a snapshot: samples by epoch.
fn live(stack: i64, at: u32) -> Vec<(u32, i64)> {
    let mut live = Vec::new();
    if stack % 3 > 0 {
        live.push((0, 1 + stack % 5));
    }
    match stack % 50 {
        // One new sample every hundred snapshots that is never freed.
        7 => live.extend((1..=at / 100).map(|hundred| (hundred * 100, 1))),
        // Busy: all of it is new at every other snapshot.
        8..30 if (stack + i64::from(at)) % 2 == 0 && at > 0 => {
            live.push((at, 1 + (stack + i64::from(at)) % 4));
        }
        _ => {}
    }
    live
}

/// A profile without samples that has this binary loaded, and stacks of its call sites.
fn service(binary: &str, stacks: u64) -> Result<(Profile, Stacks), Box<dyn Error>> {
    let contents = fs::read(binary)?;
    let code = code(&contents).ok_or("not an ELF file with 64 bits and code")?;
    let file = fs::canonicalize(binary)?.display().to_string();
    let mapping = Mapping {
        memory_start: LOADED_AT,
        memory_limit: LOADED_AT + (code.end - code.start),
        file_offset: code.start,
        file,
        build_id: build_id(&contents).unwrap_or_default(),
        symbolized: false,
    };
    let mut random = Random(2027);
    let locations = (0..CALL_SITES).map(|_| Location {
        mapping: MappingId::from_index(0),
        address: LOADED_AT + random.below(code.end - code.start),
        ..Location::default()
    });
    let locations = locations.collect();
    let site = |random: &mut Random, height: u64| {
        // Few callers near the root, many near the leaves.
        let choice = random.below(1 + height * 8) * 2_503 + height;
        LocationId::from_index(usize::try_from(choice).unwrap_or(0) % CALL_SITES)
    };
    let mut stack = || {
        let depth = 10 + random.below(51);
        let mut stack: Vec<LocationId> = (0..depth).filter_map(|height| site(&mut random, height)).collect();
        stack.reverse();
        stack
    };
    let stacks = (0..stacks).map(|_| stack()).collect();
    Ok((Profile { locations, mappings: vec![mapping], ..Profile::default() }, stacks))
}

/// Where in an ELF file its code lies: the first segment that is loaded and executable.
///
/// **Source:** System V ABI, chapters 4 and 5.
fn code(elf: &[u8]) -> Option<Range<u64>> {
    let number = |at: usize, bytes: usize| -> Option<u64> {
        let field = elf.get(at..at.checked_add(bytes)?)?;
        Some(field.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    };
    let is_supported = elf.starts_with(b"\x7fELF\x02\x01");
    let headers = usize::try_from(number(32, 8).filter(|_| is_supported)?).ok()?;
    let (bytes, count) = (usize::try_from(number(54, 2)?).ok()?, usize::try_from(number(56, 2)?).ok()?);
    (0..count).find_map(|index| {
        let at = headers + index * bytes;
        let (kind, flags) = (number(at, 4)?, number(at + 4, 4)?);
        let (offset, length) = (number(at + 8, 8)?, number(at + 32, 8)?);
        // PT_LOAD, PF_X; from the start of a page, as it is mapped.
        (kind == 1 && flags & 1 == 1).then(|| offset / 4096 * 4096..offset + length)
    })
}

/// The build ID of an ELF file, in hexadecimal: the description of the first note of GNU's that is one.
///
/// **Source:** System V ABI, chapter 5, "Note Section"; `NT_GNU_BUILD_ID` of the linker.
fn build_id(elf: &[u8]) -> Option<String> {
    // A description of 20 bytes, type 3, the name `GNU`.
    const HEAD: [u8; 16] = *b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0";
    let at = elf.windows(HEAD.len()).position(|window| window == HEAD)? + HEAD.len();
    Some(elf.get(at..at + 20)?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Numbers without a pattern, the same in every run. Source: Vigna's splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
