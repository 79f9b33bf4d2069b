//! Tables for spreadsheets and for comments on a change: whatever names hold, they stay in their cells.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use heapdiff_profile::{
    DiffBy, DiffInputs, DiffOptions, InUse, Profile, ProfileBuilder, Selection, Subject, diff, traces,
};
use heapdiff_render::json::{DiffJson, TracesJson};
use heapdiff_render::text::{DiffText, TextOptions, TracesText, write_markdown};
use heapdiff_render::{Side, Sides};
use proptest::prelude::*;
use serde_json::Value;

/// A profile in which each of these functions holds something.
fn profile(names: &[String], factor: i64) -> Profile {
    let mut builder = ProfileBuilder::heap();
    for (index, name) in names.iter().enumerate() {
        let bytes = factor * (1 + i64::try_from(index).unwrap());
        let in_use = InUse { bytes, objects: 1, samples: 1, epoch: 0 };
        builder = builder.in_use(&[&format!("{name} /src/{name}.rs:1"), "main /src/main.rs:2"], in_use);
    }
    builder.build()
}

/// Names with all that means something in Markdown, in CSV or to a spreadsheet.
fn names() -> impl Strategy<Value = Vec<String>> {
    let name = "[=+@|`<>&\"',;:a-c*_\\\\\\[\\]#~\u{1}\u{1b}\u{85}é-]{1,12}";
    proptest::collection::vec(name, 1..6)
}

fn markdown(report: impl FnOnce(&TextOptions, &mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write_markdown(|out| report(&TextOptions::default().for_markdown(), out), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Cells of each line of the only table.
fn cells(markdown: &str) -> Vec<usize> {
    let rows = markdown.lines().filter(|line| line.contains('|'));
    rows.map(|row| {
        assert!(row.starts_with("| ") && row.ends_with(" |"), "{row}");
        row.matches('|').count() - 1
    })
    .collect()
}

/// Compares a table with the rows that JSON has, and returns how many cells were numbers.
fn compare(csv: &[u8], rows: &[Value]) -> usize {
    let mut reader = csv::Reader::from_reader(csv);
    let titles = reader.headers().unwrap().clone();
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), rows.len());
    let mut numbers = 0;
    for (record, row) in records.iter().zip(rows) {
        for (title, cell) in titles.iter().zip(record) {
            assert!(cell.parse::<f64>().is_ok() || !cell.starts_with(['=', '+', '-', '@']), "{cell}");
            match &row[title] {
                Value::Null => assert_eq!(cell, "", "{title}"),
                Value::Number(number) => {
                    numbers += 1;
                    assert_eq!(cell, number.to_string(), "{title}");
                }
                Value::Bool(value) => assert_eq!(cell, value.to_string(), "{title}"),
                Value::String(text) => assert_eq!(
                    cell.strip_prefix('\'').unwrap_or(cell),
                    text.strip_prefix('\'').unwrap_or(text)
                ),
                _ => {}
            }
        }
    }
    numbers
}

fn json(report: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> Value {
    let mut out = Vec::new();
    report(&mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_diff_is_a_table_whatever_its_names_hold(old in names(), new in names()) {
        let (base, head) = (profile(&old, 1000), profile(&new, 70_000));
        let options = DiffOptions { by: DiffBy::Stack, ..DiffOptions::default() };
        let report = &diff(DiffInputs { base: &base, head: &head }, &options).unwrap();
        let (base, head) = (&Side::of(&old.concat(), &base), &Side::of(&new.concat(), &head));
        let text = markdown(|options, out| DiffText { report, base, head }.write(options, out));
        let cells = cells(&text);
        prop_assert!(cells.len() >= 3 && cells.iter().all(|count| count == &cells[0]), "{}", text);
        let view = DiffJson { report, base, head, rows_max: None };
        let mut csv = Vec::new();
        view.write_csv(&mut csv).unwrap();
        let rows = json(|out| view.write(out))["rows"].as_array().unwrap().clone();
        prop_assert!(compare(&csv, &rows) > 10 * rows.len());
    }

    #[test]
    fn stacks_are_a_table_whatever_their_names_hold(names in names()) {
        let head = profile(&names, 70_000);
        let report = &traces(Subject { base: None, head: &head }, &Selection::default()).unwrap();
        let side = Side::of(&names.concat(), &head);
        let sides = Sides { base: None, head: &side };
        let text = markdown(|options, out| TracesText { report, sides }.write(options, out));
        let cells = cells(&text);
        prop_assert!(cells.len() >= 3 && cells.iter().all(|count| count == &cells[0]), "{}", text);
        let view = TracesJson { report, sides, rows_max: None };
        let mut csv = Vec::new();
        view.write_csv(&mut csv).unwrap();
        let rows = json(|out| view.write(out))["traces"].as_array().unwrap().clone();
        prop_assert!(compare(&csv, &rows) > rows.len());
    }
}

#[test]
fn no_rows_still_have_their_columns() {
    let empty = ProfileBuilder::heap().build();
    let report = &diff(DiffInputs { base: &empty, head: &empty }, &DiffOptions::default()).unwrap();
    let side = &Side::of("empty.pb.gz", &empty);
    let mut csv = Vec::new();
    DiffJson { report, base: side, head: side, rows_max: None }.write_csv(&mut csv).unwrap();
    let text = String::from_utf8(csv).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(text.starts_with("key,function,file,line,via,stack,pool,stacks,base_bytes,"), "{text}");
    let text = markdown(|options, out| DiffText { report, base: side, head: side }.write(options, out));
    assert!(
        text.ends_with("Nothing to compare: no sample in base or head.\n") && !text.contains('|'),
        "{text}"
    );
}
