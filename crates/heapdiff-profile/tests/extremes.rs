//! Profiles that no program wrote: values at the ends of their range, labels of other kinds, handles that lead nowhere.
//! Reports of them mean nothing, but must come without a panic.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use heapdiff_profile::{
    DiffBy, DiffInputs, DiffOptions, FoldOptions, FrameVisibility, GraphOptions, LocationId, NamedProfile,
    OverviewBuilder, OverviewOptions, Profile, ProfileBuilder, ProfileSummary, Selection, Series, Subject,
    call_graph, diff, fold, series,
};
use proptest::prelude::*;

const EXTREMES: [i64; 9] = [i64::MIN, i64::MIN + 1, -1, 0, 1, 2, 1 << 40, i64::MAX - 1, i64::MAX];

fn extreme() -> impl Strategy<Value = i64> {
    prop::sample::select(EXTREMES.to_vec())
}

prop_compose! {
    fn profile()(
        rows in prop::collection::vec((prop::collection::vec(extreme(), 6), extreme(), 0..4_usize), 0..6),
        period in extreme(),
        sequence in prop::sample::select(vec![0, 1, u32::MAX]),
        time in extreme(),
        dangling in any::<bool>(),
    ) -> Profile {
        let stacks: [&[&str]; 4] = [&[], &["__rust_alloc", "a a.rs:1"], &["<b as", "0x1"], &["free", "malloc"]];
        let mut builder = ProfileBuilder::heap().snapshot(1).period(period).time(time);
        builder = builder.with_metadata(|metadata| {
            metadata.sequence = sequence;
            metadata.boundaries = vec![0, 1];
            metadata.memory.rss = Some(u64::MAX);
            metadata.recorder.table_bytes = u64::MAX;
        });
        for (values, epoch, stack) in rows {
            builder = builder.sample(stacks.get(stack).unwrap(), &values, &[("epoch", epoch, ""), ("bytes", 1, "bytes")]);
        }
        let mut profile = builder.build();
        if dangling && let Some(sample) = profile.samples.first_mut() {
            sample.stack.push(LocationId::from_index(u32::MAX as usize).unwrap());
            sample.values.pop();
        }
        profile
    }
}

fn selections() -> impl Iterator<Item = Selection> {
    let frames = [FrameVisibility::Attributed, FrameVisibility::AsPprof, FrameVisibility::All];
    ["inuse_space", "inuse_objects", "alloc_space"].into_iter().zip(frames).map(|(kind, frames)| Selection {
        sample_type: Some(kind.to_owned()),
        frames,
        ..Selection::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(base in profile(), head in profile()) {
        for selection in selections() {
            let labels = ["epoch", "bytes"].map(|key| DiffBy::Label(key.to_owned()));
            for by in [DiffBy::Function, DiffBy::Line, DiffBy::Stack, DiffBy::Module].into_iter().chain(labels) {
                let options = DiffOptions { by, selection: selection.clone(), per: None };
                let report = diff(DiffInputs { base: &base, head: &head }, &options).unwrap();
                for row in &report.rows {
                    if let Some(interval) = row.figures.interval {
                        prop_assert!(interval.low <= interval.high);
                    }
                }
            }
            call_graph(Subject { base: Some(&base), head: &head }, &GraphOptions { selection: selection.clone(), ..GraphOptions::default() }).unwrap();
            let options = FoldOptions { lines: false, selection: selection.clone() };
            fold(Subject { base: Some(&base), head: &head }, &options).unwrap();
            let named = |profile: &Profile| NamedProfile { name: "a".to_owned(), profile: profile.clone() };
            let all: Vec<Series> = series(vec![named(&base), named(&head), named(&base)]);
            for series in &all {
                let options = OverviewOptions::new(selection.clone());
                let mut builder = OverviewBuilder::new(&options);
                series.snapshots.iter().for_each(|named| builder.add(named.clone()).unwrap());
                builder.finish().unwrap();
            }
        }
        prop_assert_eq!(ProfileSummary::of(&head).samples, head.samples.len());
    }
}
