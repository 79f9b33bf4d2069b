//! Commands with everything they print: `tests/transcripts/*.md`, which are also the examples of the manual.
//!
//! They run in `tests/fixtures`, on a terminal of 80 columns. `scripts/bless` writes down what is printed now.

use std::path::Path;

#[test]
fn commands_print_what_is_written_down() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let cache = tempfile::tempdir().expect("a folder for temporary files");
    std::env::set_current_dir(tests.join("fixtures")).expect("the folder of this test");
    trycmd::TestCases::new()
        .env("COLUMNS", "80")
        .env("NO_COLOR", "1")
        .env("TZ", "UTC")
        .env("XDG_CACHE_HOME", cache.path().to_string_lossy())
        .case(tests.join("transcripts/*.md"));
}
