//! The whole way, as a user goes it: the program runs with the variable set, and the command says which tasks are there,
//! where each was spawned and where it waits.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../support.rs"]
mod support;

use serde_json::Value;
use std::path::Path;
use support::{last_snapshot, line_of, places, record, report};

const CONNECTION: &str = include_str!("../src/connection.rs");

fn run(variant: &str, folder: &Path) -> String {
    let program = env!("CARGO_BIN_EXE_read_loop");
    record(program, &["--variant", variant, "--pause", "5ms"], &[("HEAPDIFF_EVERY", "100ms")], folder)
}

/// Every stack of tasks that are there at the end.
fn tasks(folder: &Path) -> Vec<Value> {
    let traces = report(&["traces", "--type", "count"], &last_snapshot(&folder.join("tasks")));
    traces["traces"].as_array().unwrap().clone()
}

#[test]
fn every_connection_leaves_two_tasks_and_a_socket() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run("leaky", folder.path());
    assert_eq!(printed, "160 connections are done; 160 sockets more than before are open\n");
    let tasks = tasks(folder.path());
    assert_eq!(tasks.len(), 2, "{tasks:?}");
    for (awaits, spawn) in [
        ("waiting.recv().await", "task::spawn(read_loop("),
        ("requests.recv().await", "task::spawn(write_loop("),
    ] {
        let (awaits, spawn) = (line_of(CONNECTION, awaits), line_of(CONNECTION, spawn));
        let expected =
            [format!("connection.rs:{awaits}"), "[spawned at]".to_owned(), format!("connection.rs:{spawn}")];
        let task = tasks.iter().find(|task| places("read_loop", task).starts_with(&expected));
        let task = task.unwrap_or_else(|| unreachable!("no {expected:?} in {tasks:?}"));
        assert_eq!(task["value"], 160, "{task}");
        let labels = task["labels"].to_string();
        assert!(labels.contains("detached") && labels.contains("parked"), "{labels}");
    }
    let overview = report(&[], folder.path());
    let odd = overview["things"][0]["odd"].as_array().unwrap();
    let lints: Vec<_> = odd.iter().map(|odd| odd["lint"].as_str().unwrap()).collect();
    assert_eq!(lints, ["only_rises", "detached"], "{odd:?}");
    let headline = &overview["headline"];
    assert_eq!(
        (&headline["kind"], &headline["verdict"]),
        (&"tasks".into(), &"LEAK-LIKE".into()),
        "{headline}"
    );
}

#[test]
fn the_fixed_connections_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run("fixed", folder.path());
    assert_eq!(printed, "160 connections are done; 0 sockets more than before are open\n");
    assert!(tasks(folder.path()).is_empty());
    let headline = &report(&[], folder.path())["headline"];
    assert_ne!(headline["verdict"], "LEAK-LIKE", "{headline}");
}
