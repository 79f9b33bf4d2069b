//! The whole way, as a user goes it: the program runs with the variable set, and the command names the culprit's line
//! in the leaky variant and no growth in the fixed one.

#[path = "../../support.rs"]
#[expect(dead_code, reason = "what is about tasks and resources is not needed here")]
mod support;

use std::path::Path;
use support::{line_of, record, report, snapshots};

/// Runs a variant for some seconds while snapshots are written. A payload is a sixteenth of what it is by default, so that a
/// debug build reads it in time; and each is a sample, so that a tooth is as high as it is.
fn run(variant: &str, folder: &Path) {
    let arguments = ["--variant", variant, "--rounds", "340", "--pause", "5ms", "--payload", "64KiB"];
    let settings = [("HEAPDIFF_EVERY", "50ms"), ("HEAPDIFF_PERIOD", "8KiB")];
    record(env!("CARGO_BIN_EXE_worker_pool"), &arguments, &settings, folder);
}

fn line_of_payload() -> u64 {
    line_of(include_str!("../src/rounds.rs"), "vec![1; payload_bytes]")
}

#[test]
fn the_leaky_pools_payload_is_the_first_suspect() {
    let folder = tempfile::tempdir().unwrap();
    run("leaky", folder.path());
    let overview = report(&[], folder.path());
    let rows = overview["rows"].as_array().unwrap();
    let first = &rows[0];
    assert_eq!(first["verdict"], "LEAK-LIKE", "{first}");
    assert_eq!(overview["headline"]["kind"], "live_heap", "{overview}");
    assert_eq!(first["function"], "worker_pool::rounds::make_payload", "{first}");
    assert!(first["file"].as_str().unwrap().ends_with("rounds.rs"), "{first}");
    assert_eq!(first["line"], line_of_payload(), "{first}");

    // The last round is near the top of the third tooth: 157 payloads of 64 KiB are kept. The first snapshot may hold a
    // few already; sampling errs by 64 KiB or so a payload at most.
    let diff = report(&["diff"], folder.path());
    let first = &diff["rows"][0];
    assert_eq!(first["line"], line_of_payload(), "{first}");
    let (low, high) = (first["delta_low"].as_i64().unwrap(), first["delta_high"].as_i64().unwrap());
    assert!(low > 60 << 16 && high < 300 << 16, "{low} to {high}");
}

#[test]
fn the_series_grows_although_two_of_its_snapshots_shrink() {
    let folder = tempfile::tempdir().unwrap();
    run("leaky", folder.path());
    let trend = report(&["trend"], folder.path());
    let first = &trend["rows"][0];
    assert_eq!(first["line"], line_of_payload(), "{first}");
    assert_eq!(first["verdict"], "LEAK-LIKE", "{first}");
    assert!(first["low"].as_f64().unwrap() > 0.0, "{first}");

    let values: Vec<i64> =
        first["values"].as_array().unwrap().iter().map(|value| value.as_i64().unwrap()).collect();
    let fall = values.windows(2).position(|pair| pair[1] < pair[0] / 2).expect("the teeth fall");
    let snapshots = snapshots(folder.path());
    let base = snapshots[fall].to_str().unwrap();
    let diff = report(&["diff", base], &snapshots[fall + 1]);
    let rows = diff["rows"].as_array().unwrap();
    let payload = rows.iter().find(|row| row["line"] == line_of_payload()).unwrap();
    assert!(payload["delta_high"].as_i64().unwrap() < 0, "{payload}");
    assert!(diff["total"]["delta_high"].as_i64().unwrap() < 0, "{diff}");
}

#[test]
fn the_fixed_pool_does_not_grow() {
    let folder = tempfile::tempdir().unwrap();
    run("fixed", folder.path());
    let trend = report(&["trend"], folder.path());
    let rows = trend["rows"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["verdict"] != "LEAK-LIKE"), "{rows:?}");
}
