//! The rules of speedscope's format: see `src/lib/file-format-spec.ts` of jlfwong/speedscope.

use super::{index, options, profile, rows, totals, written};
use heapdiff_formats::{ExportFormat, export};
use proptest::prelude::*;
use serde_json::Value;

/// Checks what the format demands, and gives the sum of each profile.
fn check(document: &Value) -> Vec<i64> {
    assert_eq!(document["$schema"], "https://www.speedscope.app/file-format-schema.json");
    let frames = document["shared"]["frames"].as_array().unwrap();
    for frame in frames {
        assert!(frame["name"].is_string());
        assert!(frame.get("file").is_none_or(Value::is_string));
        assert!(frame.get("line").is_none_or(Value::is_u64));
    }
    let profiles = document["profiles"].as_array().unwrap();
    assert!(index(&document["activeProfileIndex"]) < profiles.len());
    let sum_of = |profile: &Value| {
        assert_eq!(profile["type"], "sampled");
        assert!(profile["name"].is_string());
        let units = ["none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"];
        assert!(units.contains(&profile["unit"].as_str().unwrap()));
        let samples = profile["samples"].as_array().unwrap();
        let weights = profile["weights"].as_array().unwrap();
        assert_eq!(samples.len(), weights.len());
        for stack in samples {
            let stack = stack.as_array().unwrap();
            assert!(!stack.is_empty());
            assert!(stack.iter().all(|frame| index(frame) < frames.len()));
        }
        let sum: i64 = weights.iter().map(|weight| weight.as_i64().unwrap()).sum();
        assert!(weights.iter().all(|weight| weight.as_i64().unwrap() > 0));
        assert_eq!(profile["endValue"].as_i64().unwrap() - profile["startValue"].as_i64().unwrap(), sum);
        sum
    };
    profiles.iter().map(sum_of).collect()
}

proptest! {
    #[test]
    fn the_rules_hold_and_nothing_is_lost(rows in rows(0..100)) {
        let profile = profile(&rows);
        let document = serde_json::from_str(&written(&profile, ExportFormat::Speedscope)).unwrap();
        prop_assert_eq!(check(&document), totals(&profile));
    }
}

#[test]
fn stacks_are_root_first_with_files_and_lines() {
    let profile = profile(&[(vec![4, 0], 1, 64, 0), (vec![4, 0], 1, 36, 1)]);
    let document: Value = serde_json::from_str(&written(&profile, ExportFormat::Speedscope)).unwrap();
    let space = &document["profiles"][1];
    assert_eq!((&space["name"], &space["unit"]), (&"inuse_space".into(), &"bytes".into()));
    assert_eq!(space["weights"], serde_json::json!([100]));
    let frames: Vec<String> = space["samples"][0]
        .as_array()
        .unwrap()
        .iter()
        .map(|frame| {
            let frame = &document["shared"]["frames"][index(frame)];
            format!(
                "{} {}:{}",
                frame["name"].as_str().unwrap(),
                frame["file"].as_str().unwrap(),
                frame["line"]
            )
        })
        .collect();
    assert_eq!(frames, ["main src/main.rs:1", "outer src/o.rs:2", "inner src/i.rs:1"]);
}

#[test]
fn a_difference_is_refused() {
    let profile = profile(&[(vec![0], 1, -1, 0)]);
    let error = export(&profile, ExportFormat::Speedscope, &options(), Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "`inuse_space` has negative values, which speedscope cannot show");
}
