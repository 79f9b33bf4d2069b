//! The region file of a process that was killed, with words of it overwritten: eight bytes of the input are a place and
//! four times the bits that change there.
#![no_main]

#[path = "../../../../crates/heapdiff-region/tests/sample/mod.rs"]
mod sample;

use fuzzing::{Bound, assert_one_line, assert_written_and_read, read, within};
use heapdiff_formats::Limits;
use heapdiff_recorder::State;
use heapdiff_region::RegionFile;
use libfuzzer_sys::fuzz_target;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| sample::region(State::Live));
/// In memory where there is such a folder.
static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let parent = if memory.is_dir() { memory } else { std::env::temp_dir() };
    tempfile::tempdir_in(parent).expect("a folder for temporary files")
});

fuzz_target!(|data: &[u8]| {
    let mut bytes = WHOLE.clone();
    for change in data.chunks_exact(8) {
        let (place, bits) = change.split_at(4);
        let place = u32::from_le_bytes(place.try_into().expect("four bytes")) as usize * 4 % bytes.len();
        bytes.iter_mut().skip(place).zip(bits).for_each(|(byte, bits)| *byte ^= bits);
    }
    // Whatever is left over cuts the file.
    if let [cut, ..] = data.chunks_exact(8).remainder() {
        bytes.truncate(bytes.len() / 256 * usize::from(*cut));
    }
    let path = FOLDER.path().join(format!("{}.region", sample::STEM));
    fs::write(&path, &bytes).expect("the file is written");
    within(bytes.len(), Bound { multiple: 16, constant: 16 << 20 }, || examine(&path));
});

fn examine(path: &std::path::Path) {
    let opened = match RegionFile::open(path) {
        Ok(opened) => opened,
        Err(error) => return assert_one_line(&error),
    };
    match opened.take_snapshot(FOLDER.path()) {
        Ok(taken) => {
            assert_eq!(taken.path.parent(), Some(FOLDER.path()), "a snapshot lies where it must");
            let file = fs::read(&taken.path).expect("the snapshot is there");
            let _ = fs::remove_file(&taken.path);
            let profile = read(&file, &Limits::default()).expect("a snapshot is a profile");
            assert_written_and_read(&profile);
        }
        Err(error) => assert_one_line(&error),
    }
}
