//! The whole way, as a user goes it: the program runs with the variables set, and the command says which handler has the
//! buffers, and which one the heap profile blames.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../support.rs"]
mod support;

use serde_json::Value;
use std::path::Path;
use support::{last_snapshot, line_of, places, record, report};

const HANDLERS: &str = include_str!("../src/handlers.rs");
const POOL: &str = include_str!("../src/pool.rs");

fn run(variant: &str, folder: &Path) -> String {
    let settings =
        [("HEAPDIFF_EVERY", "50ms"), ("HEAPDIFF_PERIOD", "1"), ("HEAPDIFF_RESOURCES", "buffer=all")];
    record(env!("CARGO_BIN_EXE_pooled_buffers"), &["--variant", variant, "--pause", "5ms"], &settings, folder)
}

/// Every stack that holds some of `kind` in the last snapshot in `folder`.
fn stacks(folder: &Path, kind: &str) -> Vec<Value> {
    let traces = report(&["traces", "--type", kind], &last_snapshot(folder));
    traces["traces"].as_array().unwrap().clone()
}

/// The name of the handler in a stack.
fn handler(stack: &Value) -> &str {
    let mut names =
        stack["stack"].as_array().unwrap().iter().map(|frame| frame["function"].as_str().unwrap());
    names.find_map(|name| name.split("::").find(|part| part.starts_with("handler_"))).unwrap_or("none")
}

#[test]
fn the_buffers_are_the_leaky_handlers_and_the_memory_the_innocent_ones() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run("leaky", folder.path());
    assert_eq!(printed, "16000 requests are done; chunks of 4 MiB: 4, buffers that are out: 2000\n");

    let buffers = folder.path().join("resources/buffer");
    let stacks_of_buffers = stacks(&buffers, "count");
    let [stack] = &stacks_of_buffers[..] else { unreachable!("one stack: {stacks_of_buffers:?}") };
    assert_eq!((handler(stack), stack["value"].as_i64()), ("handler_leaky", Some(2000)), "{stack}");
    let acquire = line_of(POOL, "BUFFER.acquire(");
    // The second of two handlers that acquire alike.
    let called = (1..).zip(HANDLERS.lines()).filter(|(_, line)| line.contains("self.pool.acquire()")).nth(1);
    let expected = [format!("pool.rs:{acquire}"), format!("handlers.rs:{}", called.unwrap().0)];
    assert!(places("pooled_buffers", stack).starts_with(&expected), "{stack}");
    let stacks_of_bytes = stacks(&buffers, "space");
    assert_eq!(stacks_of_bytes[0]["value"], 2000 * 8192);

    let headline = &report(&[], folder.path())["headline"];
    assert_eq!(
        (&headline["kind"], &headline["verdict"]),
        (&"resources".into(), &"LEAK-LIKE".into()),
        "{headline}"
    );

    // The heap profile has the same bytes, and the wrong name.
    let chunks = stacks(folder.path(), "inuse_space");
    let grow = format!("pool.rs:{}", line_of(POOL, "vec![0; CHUNK_BYTES]"));
    let chunks: Vec<&Value> =
        chunks.iter().filter(|stack| places("pooled_buffers", stack).contains(&grow)).collect();
    let [stack] = &chunks[..] else { unreachable!("one stack: {chunks:?}") };
    assert_eq!((handler(stack), stack["value"].as_i64()), ("handler_ok", Some(4 << 22)), "{stack}");
    // But it says that the memory is a pool's, whose buffers have a profile of their own.
    let labels = stack["labels"].as_array().unwrap();
    assert!(labels.iter().any(|label| label["key"] == "pool" && label["words"][0] == "arena"), "{labels:?}");
    let info = report(&["info"], &last_snapshot(folder.path()));
    let pool = &info["metadata"]["pools"][0];
    assert_eq!(
        (&pool["resource"], &pool["used"], &pool["free"]),
        (&"buffer".into(), &2000.into(), &48.into())
    );
}

#[test]
fn the_fixed_handlers_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run("fixed", folder.path());
    assert_eq!(printed, "16000 requests are done; chunks of 4 MiB: 1, buffers that are out: 0\n");
    assert!(stacks(&folder.path().join("resources/buffer"), "count").is_empty());
    let headline = &report(&[], folder.path())["headline"];
    assert_ne!(headline["verdict"], "LEAK-LIKE", "{headline}");
}
