use super::{profile, rows, written};
use heapdiff_formats::{ExportFormat, Limits, read_profile};
use heapdiff_profile::{FoldOptions, FrameVisibility, Profile, Selection, difference, fold};
use heapdiff_profile::{NamedProfile, Subject, side_by_side};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The stacks with their values, functions root first, as the format can say them.
fn stacks(profile: &Profile, sample_type: Option<&str>) -> BTreeMap<String, i64> {
    let selection = Selection {
        frames: FrameVisibility::All,
        sample_type: sample_type.map(str::to_owned),
        ..Selection::default()
    };
    let folded =
        fold(Subject { base: None, head: profile }, &FoldOptions { lines: false, selection }).unwrap();
    let name = |id| folded.frames.function(id).replace(';', ":");
    let mut stacks = BTreeMap::new();
    for stack in &folded.stacks {
        let names: Vec<_> = stack.frames.iter().map(|&id| name(id)).collect();
        let mut text = names.join(";");
        if let Some(start) = text.strip_suffix("ends in 12") {
            // Or else the 12 would be the first of two values.
            text = format!("{start}ends in_12");
        }
        *stacks.entry(text).or_insert(0) += stack.head;
    }
    stacks.retain(|_, value| *value != 0);
    stacks
}

proptest! {
    #[test]
    fn what_is_written_is_read(rows in rows(-100..100)) {
        let profile = profile(&rows);
        let text = written(&profile, ExportFormat::Collapsed);
        prop_assume!(!text.is_empty());
        let (read, warnings) = read_profile(text.as_bytes(), &Limits::default()).unwrap();
        prop_assert_eq!(stacks(&read, None), stacks(&profile, Some("inuse_space")));
        prop_assert_eq!(warnings, []);
        // Each stack once.
        prop_assert_eq!(read.samples.len(), text.lines().count());
    }

    #[test]
    fn a_difference_has_both_sides(base in rows(0..100), head in rows(0..100)) {
        let named = |rows: &[super::Row]| NamedProfile { name: "x".into(), profile: profile(rows) };
        let both = side_by_side(named(&base), named(&head), None).unwrap();
        let mut text = Vec::new();
        heapdiff_formats::export(&both, ExportFormat::Differential, &super::options(), &mut text).unwrap();
        prop_assume!(!text.is_empty());
        let (read, _) = read_profile(text.as_slice(), &Limits::default()).unwrap();
        let of = |rows| stacks(&profile(rows), Some("inuse_space"));
        prop_assert_eq!(stacks(&read, Some("base_samples")), of(&base));
        prop_assert_eq!(stacks(&read, Some("samples")), of(&head));
        // The same, signed.
        let signed = difference(named(&base), named(&head)).unwrap().profile;
        let mut expected = of(&head);
        for (stack, value) in of(&base) {
            *expected.entry(stack).or_insert(0) -= value;
        }
        expected.retain(|_, value| *value != 0);
        prop_assert_eq!(stacks(&signed, Some("inuse_space")), expected);
    }
}

#[test]
fn names_that_the_format_has_no_place_for_are_changed_as_others_change_them() {
    let profile = heapdiff_profile::ProfileBuilder::with_types(&[("space", "bytes")])
        .sample(&["leaf of [u8; 64]\nand more", "main"], &[7], &[])
        .sample(&[], &[1], &[])
        .build();
    assert_eq!(
        {
            let mut text = Vec::new();
            let options = heapdiff_formats::ExportOptions { column: 0, ..super::options() };
            heapdiff_formats::export(&profile, ExportFormat::Collapsed, &options, &mut text).unwrap();
            String::from_utf8(text).unwrap()
        },
        "main;leaf of [u8: 64] and more 7\n[no stack] 1\n"
    );
}
