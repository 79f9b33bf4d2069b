//! What an overview says of series whose truth is known.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use heapdiff_profile::{
    AllocatorFigures, FilterPatterns, Filters, GrowthKind, InUse, NamedProfile, Overview, OverviewBuilder,
    OverviewOptions, Pairing, ProfileBuilder, Reason, Selection, Series, Verdict, series, short_name,
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
    let all = series(snapshots.into_iter().enumerate().map(named).collect());
    all.into_iter().max_by_key(|series| series.snapshots.len()).unwrap()
}

fn sum_up_as(series: &Series, selection: Selection) -> Overview {
    let options = OverviewOptions::new(selection);
    let mut builder = OverviewBuilder::new(&options);
    series.snapshots.iter().for_each(|named| builder.add(named.clone()).unwrap());
    builder.finish().unwrap()
}

fn sum_up(series: &Series) -> Overview {
    sum_up_as(series, Selection::default())
}

fn words(overview: &Overview) -> Vec<String> {
    let text = |row: &heapdiff_profile::TrendRow| {
        let name = short_name(overview.trend.frames.function(row.frame));
        overview.tendency(row).map_or_else(
            || format!("{:?} {name}", row.judgement.verdict),
            |tendency| format!("{tendency:?} {name}"),
        )
    };
    overview.trend.rows.iter().map(text).collect()
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
fn a_pool_that_keeps_what_it_has_read_is_a_leak_although_it_ends_in_a_trough() {
    let teeth = |tops: [i64; 4]| -> Vec<(i64, i64)> {
        tops.iter().flat_map(|top| [(top / 3, 2), (2 * top / 3, 3), (*top, 2), (2, 2)]).collect()
    };
    let leaky = pool(&teeth([60, 90, 135, 200]));
    let overview = sum_up(&leaky);
    assert_eq!(words(&overview), ["LeakLike pool::payload", "Bounded pool::configuration"]);
    let (row, headline) = (&overview.trend.rows[0], overview.headline);
    assert_eq!(row.judgement.reason, Reason::TeethGrow);
    assert_eq!((headline.kind, headline.verdict), (GrowthKind::LiveHeap, Verdict::LeakLike));
    assert_eq!((headline.growing, headline.undecided, headline.rate), (1, 0, Some(row.rate)));
    assert_eq!(headline.rise, (202 - 92) * MIB);
    assert_eq!(overview.peak, 14);
    assert_eq!((overview.trend.pairing, overview.trend.resolution_bytes), (Pairing::Paired, Some(1_570_627)));
    assert!(!overview.is_short());
}

#[test]
fn a_pool_that_clears_its_slots_is_no_leak_however_busy_it_is() {
    for flying in [[0, 3, 2, 3, 1, 3, 2, 14], [0, 1, 1, 1, 8, 1, 1, 14], [2, 4, 6, 8, 10, 12, 13, 14]] {
        let fixed = pool(&flying.map(|flying| (0, flying)));
        let overview = sum_up(&fixed);
        assert!(
            words(&overview).iter().all(|words| !words.starts_with("LeakLike")),
            "{:?}",
            words(&overview)
        );
        assert_ne!(overview.headline.verdict, Verdict::LeakLike);
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
    assert_eq!(overview.trend.rows[1].values, [0, 10 << 20, 0]);
    assert_eq!(overview.headline.verdict, Verdict::Inconclusive, "three snapshots are too few");
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
    for point in &overview.trend.points {
        let split = point.split.unwrap();
        let sum = split.live + split.retained.unwrap() + split.outside.unwrap_or(0) + split.recorder;
        assert_eq!(u64::try_from(sum).ok(), point.rss, "the parts add up to the resident set size");
    }
}

/// The allocator's own figure stays where it is, and the estimate of the live heap falls by what sampling errs.
#[test]
fn the_error_of_the_live_heap_is_no_growth_of_what_the_allocator_keeps() {
    let judged = |live_mib: &[i64], resident_mib: fn(u32) -> u64| {
        let snapshots = live_mib.iter().zip(0..).map(|(mib, sequence)| {
            ProfileBuilder::heap()
                .snapshot(sequence)
                .with_metadata(|metadata| {
                    metadata.memory.rss = Some(300 << 20);
                    metadata.allocator = Some(AllocatorFigures {
                        resident: resident_mib(sequence) << 20,
                        ..AllocatorFigures::default()
                    });
                })
                .in_use(&["app::work src/main.rs:1"], live(mib * MIB, 0))
        });
        sum_up(&series_of(snapshots.collect())).headline
    };
    let noise = judged(&[14, 13, 13, 12, 11, 11, 10, 9], |_| 200);
    assert_ne!(noise.verdict, Verdict::LeakLike, "{noise:?}");
    let kept = GrowthKind::RetainedByAllocator;
    let grows = judged(&[40; 8], |sequence| 50 + 20 * u64::from(sequence));
    assert_eq!((grows.kind, grows.verdict), (kept, Verdict::LeakLike));
    // What was needed once and is free now is kept, and cannot become more.
    let freed = judged(&[180, 160, 140, 120, 100, 80, 60, 40], |_| 200);
    assert_eq!((freed.kind, freed.verdict), (kept, Verdict::Bounded));
}

#[test]
fn the_headline_is_of_the_whole_process_whatever_is_looked_at() {
    let leaky = pool(&[(0, 2), (30, 3), (60, 2), (90, 3), (120, 2)]);
    let steady = pool(&[(30, 2), (30, 3), (30, 2), (30, 3), (30, 2)]);
    let headline = |series: &Series, selection: Selection| sum_up_as(series, selection).headline;
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
    assert_eq!(headline(&leaky, Selection::default()).live_delta, Some(120 * MIB));
}

#[test]
fn one_snapshot_is_a_series_too() {
    let overview = sum_up(&pool(&[(0, 2)]));
    assert_eq!(words(&overview), ["WithinNoise pool::configuration", "WithinNoise pool::payload"]);
    assert_eq!((overview.trend.points.len(), overview.headline.kind), (1, GrowthKind::None));
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
    assert!(overview.trend.process.is_none() && overview.recording.is_none());
    assert_eq!(words(&overview), ["LeakLike main.leak", "Bounded main.pool"]);
    assert_eq!((overview.trend.pairing, overview.trend.resolution_bytes), (Pairing::Independent, None));
    assert_eq!(overview.trend.points.len(), 8, "the profile of something else is a series of its own");
}

/// A series of a process with 100 MiB alive whose memory rises by `jump` MiB at each of these snapshots, `retained` by
/// the allocator or outside of it, and stands still between and afterwards.
fn jumping(count: u32, jumps: &[u32], jump: u64, is_retained: bool) -> Overview {
    let snapshot = |sequence: u32| {
        let risen = jumps.iter().filter(|&&at| sequence >= at).count() as u64 * jump;
        let (retained, outside) = if is_retained { (risen, 0) } else { (0, risen) };
        ProfileBuilder::heap()
            .snapshot(sequence)
            .with_metadata(|metadata| {
                metadata.memory.rss = Some((130 + retained + outside) << 20);
                metadata.allocator = Some(AllocatorFigures {
                    resident: (110 + retained) << 20,
                    ..AllocatorFigures::default()
                });
            })
            .in_use(&["app::work src/main.rs:1"], live(100 * MIB, 0))
    };
    sum_up(&series_of((0..count).map(snapshot).collect()))
}

#[test]
fn memory_that_jumped_and_then_stood_still_has_stopped() {
    for (jumps, jump) in
        [(&[12][..], 8), (&[18], 40), (&[10, 11, 12], 40), (&[8, 10, 12], 15), (&[1, 3, 6, 9, 12], 40)]
    {
        for (is_retained, kind) in
            [(false, GrowthKind::OutsideAllocator), (true, GrowthKind::RetainedByAllocator)]
        {
            let headline = jumping(24, jumps, jump, is_retained).headline;
            assert_eq!(
                (headline.kind, headline.verdict),
                (kind, Verdict::Bounded),
                "{jumps:?} of {jump} MiB"
            );
        }
    }
}

/// A process whose live heap and whose allocator's own figure are these, in KiB, at each snapshot.
fn allocator_that_holds(snapshots: &[(i64, u64)]) -> Overview {
    let snapshot = |(sequence, &(live_kib, resident_kib)): (u32, &(i64, u64))| {
        ProfileBuilder::heap()
            .snapshot(sequence)
            .with_metadata(|metadata| {
                metadata.period_bytes = 1;
                metadata.memory.rss = Some((resident_kib + 4096) << 10);
                metadata.allocator =
                    Some(AllocatorFigures { resident: resident_kib << 10, ..AllocatorFigures::default() });
            })
            .in_use(&["app::work src/main.rs:1"], live(live_kib << 10, i64::from(sequence)))
    };
    sum_up(&series_of((0..).zip(snapshots).map(snapshot).collect()))
}

/// What is kept of it once jumped as often as the burst began and ended. Seen of thirty threads with a buffer each, and
/// of a list of which most is freed.
#[test]
fn what_a_burst_needed_and_left_to_the_allocator_has_stopped() {
    let threads = [
        (0, 5368),
        (0, 5780),
        (0, 5940),
        (2576, 10396),
        (5150, 13565),
        (7724, 16442),
        (1, 16313),
        (1, 16313),
        (1, 16313),
        (1, 16313),
        (1, 16313),
        (1, 16321),
    ];
    let list = [
        (0, 5364),
        (0, 5772),
        (0, 5940),
        (32500, 47087),
        (32500, 47103),
        (32500, 47163),
        (2500, 47167),
        (2500, 47167),
        (2500, 47167),
        (2500, 47167),
        (2500, 47191),
        (2500, 47191),
    ];
    for burst in [threads, list] {
        let headline = allocator_that_holds(&burst).headline;
        let found = (headline.kind, headline.verdict);
        assert_eq!(found, (GrowthKind::RetainedByAllocator, Verdict::Bounded), "{headline:?}");
    }
}

/// The same two jumps, and nothing that was needed at the time: more may come.
#[test]
fn long_steps_of_what_the_allocator_keeps_are_not_said_to_have_stopped() {
    let steps = |at: u32, wait: u32| (40 << 10, u64::from(60 + 8 * (at / wait)) << 10);
    for (count, wait) in [(12, 4), (12, 3), (20, 5), (40, 10)] {
        let snapshots: Vec<_> = (0..count).map(|at| steps(at, wait)).collect();
        let headline = allocator_that_holds(&snapshots).headline;
        assert_eq!(headline.kind, GrowthKind::RetainedByAllocator, "{headline:?}");
        assert!(headline.verdict <= Verdict::Inconclusive, "steps of {wait} in {count}: {headline:?}");
    }
}
