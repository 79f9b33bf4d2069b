//! The whole way, as a user goes it: the program runs with the variable set, and the command names the culprit's line
//! in the leaky variant and no growth in the fixed one.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Runs a variant for some seconds while snapshots are written.
fn record(variant: &str, folder: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_worker_pool"))
        .args(["--variant", variant, "--rounds", "340", "--pause", "5ms"])
        .env("HEAPDIFF_DIR", folder)
        .env("HEAPDIFF_EVERY", "100ms")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What `heapdiff` prints about a folder, in JSON.
fn report(arguments: &[&str], folder: &Path) -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "heapdiff-cli", "--bin", "heapdiff", "--"])
        .args(arguments)
        .arg(folder)
        .args(["--format", "json"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn line_of_payload() -> u64 {
    let source = include_str!("../src/rounds.rs");
    (1..).zip(source.lines()).find(|(_, line)| line.contains("vec![1; payload_bytes]")).unwrap().0
}

#[test]
fn the_leaky_pools_payload_is_the_first_suspect() {
    let folder = tempfile::tempdir().unwrap();
    record("leaky", folder.path());
    let overview = report(&[], folder.path());
    let rows = overview["rows"].as_array().unwrap();
    let first = &rows[0];
    assert_eq!(first["verdict"], "LEAK-LIKE", "{first}");
    assert_eq!(overview["headline"]["kind"], "live_heap", "{overview}");
    assert_eq!(first["function"], "worker_pool::rounds::make_payload", "{first}");
    assert!(first["file"].as_str().unwrap().ends_with("rounds.rs"), "{first}");
    assert_eq!(first["line"], line_of_payload(), "{first}");

    // The last round is near the top of the third tooth: 157 payloads of 1 MiB are kept. The first snapshot may hold a
    // few already; sampling errs by 1 MiB or so a payload at most.
    let diff = report(&["diff"], folder.path());
    let first = &diff["rows"][0];
    assert_eq!(first["line"], line_of_payload(), "{first}");
    let (low, high) = (first["delta_low"].as_i64().unwrap(), first["delta_high"].as_i64().unwrap());
    assert!(low > 60 << 20 && high < 300 << 20, "{low} to {high}");
}

#[test]
fn the_fixed_pool_does_not_grow() {
    let folder = tempfile::tempdir().unwrap();
    record("fixed", folder.path());
    let overview = report(&[], folder.path());
    let rows = overview["rows"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["verdict"] != "LEAK-LIKE"), "{rows:?}");
}
