//! `top`, and folded stacks: against figures worked out by hand.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use heapdiff_profile::{
    FilterPatterns, Filters, FoldInputs, FoldOptions, FrameVisibility, InUse, Profile, ProfileBuilder,
    Selection, TopBy, TopOptions, TopOrder, fold, top,
};

const RUST: &str = "/rustc/0/library/alloc/src/raw_vec/mod.rs";

fn profile() -> Profile {
    let grow = format!("alloc::raw_vec::RawVec<T>::grow_one {RUST}:336");
    let live = |bytes, objects| InUse { bytes, objects, samples: objects, epoch: 0 };
    ProfileBuilder::heap()
        .drop_frames("__rust_.*|mymalloc")
        .in_use(
            &[
                "__rust_alloc",
                &grow,
                "app::leaf src/leaf.rs:1",
                "app::walk src/walk.rs:5",
                "app::main src/main.rs:9",
            ],
            live(100, 10),
        )
        .in_use(
            &[
                "mymalloc m.c:1",
                "app::walk src/walk.rs:6",
                "app::walk src/walk.rs:5",
                "app::main src/main.rs:9",
            ],
            live(40, 4),
        )
        .in_use(&["app::main src/main.rs:9"], live(7, 1))
        .build()
}

fn rows(profile: &Profile, options: &TopOptions) -> Vec<String> {
    let report = top(profile, options).unwrap();
    let text = |row: &heapdiff_profile::TopRow| {
        let frame = report.frames.frame(row.frame);
        format!("{} {} {} {}:{}", row.flat, row.cum, frame.function, frame.file, frame.line)
    };
    report.rows.iter().map(text).collect()
}

fn options(by: TopBy, order: TopOrder, frames: FrameVisibility) -> TopOptions {
    TopOptions { by, order, selection: Selection { frames, ..Selection::default() } }
}

#[test]
fn monomorphisations_are_one_row_if_generics_do_not_count() {
    let live = |bytes| InUse { bytes, objects: 1, samples: 1, epoch: 0 };
    let profile = ProfileBuilder::heap()
        .in_use(&["app::keep<app::A> src/k.rs:1", "app::main src/main.rs:9"], live(10))
        .in_use(&["app::keep<app::B> src/k.rs:1", "app::main src/main.rs:9"], live(20))
        .build();
    let rows = |collapse_generics, focus: &[&str]| {
        let focus = focus.iter().map(|&regex| regex.to_owned()).collect();
        let filters = Filters::new(&FilterPatterns { focus, ..FilterPatterns::default() }).unwrap();
        let selection = Selection { filters, collapse_generics, ..Selection::default() };
        rows(&profile, &TopOptions { selection, ..TopOptions::default() })
    };
    assert_eq!(
        rows(false, &[]),
        [
            "20 20 app::keep<app::B> src/k.rs:1",
            "10 10 app::keep<app::A> src/k.rs:1",
            "0 30 app::main src/main.rs:9"
        ]
    );
    assert_eq!(rows(true, &[]), ["30 30 app::keep<..> src/k.rs:1", "0 30 app::main src/main.rs:9"]);
    let only_a = ["10 10 app::keep<..> src/k.rs:1", "0 10 app::main src/main.rs:9"];
    assert_eq!(rows(true, &["app::A"]), only_a, "filters see the arguments");
}

#[test]
fn as_pprof_only_drop_frames_are_hidden_and_recursion_counts_once() {
    let flat = options(TopBy::Function, TopOrder::Flat, FrameVisibility::AsPprof);
    assert_eq!(
        rows(&profile(), &flat),
        [
            format!("100 100 alloc::raw_vec::RawVec<T>::grow_one {RUST}:336"),
            "40 140 app::walk src/walk.rs:6".to_owned(),
            "7 147 app::main src/main.rs:9".to_owned(),
            "0 100 app::leaf src/leaf.rs:1".to_owned(),
        ]
    );
    let cum = options(TopBy::Function, TopOrder::Cum, FrameVisibility::AsPprof);
    assert_eq!(
        rows(&profile(), &cum)[..2],
        ["7 147 app::main src/main.rs:9".to_owned(), "40 140 app::walk src/walk.rs:6".to_owned()]
    );
}

#[test]
fn attributed_the_standard_library_is_hidden_too() {
    let attributed = options(TopBy::Line, TopOrder::Flat, FrameVisibility::Attributed);
    assert_eq!(
        rows(&profile(), &attributed),
        [
            "100 100 app::leaf src/leaf.rs:1",
            "40 40 app::walk src/walk.rs:6",
            "7 147 app::main src/main.rs:9",
            "0 140 app::walk src/walk.rs:5",
        ]
    );
}

#[test]
fn by_file_frames_of_one_file_are_one_row() {
    let by_file = options(TopBy::File, TopOrder::Flat, FrameVisibility::Attributed);
    assert_eq!(
        rows(&profile(), &by_file),
        ["100 100  src/leaf.rs:0", "40 140  src/walk.rs:0", "7 147  src/main.rs:0"]
    );
}

#[test]
fn objects_and_samples_stand_beside_the_flat_value() {
    let report = top(&profile(), &TopOptions::default()).unwrap();
    let first = report.rows[0];
    assert_eq!((first.flat_objects, first.flat_samples), (Some(10), Some(10)));
    assert_eq!((report.total, report.shown), (147, 147));
}

#[test]
fn negative_values_count_by_their_size() {
    let profile = ProfileBuilder::with_types(&[("space", "bytes")])
        .sample(&["a a.c:1"], &[-50], &[])
        .sample(&["b b.c:1"], &[30], &[])
        .sample(&["c c.c:1"], &[5], &[])
        .sample(&["c c.c:1"], &[-5], &[])
        .build();
    let report = top(&profile, &TopOptions::default()).unwrap();
    assert_eq!((report.total, report.shown), (90, -20));
    assert_eq!(rows(&profile, &TopOptions::default()), ["-50 -50 a a.c:1", "30 30 b b.c:1"]);
}

fn folded(base: Option<&Profile>, head: &Profile, options: &FoldOptions) -> Vec<String> {
    let folded = fold(FoldInputs { base, head }, options).unwrap();
    let text = |stack: &heapdiff_profile::FoldedStack| {
        let name = |&id| {
            let frame = folded.frames.frame(id);
            if frame.line == 0 {
                frame.function.to_owned()
            } else {
                format!("{}:{}", frame.function, frame.line)
            }
        };
        let frames: Vec<_> = stack.frames.iter().map(name).collect();
        format!("{} {}..{}", frames.join(";"), stack.base, stack.head)
    };
    folded.stacks.iter().map(text).collect()
}

#[test]
fn folded_stacks_are_root_first_without_the_allocator() {
    assert_eq!(
        folded(None, &profile(), &FoldOptions::default()),
        ["app::main 0..7", "app::main;app::walk;app::leaf 0..100", "app::main;app::walk;app::walk 0..40"]
    );
    let lines = FoldOptions { lines: true, ..FoldOptions::default() };
    assert_eq!(folded(None, &profile(), &lines)[2], "app::main:9;app::walk:5;app::walk:6 0..40");
}

#[test]
fn a_folded_diff_keeps_what_vanished() {
    let head = ProfileBuilder::heap()
        .in_use(
            &["app::new src/new.rs:1", "app::main src/main.rs:9"],
            InUse { bytes: 5, objects: 1, ..InUse::default() },
        )
        .in_use(&["app::main src/main.rs:9"], InUse { bytes: 7, objects: 1, ..InUse::default() })
        .build();
    assert_eq!(
        folded(Some(&profile()), &head, &FoldOptions::default()),
        [
            "app::main 7..7",
            "app::main;app::new 0..5",
            "app::main;app::walk;app::leaf 100..0",
            "app::main;app::walk;app::walk 40..0",
        ]
    );
}
