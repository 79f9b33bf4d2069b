//! Laws of `list`, `traces` and `tags`, for all profiles:
//!
//! - the flat values of a function's lines sum to that of the function, which is what `top` and `diff` say;
//! - traces sum to the total, and each is a row of `diff`;
//! - the values of a label and what lacks it sum to the total;
//! - the order in which samples come does not matter.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

use heapdiff_profile::{
    DiffBy, DiffInputs, DiffOptions, FilterPatterns, Filters, FrameVisibility, GraphOptions, InUse,
    LabelRange, Listing, ListingOptions, Note, Profile, ProfileBuilder, Selection, Subject, TagText,
    call_graph, diff, list, tags, traces,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const FRAMES: [&str; 7] = [
    "__rust_alloc",
    "alloc::vec::Vec<T>::push /rustc/0/library/alloc/src/vec/mod.rs:2",
    "app::a src/a.rs:1",
    "app::a src/a.rs:2",
    "app::b src/b.rs:1 <- app::c src/c.rs:1",
    "new src/b.rs:7",
    "new src/c.rs:7",
];

/// A stack, and bytes, objects and epoch of what it allocated.
type Row = (Vec<usize>, i64, i64, i64);

fn profile(sequence: u32, rows: &[Row]) -> Profile {
    let mut builder = ProfileBuilder::heap().period(1 << 19).snapshot(sequence);
    for (stack, bytes, objects, epoch) in rows {
        let stack: Vec<_> = stack.iter().map(|&frame| FRAMES[frame]).collect();
        let live = InUse { bytes: *bytes, objects: *objects, samples: (*objects + 1) / 2, epoch: *epoch };
        builder = builder.in_use(&stack, live);
    }
    builder.build()
}

prop_compose! {
    fn rows(epoch_max: i64)(
        rows in prop::collection::vec(
            (prop::collection::vec(0..FRAMES.len(), 0..6), 0..10_000_000_i64, 0..50_i64, 0..=epoch_max),
            0..12,
        ),
    ) -> Vec<Row> {
        rows
    }
}

prop_compose! {
    fn sides()(
        base in rows(1),
        head in rows(40),
        sequence in prop::sample::select(vec![0_u32, 2]),
        is_diff in any::<bool>(),
    ) -> (Option<Profile>, Profile, Vec<Row>) {
        (is_diff.then(|| profile(1, &base)), profile(sequence, &head), head)
    }
}

fn selection() -> impl Strategy<Value = Selection> {
    let frames = prop::sample::select(vec![
        FrameVisibility::Attributed,
        FrameVisibility::AsPprof,
        FrameVisibility::All,
    ]);
    let focus = prop::sample::select(vec!["", "app", "new"]);
    (frames, focus, any::<bool>()).prop_map(|(frames, focus, collapse_generics)| {
        let patterns = FilterPatterns { focus: vec![focus.to_owned()], ..FilterPatterns::default() };
        Selection {
            filters: Filters::new(&patterns).unwrap(),
            frames,
            collapse_generics,
            ..Selection::default()
        }
    })
}

fn listing(subject: Subject<'_>, functions: &str, selection: &Selection) -> Listing {
    list(subject, &ListingOptions::new(functions, selection.clone()).unwrap()).unwrap()
}

proptest! {
    #[test]
    fn lines_sum_to_functions_and_those_are_what_top_and_diff_say(
        (base, head, _) in sides(),
        selection in selection(),
    ) {
        let listing = listing(Subject { base: base.as_ref(), head: &head }, "", &selection);
        let mut flat: BTreeMap<&str, i64> = BTreeMap::new();
        for function in &listing.functions {
            let of_lines: i64 = function.lines.iter().map(|line| line.flat.value.delta()).sum();
            prop_assert_eq!(of_lines, function.flat.value.delta());
            // What is known of a function is known of its only line.
            if let [line] = function.lines.as_slice() {
                prop_assert_eq!((line.flat.interval, line.cum.interval), (function.flat.interval, function.cum.interval));
            }
            let cum = function.cum.value.delta();
            if base.is_none() {
                prop_assert!(function.lines.iter().all(|line| line.flat.value.delta() <= line.cum.value.delta() && line.cum.value.delta() <= cum));
            }
            *flat.entry(listing.frames.function(function.frame)).or_default() += of_lines;
        }
        let mut expected: BTreeMap<&str, i64> = BTreeMap::new();
        let of_top;
        let of_diff;
        match &base {
            None => {
                let options = GraphOptions { selection, ..GraphOptions::default() };
                of_top = call_graph(Subject { base: None, head: &head }, &options).unwrap();
                for node in of_top.nodes.iter().filter(|node| node.cum.value.head != 0) {
                    *expected.entry(of_top.frames.function(node.frame)).or_default() += node.flat.value.head;
                }
            }
            Some(base) => {
                let options = DiffOptions { by: DiffBy::Function, selection, per: None };
                of_diff = diff(DiffInputs { base, head: &head }, &options).unwrap();
                for row in &of_diff.rows {
                    *expected.entry(of_diff.frames.function(row.frame)).or_default() += row.figures.value.delta();
                }
                prop_assert_eq!(listing.subject.total, of_diff.total);
            }
        }
        flat.retain(|_, flat| *flat != 0);
        expected.retain(|_, flat| *flat != 0);
        prop_assert_eq!(flat, expected);
    }

    #[test]
    fn traces_are_the_rows_of_a_diff_by_stack((base, head, _) in sides(), selection in selection()) {
        let report = traces(Subject { base: base.as_ref(), head: &head }, &selection).unwrap();
        let sum: i64 = report.traces.iter().map(|trace| trace.figures.value.delta()).sum();
        prop_assert_eq!(sum, report.subject.total.shown.value.delta());
        let sizes: Vec<_> =
            report.traces.iter().map(|trace| trace.figures.value.delta().unsigned_abs()).collect();
        prop_assert!(sizes.is_sorted_by(|a, b| a >= b));
        if let Some(base) = &base {
            let options = DiffOptions { by: DiffBy::Stack, selection, per: None };
            let diff = diff(DiffInputs { base, head: &head }, &options).unwrap();
            prop_assert_eq!(report.subject.total, diff.total);
            prop_assert_eq!(report.traces.len(), diff.rows.len());
            for row in &diff.rows {
                let trace = report.traces.iter().find(|trace| trace.whole_stack == row.whole_stack).unwrap();
                prop_assert_eq!(trace.figures, row.figures);
                prop_assert_eq!(&trace.stack, &row.stack);
            }
        }
    }

    #[test]
    fn the_values_of_a_label_and_the_rest_sum_to_the_total(
        (base, mut head, _) in sides(),
        selection in selection(),
        without in any::<prop::sample::Index>(),
    ) {
        if !head.samples.is_empty() {
            let bare = without.index(head.samples.len());
            head.samples[bare].labels.clear();
        }
        let report = tags(Subject { base: base.as_ref(), head: &head }, &selection).unwrap();
        let total = report.subject.total.shown.value;
        for tag in &report.tags {
            let values = || tag.values.iter().map(|value| value.figures.value);
            let (tagged, untagged) = (tag.total.value, tag.untagged.value);
            prop_assert_eq!(values().map(|value| value.base).sum::<i64>(), tagged.base);
            prop_assert_eq!(values().map(|value| value.head).sum::<i64>(), tagged.head);
            prop_assert_eq!(tagged.base + untagged.base, total.base);
            prop_assert_eq!(tagged.head + untagged.head, total.head);
            prop_assert!(tag.values.len() <= 12, "{} ranges", tag.values.len());
        }
    }

    #[test]
    fn the_order_of_samples_does_not_matter((base, head, mut rows) in sides(), selection in selection()) {
        let sequence = head.metadata.as_ref().unwrap().sequence;
        rows.reverse();
        let reversed = profile(sequence, &rows);
        let (one, other) = (
            Subject { base: base.as_ref(), head: &head },
            Subject { base: base.as_ref(), head: &reversed },
        );
        prop_assert_eq!(tags(one, &selection).unwrap().tags, tags(other, &selection).unwrap().tags);
        let text = |subject| {
            let report = traces(subject, &selection).unwrap();
            let name = |&frame| format!("{:?}", report.frames.frame(frame));
            let row = |trace: &heapdiff_profile::Trace| {
                let stack: Vec<_> = report.frames.stack(trace.whole_stack).iter().map(name).collect();
                format!("{stack:?} {:?} {:?}", trace.figures, trace.labels)
            };
            report.traces.iter().map(row).collect::<Vec<_>>()
        };
        prop_assert_eq!(text(one), text(other));
        let text = |subject| {
            let report = listing(subject, "", &selection);
            let row = |function: &heapdiff_profile::ListedFunction| {
                let frame = report.frames.frame(function.frame);
                format!("{} {} {:?}", frame.function, frame.file, (function.flat, function.cum, &function.lines))
            };
            report.functions.iter().map(row).collect::<Vec<_>>()
        };
        prop_assert_eq!(text(one), text(other));
    }
}

#[test]
fn a_name_that_matches_nothing_is_noted_and_so_are_hidden_functions() {
    let head = profile(1, &[(vec![1, 2], 100, 1, 0)]);
    let subject = Subject { base: None, head: &head };
    let notes = |functions| listing(subject, functions, &Selection::default()).notes;
    assert_eq!(notes("app::a"), []);
    assert_eq!(notes("nobody"), [Note::NoSuchFunction { pattern: "nobody".to_owned() }]);
    assert_eq!(notes("push"), [Note::FunctionsHidden { pattern: "push".to_owned() }]);
    assert!(ListingOptions::new("(", Selection::default()).is_err());
}

#[test]
fn recursion_counts_once_a_line_and_once_a_function() {
    let head = profile(1, &[(vec![2, 3, 2, 3], 100, 1, 0)]);
    let listing = listing(Subject { base: None, head: &head }, "app::a", &Selection::default());
    let [function] = listing.functions.as_slice() else { panic!("one function") };
    assert_eq!((function.flat.value.delta(), function.cum.value.delta()), (100, 100));
    let lines: Vec<_> = function
        .lines
        .iter()
        .map(|line| (line.line, line.flat.value.delta(), line.cum.value.delta()))
        .collect();
    assert_eq!(lines, [(1, 100, 100), (2, 0, 100)]);
}

#[test]
fn several_values_of_one_label_are_one_value() {
    let head = ProfileBuilder::with_types(&[("space", "bytes")])
        .sample(&["a"], &[4], &[("shard", 1, ""), ("shard", 2, "")])
        .sample(&["a"], &[2], &[("shard", 1, "")])
        .sample(&["b"], &[1], &[])
        .build();
    let report = tags(Subject { base: None, head: &head }, &Selection::default()).unwrap();
    let [tag] = report.tags.as_slice() else { panic!("one label") };
    let one = LabelRange { low: 1, high: 1, unit: "shard".to_owned() };
    let values: Vec<_> = tag.values.iter().map(|value| (&value.value, value.figures.value.head)).collect();
    assert_eq!(values, [(&TagText::Numbers(one), 2), (&TagText::Words("1,2".to_owned()), 4)]);
    assert_eq!(tag.untagged.value.head, 1);
}
