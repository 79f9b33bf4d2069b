//! What an overview says of series whose truth is known.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use heapdiff_profile::{
    AllocatorFigures, FilterPatterns, Filters, GrowthKind, InUse, Movement, NamedProfile, Note, Overview,
    OverviewOptions, Pairing, ProfileBuilder, Selection, Series, overview, series, short_name,
};

const MIB: i64 = 1 << 20;

fn live(bytes: i64, epoch: i64) -> InUse {
    InUse { bytes, objects: bytes / MIB, samples: bytes / MIB, epoch }
}

/// A series of snapshots with a period of 512 KiB, in the order given.
fn series_of(snapshots: Vec<ProfileBuilder>) -> Series {
    let named = |(at, builder): (usize, ProfileBuilder)| NamedProfile {
        name: format!("profiles/{at:06}.pb.gz"),
        profile: builder.build(),
    };
    series(snapshots.into_iter().enumerate().map(named).collect()).remove(0)
}

fn sum_up(series: &Series) -> Overview {
    overview(series, &OverviewOptions::default()).unwrap()
}

fn words(overview: &Overview) -> Vec<String> {
    let text = |row: &heapdiff_profile::OverviewRow| {
        format!("{:?} {}", row.movement, short_name(overview.frames.function(row.frame)))
    };
    overview.rows.iter().map(text).collect()
}

/// A pool that takes payloads of 1 MiB, of which `kept` at each snapshot are older than the snapshot before, and
/// `flying` have just been allocated.
fn pool(snapshots: &[(i64, i64)]) -> Series {
    let builder = |(at, &(kept, flying)): (usize, &(i64, i64))| {
        let sequence = u32::try_from(at).unwrap();
        let stack =
            ["alloc::vec::from_elem /rustc/0/library/alloc/src/vec/mod.rs:1", "pool::payload src/main.rs:40"];
        ProfileBuilder::heap()
            .snapshot(sequence)
            .in_use(&stack, live(kept * MIB, i64::from(sequence) - 1))
            .in_use(&stack, live(flying * MIB, i64::from(sequence)))
            .in_use(&["pool::configuration src/main.rs:7"], live(20 * MIB, 0))
    };
    series_of(snapshots.iter().enumerate().map(builder).collect())
}

#[test]
fn a_pool_that_keeps_what_it_has_read_grew_although_it_ends_in_a_trough() {
    let leaky =
        pool(&[(0, 2), (30, 3), (60, 2), (1, 3), (50, 2), (95, 2), (2, 3), (60, 3), (140, 2), (2, 0)]);
    let overview = sum_up(&leaky);
    assert_eq!(words(&overview), ["Grew pool::payload", "WithinNoise pool::configuration"]);
    let row = &overview.rows[0];
    assert_eq!((row.peak, row.peak_at, row.peak_samples), (142 * MIB, 8, Some(142)));
    assert_eq!((row.rise, row.figures.value.delta()), ((142 - 62) * MIB, 0));
    assert_eq!(row.values.len(), 10);
    assert_eq!(overview.headline.kind, GrowthKind::LiveHeap);
    assert_eq!((overview.base, overview.head, overview.peak), (0, 9, 8));
    assert_eq!(overview.pairing, Pairing::Paired);
    assert_eq!(overview.resolution_bytes, Some(1_570_627));
}

#[test]
fn a_pool_that_clears_its_slots_did_not_grow_however_busy_it_is() {
    for flying in [[0, 3, 2, 3, 1, 3, 2, 14], [0, 1, 1, 1, 8, 1, 1, 14], [2, 4, 6, 8, 10, 12, 13, 14]] {
        let fixed = pool(&flying.map(|flying| (0, flying)));
        let overview = sum_up(&fixed);
        assert!(overview.rows.iter().all(|row| row.movement != Movement::Grew), "{:?}", words(&overview));
        assert_eq!(overview.headline.kind, GrowthKind::None);
    }
}

#[test]
fn what_was_freed_before_the_end_is_still_named() {
    let exact = |sequence: u32, small: i64, big: i64| {
        ProfileBuilder::heap()
            .period(1)
            .snapshot(sequence)
            .in_use(
                &["app::keep_thousand src/main.rs:8"],
                InUse { bytes: small, objects: small / 1000, samples: small / 1000, epoch: 1 },
            )
            .in_use(
                &["app::keep_big src/main.rs:14"],
                InUse { bytes: big, objects: 10, samples: 10, epoch: 1 },
            )
    };
    let overview =
        sum_up(&series_of(vec![exact(0, 0, 0), exact(1, 100_000, 10 << 20), exact(2, 100_000, 0)]));
    assert_eq!(words(&overview), ["Grew app::keep_thousand", "CameBack app::keep_big"]);
    let big = &overview.rows[1];
    assert_eq!((big.peak, big.peak_at, big.peak_objects), (10 << 20, 1, Some(10)));
    assert_eq!(big.figures.value.delta(), 0);
}

/// Two snapshots of a process whose memory moves from `first` to `last`: live heap, allocator's resident, RSS, in MiB.
fn memory(first: [u64; 3], last: [u64; 3]) -> Overview {
    let snapshot = |sequence, [live_mib, resident, rss]: [u64; 3]| {
        let bytes = i64::try_from(live_mib).unwrap() * MIB;
        ProfileBuilder::heap()
            .snapshot(sequence)
            .with_metadata(|metadata| {
                metadata.memory.rss = Some(rss << 20);
                metadata.recorder.table_bytes = 1 << 20;
                metadata.allocator =
                    Some(AllocatorFigures { resident: resident << 20, ..AllocatorFigures::default() });
            })
            .in_use(&["app::work src/main.rs:1"], live(bytes, i64::from(sequence)))
    };
    sum_up(&series_of(vec![snapshot(0, first), snapshot(1, last)]))
}

#[test]
fn the_headline_says_where_memory_went() {
    for (first, last, kind) in [
        ([10, 15, 30], [110, 120, 135], GrowthKind::LiveHeap),
        ([100, 110, 130], [10, 210, 230], GrowthKind::RetainedByAllocator),
        ([10, 15, 30], [10, 15, 90], GrowthKind::OutsideAllocator),
        ([100, 110, 130], [100, 111, 132], GrowthKind::None),
        ([100, 110, 130], [20, 30, 50], GrowthKind::None),
        // An allocator that claims more than is resident: what grew outside is not put down to it ...
        ([10, 40, 20], [10, 40, 90], GrowthKind::OutsideAllocator),
        ([10, 40, 20], [10, 40, 35], GrowthKind::None),
        // ... and what it does keep is.
        ([100, 140, 120], [10, 140, 120], GrowthKind::RetainedByAllocator),
    ] {
        assert_eq!(memory(first, last).headline.kind, kind, "{first:?} {last:?}");
    }
    let overview = memory([100, 110, 130], [10, 210, 230]);
    let headline = overview.headline;
    assert_eq!(headline.rss_delta, Some(100 * MIB));
    assert_eq!((headline.live_delta, headline.retained_delta), (Some(-90 * MIB), Some(190 * MIB)));
    assert_eq!((headline.outside_delta, headline.rise), (Some(0), 190 * MIB));
    for point in &overview.points {
        let split = point.split.unwrap();
        let sum = split.live + split.retained.unwrap() + split.outside.unwrap_or(0) + split.recorder;
        assert_eq!(u64::try_from(sum).ok(), point.rss, "the parts add up to the resident set size");
    }
}

#[test]
fn the_headline_is_of_the_whole_process_whatever_is_looked_at() {
    let leaky = pool(&[(0, 2), (30, 3), (60, 2), (90, 3), (120, 2)]);
    let steady = pool(&[(30, 2), (30, 3), (30, 2), (30, 3), (30, 2)]);
    let headline = |series: &Series, selection: Selection| {
        overview(series, &OverviewOptions { selection, ..OverviewOptions::default() }).unwrap().headline
    };
    let ignore = FilterPatterns { ignore: vec!["payload".to_owned()], ..FilterPatterns::default() };
    let without = Selection { filters: Filters::new(&ignore).unwrap(), ..Selection::default() };
    let of = |kind: &str| Selection { sample_type: Some(kind.to_owned()), ..Selection::default() };
    for (series, kind) in [(&leaky, GrowthKind::LiveHeap), (&steady, GrowthKind::None)] {
        let whole = headline(series, Selection::default());
        assert_eq!(whole.kind, kind);
        for selection in [without.clone(), of("inuse_objects"), of("alloc_space"), of("alloc_objects")] {
            assert_eq!(headline(series, selection.clone()), whole, "{selection:?}");
        }
    }
    assert_eq!(headline(&leaky, Selection::default()).rows_delta, Some(120 * MIB));
}

#[test]
fn a_part_of_a_series_can_be_asked_for() {
    let leaky = pool(&[(0, 2), (30, 3), (60, 2), (60, 2), (60, 2)]);
    let options = OverviewOptions { base: Some(2), head: Some(4), ..OverviewOptions::default() };
    let overview = overview(&leaky, &options).unwrap();
    assert_eq!((overview.base, overview.head), (2, 4));
    assert_eq!(words(&overview), ["WithinNoise pool::payload", "WithinNoise pool::configuration"]);
    assert_eq!(overview.rows[0].values.len(), 5, "the whole series is still there to draw");
    let beyond = OverviewOptions { head: Some(5), ..OverviewOptions::default() };
    let error = heapdiff_profile::overview(&leaky, &beyond).unwrap_err();
    assert_eq!(error.to_string(), "the series has 5 snapshots: expected at least 6");
}

#[test]
fn one_snapshot_is_a_series_too() {
    let overview = sum_up(&pool(&[(0, 2)]));
    assert_eq!(words(&overview), ["WithinNoise pool::configuration", "WithinNoise pool::payload"]);
    assert_eq!((overview.base, overview.head, overview.headline.kind), (0, 0, GrowthKind::None));
}

#[test]
fn profiles_of_other_producers_make_a_series() {
    let go = |at: i64, bytes: i64| {
        ProfileBuilder::with_types(&[("inuse_objects", "count"), ("inuse_space", "bytes")])
            .time(at)
            .sample(&["main.leak /src/main.go:3"], &[bytes / MIB, bytes], &[])
            .sample(
                &["main.pool /src/main.go:9"],
                &[1, [50, 90, 20, 90][usize::try_from(at % 4).unwrap()] * MIB],
                &[],
            )
    };
    let cpu = ProfileBuilder::with_types(&[("cpu", "nanoseconds")]).time(1);
    let mut snapshots: Vec<_> = (0..8).map(|at| go(10 + at, at * 10 * MIB)).collect();
    snapshots.push(cpu);
    let overview = sum_up(&series_of(snapshots));
    assert!(overview.process.is_none() && overview.recording.is_none());
    assert_eq!(words(&overview)[0], "Grew main.leak");
    assert!(!words(&overview).contains(&"Grew main.pool".to_owned()));
    assert_eq!((overview.pairing, overview.resolution_bytes), (Pairing::Independent, None));
    assert_eq!(overview.points.len(), 8);
    assert_eq!(overview.notes, [Note::SnapshotsWithoutSampleType { count: 1 }]);
}
