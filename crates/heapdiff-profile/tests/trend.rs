//! What a trend says of series whose truth is known to the byte. `examples/accuracy` does so for many more.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use heapdiff_profile::{
    AnalysisError, InUse, NamedProfile, Note, Pairing, Per, ProfileBuilder, Reason, Selection, SeriesNote,
    Shape, SnapshotReason, TrendBuilder, TrendOptions, TrendReport, TrendRow, Verdict,
};

const MIB: i64 = 1 << 20;

/// The trend of snapshots, each a profile of its own.
fn trend(snapshots: Vec<ProfileBuilder>) -> TrendReport {
    let options = TrendOptions::default();
    let mut builder = TrendBuilder::new(&options);
    for (at, snapshot) in snapshots.into_iter().enumerate() {
        builder.add(NamedProfile { name: format!("{at}"), profile: snapshot.build() }).unwrap();
    }
    builder.finish().unwrap()
}

/// A series in which `held(snapshot, epoch)` says how many MiB of which epoch a row holds, every block recorded.
fn exact(snapshots: u32, held: impl Fn(u32, u32) -> i64) -> TrendReport {
    let snapshot = |sequence: u32| {
        let mut builder = ProfileBuilder::heap().snapshot(sequence).period(1);
        for epoch in 0..=sequence {
            let count = held(sequence, epoch);
            if count > 0 {
                let live =
                    InUse { bytes: count * MIB, objects: count, samples: count, epoch: i64::from(epoch) };
                builder = builder.in_use(&["app::keep src/keep.rs:7", "app::main src/main.rs:1"], live);
            }
        }
        builder
    };
    trend((0..snapshots).map(snapshot).collect())
}

fn only_row(report: &TrendReport) -> &TrendRow {
    assert_eq!(report.rows.len(), 1);
    let row = report.rows.first().unwrap();
    assert_eq!(report.frames.frame(row.frame).line, 7);
    row
}

fn words(row: &TrendRow) -> (Option<Shape>, Verdict, Reason) {
    (row.judgement.shape, row.judgement.verdict, row.judgement.reason)
}

#[test]
fn a_leak_has_its_rate_to_the_byte() {
    let report = exact(20, |_, _| 3);
    let row = only_row(&report);
    assert_eq!(words(row), (Some(Shape::Linear), Verdict::LeakLike, Reason::KeepsGrowing));
    // 3 MiB every ten seconds.
    let rate = row.rate;
    let expected = 0.3 * MIB as f64;
    assert!((rate.per_second - expected).abs() < 1e-6 && (rate.low - expected).abs() < 1e-6, "{rate:?}");
    assert_eq!((row.survival, row.spread), (Some(1.0), Some(1.0)));
    assert_eq!(row.values[19], 60 * MIB);
    assert_eq!((report.pairing, report.has_times), (Pairing::Paired, true));
    assert_eq!(report.total.rate, rate);
}

#[test]
fn a_few_blocks_are_no_leak_although_every_one_was_recorded() {
    for (snapshots, blocks) in
        [(12, &[2, 5, 8, 11][..]), (9, &[2, 4, 6, 8]), (30, &[1, 4, 8, 12, 15, 19, 22, 26, 29])]
    {
        let report = exact(snapshots, |_, epoch| i64::from(blocks.contains(&epoch)));
        let (_, verdict, reason) = words(only_row(&report));
        assert_eq!(
            (verdict, reason),
            (Verdict::Inconclusive, Reason::TooFewSamples { needed: 10 }),
            "{blocks:?}"
        );
    }
    // Ten blocks are enough, however they come, and so is one block that grows ten times.
    let growing = |sequence: u32| {
        let live = InUse { bytes: i64::from(sequence + 1) * MIB, objects: 1, samples: 1, epoch: 0 };
        ProfileBuilder::heap().snapshot(sequence).period(1).in_use(&["app::keep src/keep.rs:7"], live)
    };
    for report in [
        exact(11, |_, epoch| i64::from(epoch > 0)),
        exact(12, |_, epoch| if epoch % 2 == 1 { 2 } else { 0 }),
        trend((0..11).map(growing).collect()),
    ] {
        assert_eq!(only_row(&report).judgement.verdict, Verdict::LeakLike, "{:?}", only_row(&report).values);
    }
}

#[test]
fn a_period_that_changed_is_said_once_and_of_the_series() {
    let live = InUse { bytes: MIB, objects: 1, samples: 1, epoch: 0 };
    let heap = |(sequence, period)| {
        ProfileBuilder::heap().snapshot(sequence).period(period).in_use(&["f f.rs:7"], live)
    };
    let report = trend([(0, 4096), (1, 512), (2, 1)].into_iter().map(heap).collect());
    let changed = SeriesNote::PeriodChanged { from: 4096, to: 1, unit: "bytes".to_owned() };
    assert_eq!(report.notes, [Note::Series(changed)]);
}

#[test]
fn a_leak_of_each_request_has_its_rate_by_requests_however_unevenly_they_come() {
    let options = TrendOptions { per: Some(Per::Counter("requests".to_owned())), ..TrendOptions::default() };
    let mut builder = TrendBuilder::new(&options);
    let mut requests = 0_u32;
    for sequence in 0..24 {
        // None by night, ever more by day; each leaves 1 KiB.
        requests += if sequence % 6 < 2 { 0 } else { 1000 * (sequence % 6) };
        let (count, bytes) = (i64::from(requests) + 50, 1024);
        let live = InUse { bytes: count * bytes, objects: count, samples: count, epoch: 0 };
        let snapshot = ProfileBuilder::heap().snapshot(sequence).period(1).in_use(&["f f.rs:7"], live);
        let snapshot = snapshot.with_metadata(|metadata| {
            metadata.counters.insert("requests".to_owned(), u64::from(requests) + 7);
        });
        builder.add(NamedProfile { name: format!("{sequence}"), profile: snapshot.build() }).unwrap();
    }
    let report = builder.finish().unwrap();
    let rates = only_row(&report).per_item.unwrap();
    assert!((rates.rate.per_item - 1024.0).abs() < 1e-6, "{rates:?}");
    assert!((rates.rate.low - 1024.0).abs() < 1e-6 && (rates.rate.high - 1024.0).abs() < 1e-6, "{rates:?}");
    let rate = only_row(&report).rate;
    assert!(rate.high - rate.low > 0.05 * rate.per_second, "by time it is less even: {rate:?}");
    let items = report.items.unwrap();
    assert!((items.total() - f64::from(requests)).abs() < 1e-6, "{items:?}");
}

#[test]
fn what_a_program_frees_as_it_ends_is_no_recovery() {
    let series = |count: u32, reason, end_nanos: i64| {
        let snapshot = |sequence: u32| {
            let live = |epoch: u32| InUse { bytes: 3 * MIB, objects: 3, samples: 3, epoch: i64::from(epoch) };
            let builder = ProfileBuilder::heap().snapshot(sequence).period(1);
            (0..=sequence)
                .fold(builder, |builder, epoch| builder.in_use(&["app::keep src/keep.rs:7"], live(epoch)))
        };
        let began = ProfileBuilder::heap().snapshot(0).build().time_nanos;
        let last = ProfileBuilder::heap().snapshot(count).period(1).time(began + end_nanos);
        let last = last.with_metadata(|of| {
            (of.recording_nanos, of.reason) = (end_nanos.unsigned_abs(), reason);
        });
        trend((0..count).map(snapshot).chain([last]).collect())
    };
    // Snapshots come every ten seconds. One that does not say why it was taken came after four; one that does, in turn.
    for (reason, end_nanos) in [
        (SnapshotReason::Unknown, 64_000_000_000),
        (SnapshotReason::Exit, 70_000_000_000),
        (SnapshotReason::Stop, 70_000_000_000),
    ] {
        let ended = series(7, reason, end_nanos);
        assert_eq!(only_row(&ended).judgement.verdict, Verdict::LeakLike, "{reason:?}");
        assert_eq!((ended.points.len(), ended.notes), (7, vec![Note::SnapshotOfTheEnd]));
    }
    // Two are left to be compared; of two, both are needed.
    assert_eq!(series(2, SnapshotReason::Exit, 20_000_000_000).points.len(), 2);
    assert_eq!(series(1, SnapshotReason::Exit, 20_000_000_000).points.len(), 2);
    let came_back = series(7, SnapshotReason::Interval, 64_000_000_000);
    assert_eq!(words(only_row(&came_back)), (Some(Shape::Burst), Verdict::Bounded, Reason::CameBack));
    assert_eq!((came_back.points.len(), came_back.notes), (8, vec![]));
}

#[test]
fn a_step_is_no_leak() {
    let report = exact(20, |_, epoch| if epoch == 8 { 60 } else { i64::from(epoch == 0) });
    let row = only_row(&report);
    assert_eq!(words(row), (Some(Shape::Step), Verdict::Bounded, Reason::JumpedOnce));
    assert_eq!(row.change_points, [8]);
}

#[test]
fn what_is_replaced_all_the_time_is_churn() {
    let report = exact(20, |sequence, epoch| if sequence - epoch < 2 { 50 } else { 0 });
    let row = only_row(&report);
    assert_eq!(row.judgement.verdict, Verdict::Bounded);
    assert!(row.turnover.unwrap() > 0.4 && row.survival.unwrap() < 0.1, "{row:?}");
}

#[test]
fn four_snapshots_are_too_few_for_a_verdict() {
    let report = exact(4, |_, _| 3);
    let words = words(only_row(&report));
    assert_eq!(words, (None, Verdict::Inconclusive, Reason::TooFewSnapshots { needed: 5 }));
}

#[test]
fn few_samples_are_too_few_for_a_verdict() {
    let snapshot = |sequence: u32| {
        let mut builder = ProfileBuilder::heap().snapshot(sequence);
        for epoch in 0..=sequence / 3 {
            let live = InUse { bytes: MIB / 2, objects: 512, samples: 1, epoch: i64::from(epoch) * 3 };
            builder = builder.in_use(&["app::keep src/keep.rs:7"], live);
        }
        builder
    };
    let report = trend((0..24).map(snapshot).collect());
    let row = only_row(&report);
    assert_eq!(
        (row.judgement.verdict, row.judgement.reason),
        (Verdict::Inconclusive, Reason::TooFewSamples { needed: 10 })
    );
    assert!(row.rate.low <= row.rate.per_second && row.rate.per_second <= row.rate.high);
}

#[test]
fn profiles_of_others_have_a_trend_too() {
    let snapshot = |at: i64| {
        let time = 1_700_000_000_000_000_000 + at * 60_000_000_000;
        let live = InUse { bytes: (10 + at) * MIB, objects: 10 + at, samples: 10 + at, epoch: 0 };
        ProfileBuilder::heap().period(1).time(time).in_use(&["app::keep src/keep.rs:7"], live)
    };
    let report = trend((0..12).map(snapshot).collect());
    let row = only_row(&report);
    assert_eq!(
        (row.judgement.verdict, row.survival, report.pairing),
        (Verdict::LeakLike, None, Pairing::Independent)
    );
    assert!((row.rate.per_second - MIB as f64 / 60.0).abs() < 1e-6);
    assert!((report.seconds.last().unwrap() - 660.0).abs() < 1e-9);
}

#[test]
fn without_times_snapshots_are_counted() {
    let live = |at: i64| InUse { bytes: at * MIB, objects: at, samples: at, epoch: 0 };
    let report =
        trend((1..9).map(|at| ProfileBuilder::heap().period(1).in_use(&["f f.rs:7"], live(at))).collect());
    assert!(!report.has_times);
    assert!((report.rows[0].rate.per_second - MIB as f64).abs() < 1e-6);
}

#[test]
fn a_snapshot_that_counts_something_else_is_left_out_and_said() {
    let live = InUse { bytes: MIB, objects: 1, samples: 1, epoch: 0 };
    let heap = |sequence| ProfileBuilder::heap().snapshot(sequence).in_use(&["f f.rs:7"], live);
    let report = trend(vec![heap(0), ProfileBuilder::with_types(&[("cpu", "nanoseconds")]), heap(1)]);
    assert_eq!(report.points.len(), 2);
    assert_eq!(report.notes, [Note::SnapshotsWithoutSampleType { count: 1 }]);

    let selection = Selection { sample_type: Some("nothing".to_owned()), ..Selection::default() };
    let options = TrendOptions { selection, ..TrendOptions::default() };
    let mut builder = TrendBuilder::new(&options);
    let first = NamedProfile { name: "0".to_owned(), profile: heap(0).build() };
    assert!(matches!(builder.add(first), Err(AnalysisError::UnknownSampleType { .. })));
    assert!(matches!(builder.finish(), Err(AnalysisError::TooFewSnapshots { .. })));
}
