//! `--format csv` and `--format markdown`: which reports have them, and that their figures are those of the JSON.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn heapdiff(question: &str, format: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapdiff"));
    command.args(question.split(' ')).args(["--format", format, "--quiet"]);
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"));
    command.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR")).output().unwrap()
}

#[test]
fn a_table_has_the_rows_and_figures_of_the_json() {
    for (question, rows) in [
        ("shop", "/rows"),
        ("shop -n 1", "/rows"),
        ("diff shop --by module", "/rows"),
        ("diff go-heap.pb.gz formats/go-heap.txt -n 1", "/rows"),
        ("top shop", "/rows"),
        ("top shop --base shop --cum", "/rows"),
        ("traces shop", "/traces"),
        ("traces shop --base shop", "/traces"),
        ("tags shop --tag-show epoch", "/tags/0/values"),
        ("tags shop --base shop -n 2", "/tags/0/values"),
        ("trend shop --by stack", "/rows"),
        ("check shop --budgets budgets/shop.toml --per 1000", "/budgets"),
        ("check shop --max-growth 1MiB --max-rate 1MiB/h", "/budgets"),
    ] {
        let json: Value = serde_json::from_slice(&heapdiff(question, "json").stdout).unwrap();
        let expected = json.pointer(rows).unwrap().as_array().unwrap();
        let csv = heapdiff(question, "csv");
        let mut reader = csv::Reader::from_reader(csv.stdout.as_slice());
        let titles = reader.headers().unwrap().clone();
        let mut found: Vec<_> = reader.records().map(Result::unwrap).collect();
        if question.starts_with("tags") {
            let without = found.pop().unwrap();
            assert_eq!((&without[0], &without[1], &without[2]), ("epoch", "", ""), "{question}");
        }
        assert_eq!(found.len(), expected.len(), "{question}");
        let mut numbers = 0;
        for (title, row, cell) in found.iter().zip(expected).flat_map(|(record, row)| {
            titles.iter().zip(record.iter()).map(move |(title, cell)| (title, row, cell))
        }) {
            let is_of_row = row.get(title).is_some() || (question.starts_with("tags") && title == "key");
            assert!(is_of_row, "{question}: `{title}` is no field of the JSON");
            if let Value::Number(number) = &row[title] {
                assert_eq!(cell, number.to_string(), "{question}: {title}");
                numbers += 1;
            }
        }
        assert!(numbers >= 4 * expected.len(), "{question}");
    }
}

#[test]
fn markdown_has_what_the_text_has() {
    let text = |format| String::from_utf8(heapdiff("diff shop", format).stdout).unwrap();
    let (terminal, comment) = (text("text"), text("md"));
    for figure in
        ["+20.0 MiB", "-10.0 MiB", "+5.00 MiB", "+15.0 MiB", "18.0 MiB in base", "1 stack without change"]
    {
        assert!(terminal.contains(figure) && comment.contains(figure), "{figure}:\n{comment}");
    }
    assert!(comment.starts_with("**inuse_space: ▲ +15.0 MiB**, interval +"), "{comment}");
    let rows = |question| heapdiff(question, "markdown").stdout.iter().filter(|byte| **byte == b'|').count();
    assert!(rows("top shop -n 1") < rows("top shop -n 2"));
}

#[test]
fn what_is_no_table_says_what_is() {
    for question in
        ["tree shop", "peek insert shop", "graph shop", "list insert shop", "info shop", "postmortem shop"]
    {
        for format in ["csv", "md", "markdown"] {
            let refused = heapdiff(question, format);
            let said = String::from_utf8_lossy(&refused.stderr);
            assert_eq!(refused.status.code(), Some(2), "{question}: {said}");
            assert!(refused.stdout.is_empty(), "{question}");
            let names_tables =
                "this report is no table; `heapdiff DIR`, diff, top, traces, tags, trend and check are";
            assert!(said.lines().next().unwrap().ends_with(names_tables), "{question}: {said}");
        }
    }
    let refused = heapdiff("diff shop --unit kib", "csv");
    assert_eq!(refused.status.code(), Some(2));
}
