//! This program symbolizes itself: addresses of its own functions, as the loader placed them.

use crate::profiles::{profile, text};
use heapdiff_profile::{Line, Location, Mapping, MappingId, Profile};
use heapdiff_symbols::{MappingOutcome, Options, Symbolizer};
use object::Object;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

const INLINED_LINE: u32 = line!() + 3;
#[inline(always)]
fn inlined_into_its_caller(value: u32) -> u32 {
    black_box(value) + 1
}

const CALL_LINE: u32 = line!() + 3;
#[inline(never)]
fn called_function(value: u32) -> u32 {
    inlined_into_its_caller(black_box(value))
}

/// The mapping of `/proc/self/maps` that holds `address`, with this program's build ID.
fn own_mapping(address: u64) -> Mapping {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let number = |text: &str| u64::from_str_radix(text, 16).unwrap();
    let mapping = maps.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (start, limit) = fields[0].split_once('-').unwrap();
        (number(start)..number(limit)).contains(&address).then(|| Mapping {
            memory_start: number(start),
            memory_limit: number(limit),
            file_offset: number(fields[2]),
            file: fields[5].to_owned(),
            build_id: own_build_id(),
            symbolized: false,
        })
    });
    mapping.unwrap()
}

fn own_build_id() -> String {
    let contents = fs::read(std::env::current_exe().unwrap()).unwrap();
    let id = object::File::parse(&*contents).unwrap().build_id().unwrap().map(<[u8]>::to_vec);
    id.expect("the linker adds a build ID").iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes from the beginning of [`called_function`] that are asked about. How long it is depends on the compiler, so
/// that the last ones may be padding, which has no name.
const BYTES: u64 = 40;

/// A profile with the addresses of [`called_function`], one a byte.
fn own_profile() -> Profile {
    assert_eq!(called_function(1), 2);
    let start = called_function as fn(u32) -> u32 as usize as u64;
    profile(own_mapping(start), &(start..start + BYTES).collect::<Vec<_>>())
}

/// This program under another name, so that it can be removed.
fn copy_of_this_program(directory: &Path) -> PathBuf {
    let copy = directory.join("copy");
    fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    copy
}

fn mapped_from(mut profile: Profile, file: &Path) -> Profile {
    profile.mappings[0].file = file.display().to_string();
    profile
}

#[test]
fn functions_lines_and_inlined_calls() {
    let mut profile = own_profile();
    let report = Symbolizer::new(Options::default()).symbolize(&mut [&mut profile]);
    let found: Vec<String> = text(&profile).iter().map(|line| with_short_paths(line)).collect();
    // With line tables only, the compiler writes the whole path of neither function; the symbol table has that of
    // the function that was not inlined.
    let expected = format!(
        "inlined_into_its_caller FILE:{INLINED_LINE} \
         <- symbolize::own_executable::called_function FILE:{CALL_LINE}"
    );
    let path = "symbolize::own_executable::";
    let is_expected = |line: &String| line.strip_prefix(path).unwrap_or(line) == expected;
    assert!(found.iter().any(is_expected), "{found:#?}");
    assert!(found[0].contains("symbolize::own_executable::called_function FILE:"), "{}", found[0]);
    assert_eq!(report.symbolized(), named(&profile));
    let mut system_names = profile.functions.iter().map(|function| profile.strings.get(function.system_name));
    assert!(system_names.any(|name| name.starts_with("_ZN") || name.starts_with("_R")));
}

/// How many addresses have frames.
fn named(profile: &Profile) -> u64 {
    profile.locations.iter().filter(|location| !location.lines.is_empty()).count() as u64
}

/// The frames of each address.
fn lines(profile: &Profile) -> Vec<&[Line]> {
    profile.locations.iter().map(|location| &*location.lines).collect()
}

/// A line of text with `FILE` for the path of this file.
fn with_short_paths(line: &str) -> String {
    let words = line.split(' ').map(|word| match word.split_once("own_executable.rs:") {
        Some((_, line)) => format!("FILE:{line}"),
        None => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_series_at_other_addresses_asks_once_and_names_all() {
    let first = own_profile();
    let mut moved = first.clone();
    moved.mappings[0].memory_start += 0x7000_0000;
    moved.mappings[0].memory_limit += 0x7000_0000;
    for location in &mut moved.locations {
        location.address += 0x7000_0000;
    }
    let mut series = [first, moved];
    let [first, moved] = &mut series;
    let report = Symbolizer::new(Options::default()).symbolize(&mut [first, moved]);
    assert_eq!(report.mappings.len(), 1);
    assert_eq!(report.addresses(), BYTES);
    assert!(named(&series[0]) > 8);
    assert_eq!(lines(&series[0]), lines(&series[1]));
    assert_eq!(series[0].functions, series[1].functions);
}

#[test]
fn a_series_handed_over_little_by_little_is_named_once_an_address() {
    let whole = own_profile();
    let of_first = |count: usize| {
        let mut profile = whole.clone();
        profile.locations.truncate(count);
        profile
    };
    let (mut first, mut second, mut third) = (of_first(4), of_first(8), of_first(8));
    let mut moved = of_first(8);
    moved.mappings[0].file.push_str(".moved");
    let mut without_id = of_first(8);
    without_id.mappings[0].build_id.clear();
    let mut symbolizer = Symbolizer::new(Options::default());
    symbolizer.symbolize_next(&mut [&mut first, &mut second]);
    let report = symbolizer.symbolize_next(&mut [&mut third, &mut moved, &mut without_id]);
    let are_named = |profile: &Profile| -> Vec<bool> {
        profile.locations.iter().map(|location| !location.lines.is_empty()).collect()
    };
    let (yes, no) = ([true; 4], [false; 4]);
    assert_eq!(are_named(&first), yes);
    assert_eq!(are_named(&second), [no, yes].concat(), "those of the first are known");
    assert_eq!(are_named(&third), [no, no].concat());
    assert_eq!(are_named(&moved), [yes, yes].concat(), "filters see the path");
    assert_eq!(are_named(&without_id), [yes, yes].concat(), "the file may have been another");
    assert!(third.mappings[0].symbolized);
    assert_eq!(report.warnings().count(), 1, "of the one without a build ID");
    let mut again = whole.clone();
    symbolizer.symbolize(&mut [&mut again]);
    assert_eq!(are_named(&again)[..8], [yes, yes].concat(), "who does not remember gets all of them");
    assert_eq!(text(&again)[..4], text(&first));
}

#[test]
fn what_was_found_once_is_found_without_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let options = || Options { cache_directory: Some(directory.path().join("cache")), ..Options::default() };
    let copy = copy_of_this_program(directory.path());
    let bare = mapped_from(own_profile(), &copy);

    let mut first = bare.clone();
    let report = Symbolizer::new(options()).symbolize(&mut [&mut first]);
    let found = named(&first);
    assert!(found > 8);
    assert_eq!((report.symbolized(), report.mappings[0].cached), (found, 0));
    fs::remove_file(&copy).unwrap();

    let mut second = bare.clone();
    let report = Symbolizer::new(options()).symbolize(&mut [&mut second]);
    assert_eq!((report.symbolized(), report.mappings[0].cached), (found, found));
    assert_eq!(report.mappings[0].outcome, MappingOutcome::Symbolized { path: None });
    assert_eq!(text(&second), text(&first));
    assert_eq!(second.functions, first.functions);

    // An address that is not in the cache needs the file again; the others are answered nonetheless.
    let mut third = bare;
    let address = third.mappings[0].memory_start;
    third.locations.push(Location { mapping: MappingId::from_index(0), address, ..Location::default() });
    let report = Symbolizer::new(options()).symbolize(&mut [&mut third]);
    assert_eq!((report.symbolized(), report.addresses()), (found, BYTES + 1));
    assert_eq!(report.mappings[0].outcome, MappingOutcome::Missing);
}

#[test]
fn a_damaged_cache_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let options = || Options { cache_directory: Some(directory.path().to_owned()), ..Options::default() };
    let kept = directory.path().join(format!("{}.json", own_build_id()));
    let mut profile = own_profile();
    Symbolizer::new(options()).symbolize(&mut [&mut profile]);
    let whole = fs::read(&kept).unwrap();
    for damaged in [&b"{}"[..], b"\xff\xfe", &whole[..whole.len() / 2]] {
        fs::write(&kept, damaged).unwrap();
        let mut again = own_profile();
        let report = Symbolizer::new(options()).symbolize(&mut [&mut again]);
        assert_eq!(report.mappings[0].cached, 0);
        assert_eq!(text(&again), text(&profile));
        assert_eq!(fs::read(&kept).unwrap(), whole);
    }
}

#[test]
fn this_program_cut_anywhere_never_panics() {
    let directory = tempfile::tempdir().unwrap();
    let copy = copy_of_this_program(directory.path());
    let bytes = fs::metadata(&copy).unwrap().len();
    let file = fs::OpenOptions::new().write(true).open(&copy).unwrap();
    for sixteenths in (1..16).rev() {
        file.set_len(bytes * sixteenths / 16).unwrap();
        let mut profile = mapped_from(own_profile(), &copy);
        profile.mappings[0].build_id.clear();
        let report = Symbolizer::new(Options::default()).symbolize(&mut [&mut profile]);
        assert_eq!(report.addresses(), BYTES);
    }
}
