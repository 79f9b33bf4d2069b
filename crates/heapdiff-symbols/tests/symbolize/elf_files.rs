//! Small ELF files of every shape: what their addresses become, and what is said where they become nothing.

use crate::profiles::{fixture, profile, text};
use heapdiff_profile::{Mapping, Profile};
use heapdiff_symbols::{MappingOutcome, Options, SymbolReport, Symbolizer};
use std::fs;
use std::path::Path;

const BUILD_ID_OF_FIXED: &str = "8677faf27b4c331c7a7d44d717156d9e20d49358";
const BUILD_ID_OF_RELOCATABLE: &str = "be343c28da64d35bd58f4a85864552713e552e5a";

/// The code of each fixture begins here in the file.
const CODE_OFFSET: u64 = 0x1000;
/// Where `relocatable` was loaded, for the sake of the test.
const MEMORY_START: u64 = 0x7f12_3456_7000;

/// Addresses in `outer` (in a call that was inlined into an inlined call; behind it) and in `_start`.
const OFFSETS: [u64; 3] = [0x3, 0x9, 0x10];

const ALL_FRAMES: [&str; 3] = [
    "innermost /fixture/chain.c:5 <- middle /fixture/chain.c:9 <- outer /fixture/chain.c:13",
    "outer /fixture/chain.c:14",
    "_start /fixture/chain.c:18",
];
const NAMES_ONLY: [&str; 3] = ["outer :0", "outer :0", "_start :0"];
const BARE: [&str; 3] = ["0x7f1234567003", "0x7f1234567009", "0x7f1234567010"];

/// A mapping of the code of a file whose code begins at `address` in memory.
fn mapping(file: &Path, build_id: &str, memory_start: u64) -> Mapping {
    Mapping {
        memory_start,
        memory_limit: memory_start + 0x1000,
        file_offset: CODE_OFFSET,
        file: file.display().to_string(),
        build_id: build_id.to_owned(),
        symbolized: false,
    }
}

fn relocatable(file: &Path) -> Profile {
    profile(
        mapping(file, BUILD_ID_OF_RELOCATABLE, MEMORY_START),
        &OFFSETS.map(|offset| MEMORY_START + offset),
    )
}

/// Symbolizes with the files in `directory` and nothing else.
fn symbolize_with(directory: &Path, profile: &mut Profile) -> SymbolReport {
    let options = Options { search_directories: vec![directory.to_owned()], cache_directory: None };
    Symbolizer::new(options).symbolize(&mut [profile])
}

fn warnings(report: &SymbolReport) -> Vec<String> {
    report.warnings().collect()
}

#[test]
fn position_independent_code_away_from_its_file_offset() {
    let mut profile = relocatable(&fixture("relocatable"));
    let report = symbolize_with(Path::new("/nowhere"), &mut profile);
    assert_eq!(text(&profile), ALL_FRAMES);
    assert_eq!(report.mappings[0].outcome, MappingOutcome::Symbolized { path: Some(fixture("relocatable")) });
    assert_eq!((report.addresses(), report.symbolized()), (3, 3));
    assert_eq!(warnings(&report), [""; 0]);
}

#[test]
fn code_at_a_fixed_address() {
    let start = 0x40_1000;
    let mut profile =
        profile(mapping(&fixture("fixed"), BUILD_ID_OF_FIXED, start), &OFFSETS.map(|offset| start + offset));
    symbolize_with(Path::new("/nowhere"), &mut profile);
    assert_eq!(text(&profile), ALL_FRAMES);
}

/// Line tables have the last part of each name only; the symbol table has all of those that were not inlined.
#[test]
fn line_tables_alone_still_give_functions_their_paths() {
    let start = 0x40_1000;
    let build_id = "5b5b7b783ac8e087045c1888619d1db018a8997b";
    let mut profile = profile(
        mapping(&fixture("line_tables"), build_id, start),
        &[start + 0x8, start + 0x11, start + 0x21],
    );
    let report = symbolize_with(Path::new("/nowhere"), &mut profile);
    assert_eq!(
        text(&profile),
        [
            "black_box<u32> /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/hint.rs:491 \
             <- inlined /fixture/path.rs:9 <- path::pool::queue::outer /fixture/path.rs:14",
            "path::pool::queue::outer /fixture/path.rs:14",
            "_start /fixture/path.rs:21"
        ]
    );
    assert_eq!(warnings(&report), [""; 0]);
    let system_names = profile.functions.iter().map(|function| profile.strings.get(function.system_name));
    assert!(system_names.into_iter().any(|name| name == "_ZN4path4pool5queue5outer17h02e3dc8f8e1e7c22E"));
}

#[test]
fn compressed_debug_information() {
    let mut profile = relocatable(&fixture("packed"));
    symbolize_with(Path::new("/nowhere"), &mut profile);
    assert_eq!(text(&profile), ALL_FRAMES);
}

#[test]
fn a_stripped_binary_leads_to_its_debug_file() {
    let mut profile = relocatable(&fixture("stripped"));
    let report = symbolize_with(Path::new("/nowhere"), &mut profile);
    assert_eq!(text(&profile), ALL_FRAMES);
    let path = Some(fixture("relocatable.debug"));
    assert_eq!(report.mappings[0].outcome, MappingOutcome::Symbolized { path });
}

#[test]
fn a_debug_file_is_found_by_build_id_without_the_binary() {
    let directory = tempfile::tempdir().unwrap();
    let (first, rest) = BUILD_ID_OF_RELOCATABLE.split_at(2);
    let folder = directory.path().join(".build-id").join(first);
    fs::create_dir_all(&folder).unwrap();
    fs::copy(fixture("relocatable.debug"), folder.join(format!("{rest}.debug"))).unwrap();
    let mut profile = relocatable(Path::new("/nowhere/relocatable"));
    let report = symbolize_with(directory.path(), &mut profile);
    assert_eq!(text(&profile), ALL_FRAMES);
    assert_eq!(warnings(&report), [""; 0]);
}

#[test]
fn a_binary_kept_beside_the_profiles_is_found_by_name() {
    let directory = tempfile::tempdir().unwrap();
    fs::copy(fixture("relocatable"), directory.path().join("pool")).unwrap();
    for name in ["/nowhere/bin/pool", "/nowhere/bin/pool (deleted)"] {
        let mut profile = relocatable(Path::new(name));
        symbolize_with(directory.path(), &mut profile);
        assert_eq!(text(&profile), ALL_FRAMES, "{name}");
    }
}

#[test]
fn another_build_of_the_name_is_passed_over_for_the_right_one() {
    let directory = tempfile::tempdir().unwrap();
    fs::copy(fixture("fixed"), directory.path().join("relocatable")).unwrap();
    let mut profile = relocatable(&fixture("relocatable"));
    symbolize_with(directory.path(), &mut profile);
    assert_eq!(text(&profile), ALL_FRAMES);
}

#[test]
fn without_debug_information_the_symbol_table_names_functions() {
    let file = fixture("symbols_only");
    let mut profile = relocatable(&file);
    let report = symbolize_with(Path::new("/nowhere"), &mut profile);
    assert_eq!(text(&profile), NAMES_ONLY);
    assert_eq!(report.symbolized(), 3);
    assert_eq!(
        warnings(&report),
        [format!(
            "`{}` has no debug information, so functions are shown without lines: build with `debug = \"line-tables-only\"`",
            file.display()
        )]
    );
}

#[test]
fn another_build_is_refused() {
    let file = fixture("fixed");
    let mut profile = relocatable(&file);
    let report = symbolize_with(Path::new("/nowhere"), &mut profile);
    assert_eq!(text(&profile), BARE);
    assert_eq!(report.symbolized(), 0);
    assert_eq!(
        warnings(&report),
        [format!(
            "build ID of `{}` is `{BUILD_ID_OF_FIXED}`, the snapshot was written by `{BUILD_ID_OF_RELOCATABLE}`: \
             pass --debug-dir, or keep the binary beside the profiles",
            file.display()
        )]
    );
    assert!(!profile.mappings[0].symbolized);
}

#[test]
fn a_missing_file_is_named_once_for_a_whole_series() {
    let mut series: Vec<Profile> = (0..3).map(|_| relocatable(Path::new("/nowhere/pool"))).collect();
    let mut profiles: Vec<&mut Profile> = series.iter_mut().collect();
    let report = Symbolizer::new(Options::default()).symbolize(&mut profiles);
    assert_eq!((report.addresses(), report.symbolized()), (3, 0));
    assert_eq!(
        warnings(&report),
        [format!(
            "there is no file `/nowhere/pool` with build ID `{BUILD_ID_OF_RELOCATABLE}`: \
             pass --debug-dir, or keep the binary beside the profiles"
        )]
    );
}

#[test]
fn without_a_build_id_names_of_a_symbol_table_are_doubted_too() {
    let file = fixture("symbols_only");
    let mut profile = profile(mapping(&file, "", MEMORY_START), &OFFSETS.map(|offset| MEMORY_START + offset));
    let report = symbolize_with(Path::new("/nowhere"), &mut profile);
    assert_eq!(text(&profile), NAMES_ONLY);
    let [warning] = warnings(&report).try_into().unwrap();
    assert!(warning.contains("no lines, are wrong if it was built anew since"), "{warning}");
}

#[test]
fn without_a_build_id_the_file_is_used_and_doubted() {
    let mut profile = profile(
        mapping(&fixture("relocatable"), "", MEMORY_START),
        &OFFSETS.map(|offset| MEMORY_START + offset),
    );
    let report = symbolize_with(Path::new("/nowhere"), &mut profile);
    assert_eq!(text(&profile), ALL_FRAMES);
    assert!(matches!(report.mappings[0].outcome, MappingOutcome::Unverified { .. }));
    assert_eq!(warnings(&report).len(), 1);
}

#[test]
fn memory_without_a_file_is_passed_over_quietly() {
    for name in ["[vdso]", "[heap]", "", "//anon"] {
        let mut profile = profile(mapping(Path::new(name), "", MEMORY_START), &[MEMORY_START + 1]);
        let report = symbolize_with(Path::new("/nowhere"), &mut profile);
        assert_eq!((report.addresses(), report.symbolized()), (1, 0), "{name}");
        assert_eq!(warnings(&report), [""; 0], "{name}");
    }
}

#[test]
fn addresses_outside_of_the_code_stay_bare() {
    let addresses = [MEMORY_START + 0x500, MEMORY_START + 0x2000, MEMORY_START - 1];
    let mut profile =
        profile(mapping(&fixture("relocatable"), BUILD_ID_OF_RELOCATABLE, MEMORY_START), &addresses);
    let report = symbolize_with(Path::new("/nowhere"), &mut profile);
    assert_eq!(text(&profile), addresses.map(|address| format!("{address:#x}")));
    assert_eq!((report.addresses(), report.symbolized()), (3, 0));
}

#[test]
fn only_regular_files_are_opened() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for path in [directory.path(), &socket, Path::new("/dev/zero")] {
        let mut profile = relocatable(path);
        let report = symbolize_with(Path::new("/nowhere"), &mut profile);
        let expected = format!(
            "cannot symbolize with `{}`: is not a regular file: pass --debug-dir, or keep the binary beside the profiles",
            path.display()
        );
        assert_eq!(warnings(&report), [expected]);
    }
}

#[test]
fn lines_of_the_producer_stay() {
    let mut symbolized = relocatable(&fixture("relocatable"));
    symbolize_with(Path::new("/nowhere"), &mut symbolized);
    assert!(symbolized.mappings[0].symbolized);
    let before = text(&symbolized);
    let report = symbolize_with(Path::new("/nowhere"), &mut symbolized);
    assert_eq!(report, SymbolReport::default());
    assert_eq!(text(&symbolized), before);
}
