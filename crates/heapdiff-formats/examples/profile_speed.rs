//! Measures how long it takes to write and to read a big snapshot, and how much memory.
//!
//! ```text
//! cargo run --release -p heapdiff-formats --example profile_speed -- write /tmp/big.pb.gz
//! cargo run --release -p heapdiff-formats --example profile_speed -- read /tmp/big.pb.gz
//! ```
//!
//! The snapshot has 100,000 stacks of 10 to 60 frames over 20,000 addresses, each with one cumulative row and
//! one in-use row, as heapdiff's recorder writes them.

use heapdiff_formats::{Limits, read_profile};
use heapdiff_pprof::{Label, LabelValue, Location, Mapping, ValueType, Writer};
use std::fs::File;
use std::io::{self, Write};
use std::time::Instant;

const STACKS: u64 = 100_000;
const ADDRESSES: u64 = 20_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, mode, path] = arguments.as_slice() else { return Err("expected `write|read FILE`".into()) };
    let began = Instant::now();
    match mode.as_str() {
        "write" => write(File::create(path)?)?,
        "read" => {
            let (profile, warnings) = read_profile(File::open(path)?, &Limits::default())?;
            let frames: usize = profile.samples.iter().map(|sample| sample.stack.len()).sum();
            writeln!(
                io::stdout(),
                "{} rows, {frames} frames, {} warnings",
                profile.samples.len(),
                warnings.len()
            )?;
        }
        _ => return Err("expected `write` or `read`".into()),
    }
    let elapsed = began.elapsed().as_millis();
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: unknown");
    writeln!(
        io::stdout(),
        "{mode}: {elapsed} ms, peak {peak}, file {} bytes",
        std::fs::metadata(path)?.len()
    )?;
    Ok(())
}

fn write(file: File) -> Result<(), Box<dyn std::error::Error>> {
    let mut writer = Writer::gzip(file)?;
    let types =
        ["alloc_samples", "inuse_samples", "alloc_objects", "alloc_space", "inuse_objects", "inuse_space"];
    for kind in types {
        let unit = if kind.ends_with("space") { "bytes" } else { "count" };
        writer.sample_type(ValueType { kind, unit })?;
    }
    writer.mapping(&Mapping {
        id: 1,
        memory_start: 1 << 46,
        memory_limit: (1 << 46) + (1 << 24),
        file: "/usr/bin/service",
        build_id: "8a4f",
        ..Mapping::default()
    })?;
    let mut random = Random(1);
    for id in 1..=ADDRESSES {
        let address = (1 << 46) + random.below(1 << 24);
        writer.location(&Location { id, mapping_id: 1, address, ..Location::default() })?;
    }
    let mut stack = Vec::new();
    for _ in 0..STACKS {
        // Stacks share their root side, as real ones do.
        stack.clear();
        let depth = 10 + random.below(51);
        stack
            .extend((0..depth).map(|height| 1 + (random.below(1 + height * 8) * 2_503 + height) % ADDRESSES));
        stack.reverse();
        let block: i64 = 16 << random.below(12);
        let bytes = Label { key: "bytes", value: LabelValue::Number { value: block, unit: "bytes" } };
        let epoch = random.below(40).cast_signed();
        let epoch = Label { key: "epoch", value: LabelValue::Number { value: epoch, unit: "" } };
        let count = 1 + random.below(100_000).cast_signed();
        writer.sample(&stack, &[7, 0, count, count * block, 0, 0], &[bytes])?;
        writer.sample(&stack, &[0, 1, 0, 0, 1 + count / 9, (1 + count / 9) * block], &[bytes, epoch])?;
    }
    writer.finish_gzip()?;
    Ok(())
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
