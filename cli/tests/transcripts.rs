//! Commands with everything they print: `tests/transcripts/*.md`, which are also the examples of the manual.
//!
//! They run in `tests/fixtures`, on a terminal of 80 columns. `scripts/bless` writes down what is printed now.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

#[test]
fn commands_print_what_is_written_down() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let cache = tempfile::tempdir().expect("a folder for temporary files");
    std::env::set_current_dir(tests.join("fixtures")).expect("the folder of this test");
    date_sources();
    trycmd::TestCases::new()
        .env("COLUMNS", "80")
        .env("NO_COLOR", "1")
        .env("TZ", "UTC")
        .env("XDG_CACHE_HOME", cache.path().to_string_lossy())
        .case(tests.join("transcripts/*.md"));
}

/// Gives the source files the dates that the transcripts speak of: a checkout has its own.
fn date_sources() {
    // The last snapshot of `shop` was taken at 1,800,000,050 s.
    for (file, seconds) in
        [("main.rs", 1_700_000_000), ("server.rs", 1_700_000_000), ("log.rs", 1_900_000_000)]
    {
        let path = Path::new("source/src").join(file);
        let file = File::options().append(true).open(path).expect("a source file of the fixtures");
        file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).expect("a date of one's own file");
    }
}
