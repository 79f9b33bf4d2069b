//! Laws of diffs:
//!
//! - a profile less itself is nothing, and base less head is head less base with the sign changed;
//! - what rows show adds up to the total, and `born - died + grown` to the change;
//! - whatever makes a row, the total is the same, and coarser rows are made of finer ones;
//! - the order in which samples come does not matter;
//! - filters leave out, but never invent;
//! - a folded diff holds the same sums as the profiles that it is made from.

use crate::generated::{profiles, selection};
use heapdiff_profile::{
    Change, DiffBy, DiffInputs, DiffOptions, DiffReport, FoldOptions, Interval, Pairing, Profile, Selection,
    Subject, diff, fold,
};
use proptest::prelude::*;

fn all() -> Vec<DiffBy> {
    let label = DiffBy::Label("epoch".to_owned());
    use DiffBy::{Crate, File, Function, Line, Module, Stack, Type};
    vec![Function, Line, Stack, File, Module, Crate, Type, label]
}

fn by() -> impl Strategy<Value = DiffBy> {
    prop::sample::select(all())
}

fn report(base: &Profile, head: &Profile, by: &DiffBy, selection: &Selection) -> DiffReport {
    let options = DiffOptions { by: by.clone(), selection: selection.clone(), per: None };
    diff(DiffInputs { base, head }, &options).unwrap()
}

/// Everything that a report says, without the handles that depend on the order of samples.
fn text(report: &DiffReport) -> Vec<String> {
    let row = |row: &heapdiff_profile::DiffRow| {
        let frames = |ids: &[heapdiff_profile::FrameId]| -> Vec<String> {
            ids.iter().map(|&id| format!("{:?}", report.frames.frame(id))).collect()
        };
        let whole = frames(report.frames.stack(row.whole_stack));
        format!(
            "{:?} {:?} {whole:?} {:?} {} {:?}",
            row.title,
            frames(&row.stack),
            frames(row.via.as_slice()),
            row.stacks,
            row.figures
        )
    };
    report.rows.iter().map(row).chain([format!("{:?}", report.total)]).collect()
}

fn parts_add_up(change: Change) -> bool {
    change.flow.is_none_or(|flow| flow.born - flow.died + flow.grown == change.delta())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_profile_less_itself_is_nothing((profile, _) in profiles(), by in by(), selection in selection()) {
        let report = report(&profile, &profile, &by, &selection);
        prop_assert_eq!(report.pairing, Pairing::Paired);
        for figures in report.rows.iter().map(|row| row.figures).chain([report.total.shown]) {
            prop_assert_eq!(figures.value.delta(), 0);
            prop_assert_eq!(figures.samples, Some(0));
            prop_assert_eq!(figures.interval, Some(Interval { low: 0, high: 0 }));
        }
    }

    #[test]
    fn the_other_way_round_changes_the_sign((base, head) in profiles(), by in by(), selection in selection()) {
        let forward = report(&base, &head, &by, &selection);
        let back = report(&head, &base, &by, &selection);
        prop_assert_eq!(forward.pairing, back.pairing);
        let figures = |report: &DiffReport, sign: i64| {
            let mut rows: Vec<_> = report.rows.iter().map(|row| {
                let frame = report.frames.frame(row.frame);
                let whole: Vec<_> = report.frames.stack(row.whole_stack).iter().map(|&id| report.frames.frame(id)).collect();
                let interval = row.figures.interval.map(|of| [of.low * sign, of.high * sign]).map(|mut ends| { ends.sort_unstable(); ends });
                // Which of two alike stands for the row does not depend on the sign.
                format!("{frame:?} {whole:?} {} {:?} {interval:?}", row.figures.value.delta() * sign, row.figures.samples)
            }).collect();
            rows.sort();
            rows
        };
        prop_assert_eq!(figures(&forward, 1), figures(&back, -1));
    }

    #[test]
    fn rows_add_up((base, head) in profiles(), by in by(), selection in selection()) {
        let report = report(&base, &head, &by, &selection);
        let sum = |of: fn(Change) -> i64| report.rows.iter().map(|row| of(row.figures.value)).sum::<i64>();
        let shown = report.total.shown;
        prop_assert_eq!(sum(|change| change.base), shown.value.base);
        prop_assert_eq!(sum(|change| change.head), shown.value.head);
        // A label may change while a block lives: what went from one row came to another, and died nowhere. Frames that
        // filters take away may still tell the type.
        let is_label = matches!(by, DiffBy::Label(_) | DiffBy::Type);
        if let Some(flow) = shown.value.flow.filter(|_| !is_label) {
            prop_assert_eq!(sum(|change| change.flow.unwrap().born), flow.born);
            prop_assert_eq!(sum(|change| change.flow.unwrap().died), flow.died);
        }
        for figures in report.rows.iter().map(|row| row.figures).chain([shown]) {
            prop_assert!(parts_add_up(figures.value));
            prop_assert!(figures.bytes.is_none_or(parts_add_up));
            prop_assert!(figures.objects.is_none_or(parts_add_up));
            let delta = figures.estimated_change().unwrap().delta();
            let interval = figures.interval.unwrap();
            prop_assert!(interval.low <= delta && delta <= interval.high);
        }
        if selection.filters.is_empty() {
            prop_assert_eq!((shown.value.base, shown.value.head), (report.total.unfiltered.base, report.total.unfiltered.head));
        }
    }

    #[test]
    fn what_makes_a_row_does_not_change_the_total((base, head) in profiles(), selection in selection()) {
        let total = report(&base, &head, &DiffBy::Stack, &selection).total;
        for by in all() {
            prop_assert_eq!(report(&base, &head, &by, &selection).total, total, "{:?}", by);
        }
    }

    #[test]
    fn rows_of_a_coarser_kind_hold_whole_rows_of_a_finer_one((base, head) in profiles(), selection in selection()) {
        let count = |by| report(&base, &head, &by, &selection).rows.len();
        use DiffBy::{Crate, Function, Line, Module, Stack};
        let counts = [Crate, Module, Function, Line, Stack].map(count);
        prop_assert!(counts.is_sorted(), "{:?}", counts);
    }

    #[test]
    fn growers_come_first((base, head) in profiles(), by in by()) {
        let deltas: Vec<_> =
            report(&base, &head, &by, &Selection::default()).rows.iter().map(|row| row.figures.value.delta()).collect();
        prop_assert!(deltas.is_sorted_by(|a, b| a >= b), "{:?}", deltas);
    }

    #[test]
    fn the_order_of_samples_does_not_matter(
        (base, head) in profiles(), by in by(), selection in selection(), seed in any::<u64>(),
    ) {
        let mut shuffled = head.clone();
        let count = shuffled.samples.len();
        for at in 1..count {
            let other = usize::try_from(seed.rotate_left(u32::try_from(7 * at).unwrap()) % (at as u64 + 1)).unwrap();
            shuffled.samples.swap(at, other);
        }
        shuffled.locations.clone_from(&head.locations);
        prop_assert_eq!(text(&report(&base, &head, &by, &selection)), text(&report(&base, &shuffled, &by, &selection)));
        let folded = |head: &Profile| {
            let options = FoldOptions { lines: true, selection: selection.clone() };
            let folded = fold(Subject { base: Some(&base), head }, &options).unwrap();
            folded.stacks.iter().map(|stack| {
                let frames: Vec<_> = stack.frames.iter().map(|&id| format!("{:?}", folded.frames.frame(id))).collect();
                (frames, stack.base, stack.head)
            }).collect::<Vec<_>>()
        };
        prop_assert_eq!(folded(&head), folded(&shuffled));
    }

    #[test]
    fn filters_never_invent((base, head) in profiles(), by in by(), selection in selection()) {
        let filtered = report(&base, &head, &by, &selection).total;
        prop_assert!(filtered.shown.value.base <= filtered.unfiltered.base);
        prop_assert!(filtered.shown.value.head <= filtered.unfiltered.head);
    }

    #[test]
    fn a_folded_diff_holds_the_sums_of_both_sides((base, head) in profiles(), selection in selection(), lines in any::<bool>()) {
        let total = report(&base, &head, &DiffBy::Stack, &selection).total.shown.value;
        let options = FoldOptions { lines, selection };
        let folded = fold(Subject { base: Some(&base), head: &head }, &options).unwrap();
        prop_assert_eq!(folded.stacks.iter().map(|stack| stack.base).sum::<i64>(), total.base);
        prop_assert_eq!(folded.stacks.iter().map(|stack| stack.head).sum::<i64>(), total.head);
        prop_assert!(folded.stacks.iter().all(|stack| !stack.frames.is_empty()));
    }
}
