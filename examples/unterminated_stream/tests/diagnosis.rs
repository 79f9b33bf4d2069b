//! The whole way, as a user goes it: the program runs with the variable set, and the command says how much stays behind a
//! round or an event, made by whom, and which tasks wait for what.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../support.rs"]
mod support;

use serde_json::Value;
use std::path::Path;
use support::{last_snapshot, line_of, places, record, report};

const FRAMER: &str = include_str!("../src/framer.rs");
const REGISTRY: &str = include_str!("../src/registry.rs");
const SERVICE: &str = include_str!("../src/service.rs");

fn run(form: &str, variant: &str, folder: &Path) -> String {
    let arguments = ["--form", form, "--variant", variant, "--rounds", "100"];
    let settings = [("HEAPDIFF_EVERY", "100ms"), ("HEAPDIFF_PERIOD", "1")];
    record(env!("CARGO_BIN_EXE_unterminated_stream"), &arguments, &settings, folder)
}

/// Every stack that holds some of `kind` in the last snapshot in `folder` and has a place in `file` at the line of `text`.
fn stacks(folder: &Path, kind: &str, file: &str, line: u64) -> Vec<Value> {
    let traces = report(&["traces", "--type", kind], &last_snapshot(folder));
    let place = format!("{file}:{line}");
    let is_there = |trace: &&Value| places("unterminated_stream", trace).contains(&place);
    traces["traces"].as_array().unwrap().iter().filter(is_there).cloned().collect()
}

#[test]
fn an_overwritten_handle_leaves_a_frame_a_round() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run("handle", "leaky", folder.path());
    assert_eq!(
        printed,
        "100 rounds of two messages are done: 6554100 bytes were sent, and 100 buffers are left\n"
    );
    let line = line_of(FRAMER, "Vec::with_capacity(");
    let rows = stacks(folder.path(), "inuse_space", "framer.rs", line);
    let [row] = &rows[..] else { unreachable!("one stack: {rows:?}") };
    let function = row["stack"][0]["function"].as_str().unwrap();
    assert!(function.contains("write_known_length"), "{function}");
    // Of each round the header and the message of the one that was overwritten.
    assert_eq!(row["value"], 100 * (5 + 65_536));
    assert_eq!(row["objects"], 100);

    let diff = report(&["diff"], folder.path());
    assert_eq!(diff["rows"][0]["line"], line, "{}", diff["rows"][0]["function"]);
    let overview = report(&[], folder.path());
    assert_eq!(overview["rows"][0]["line"], line, "{}", overview["rows"][0]["function"]);
    assert_eq!(overview["rows"][0]["verdict"], "LEAK-LIKE");
}

#[test]
fn a_handle_that_is_looked_for_again_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run("handle", "fixed", folder.path());
    assert_eq!(
        printed,
        "100 rounds of two messages are done: 13108200 bytes were sent, and 0 buffers are left\n"
    );
    let line = line_of(FRAMER, "Vec::with_capacity(");
    assert!(stacks(folder.path(), "inuse_space", "framer.rs", line).is_empty());
}

#[test]
fn a_call_that_nobody_ends_keeps_each_event_and_its_task() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run("call", "leaky", folder.path());
    assert_eq!(printed, "4 calls have had one event each, and 100 more were published\n");
    let line = line_of(REGISTRY, "vec![1; PAYLOAD_BYTES]");
    let rows = stacks(folder.path(), "inuse_space", "registry.rs", line);
    let [row] = &rows[..] else { unreachable!("one stack: {rows:?}") };
    // 4 calls and 100 events, less what fits into the network: at most 8 of 16 KiB for each call.
    let payloads = row["objects"].as_i64().unwrap();
    assert!((4 * 92..=4 * 104).contains(&payloads), "{payloads}");

    // From one snapshot to another it is one event for each call.
    let diff = report(&["diff", "--per", "events"], folder.path());
    let first = &diff["rows"][0];
    assert_eq!(first["line"], line, "{}", first["function"]);
    let events = diff["per"]["items"].as_f64().unwrap();
    let payloads = first["delta_objects"].as_f64().unwrap();
    // The first snapshot may be taken before the network is full, and each while an event goes out.
    let most = 4.0 * (events + 1.0);
    assert!((most - 40.0..=most).contains(&payloads), "{payloads} payloads of {events} events");

    let tasks = folder.path().join("tasks");
    let (awaits, spawn) =
        (line_of(SERVICE, "responses.send(response).await"), line_of(SERVICE, "task::spawn(deliver("));
    let rows = stacks(&tasks, "count", "service.rs", awaits);
    let [row] = &rows[..] else { unreachable!("one stack: {rows:?}") };
    let expected = [format!("service.rs:{awaits}"), "[spawned at]".to_owned(), format!("service.rs:{spawn}")];
    assert!(places("unterminated_stream", row).starts_with(&expected), "{row}");
    assert_eq!(row["value"], 4);
}

#[test]
fn a_call_that_is_ended_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run("call", "fixed", folder.path());
    assert_eq!(printed, "4 calls have had one event each, and 100 more were published\n");
    let line = line_of(REGISTRY, "vec![1; PAYLOAD_BYTES]");
    assert!(stacks(folder.path(), "inuse_space", "registry.rs", line).is_empty());
    let tasks = report(&["traces", "--type", "count"], &last_snapshot(&folder.path().join("tasks")));
    assert_eq!(tasks["total"]["value"], 0);
}
