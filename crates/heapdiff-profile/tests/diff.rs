//! What a diff says of profiles whose truth is known.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use heapdiff_profile::{
    Allocated, Change, DiffBy, DiffInputs, DiffOptions, DiffReport, FilterPatterns, Filters, Flow,
    FrameVisibility, InUse, Interval, Note, Pairing, Profile, ProfileBuilder, Selection, diff, short_name,
};

const GROW: &str = "alloc::raw_vec::RawVec<T>::grow_one /rustc/0/library/alloc/src/raw_vec/mod.rs:336";
const PUSH: &str = "alloc::vec::Vec<T>::push /rustc/0/library/alloc/src/vec/mod.rs:2442";
const ALLOC: &str = "__rustc::__rust_alloc src/main.rs:4";
const FILL: &str = "app::fill src/fill.rs:10";
const SPILL: &str = "app::spill src/spill.rs:20";
const MAIN: &str = "app::main src/main.rs:30";

fn exact(sequence: u32) -> ProfileBuilder {
    ProfileBuilder::heap().period(1).snapshot(sequence)
}

fn live(bytes: i64, objects: i64, epoch: i64) -> InUse {
    InUse { bytes, objects, samples: objects, epoch }
}

fn diff_by(base: &Profile, head: &Profile, by: DiffBy) -> DiffReport {
    diff(DiffInputs { base, head }, &DiffOptions { by, ..DiffOptions::default() }).unwrap()
}

/// Each row in a line: function, place, base to head, born, died, grown.
fn rows(report: &DiffReport) -> Vec<String> {
    let text = |row: &heapdiff_profile::DiffRow| {
        let frame = report.frames.frame(row.frame);
        let Change { base, head, flow } = row.figures.value;
        let flow =
            flow.map_or(String::new(), |flow| format!(" +{} -{} ~{}", flow.born, flow.died, flow.grown));
        format!("{} {}:{} {base}..{head}{flow}", short_name(frame.function), frame.file, frame.line)
    };
    report.rows.iter().map(text).collect()
}

#[test]
fn snapshots_of_one_process_are_paired_by_epoch() {
    let stack = [ALLOC, GROW, PUSH, FILL, MAIN];
    let base = exact(1)
        .in_use(&stack, live(1000, 10, 0))
        .in_use(&stack, live(500, 5, 1))
        .in_use(&[ALLOC, SPILL, MAIN], live(64, 1, 1))
        .build();
    // 700 of the 1500 died, 300 were born, and the other row's block grew from 64 to 4096 in place.
    let head = exact(3)
        .in_use(&stack, live(600, 6, 0))
        .in_use(&stack, live(200, 2, 1))
        .in_use(&stack, live(100, 1, 2))
        .in_use(&stack, live(200, 2, 3))
        .in_use(&[ALLOC, SPILL, MAIN], live(4096, 1, 1))
        .build();
    let report = diff_by(&base, &head, DiffBy::Line);
    assert_eq!(report.pairing, Pairing::Paired);
    assert_eq!(
        rows(&report),
        [
            "app::spill src/spill.rs:20 64..4096 +0 -0 ~4032",
            "app::fill src/fill.rs:10 1500..1100 +300 -700 ~0"
        ]
    );
    let fill = &report.rows[1];
    assert_eq!(report.frames.function(fill.via.unwrap()), "alloc::vec::Vec<T>::push");
    assert_eq!(
        fill.stack.iter().map(|&frame| report.frames.function(frame)).collect::<Vec<_>>(),
        ["app::fill", "app::main"]
    );
    assert_eq!(report.frames.stack(fill.whole_stack).len(), 5);
    assert_eq!(fill.figures.samples, Some(3 + 7), "3 births and 7 deaths");
    assert_eq!(fill.figures.objects.map(|objects| (objects.base, objects.head)), Some((15, 11)));
    assert_eq!(
        fill.figures.interval,
        Some(Interval { low: -400, high: -400 }),
        "every allocation was recorded"
    );
    assert_eq!(fill.figures.significant, Some(true));
    assert_eq!(report.total.shown.value.flow, Some(Flow { born: 300, died: 700, grown: 4032 }));
    assert_eq!((report.total.unfiltered.base, report.total.unfiltered.head), (1564, 5196));
    assert_eq!(report.resolution_bytes, Some(0));
    assert_eq!(report.notes, []);
}

#[test]
fn the_other_way_round_signs_change_and_the_report_says_so() {
    let base = exact(0).in_use(&[FILL], live(100, 1, 0)).build();
    let head = exact(1).in_use(&[FILL], live(40, 1, 0)).in_use(&[FILL], live(500, 5, 1)).build();
    let report = diff_by(&head, &base, DiffBy::Function);
    assert_eq!(rows(&report), ["app::fill src/fill.rs:10 540..100 +60 -500 ~0"]);
    assert_eq!(report.pairing, Pairing::Paired);
    assert_eq!(report.notes, [Note::BaseIsNewer]);
}

#[test]
fn a_base_that_was_thinned_out_is_no_boundary() {
    let base = exact(2).in_use(&[FILL], live(100, 1, 0)).build();
    let head = exact(5).with_metadata(|metadata| metadata.boundaries = vec![0, 1, 4]);
    let head = head.in_use(&[FILL], live(150, 1, 2)).build();
    let report = diff_by(&base, &head, DiffBy::Function);
    assert_eq!(report.pairing, Pairing::Independent);
    assert_eq!(rows(&report), ["app::fill src/fill.rs:10 100..150"]);
    assert_eq!(report.notes, [Note::NotABoundary { sequence: 2 }]);
}

#[test]
fn samples_without_epochs_cannot_be_paired() {
    let base = exact(0).in_use(&[FILL], live(100, 1, 0)).build();
    let head = exact(1).sample(&[FILL], &[0, 1, 0, 0, 1, 100], &[]).build();
    let report = diff_by(&base, &head, DiffBy::Function);
    assert_eq!((report.pairing, report.notes), (Pairing::Independent, vec![Note::MissingEpochs]));
}

#[test]
fn different_programs_are_compared_and_noted() {
    let base = ProfileBuilder::heap().snapshot(0).in_use(&[FILL], live(1 << 20, 2, 0)).build();
    let head = ProfileBuilder::heap().period(1 << 16).snapshot(4).with_metadata(|metadata| {
        metadata.process.program = "other".to_owned();
        metadata.process.recorder_id = "f".to_owned();
    });
    let head = head.in_use(&[FILL], live(3 << 20, 48, 2)).build();
    let report = diff_by(&base, &head, DiffBy::Function);
    assert_eq!(report.pairing, Pairing::Independent);
    let notes: Vec<_> = report.notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "different programs: base is `app`, head is `other`",
            "different sampling periods: 524288 bytes in the base, 65536 bytes in the head",
        ]
    );
    let row = report.rows[0].figures;
    assert_eq!(row.samples, Some(50), "both sides count");
    let interval = row.interval.unwrap();
    assert!(interval.low < 2 << 20 && interval.high > 2 << 20, "{interval:?}");
}

#[test]
fn what_was_allocated_between_has_no_deaths() {
    let sum = |bytes, objects, samples| Allocated { bytes, objects, samples };
    let base = ProfileBuilder::heap().snapshot(0).allocated(&[FILL], sum(10 << 20, 10_000, 20)).build();
    let head = ProfileBuilder::heap().snapshot(1).allocated(&[FILL], sum(40 << 20, 40_000, 80)).build();
    let selection = Selection { sample_type: Some("alloc_space".to_owned()), ..Selection::default() };
    let options = DiffOptions { selection, ..DiffOptions::default() };
    let report = diff(DiffInputs { base: &base, head: &head }, &options).unwrap();
    assert_eq!(rows(&report), ["app::fill src/fill.rs:10 10485760..41943040"]);
    let figures = report.rows[0].figures;
    assert_eq!((report.pairing, figures.samples), (Pairing::Paired, Some(60)));
    let Interval { low, high } = figures.interval.unwrap();
    // 60 samples of 512 KiB: 30 MiB, and by the exact interval of Poisson counts 22.9 to 38.6.
    assert!(low > 22 << 20 && low < 24 << 20, "{low}");
    assert!(high > 38 << 20 && high < 40 << 20, "{high}");
    assert_eq!(figures.significant, Some(true));
}

#[test]
fn samples_that_are_not_counted_follow_from_objects_if_there_are_any() {
    let go = |bytes| {
        let types = [
            ("alloc_objects", "count"),
            ("alloc_space", "bytes"),
            ("inuse_objects", "count"),
            ("inuse_space", "bytes"),
        ];
        ProfileBuilder::with_types(&types)
            .period(1 << 19)
            .sample(&["main.fill /src/main.go:3"], &[9, 9000, 2, bytes], &[])
            .build()
    };
    let report = diff_by(&go(100), &go(300), DiffBy::Function);
    let figures = report.rows[0].figures;
    // Two objects of 50 or 150 bytes are no estimate that a sampler would make, but something was seen.
    assert_eq!((figures.samples, figures.significant), (Some(2), Some(false)));
    assert_eq!(figures.objects.map(Change::delta), Some(0));
    assert_eq!(report.pairing, Pairing::Independent);
    assert_eq!(report.notes, [Note::SamplesDerived]);

    // Of blocks of two periods 86 in 100 are sampled.
    let mebibytes = |objects: i64| go_like(&[objects, objects << 20]);
    let report = diff_by(&mebibytes(6), &mebibytes(110), DiffBy::Function);
    assert_eq!(report.rows[0].figures.samples, Some(100));
    assert_eq!(report.rows[0].figures.significant, Some(true));

    let bytes_alone = |bytes| {
        let sampled = ProfileBuilder::with_types(&[("inuse_space", "bytes")]).period(1 << 19);
        sampled.sample(&["main.fill /src/main.go:3"], &[bytes], &[]).build()
    };
    let report = diff_by(&bytes_alone(100), &bytes_alone(300), DiffBy::Function);
    let figures = report.rows[0].figures;
    assert_eq!((figures.samples, figures.interval, figures.significant, figures.p), (None, None, None, None));
    assert_eq!(report.notes, [Note::SamplesUnknown]);
}

/// A profile of objects and bytes in use.
fn go_like(values: &[i64]) -> Profile {
    ProfileBuilder::with_types(&[("inuse_objects", "count"), ("inuse_space", "bytes")])
        .period(1 << 19)
        .sample(&["main.fill /src/main.go:3"], values, &[])
        .build()
}

#[test]
fn a_profile_of_something_else_works_with_what_there_is() {
    let cpu = |nanos| {
        let types = [("samples", "count"), ("cpu", "nanoseconds")];
        ProfileBuilder::with_types(&types).sample(&["f a.c:1"], &[1, nanos], &[]).build()
    };
    let report = diff_by(&cpu(10), &cpu(30), DiffBy::Function);
    let figures = report.rows[0].figures;
    assert_eq!((figures.value.delta(), figures.bytes, figures.objects), (20, None, None));
    assert_eq!(report.resolution_bytes, None);
}

#[test]
fn two_callers_of_one_line_are_two_rows_by_line_and_stack() {
    let base = exact(0).build();
    let head = exact(1)
        .in_use(&[ALLOC, GROW, PUSH, FILL, MAIN], live(10, 1, 1))
        .in_use(&[ALLOC, GROW, PUSH, SPILL, MAIN], live(20, 1, 1))
        .in_use(&[ALLOC, GROW, PUSH, "app::fill src/fill.rs:11", MAIN], live(5, 1, 1))
        .build();
    assert_eq!(
        rows(&diff_by(&base, &head, DiffBy::Line)),
        [
            "app::spill src/spill.rs:20 0..20 +20 -0 ~0",
            "app::fill src/fill.rs:10 0..10 +10 -0 ~0",
            "app::fill src/fill.rs:11 0..5 +5 -0 ~0",
        ]
    );
    assert_eq!(diff_by(&base, &head, DiffBy::Stack).rows.len(), 3);
    let by_function = diff_by(&base, &head, DiffBy::Function);
    assert_eq!(
        rows(&by_function),
        ["app::spill src/spill.rs:20 0..20 +20 -0 ~0", "app::fill src/fill.rs:10 0..15 +15 -0 ~0"]
    );
    assert_eq!(by_function.rows[1].stacks, 2);
}

#[test]
fn bare_names_of_two_files_are_two_functions() {
    let base = exact(0).build();
    let head = exact(1)
        .in_use(&["new<u8> src/a.rs:1"], live(10, 1, 1))
        .in_use(&["new<u8> src/a.rs:2"], live(10, 1, 1))
        .in_use(&["new<u8> src/b.rs:1"], live(5, 1, 1))
        .in_use(&["app::new src/c.rs:1"], live(2, 1, 1))
        .in_use(&["app::new generated/c.rs:1"], live(1, 1, 1))
        .build();
    assert_eq!(
        rows(&diff_by(&base, &head, DiffBy::Function)),
        [
            "new src/a.rs:1 0..20 +20 -0 ~0",
            "new src/b.rs:1 0..5 +5 -0 ~0",
            "app::new src/c.rs:1 0..3 +3 -0 ~0"
        ]
    );
}

#[test]
fn hidden_frames_can_be_shown_again() {
    let base = exact(0).build();
    let head = exact(1).in_use(&[ALLOC, GROW, PUSH, FILL, MAIN], live(10, 1, 1)).build();
    let frames = |frames| {
        let options =
            DiffOptions { selection: Selection { frames, ..Selection::default() }, ..DiffOptions::default() };
        let report = diff(DiffInputs { base: &base, head: &head }, &options).unwrap();
        report.rows[0]
            .stack
            .iter()
            .map(|&frame| short_name(report.frames.function(frame)))
            .collect::<Vec<_>>()
    };
    assert_eq!(frames(FrameVisibility::Attributed), ["app::fill", "app::main"]);
    assert_eq!(
        frames(FrameVisibility::All),
        ["__rustc::__rust_alloc", "RawVec::grow_one", "Vec::push", "app::fill", "app::main"]
    );
}

#[test]
fn filters_leave_the_totals_before_filters_visible() {
    let base = exact(0).build();
    let head = exact(1).in_use(&[FILL], live(10, 1, 1)).in_use(&[SPILL], live(90, 1, 1)).build();
    let patterns = FilterPatterns {
        focus: vec!["fill".to_owned()],
        ignore: vec!["nowhere".to_owned()],
        ..FilterPatterns::default()
    };
    let selection = Selection { filters: Filters::new(&patterns).unwrap(), ..Selection::default() };
    let options = DiffOptions { selection, ..DiffOptions::default() };
    let report = diff(DiffInputs { base: &base, head: &head }, &options).unwrap();
    assert_eq!(rows(&report), ["app::fill src/fill.rs:10 0..10 +10 -0 ~0"]);
    assert_eq!((report.total.shown.value.head, report.total.unfiltered.head), (10, 100));
    assert_eq!(report.notes.len(), 1);
}

#[test]
fn nothing_in_common_is_an_error_that_names_both() {
    let base = ProfileBuilder::with_types(&[("cpu", "nanoseconds")]).build();
    let error =
        diff(DiffInputs { base: &base, head: &exact(0).build() }, &DiffOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no sample type in common: base has `cpu/nanoseconds`, head has `alloc_samples/count`, `inuse_samples/count`, \
         `alloc_objects/count`, `alloc_space/bytes`, `inuse_objects/count`, `inuse_space/bytes`"
    );
}
