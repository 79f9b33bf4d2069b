//! Profiles and questions that the laws are tried on.

use heapdiff_profile::{FilterPatterns, Filters, FrameVisibility, InUse, Profile, ProfileBuilder, Selection};
use proptest::prelude::*;

const FRAMES: [&str; 11] = [
    "__rust_alloc",
    "alloc::raw_vec::RawVec<T>::grow /rustc/0/library/alloc/src/raw_vec.rs:1",
    "alloc::vec::Vec<T>::push /rustc/0/library/alloc/src/vec/mod.rs:2",
    "app::a src/a.rs:1",
    "app::a src/a.rs:2",
    "app::b src/b.rs:1 <- app::c src/c.rs:1",
    "app::c src/c.rs:2",
    "dropped src/d.rs:1",
    "0x77",
    "app::keep<u8> src/k.rs:1",
    "app::keep<u16> src/k.rs:1",
];

/// A stack, and bytes, objects and epoch of what it allocated.
type Row = (Vec<usize>, i64, i64, i64);

fn row(epoch_max: i64) -> impl Strategy<Value = Row> {
    (prop::collection::vec(0..FRAMES.len(), 0..5), 0..10_000_000_i64, 0..50_i64, 0..=epoch_max)
}

fn profile(sequence: u32, period: i64, rows: &[Row]) -> Profile {
    let mut builder = ProfileBuilder::heap().period(period).snapshot(sequence).drop_frames("dropped");
    for (stack, bytes, objects, epoch) in rows {
        let stack: Vec<_> = stack.iter().map(|&frame| FRAMES[frame]).collect();
        let live = InUse { bytes: *bytes, objects: *objects, samples: (*objects + 1) / 2, epoch: *epoch };
        builder = builder.in_use(&stack, live);
    }
    builder.build()
}

prop_compose! {
    pub(crate) fn profiles()(
        period in prop::sample::select(vec![1_i64, 1 << 19]),
        base in prop::collection::vec(row(1), 0..8),
        head in prop::collection::vec(row(3), 0..8),
        paired in any::<bool>(),
        sequence in prop::sample::select(vec![0_u32, 2]),
    ) -> (Profile, Profile) {
        let base = profile(1, period, &base);
        let mut head = profile(sequence, period, &head);
        if !paired && let Some(metadata) = &mut head.metadata {
            metadata.process.pid += 1;
        }
        (base, head)
    }
}

pub(crate) fn selection() -> impl Strategy<Value = Selection> {
    let pattern =
        || prop::option::of(prop::sample::select(vec!["app::a", "b", "vec", "app", "src/c", "none"]));
    let frames = prop::sample::select(vec![
        FrameVisibility::Attributed,
        FrameVisibility::AsPprof,
        FrameVisibility::All,
    ]);
    let kind = prop::sample::select(vec!["inuse_space", "inuse_objects", "alloc_space"]);
    let of_frames = (pattern(), pattern(), pattern(), pattern(), pattern(), pattern());
    let tag = prop::option::of(prop::sample::select(vec!["epoch=1:", "epoch=:1", "epoch:2", "7"]));
    let rest = (tag, any::<bool>(), any::<bool>(), any::<bool>());
    (of_frames, rest, frames, kind).prop_map(|(of_frames, rest, frames, kind)| {
        let (tag, no_inlines, by_tag, collapse_generics) = rest;
        let several = |pattern: Option<&str>| pattern.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let (focus, ignore, hide, show, show_from, prune_from) = of_frames;
        let patterns = FilterPatterns {
            focus: several(focus),
            ignore: several(ignore),
            hide: several(hide),
            show: several(show),
            show_from: several(show_from),
            prune_from: several(prune_from),
            tag_focus: several(tag),
            ..FilterPatterns::default()
        };
        Selection {
            sample_type: Some(kind.to_owned()),
            filters: Filters::new(&patterns).unwrap(),
            frames,
            no_inlines,
            collapse_generics,
            tag_root: several(by_tag.then_some("epoch")),
            ..Selection::default()
        }
    })
}
