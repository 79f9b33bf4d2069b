//! Symbolizes addresses spread evenly over the code of an ELF file, first without and then with a cache, and a series
//! of snapshots with those addresses, and prints what that took. `scripts/bench-symbols` runs it.
//!
//! `cargo run --release -p heapdiff-symbols --example symbolize_file -- FILE [ADDRESSES] [SNAPSHOTS] [--print]`

use heapdiff_profile::{Location, Mapping, MappingId, Profile};
use heapdiff_symbols::{Options, Symbolizer};
use object::{Object, ObjectSection, ObjectSegment};
use std::error::Error;
use std::io::Write;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let prints = arguments.iter().any(|argument| argument == "--print");
    arguments.retain(|argument| argument != "--print");
    let file = arguments.first().ok_or("usage: symbolize_file FILE [ADDRESSES] [SNAPSHOTS] [--print]")?;
    let count = arguments.get(1).map_or(Ok(10_000), |count| count.parse())?;
    let bare = profile(file, count)?;

    let cache = tempfile::tempdir()?;
    let options = Options { cache_directory: Some(cache.path().to_owned()), ..Options::default() };
    let mut out = std::io::stdout().lock();
    for run in ["without cache", "with cache"] {
        let mut profile = bare.clone();
        let begin = Instant::now();
        let report = Symbolizer::new(options.clone()).symbolize(&mut [&mut profile]);
        let seconds = begin.elapsed().as_secs_f64();
        if prints {
            print(&mut out, &profile)?;
            return Ok(());
        }
        let (named, asked) = (report.symbolized(), report.addresses());
        writeln!(out, "{run}: {named} of {asked} addresses in {seconds:.3} s, {}", peak_memory()?)?;
        for warning in report.warnings() {
            writeln!(out, "warning: {warning}")?;
        }
    }
    let snapshots = arguments.get(2).map_or(Ok(200), |count| count.parse())?;
    let mut series: Vec<Profile> = std::iter::repeat_n(bare, snapshots).collect();
    let mut profiles: Vec<&mut Profile> = series.iter_mut().collect();
    let begin = Instant::now();
    Symbolizer::new(options).symbolize(&mut profiles);
    let seconds = begin.elapsed().as_secs_f64();
    writeln!(out, "{snapshots} snapshots with cache: {seconds:.3} s, {}", peak_memory()?)?;
    let bytes: u64 = std::fs::read_dir(cache.path())?
        .map(|entry| Ok(entry?.metadata()?.len()))
        .sum::<Result<_, std::io::Error>>()?;
    writeln!(out, "cache: {bytes} bytes")?;
    Ok(())
}

/// A profile with `count` locations in the text section of `file`, as if it had been loaded somewhere.
fn profile(file: &str, count: u64) -> Result<Profile, Box<dyn Error>> {
    let contents = std::fs::read(file)?;
    let elf = object::File::parse(&*contents)?;
    let text = elf.section_by_name(".text").ok_or("no `.text` section")?;
    let (text_offset, _) = text.file_range().ok_or("`.text` is not in the file")?;
    let segment =
        elf.segments().find(|segment| segment.permissions().executable()).ok_or("no code is loaded")?;
    let (segment_offset, segment_bytes) = segment.file_range();
    let file_offset = segment_offset / 4096 * 4096;
    let mapping = Mapping {
        memory_start: 0x5555_5555_0000,
        memory_limit: 0x5555_5555_0000 + (segment_offset - file_offset) + segment_bytes,
        file_offset,
        file: file.to_owned(),
        build_id: elf.build_id()?.unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect(),
        symbolized: false,
    };
    let locations = (0..count).map(|index| Location {
        mapping: MappingId::from_index(0),
        address: mapping.memory_start + (text_offset - file_offset) + text.size() * index / count,
        ..Location::default()
    });
    Ok(Profile { locations: locations.collect(), mappings: vec![mapping], ..Profile::default() })
}

/// The largest resident set so far, as the kernel writes it.
fn peak_memory() -> Result<String, std::io::Error> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown");
    Ok(format!("peak resident set {}", peak.trim()))
}

/// One line a frame, innermost first: address, function, file, line.
fn print(out: &mut impl Write, profile: &Profile) -> std::io::Result<()> {
    for (location, index) in profile.locations.iter().zip(0..) {
        for line in &location.lines {
            let Some(function) = profile.function(line.function) else { continue };
            let (name, file) = (profile.strings.get(function.name), profile.strings.get(function.file));
            writeln!(out, "{index} {:#x} {name} {file}:{}", location.address, line.line)?;
        }
    }
    Ok(())
}
