//! The arrows between the crates, and how much a program links: what ARCHITECTURE.md promises, read from cargo itself.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

/// What each crate may depend on among ours. Arrows point one way, and the analyst (`heapdiff-cli` and what it uses)
/// never reaches `heapdiff`: they meet in bytes, those of the region among them, which the recorder's crates read.
const ALLOWED: [(&str, &[&str]); 17] = [
    ("heapdiff-recorder", &[]),
    ("heapdiff-unwind", &[]),
    ("heapdiff-pprof", &[]),
    ("heapdiff-profile", &[]),
    ("heapdiff-classic", &[]),
    ("heapdiff-snapshot", &["heapdiff-pprof", "heapdiff-recorder"]),
    ("heapdiff-region", &["heapdiff-pprof", "heapdiff-recorder", "heapdiff-snapshot"]),
    ("heapdiff", &["heapdiff-pprof", "heapdiff-recorder", "heapdiff-snapshot", "heapdiff-unwind"]),
    ("heapdiff-formats", &["heapdiff-classic", "heapdiff-pprof", "heapdiff-profile"]),
    ("heapdiff-symbols", &["heapdiff-profile"]),
    ("heapdiff-render", &["heapdiff-profile"]),
    (
        "heapdiff-cli",
        &[
            "heapdiff-classic",
            "heapdiff-formats",
            "heapdiff-pprof",
            "heapdiff-profile",
            "heapdiff-region",
            "heapdiff-render",
            "heapdiff-snapshot",
            "heapdiff-symbols",
        ],
    ),
    ("cancelled_filter", &["heapdiff"]),
    ("pooled_buffers", &["heapdiff"]),
    ("read_loop", &["heapdiff"]),
    ("unterminated_stream", &["heapdiff"]),
    ("worker_pool", &["heapdiff"]),
];

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).arg("--offline").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn arrows_between_the_crates_point_one_way() {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1"])).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let names: Vec<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let allowed =
            allowed.get(name).unwrap_or_else(|| panic!("{name} has no place in the architecture yet"));
        for dependency in package["dependencies"].as_array().unwrap() {
            let target = dependency["name"].as_str().unwrap();
            let is_linked = dependency["kind"].is_null();
            if is_linked && names.contains(&target) {
                assert!(allowed.contains(&target), "{name} must not depend on {target}");
            }
        }
    }
}

#[test]
fn a_program_links_at_most_25_crates() {
    let tree =
        cargo(&["tree", "--package", "heapdiff", "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    let mut crates: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    crates.sort_unstable();
    crates.dedup();
    assert!(crates.len() <= 25, "{}: {crates:?}", crates.len());
    let macros: Vec<&str> = tree.lines().filter(|line| line.contains("(proc-macro)")).collect();
    assert!(macros.is_empty(), "{macros:?}");
}
