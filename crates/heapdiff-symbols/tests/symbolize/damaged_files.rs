//! Files that are cut or altered at any place: names may be missing or wrong, but nothing panics and nothing hangs.

use crate::profiles::{fixture, profile};
use heapdiff_profile::{Mapping, Profile};
use heapdiff_symbols::{Options, Symbolizer};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const BUILD_ID: &str = "be343c28da64d35bd58f4a85864552713e552e5a";

/// A mapping of the whole code of the fixtures, with an address at each of its bytes. It names no build ID, so that
/// a damaged file is not refused before it has been read.
fn whole_code(file: &Path) -> Profile {
    let memory_start = 0x1_0000;
    let mapping = Mapping {
        memory_start,
        memory_limit: memory_start + 0x1000,
        file_offset: 0x1000,
        file: file.display().to_string(),
        ..Mapping::default()
    };
    profile(mapping, &(memory_start..memory_start + 0x20).collect::<Vec<_>>())
}

/// How many addresses get a name from the file at `path`.
fn symbolize(path: &Path) -> u64 {
    let options = Options { search_directories: vec![], cache_directory: None };
    Symbolizer::new(options).symbolize(&mut [&mut whole_code(path)]).symbolized()
}

/// A copy of a fixture, open for changes. It is changed in place: files that are written anew thousands of times cost
/// minutes on some file systems.
fn copy(name: &str, directory: &Path) -> (PathBuf, File) {
    let path = directory.join(name);
    fs::write(&path, fs::read(fixture(name)).unwrap()).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    (path, file)
}

#[test]
fn cut_at_any_byte() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["relocatable", "packed"] {
        let (path, file) = copy(name, directory.path());
        assert_eq!(symbolize(&path), 0x17, "each byte of the code has a name");
        for bytes in (0..file.metadata().unwrap().len()).rev() {
            file.set_len(bytes).unwrap();
            symbolize(&path);
        }
    }
}

#[test]
fn altered_at_any_byte() {
    let directory = tempfile::tempdir().unwrap();
    for (name, mask) in [("relocatable", 0xff), ("relocatable", 0x01), ("packed", 0xff)] {
        let (path, file) = copy(name, directory.path());
        for (place, original) in (0..).zip(fs::read(&path).unwrap()) {
            // Zeros behind the headers are padding between pages: nothing reads them.
            if original != 0 || place < 0x300 {
                file.write_all_at(&[original ^ mask], place).unwrap();
                symbolize(&path);
                file.write_all_at(&[original], place).unwrap();
            }
        }
        assert_eq!(symbolize(&path), 0x17, "the file is as it was");
    }
}

#[test]
fn what_is_no_elf_file_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pool");
    for contents in [&b""[..], b"#!/bin/sh\n", b"\x7fELF", b"MZ\0\0"] {
        fs::write(&path, contents).unwrap();
        let mut profile = whole_code(&path);
        profile.mappings[0].build_id = BUILD_ID.to_owned();
        let report = Symbolizer::new(Options::default()).symbolize(&mut [&mut profile]);
        let warnings: Vec<String> = report.warnings().collect();
        let expected = format!("cannot symbolize with `{}`: is not an ELF file: ", path.display());
        assert!(warnings.len() == 1 && warnings[0].starts_with(&expected), "{contents:?}: {warnings:?}");
    }
}
