//! The whole way, as a user goes it: the program runs with the variables set, and the command says how many buffers are
//! out, where they were acquired, and what was done to them last.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../support.rs"]
mod support;

use serde_json::Value;
use std::path::Path;
use support::{last_snapshot, line_of, places, record, report};

const EXCHANGE: &str = include_str!("../src/exchange.rs");
const POOL: &str = include_str!("../../pooled_buffers/src/pool.rs");

fn run(variant: &str, requests: &str, folder: &Path) -> String {
    let arguments = ["--variant", variant, "--requests", requests, "--pause", "5ms"];
    let settings =
        [("HEAPDIFF_EVERY", "100ms"), ("HEAPDIFF_PERIOD", "1"), ("HEAPDIFF_RESOURCES", "buffer=records")];
    record(env!("CARGO_BIN_EXE_cancelled_filter"), &arguments, &settings, folder)
}

/// Every stack that holds some of `kind` in the last snapshot in `folder`.
fn stacks(folder: &Path, kind: &str) -> Vec<Value> {
    let traces = report(&["traces", "--type", kind], &last_snapshot(folder));
    traces["traces"].as_array().unwrap().clone()
}

/// The bytes of the pool's chunks, as the heap profile has them.
fn chunk_bytes(folder: &Path) -> i64 {
    let grow = format!("pool.rs:{}", line_of(POOL, "vec![0; CHUNK_BYTES]"));
    let stacks = stacks(folder, "inuse_space");
    let chunks = stacks.iter().filter(|stack| stack["stack"].to_string().contains("::grow"));
    let chunks = chunks.filter(|stack| places("pooled_buffers", stack).contains(&grow));
    chunks.map(|stack| stack["value"].as_i64().unwrap()).sum()
}

#[test]
fn every_buffer_of_a_cancelled_request_is_out_and_was_queued_last() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run("leaky", "200", folder.path());
    assert_eq!(
        printed,
        "200 requests are done, 100 of them cancelled; chunks of 4 MiB: 2, buffers that are out: 800\n"
    );
    let stacks = stacks(&folder.path().join("resources/buffer"), "count");
    let [stack] = &stacks[..] else { unreachable!("one stack: {stacks:?}") };
    // 64 KiB in buffers of 8 KiB.
    assert_eq!(stack["value"], 100 * 8);
    let push = format!("exchange.rs:{}", line_of(EXCHANGE, "self.pool.acquire()"));
    assert!(places("cancelled_filter", stack).contains(&push), "{stack}");
    let hints = stack["labels"].as_array().unwrap().iter().find(|label| label["key"] == "hint").unwrap();
    assert_eq!(hints["words"], Value::from(vec!["Buffered in the inbound queue"]));
    assert_eq!(chunk_bytes(folder.path()), 2 * (4 << 20));
    let headline = &report(&[], folder.path())["headline"];
    assert_eq!(
        (&headline["kind"], &headline["verdict"]),
        (&"resources".into(), &"LEAK-LIKE".into()),
        "{headline}"
    );
}

/// A chunk has 512 buffers, so what 60 requests lose fits into the first one.
#[test]
fn the_heap_profile_is_flat_until_the_pool_takes_another_chunk() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run("leaky", "120", folder.path());
    assert!(printed.ends_with("chunks of 4 MiB: 1, buffers that are out: 480\n"), "{printed}");
    assert_eq!(chunk_bytes(folder.path()), 4 << 20);
}

#[test]
fn a_drop_guard_releases_them_all() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run("fixed", "200", folder.path());
    assert!(printed.ends_with("chunks of 4 MiB: 1, buffers that are out: 0\n"), "{printed}");
    assert!(stacks(&folder.path().join("resources/buffer"), "count").is_empty());
    let headline = &report(&[], folder.path())["headline"];
    assert_ne!(headline["verdict"], "LEAK-LIKE", "{headline}");
}
