//! Tasks that nobody tracks, told from the blocks that tokio puts them into.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use heapdiff_profile::{
    GrowthKind, InUse, NamedProfile, Overview, OverviewBuilder, OverviewOptions, Profile, ProfileBuilder,
    Selection, TaskSeries, TaskSeriesOptions, ThingKind, Things, ValueType, Verdict,
};

const CELL: [&str; 3] = [
    "alloc::alloc::exchange_malloc /rustc/0/library/alloc/src/alloc.rs:1",
    "tokio::runtime::task::core::Cell<T,S>::new /cargo/registry/src/i/tokio-1.54.1/src/runtime/task/core.rs:251",
    "tokio::task::spawn::spawn /cargo/registry/src/i/tokio-1.54.1/src/task/spawn.rs:176",
];
const LIBRARY: &str = "library::connect /src/library/src/lib.rs:7";
const SERVE: &str = "app::serve src/main.rs:20";
const CELL_BYTES: i64 = 256;

/// The heap at a snapshot: tasks of each epoch by spawn site, all of them recorded or one in `one_in`.
fn heap(sequence: u32, one_in: i64, sites: &[(&str, &[i64])]) -> Profile {
    let period = if one_in == 1 { 1 } else { CELL_BYTES * one_in };
    let heap = ProfileBuilder::heap().snapshot(sequence).period(period);
    let of_others = InUse { bytes: 1 << 20, objects: 16, samples: 16, epoch: 0 };
    let heap = heap.in_use(&["app::cache src/cache.rs:1"], of_others);
    let rows = sites.iter().flat_map(|(site, epochs)| (0..).zip(epochs.iter()).map(move |row| (*site, row)));
    let rows = rows.filter(|(_, (_, samples))| **samples > 0);
    rows.fold(heap, |heap, (site, (epoch, &samples))| {
        let stack = [&CELL[..], &[site, "app::main src/main.rs:1"]].concat();
        let objects = samples * one_in;
        heap.in_use(&stack, InUse { bytes: objects * CELL_BYTES, objects, samples, epoch })
    })
    .build()
}

/// The tasks at a snapshot that were tracked, all by one line.
fn tasks(sequence: u32, spawn: &str, count: i64) -> Profile {
    let builder = ProfileBuilder::with_types(&[("polls", "count"), ("count", "count")]).snapshot(sequence);
    let waits = ["app::wait src/main.rs:30", "[spawned at]", spawn, "app::main src/main.rs:1"];
    let rows = builder.sample(&waits, &[1, count], &[("epoch", 0, "count")]);
    // One that has not run yet.
    let mut profile = rows.sample(&waits[2..], &[0, 1], &[("epoch", 0, "count")]).build();
    profile.period_type = Some(ValueType { kind: "tasks".to_owned(), unit: "count".to_owned() });
    profile.period = 1;
    profile.default_sample_type = Some("count".to_owned());
    profile
}

fn tracked(snapshots: impl Iterator<Item = Profile>) -> Things {
    let options = TaskSeriesOptions::new(Selection::default());
    let mut series = TaskSeries::new(&options);
    for (at, profile) in snapshots.enumerate() {
        series.add(NamedProfile { name: format!("{at}"), profile }).unwrap();
    }
    series.finish().unwrap()
}

fn overview_of(snapshots: impl Iterator<Item = Profile>, selection: Selection) -> Overview {
    let options = OverviewOptions::new(selection);
    let mut builder = OverviewBuilder::new(&options);
    for (at, profile) in snapshots.enumerate() {
        builder.add(NamedProfile { name: format!("{at}"), profile }).unwrap();
    }
    builder.finish().unwrap()
}

fn overview(snapshots: impl Iterator<Item = Profile>) -> Overview {
    overview_of(snapshots, Selection::default())
}

fn cells(overview: &Overview) -> Option<&Things> {
    overview.things.iter().find(|things| things.kind == ThingKind::TaskCells)
}

/// Twenty more with each snapshot.
fn leaking(sequence: u32, samples: i64) -> Vec<i64> {
    vec![samples; sequence as usize + 1]
}

#[test]
fn tasks_that_a_library_leaves_are_the_growth_though_nobody_tracks_them() {
    let overview = overview((0..10).map(|at| heap(at, 1, &[(LIBRARY, &leaking(at, 20)), (SERVE, &[3])])));
    let cells = cells(&overview).unwrap();
    assert_eq!(cells.first_and_last(), (23, 203));
    let row = &cells.trend.rows[0];
    assert_eq!(cells.trend.frames.function(row.frame), "library::connect");
    assert_eq!(row.judgement.verdict, Verdict::LeakLike);
    assert!((row.rate.per_second - 2.0).abs() < 1e-6, "{:?}", row.rate);
    let site = &cells.cells[0];
    assert_eq!((site.interval.low, site.interval.high, site.samples, site.tracked), (200, 200, 200, 0));
    assert_eq!(cells.growing().count(), 1, "three workers are none");
    assert_eq!((overview.headline.kind, overview.headline.verdict), (GrowthKind::Tasks, Verdict::LeakLike));
}

#[test]
fn of_sampled_cells_the_interval_says_how_roughly_they_are_known() {
    let overview = overview((0..10).map(|at| heap(at, 64, &[(LIBRARY, &leaking(at, 4))])));
    let cells = cells(&overview).unwrap();
    let (row, site) = (&cells.trend.rows[0], &cells.cells[0]);
    assert_eq!((row.values.last().copied(), site.samples), (Some(2560), 40));
    let margin = 1.96 * 64.0 * 40.0_f64.sqrt();
    let near = |end: i64, expected: f64| (end as f64 - expected).abs() < 0.25 * margin;
    let ends = (site.interval.low, site.interval.high);
    assert!(near(ends.0, 2560.0 - margin) && near(ends.1, 2560.0 + margin), "{ends:?}");
    assert_eq!(row.judgement.verdict, Verdict::LeakLike);
    assert!(row.rate.low < 25.6 && row.rate.high > 25.6 && row.rate.low > 0.0, "{:?}", row.rate);
}

#[test]
fn filters_do_not_hide_tasks_and_names_need_be_there_once() {
    let mut selection = Selection { sample_type: Some("alloc_space".to_owned()), ..Selection::default() };
    let snapshots = || {
        (0..6).map(|at| {
            let mut heap = heap(at, 1, &[(LIBRARY, &leaking(at, 20))]);
            // Later snapshots have addresses alone.
            if at > 0 {
                heap.locations.iter_mut().for_each(|location| location.lines.clear());
            }
            heap
        })
    };
    for _ in 0..2 {
        let overview = overview_of(snapshots(), selection.clone());
        let cells = cells(&overview).unwrap();
        assert_eq!((cells.first_and_last(), cells.trend.rows.len()), ((20, 120), 1));
        selection.sample_type = None;
    }
}

#[test]
fn tracked_tasks_are_taken_off_unless_there_are_surely_more() {
    let near = "app::serve src/main.rs:22";
    for (spawn, tracked_count, one_in, samples, shown) in [
        // All of them are tracked, on the same line and on another of the same function.
        (SERVE, 100, 1, 101, None),
        (near, 100, 1, 101, None),
        // Others are not, surely or perhaps.
        (SERVE, 100, 1, 150, Some(101)),
        (near, 100, 1, 150, Some(101)),
        (SERVE, 100, 64, 3, None),
        (SERVE, 100, 64, 30, Some(101)),
        // Another function has spawned the tracked ones.
        ("app::other src/main.rs:20", 100, 1, 150, Some(0)),
    ] {
        let heaps = (0..6).map(|at| heap(at, one_in, &[(SERVE, &[samples])]));
        let things = tracked((0..6).map(|at| tasks(at, spawn, tracked_count)));
        let overview = overview(heaps).with_things(vec![things]);
        let of_cells = cells(&overview);
        assert_eq!(of_cells.map(|cells| cells.cells[0].tracked), shown, "{spawn} {one_in} {samples}");
    }
}

#[test]
fn a_line_that_has_cells_of_its_own_stands_for_its_tasks() {
    let lines = ["app::main src/main.rs:3", "app::main src/main.rs:5"];
    let heaps = (0..6).map(|at| heap(at, 1, &[(lines[0], &[9]), (lines[1], &[9])]));
    let things = tracked((0..6).map(|at| tasks(at, lines[0], 8)));
    let overview = overview(heaps).with_things(vec![things]);
    let cells = cells(&overview).unwrap();
    let row = &cells.trend.rows[0];
    assert_eq!((cells.trend.rows.len(), cells.trend.frames.frame(row.frame).line), (1, 5));
}

#[test]
fn tasks_of_one_snapshot_are_taken_off_and_not_shown() {
    let heaps = (0..2).map(|at| heap(at, 1, &[(SERVE, &[9])]));
    let overview = overview(heaps).with_things(vec![tracked(std::iter::once(tasks(1, SERVE, 8)))]);
    assert!(overview.things.is_empty());
}
