//! The rules of the Firefox Profiler's processed profile format, version 58: see `src/types/profile.ts` and
//! `docs-developer/CHANGELOG-formats.md` of firefox-devtools/profiler.

use super::{index, profile, rows, totals, written};
use heapdiff_formats::ExportFormat;
use proptest::prelude::*;
use serde_json::Value;

/// The columns of a table, all of the table's length.
fn table<'v>(table: &'v Value, columns: &[&str]) -> Vec<&'v Vec<Value>> {
    let length = index(&table["length"]);
    let names: Vec<_> = table.as_object().unwrap().keys().map(String::as_str).collect();
    let known = |name: &&str| ["length", "weightType"].contains(name) || columns.contains(name);
    assert!(names.iter().all(known), "{names:?}");
    let column = |name: &&str| {
        let column = table[*name].as_array().unwrap();
        assert_eq!(column.len(), length, "{name}");
        column
    };
    columns.iter().map(column).collect()
}

/// Each is null, or an index below `end`.
fn are_indices(column: &[Value], end: usize, may_be_null: bool) {
    for value in column {
        assert!(if value.is_null() { may_be_null } else { index(value) < end }, "{value} of {end}");
    }
}

/// Checks what the format demands, and gives the sum of each thread.
fn check(document: &Value) -> Vec<i64> {
    let meta = &document["meta"];
    assert_eq!(meta["preprocessedProfileVersion"], 58);
    for field in ["interval", "startTime", "processType", "stackwalk", "version"] {
        assert!(meta[field].is_i64(), "{field}");
    }
    assert!(meta["product"].is_string() && meta["markerSchema"].is_array());
    let categories = meta["categories"].as_array().unwrap();
    assert!(categories.iter().any(|category| category["color"] == "grey"));
    assert!(categories.iter().all(|category| category["subcategories"][0] == "Other"));
    let threads = document["threads"].as_array().unwrap();
    for list in ["initialVisibleThreads", "initialSelectedThreads"] {
        are_indices(meta[list].as_array().unwrap(), threads.len(), false);
    }
    let libs = document["libs"].as_array().unwrap();
    for lib in libs {
        for field in ["arch", "name", "path", "debugName", "debugPath", "breakpadId"] {
            assert!(lib[field].is_string(), "{field}");
        }
    }
    let strings = document["shared"]["stringArray"].as_array().unwrap();
    assert!(strings.iter().all(Value::is_string));
    let sources = table(&document["shared"]["sources"], &["uuid", "filename"]);
    assert!(sources[0].iter().all(Value::is_null));
    are_indices(sources[1], strings.len(), false);
    let mut tids: Vec<_> = threads.iter().map(|thread| thread["tid"].as_u64().unwrap()).collect();
    tids.dedup();
    assert_eq!(tids.len(), threads.len());
    threads.iter().map(|thread| check_thread(thread, strings.len(), sources[0].len(), libs.len())).collect()
}

fn check_thread(thread: &Value, strings: usize, sources: usize, libs: usize) -> i64 {
    assert!(thread["pid"].is_string() && thread["name"].is_string() && thread["isMainThread"].is_boolean());
    table(&thread["markers"], &["data", "name", "startTime", "endTime", "phase", "category"]);
    table(&thread["nativeSymbols"], &["libIndex", "address", "name", "functionSize"]);
    let resources = table(&thread["resourceTable"], &["lib", "name", "host", "type"]);
    are_indices(resources[0], libs, true);
    are_indices(resources[1], strings, false);
    let funcs = table(
        &thread["funcTable"],
        &["name", "isJS", "relevantForJS", "resource", "source", "lineNumber", "columnNumber"],
    );
    are_indices(funcs[0], strings, false);
    for resource in funcs[3] {
        assert!(resource == -1 || index(resource) < resources[0].len());
    }
    are_indices(funcs[4], sources, true);
    let frames = table(
        &thread["frameTable"],
        &[
            "func",
            "line",
            "address",
            "inlineDepth",
            "category",
            "subcategory",
            "nativeSymbol",
            "innerWindowID",
            "column",
        ],
    );
    are_indices(frames[0], funcs[0].len(), false);
    let stacks = table(&thread["stackTable"], &["prefix", "frame"]);
    for (index, prefix) in stacks[0].iter().enumerate() {
        are_indices(std::slice::from_ref(prefix), index, true);
    }
    are_indices(stacks[1], frames[0].len(), false);
    let samples = table(&thread["samples"], &["stack", "time", "weight"]);
    assert!(["samples", "bytes"].contains(&thread["samples"]["weightType"].as_str().unwrap()));
    assert!(!samples[0].is_empty());
    are_indices(samples[0], stacks[0].len(), true);
    assert!(samples[1].windows(2).all(|pair| pair[0].as_u64() < pair[1].as_u64()));
    samples[2].iter().map(|weight| weight.as_i64().unwrap()).sum()
}

proptest! {
    #[test]
    fn the_rules_hold_and_nothing_is_lost(rows in rows(-100..100)) {
        let profile = profile(&rows);
        let document = serde_json::from_str(&written(&profile, ExportFormat::Firefox)).unwrap();
        prop_assert_eq!(check(&document), totals(&profile));
    }
}

#[test]
fn a_sample_leads_to_its_function_file_and_line() {
    let profile = profile(&[(vec![1, 0], 1, 100, 0), (vec![6, 0], 2, 50, 0)]);
    let document: Value = serde_json::from_str(&written(&profile, ExportFormat::Firefox)).unwrap();
    check(&document);
    let thread = &document["threads"][1];
    assert_eq!((&thread["name"], &thread["samples"]["weightType"]), (&"inuse_space".into(), &"bytes".into()));
    assert_eq!(thread["samples"]["weight"], serde_json::json!([100, 50]));
    let at = |value: &Value, index: &Value| value[super::index(index)].clone();
    let named = |stack: &Value| {
        let frame = at(&thread["stackTable"]["frame"], stack);
        let func = at(&thread["frameTable"]["func"], &frame);
        let name = at(&document["shared"]["stringArray"], &at(&thread["funcTable"]["name"], &func));
        let source = at(&thread["funcTable"]["source"], &func);
        let file = match source.is_null() {
            true => Value::Null,
            false => at(
                &document["shared"]["stringArray"],
                &at(&document["shared"]["sources"]["filename"], &source),
            ),
        };
        let lib = at(&thread["resourceTable"]["lib"], &at(&thread["funcTable"]["resource"], &func));
        serde_json::json!([
            name,
            file,
            at(&thread["frameTable"]["line"], &frame),
            at(&document["libs"], &lib)["name"]
        ])
    };
    let stacks = &thread["samples"]["stack"];
    assert_eq!(named(&stacks[0]), serde_json::json!(["app::load", "src/load.rs", 7, "app"]));
    assert_eq!(named(&stacks[1]), serde_json::json!(["app+0x1234", null, null, "app"]));
    // Both are called from one node.
    let prefix = |stack: &Value| at(&thread["stackTable"]["prefix"], stack);
    assert_eq!(prefix(&stacks[0]), prefix(&stacks[1]));
    assert_eq!(named(&prefix(&stacks[0]))[0], "main");
}
