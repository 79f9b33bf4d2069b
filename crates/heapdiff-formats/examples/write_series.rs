//! Writes a series of snapshots as a service leaves them behind, to measure what reading them takes.
//!
//! `cargo run --release -p heapdiff-formats --example write_series -- FOLDER BINARY SNAPSHOTS STACKS`
//!
//! Stacks are 10 to 60 addresses of `BINARY`, which has to be an ELF file with 64 bits, and share their root side. The
//! files are laid out as heapdiff's recorder lays its own out: first a row for each stack of all that was ever allocated,
//! then rows of what is alive, by epoch: some is there from the beginning, some new, and one stack in fifty leaks. Last
//! the locations that the rows name, by address, but numbered as the rows come.

use heapdiff_pprof::{Function, Label, LabelValue, Line, Location, Mapping, ValueType, Writer};
use heapdiff_profile::{Metadata, ProfileBuilder};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;

/// Call sites that the stacks are made of.
const CALL_SITES: usize = 20_000;
const LOADED_AT: u64 = 0x5555_5555_0000;
const PERIOD: i64 = 512 << 10;

/// What every snapshot says.
struct Service {
    /// Path and build ID of the binary, and where in it its code lies.
    file: String,
    build_id: String,
    code: Range<u64>,
    /// Ids of the locations, leaf first.
    stacks: Vec<Vec<u64>>,
    /// The id of each address, numbered from 2 as the stacks come: 1 stands for an unknown stack.
    ids: BTreeMap<u64, u64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, binary, snapshots, stacks] = arguments.as_slice() else {
        return Err("usage: write_series FOLDER BINARY SNAPSHOTS STACKS".into());
    };
    let folder = Path::new(folder);
    fs::create_dir_all(folder)?;
    let service = service(binary, stacks.parse()?)?;
    for at in 0..snapshots.parse()? {
        let name = format!("service-20270115T080000Z-42-{at:06}.pb.gz");
        let mut writer = Writer::gzip(BufWriter::new(File::create(folder.join(name))?))?;
        write_header(at, &mut writer)?;
        write_rows(&service, at, &mut writer)?;
        write_places(&service, &mut writer)?;
        writer.finish_gzip()?.into_inner()?;
    }
    Ok(())
}

fn write_header<W: Write>(at: u32, writer: &mut Writer<W>) -> Result<(), Box<dyn Error>> {
    let profile = ProfileBuilder::heap().snapshot(at).build();
    for of in &profile.sample_types {
        writer.sample_type(ValueType { kind: &of.kind, unit: &of.unit })?;
    }
    writer.default_sample_type("inuse_space")?;
    writer.period_type(ValueType { kind: "space", unit: "bytes" })?;
    writer.period(PERIOD)?;
    writer.time_nanos(profile.time_nanos)?;
    let metadata = serde_json::to_string(&profile.metadata)?;
    Ok(writer.comment(&format!("{}{metadata}", Metadata::COMMENT_PREFIX))?)
}

fn write_rows<W: Write>(service: &Service, at: u32, writer: &mut Writer<W>) -> Result<(), Box<dyn Error>> {
    let number = |key, value, unit| Label { key, value: LabelValue::Number { value, unit } };
    let size = |index: i64| 16 << (index % 12);
    let age = i64::from(at) + 1;
    for (stack, index) in service.stacks.iter().zip(0..) {
        let values = [age, 0, age * PERIOD / size(index), age * PERIOD, 0, 0];
        writer.sample(stack, &values, &[number("bytes", size(index), "bytes")])?;
    }
    for (stack, index) in service.stacks.iter().zip(0..) {
        for (epoch, samples) in live(index, at) {
            let bytes = samples * PERIOD;
            let epoch = number("epoch", i64::from(epoch), "count");
            let labels = [number("bytes", size(index), "bytes"), epoch];
            writer.sample(stack, &[0, samples, 0, 0, bytes / size(index), bytes], &labels)?;
        }
    }
    Ok(())
}

fn write_places<W: Write>(service: &Service, writer: &mut Writer<W>) -> Result<(), Box<dyn Error>> {
    writer.mapping(&Mapping {
        id: 1,
        memory_start: LOADED_AT,
        memory_limit: LOADED_AT + (service.code.end - service.code.start),
        file_offset: service.code.start,
        file: &service.file,
        build_id: &service.build_id,
        ..Mapping::default()
    })?;
    let name = "[no stack trace]";
    writer.function(&Function { id: 1, name, system_name: name, file: "", start_line: 0 })?;
    let lines = [Line { function_id: 1, ..Line::default() }];
    writer.location(&Location { id: 1, lines: &lines, ..Location::default() })?;
    for (&address, &id) in &service.ids {
        writer.location(&Location { id, mapping_id: 1, address, ..Location::default() })?;
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

/// A service that has this binary loaded, and allocates on so many stacks.
fn service(binary: &str, stacks: u64) -> Result<Service, Box<dyn Error>> {
    let contents = fs::read(binary)?;
    let code = code(&contents).ok_or("not an ELF file with 64 bits and code")?;
    let file = fs::canonicalize(binary)?.display().to_string();
    let build_id =
        build_id(&contents).ok_or("no build ID: names of one snapshot would not do for the next")?;
    let mut random = Random(2027);
    let sites: Vec<u64> = (0..CALL_SITES).map(|_| LOADED_AT + random.below(code.end - code.start)).collect();
    let mut ids = BTreeMap::new();
    let mut stack = || {
        let depth = 10 + random.below(51);
        let mut site = |height: u64| {
            // Few callers near the root, many near the leaves.
            let choice = random.below(1 + height * 8) * 2_503 + height;
            sites.get(usize::try_from(choice).unwrap_or(0) % CALL_SITES).copied()
        };
        let mut stack: Vec<u64> = (0..depth).filter_map(&mut site).collect();
        stack.reverse();
        let mut id = |address: u64| {
            let next = 2 + ids.len() as u64;
            *ids.entry(address).or_insert(next)
        };
        stack.into_iter().map(&mut id).collect()
    };
    let stacks = (0..stacks).map(|_| stack()).collect();
    Ok(Service { file, build_id, code, stacks, ids })
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
