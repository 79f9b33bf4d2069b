//! Laws of sums:
//!
//! - one profile is its own sum, by every report;
//! - the order of profiles changes no figure, and neither does summing some of them first;
//! - a profile and itself is twice the profile;
//! - processes of one build are one by address, builds are one by name.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

use heapdiff_profile::{
    GraphOptions, InUse, MergeError, Merged, NamedProfile, NodeBy, Note, Profile, ProfileBuilder, Subject,
    call_graph, merge,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const FRAMES: [&str; 6] = [
    "alloc::vec::Vec<T>::push /rustc/0/library/alloc/src/vec/mod.rs:2",
    "app::a src/a.rs:1",
    "app::a src/a.rs:2",
    "app::b src/b.rs:1 <- app::c src/c.rs:1",
    "app::c src/c.rs:2",
    "0x77",
];

/// A stack, bytes, objects and epoch.
type Row = (Vec<usize>, i64, i64, i64);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (prop::collection::vec(0..FRAMES.len(), 0..4), 0..10_000_000_i64, 0..50_i64, 0..3_i64);
    prop::collection::vec(row, 0..8)
}

/// A process that the loader moved by `shift`.
fn profile(rows: &[Row], shift: u64) -> Profile {
    let mut builder = ProfileBuilder::heap().drop_frames("dropped");
    for (stack, bytes, objects, epoch) in rows {
        let stack: Vec<_> = stack.iter().map(|&frame| FRAMES[frame]).collect();
        let live = InUse { bytes: *bytes, objects: *objects, samples: *objects, epoch: *epoch };
        builder = builder.in_use(&stack, live);
    }
    moved(builder.build(), shift)
}

fn moved(mut profile: Profile, shift: u64) -> Profile {
    for mapping in &mut profile.mappings {
        mapping.memory_start += shift;
        mapping.memory_limit += shift;
    }
    for location in &mut profile.locations {
        location.address += shift;
    }
    profile
}

fn sum(profiles: impl IntoIterator<Item = Profile>) -> Merged {
    let named = profiles
        .into_iter()
        .zip(b'a'..)
        .map(|(profile, name)| NamedProfile { name: char::from(name).to_string(), profile });
    merge(named).unwrap()
}

/// What each function and line holds, by every column, in an order of its own.
fn figures(profile: &Profile) -> BTreeMap<String, (i64, i64)> {
    let mut figures = BTreeMap::new();
    for by in [NodeBy::Function, NodeBy::Line] {
        for sample_type in &profile.sample_types {
            let mut options = GraphOptions { by, ..GraphOptions::default() };
            options.selection.sample_type = Some(sample_type.kind.clone());
            let graph = call_graph(Subject { base: None, head: profile }, &options).unwrap();
            for node in graph.nodes.iter().filter(|node| node.cum.value.head != 0) {
                let frame = format!("{} {by:?} {:?}", sample_type.kind, graph.frames.frame(node.frame));
                figures.insert(frame, (node.flat.value.head, node.cum.value.head));
            }
        }
    }
    figures
}

fn doubled(figures: BTreeMap<String, (i64, i64)>) -> BTreeMap<String, (i64, i64)> {
    figures.into_iter().map(|(frame, (flat, cum))| (frame, (2 * flat, 2 * cum))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_profile_is_its_own_sum(rows in rows()) {
        let alone = ProfileBuilder::heap().snapshot(3).build();
        let profile = Profile { metadata: alone.metadata, ..profile(&rows, 0) };
        let merged = sum([profile.clone()]);
        prop_assert_eq!(figures(&merged.profile), figures(&profile));
        prop_assert_eq!(merged.profile.metadata, profile.metadata);
        prop_assert_eq!(merged.profile.drop_frames, profile.drop_frames);
        prop_assert_eq!(merged.notes, []);
    }

    #[test]
    fn order_and_grouping_change_no_figure(a in rows(), b in rows(), c in rows()) {
        let [a, b, c] = [profile(&a, 0), profile(&b, 0x7000), profile(&c, 0x10_0000)];
        let all = figures(&sum([a.clone(), b.clone(), c.clone()]).profile);
        prop_assert_eq!(&figures(&sum([c.clone(), a.clone(), b.clone()]).profile), &all);
        let first = sum([a.clone(), b.clone()]).profile;
        prop_assert_eq!(&figures(&sum([first, c.clone()]).profile), &all);
        let last = sum([b, c]).profile;
        prop_assert_eq!(&figures(&sum([a, last]).profile), &all);
    }

    #[test]
    fn a_profile_and_itself_moved_is_twice_the_profile(rows in rows(), shift in 0..1_u64 << 40) {
        let (profile, other) = (profile(&rows, 0), profile(&rows, shift));
        let merged = sum([profile.clone(), other]).profile;
        prop_assert_eq!(figures(&merged), doubled(figures(&profile)));
        // The same places and the same rows: nothing is there twice.
        prop_assert_eq!(merged.locations.len(), profile.locations.len());
        prop_assert_eq!(merged.samples.len(), sum([profile]).profile.samples.len());
    }
}

#[test]
fn another_build_is_one_by_name_and_keeps_its_own_places() {
    let row = (vec![0, 1, 5], 4096, 1, 0);
    let old = profile(std::slice::from_ref(&row), 0);
    let mut new = profile(&[row], 0x5000);
    new.mappings[0].build_id = "ffff".to_owned();
    let merged = sum([old.clone(), new]).profile;
    assert_eq!((merged.mappings.len(), merged.locations.len()), (2, 2 * old.locations.len()));
    assert_eq!(
        figures(&merged)["inuse_space Function Frame { function: \"app::a\", file: \"src/a.rs\", line: 1 }"]
            .0,
        8192
    );
}

#[test]
fn a_file_without_a_build_id_is_told_by_path_offset_and_size() {
    let with = |change: fn(&mut heapdiff_profile::Mapping)| {
        let mut profile = profile(&[(vec![5], 1, 1, 0)], 0);
        profile.mappings[0].build_id.clear();
        change(&mut profile.mappings[0]);
        profile
    };
    let same = with(|_| {});
    let count = |other: Profile| sum([same.clone(), other]).profile.mappings.len();
    assert_eq!(count(moved(same.clone(), 0x1000)), 1);
    assert_eq!(count(with(|mapping| mapping.memory_limit += 0x1000)), 2);
    assert_eq!(count(with(|mapping| mapping.file_offset = 0x1000)), 2);
    assert_eq!(count(with(|mapping| mapping.file = "/usr/bin/other".to_owned())), 2);
}

#[test]
fn columns_are_matched_by_kind_and_unit_and_others_are_noted() {
    let a = ProfileBuilder::with_types(&[("objects", "count"), ("space", "bytes"), ("age", "seconds")])
        .sample(&["f"], &[1, 10, 5], &[])
        .build();
    let b = ProfileBuilder::with_types(&[("space", "byte"), ("cost", "cents"), ("objects", "count")])
        .sample(&["f"], &[100, 7, 2], &[])
        .build();
    let merged = sum([a, b]);
    let kinds: Vec<_> = merged.profile.sample_types.iter().map(|of| of.kind.as_str()).collect();
    assert_eq!(kinds, ["objects", "space"]);
    assert_eq!(merged.profile.samples[0].values[..], [3, 110][..]);
    assert_eq!(
        merged.notes[0].to_string(),
        "left out what not all of the merged profiles have: `age/seconds`, `cost/cents`"
    );
}

#[test]
fn sums_saturate_and_labels_keep_rows_apart() {
    let row = |bytes, value| {
        ProfileBuilder::with_types(&[("space", "bytes")])
            .sample(&["f"], &[value], &[("bytes", bytes, "bytes")])
            .build()
    };
    let merged = sum([row(8, i64::MAX), row(16, 1), row(8, 1)]).profile;
    let values: Vec<_> = merged.samples.iter().map(|sample| sample.values[0]).collect();
    assert_eq!(values, [i64::MAX, 1]);
    assert_eq!(merged.number_label(&merged.samples[1], "bytes"), Some(16));
}

#[test]
fn what_has_no_sum_says_which_and_why() {
    let named = |name: &str, profile| NamedProfile { name: name.to_owned(), profile };
    let heap = || named("heap.pb.gz", ProfileBuilder::heap().build());
    let cpu = ProfileBuilder::with_types(&[("cpu", "nanoseconds")]).period(512 << 10).build();
    let error = merge([heap(), named("cpu.pb.gz", cpu)]).unwrap_err().to_string();
    assert!(error.starts_with(
        "`heap.pb.gz` and `cpu.pb.gz` have no sample type in common: one has `alloc_samples/count`"
    ));
    assert!(error.ends_with("`inuse_space/bytes`, the other `cpu/nanoseconds`"), "{error}");
    let often = named("often.pb.gz", ProfileBuilder::heap().period(1).build());
    assert_eq!(
        merge([heap(), often]).unwrap_err().to_string(),
        "`heap.pb.gz` and `often.pb.gz` were sampled differently: one every 524288 of `space/bytes`, the other every \
         1 of `space/bytes`"
    );
    let silent = named("silent", ProfileBuilder::with_types(&[("inuse_space", "bytes")]).build());
    let error = merge([heap(), silent]).unwrap_err().to_string();
    assert!(error.ends_with("the other does not say how"), "{error}");
    assert_eq!(merge([]).unwrap_err(), MergeError::Nothing);
}

#[test]
fn snapshots_that_are_summed_are_of_no_single_process_and_their_losses_stay() {
    let snapshot = |sequence, pid, lost| {
        ProfileBuilder::heap()
            .snapshot(sequence)
            .with_metadata(|metadata| {
                metadata.process.pid = pid;
                metadata.dropped = [("live_table_full".to_owned(), lost)].into();
            })
            .build()
    };
    let merged = sum([snapshot(0, 1, 3), snapshot(0, 2, 4)]);
    assert_eq!(merged.profile.metadata, None);
    assert_eq!(merged.notes, [Note::MergedSnapshots { snapshots: 2, processes: 2 }]);
    assert_eq!(
        merged.profile.comments,
        ["sum of 2 heapdiff snapshots; lost while they were recorded: live_table_full 7"]
    );
    let merged = sum([snapshot(0, 1, 0), snapshot(1, 1, 0)]);
    assert_eq!(
        merged.notes[0].to_string(),
        "the sum of 2 snapshots of one process: what is alive in several counts several times"
    );
    assert!(merged.profile.comments[0].ends_with("lost while they were recorded: nothing"));
}

#[test]
fn what_any_of_them_hides_is_hidden() {
    let hiding = |pattern: &str| ProfileBuilder::heap().drop_frames(pattern).build();
    let merged = sum([hiding("malloc"), hiding("new|a"), hiding("malloc"), ProfileBuilder::heap().build()]);
    assert_eq!(merged.profile.drop_frames.as_deref(), Some("(?:malloc)|(?:new|a)"));
}
