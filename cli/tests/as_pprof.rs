//! Where pprof is right, its figures are ours: `top` and `tree` with `--as-pprof` against `heapdiff pprof`, which prints
//! what the real one prints, with the same filters.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// pprof's flags and ours.
const FILTERS: [(&[&str], &[&str]); 10] = [
    (&[], &[]),
    (&["-focus=insert|fill"], &["--focus", "insert|fill"]),
    (&["-focus=insert|append|fill"], &["--focus", "insert", "--focus", "append", "--focus", "fill"]),
    (&["-ignore=append|lookup"], &["--ignore", "append|lookup"]),
    (&["-hide=handle|main$"], &["--hide", "handle|main$"]),
    (&["-show=shop|main"], &["--show", "shop|main"]),
    (&["-show_from=server|main.fill"], &["--show-from", "server|main.fill"]),
    (&["-prune_from=server::handle|main.main"], &["--prune-from", "server::handle|main.main"]),
    (&["-noinlines"], &["--no-inlines"]),
    (&["-tagfocus=bytes=1kb:64mb"], &["--tag-focus", "bytes=1kb:64mb"]),
];

const PROFILES: [&str; 3] = [
    "go-heap.pb.gz",
    "shop/shop-20270115T080000Z-42-000003.pb.gz",
    "shop/shop-20270115T080000Z-42-000005.pb.gz",
];

/// Runs the command in the folder of the fixtures.
fn stdout(arguments: &[&[&str]]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_heapdiff"))
        .args(arguments.concat())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"))
        .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn of_pprof(report: &str, flags: &[&str], profile: &str) -> String {
    let exact = ["pprof", "-symbolize=none:demangle=none", "-trim=false", "-nodecount=0", "-unit=B"];
    stdout(&[&exact, &[report], flags, &[profile]])
}

fn of_heapdiff(report: &[&str], flags: &[&str], profile: &str) -> Value {
    let text = stdout(&[report, &["--as-pprof", "--format", "json", "--quiet"], flags, &[profile]]);
    serde_json::from_str(&text).unwrap()
}

fn bytes(word: &str) -> i64 {
    word.trim_end_matches('B').parse().unwrap()
}

/// The words of a line of pprof's table, with the name last.
fn words(line: &str, numbers: usize) -> Option<(Vec<&str>, String)> {
    let mut words = line.split_whitespace();
    let found: Vec<&str> = words.by_ref().take(numbers).collect();
    let is_row = found.len() == numbers
        && found.iter().all(|word| word.starts_with(|c: char| "-.0123456789".contains(c)));
    let name = words.collect::<Vec<_>>().join(" ");
    let name = name.trim_start_matches("| ");
    let name = name.trim_end_matches(" (inline)").trim_end_matches(" (partial-inline)");
    is_row.then(|| (found, name.to_owned()))
}

#[test]
fn top_has_the_figures_of_pprof() {
    for profile in PROFILES {
        for (flags, options) in FILTERS {
            let text = of_pprof("-top", flags, profile);
            let rows = text.lines().skip_while(|line| !line.trim_start().starts_with("flat  flat%")).skip(1);
            let expected: BTreeMap<String, (i64, i64)> = rows
                .map(|line| {
                    let (numbers, name) = words(line, 5).unwrap();
                    (name, (bytes(numbers.first().unwrap()), bytes(numbers.get(3).unwrap())))
                })
                .collect();
            let report = of_heapdiff(&["top"], options, profile);
            let found: BTreeMap<String, (i64, i64)> = report["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| {
                    let figures = (row["flat"].as_i64().unwrap(), row["cum"].as_i64().unwrap());
                    (row["function"].as_str().unwrap().to_owned(), figures)
                })
                .collect();
            assert_eq!(found, expected, "{profile} {flags:?}");
        }
    }
}

#[test]
fn tree_has_the_calls_of_pprof() {
    for profile in PROFILES {
        for (flags, options) in FILTERS {
            let text = of_pprof("-tree", flags, profile);
            let mut expected: BTreeMap<(String, String), i64> = BTreeMap::new();
            for block in
                text.split("----------------------------------------------------------+-------------\n")
            {
                let Some(node) = block.lines().find_map(|line| words(line, 5)).map(|(_, name)| name) else {
                    continue;
                };
                for line in block.lines().skip_while(|line| words(line, 5).is_none()).skip(1) {
                    if let Some((numbers, callee)) = words(line, 2) {
                        expected.insert((node.clone(), callee), bytes(numbers.first().unwrap()));
                    }
                }
            }
            let report = of_heapdiff(&["tree", "--no-trim"], options, profile);
            let names: BTreeMap<u64, &str> = report["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|node| (node["id"].as_u64().unwrap(), node["function"].as_str().unwrap()))
                .collect();
            let name = |edge: &Value, end: &str| {
                names.get(&edge[end].as_u64().unwrap()).copied().unwrap().to_owned()
            };
            let found: BTreeMap<(String, String), i64> = report["edges"]
                .as_array()
                .unwrap()
                .iter()
                .map(|edge| ((name(edge, "caller"), name(edge, "callee")), edge["value"].as_i64().unwrap()))
                .collect();
            assert!(!flags.is_empty() || !found.is_empty());
            assert_eq!(found, expected, "{profile} {flags:?}");
        }
    }
}
