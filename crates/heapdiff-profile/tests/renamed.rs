//! Functions that are called otherwise in another build: found, and compared as one when that is asked for.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use heapdiff_profile::{
    DiffInputs, DiffOptions, DiffReport, InUse, Profile, ProfileBuilder, Rename, Selection, diff,
};

/// A stack leaf first and its bytes.
type Row<'a> = (&'a [&'a str], i64);

fn build(build_id: &str, rows: &[Row<'_>]) -> Profile {
    let mut builder = ProfileBuilder::heap();
    for (stack, bytes) in rows {
        builder = builder.in_use(stack, InUse { bytes: *bytes, objects: 1, samples: 1, epoch: 0 });
    }
    let mut profile = builder.build();
    for mapping in &mut profile.mappings {
        mapping.build_id = build_id.to_owned();
    }
    profile
}

fn compare(base: &Profile, head: &Profile) -> DiffReport {
    diff(DiffInputs { base, head }, &DiffOptions::default()).unwrap()
}

/// Old name, new name and what to type for each pair that was found.
fn found(base: &[Row<'_>], head: &[Row<'_>]) -> Vec<(String, String, String)> {
    let report = compare(&build("aa", base), &build("bb", head));
    report.renamed.iter().map(|pair| (pair.old.clone(), pair.new.clone(), pair.rename())).collect()
}

const BASE: &[Row<'static>] =
    &[(&["app::cache::insert", "app::serve", "main"], 1000), (&["app::other", "main"], 500)];

#[test]
fn a_function_that_came_where_one_went_may_be_the_same() {
    let head: &[Row<'_>] =
        &[(&["app::store::insert", "app::serve", "main"], 900), (&["app::other", "main"], 500)];
    let expected = ("app::cache::insert", "app::store::insert", r"^app::cache::insert$=app::store::insert");
    let expected = (expected.0.to_owned(), expected.1.to_owned(), expected.2.to_owned());
    assert_eq!(found(BASE, head), [expected]);
    let report = compare(&build("aa", BASE), &build("bb", head));
    assert_eq!(
        report.notes.last().unwrap().to_string(),
        "renamed? `app::cache::insert` went and `app::store::insert` came, with the same callers and a similar value: \
         compare them with `--rename '^app::cache::insert$=app::store::insert'`"
    );
}

#[test]
fn what_is_told_to_type_makes_one_of_both() {
    let names = ["<app::A<'a> as T<[u8; 64]>>::f", "app::B::operator==$1", r"app\c::{closure#0}"];
    for old in names {
        for new in names.iter().filter(|&&new| new != old) {
            let (mut base, mut head) =
                (build("aa", &[(&[old, "main"], 1000)]), build("bb", &[(&[new, "main"], 1100)]));
            let report = compare(&base, &head);
            assert_eq!(report.rows.len(), 2);
            let rename: Rename = report.renamed.first().unwrap().rename().parse().unwrap();
            assert!(rename.apply(&mut base) && !rename.apply(&mut head));
            let report = compare(&base, &head);
            let row = report.rows.first().unwrap();
            assert_eq!((report.rows.len(), row.figures.value.delta()), (1, 100));
            assert_eq!((report.frames.function(row.frame), report.renamed.len()), (*new, 0));
        }
    }
}

#[test]
fn a_module_that_was_renamed_is_found_function_by_function() {
    let old: &[Row<'_>] = &[(&["old::leaf", "old::middle", "old::top", "main"], 1000)];
    let new: &[Row<'_>] = &[(&["new::leaf", "new::middle", "new::top", "main"], 1000)];
    let mut pairs: Vec<_> = found(old, new).into_iter().map(|(old, new, _)| (old, new)).collect();
    pairs.sort();
    let expected = ["leaf", "middle", "top"].map(|name| (format!("old::{name}"), format!("new::{name}")));
    assert_eq!(pairs, expected);
}

#[test]
fn what_is_not_alike_is_not_the_same() {
    for head in [
        // Less than 80 % as much, more than 125 %.
        &[(&["app::store::insert", "app::serve", "main"][..], 799)][..],
        &[(&["app::store::insert", "app::serve", "main"], 1251)],
        // Called by another, or by one more.
        &[(&["app::store::insert", "app::other", "main"], 1000)],
        &[(&["app::store::insert", "app::serve", "main"], 900), (&["app::store::insert", "main"], 100)],
        // Still there.
        &[(&["app::store::insert", "app::serve", "main"], 900), (&["app::cache::insert", "main"], 1)],
        // A place in a file, which every build changes.
        &[(&["0x1234", "app::serve", "main"], 1000)],
    ] {
        assert_eq!(found(BASE, head), [], "{head:?}");
    }
    let similar = |bytes| found(BASE, &[(&["app::store::insert", "app::serve", "main"], bytes)]).len();
    assert_eq!((similar(800), similar(1250)), (1, 1));
}

#[test]
fn the_likest_of_several_is_taken_whatever_their_order() {
    let mut head: Vec<Row<'_>> = vec![
        (&["app::x", "app::serve", "main"], 900),
        (&["app::y", "app::serve", "main"], 1010),
        (&["app::z", "app::serve", "main"], 1100),
    ];
    for _ in 0..head.len() {
        head.rotate_left(1);
        let pairs = found(BASE, &head);
        assert_eq!(pairs.iter().map(|(_, new, _)| new.as_str()).collect::<Vec<_>>(), ["app::y"]);
    }
}

#[test]
fn one_build_and_one_process_have_renamed_nothing() {
    let head: &[Row<'_>] = &[(&["app::store::insert", "app::serve", "main"], 1000)];
    assert_eq!(compare(&build("aa", BASE), &build("aa", head)).renamed, []);
    let snapshot = |sequence, rows| {
        let of_process = ProfileBuilder::heap().snapshot(sequence).build();
        Profile { metadata: of_process.metadata, ..build("", rows) }
    };
    assert_eq!(compare(&snapshot(0, BASE), &snapshot(1, head)).renamed, []);
    // Names without generics are not those of the functions.
    let options = DiffOptions {
        selection: Selection { collapse_generics: true, ..Selection::default() },
        ..DiffOptions::default()
    };
    let inputs = DiffInputs { base: &build("aa", BASE), head: &build("bb", head) };
    assert_eq!(diff(inputs, &options).unwrap().renamed, []);
}
