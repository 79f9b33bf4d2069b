//! Profiles of resources and tasks: counted, not weighed, and treated as memory in use is.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use heapdiff_profile::{
    DiffFigures, DiffInputs, DiffOptions, DiffReport, Estimated, GrowthKind, InUse, Interval, Label,
    LabelValue, NamedProfile, Note, OverviewBuilder, OverviewOptions, Pairing, PoolChunk, PoolFigures,
    Profile, ProfileBuilder, ResourceFigures, ThingKind, Things, TrendBuilder, TrendOptions, TrendReport,
    ValueType, Verdict, diff,
};

const LEAKY: &[&str] = &["heapdiff::resource::Type::track", "app::handler_leaky src/main.rs:7"];

/// The snapshot `sequence` of resources of which one in `one_in` is kept: (epoch, kept), of 8 KiB each.
fn resources(sequence: u32, one_in: i64, kept: &[(u32, i64)]) -> Profile {
    let types = [("accesses", "count"), ("samples", "count"), ("count", "count"), ("space", "bytes")];
    let rows =
        kept.iter().fold(ProfileBuilder::with_types(&types).snapshot(sequence), |rows, &(epoch, kept)| {
            let count = kept * one_in;
            rows.sample(LEAKY, &[0, kept, count, count << 13], &[("epoch", i64::from(epoch), "count")])
        });
    of("resources", one_in, rows)
}

/// The snapshot `sequence` of tasks: (epoch, tasks).
fn tasks(sequence: u32, there: &[(u32, i64)]) -> Profile {
    let stack = [
        "tokio::sync::mpsc::Receiver::recv",
        "app::read_loop src/main.rs:9",
        "[spawned at]",
        "app::connect src/main.rs:3",
    ];
    let builder = ProfileBuilder::with_types(&[("polls", "count"), ("count", "count")]).snapshot(sequence);
    let rows = there.iter().fold(builder, |rows, &(epoch, count)| {
        rows.sample(&stack, &[3 * count, count], &[("epoch", i64::from(epoch), "count")])
    });
    of("tasks", 1, rows)
}

fn of(kind: &str, period: i64, rows: ProfileBuilder) -> Profile {
    // What the metadata says is the period of the heap.
    let mut profile = rows.with_metadata(|metadata| metadata.period_bytes = 512 << 10).build();
    profile.period_type = Some(ValueType { kind: kind.to_owned(), unit: "count".to_owned() });
    profile.period = period;
    profile.default_sample_type = Some("count".to_owned());
    profile
}

fn report(base: &Profile, head: &Profile, sample_type: Option<&str>) -> DiffReport {
    let mut options = DiffOptions::default();
    options.selection.sample_type = sample_type.map(str::to_owned);
    diff(DiffInputs { base, head }, &options).unwrap()
}

fn only(report: &DiffReport) -> DiffFigures {
    assert_eq!(report.rows.len(), 1);
    report.rows.first().unwrap().figures
}

fn trend(snapshots: impl Iterator<Item = Profile>) -> TrendReport {
    let options = TrendOptions::default();
    let mut builder = TrendBuilder::new(&options);
    for (at, profile) in snapshots.enumerate() {
        builder.add(NamedProfile { name: format!("{at}"), profile }).unwrap();
    }
    builder.finish().unwrap()
}

#[test]
fn where_all_are_kept_the_change_is_exact() {
    let report = report(&resources(1, 1, &[(0, 100)]), &resources(2, 1, &[(0, 99), (2, 2000)]), None);
    let figures = only(&report);
    assert_eq!((report.pairing, report.resolution_bytes), (Pairing::Paired, Some(0)));
    assert_eq!((figures.value.delta(), figures.interval), (1999, Some(Interval { low: 1999, high: 1999 })));
    let flow = figures.value.flow.unwrap();
    assert_eq!((flow.born, flow.died), (2000, 1));
    assert_eq!(figures.bytes.unwrap().delta(), 1999 << 13);
    assert_eq!((figures.significant, figures.estimated), (Some(true), Estimated::Value));
}

#[test]
fn of_one_in_so_many_the_interval_is_one_of_what_was_asked_for() {
    let (base, head) = (resources(1, 128, &[(0, 3)]), resources(2, 128, &[(0, 3), (2, 16)]));
    let count = only(&report(&base, &head, None));
    assert_eq!((count.value.delta(), count.samples), (2048, Some(16)));
    let Interval { low, high } = count.interval.unwrap();
    // Four standard deviations of sixteen are a quarter of it.
    assert!((1024..1536).contains(&low) && (2900..3600).contains(&high), "{low}..{high}");
    let space = only(&report(&base, &head, Some("space"))).interval.unwrap();
    assert!((space.low - (low << 13)).abs() <= 1 << 13 && (space.high - (high << 13)).abs() <= 1 << 13);
    let nothing = only(&report(&resources(1, 128, &[(0, 3)]), &resources(2, 128, &[(0, 3)]), None));
    let Interval { low, high } = nothing.interval.unwrap();
    assert!(low < 0 && high > 0 && high < 3 * 128 + 1, "{low}..{high}: some may be unseen");
}

#[test]
fn what_is_open_is_said_exactly_where_rows_are_estimates() {
    let figures =
        ResourceFigures { one_in: 128, acquired: 5000, released: 2500, ..ResourceFigures::default() };
    let mut head = resources(2, 128, &[(0, 3), (2, 16)]);
    head.metadata.as_mut().unwrap().resource = Some(figures);
    let notes = report(&resources(1, 128, &[(0, 3)]), &head, None).notes;
    assert!(notes.contains(&Note::ResourcesSampled { one_in: 128, open: 2500, refused: 0 }), "{notes:?}");
}

#[test]
fn chunks_of_a_pool_are_marked() {
    let snapshot = |sequence| {
        let live = InUse { bytes: 4 << 20, objects: 1, samples: 1, epoch: i64::from(sequence) };
        let mut profile = ProfileBuilder::heap()
            .snapshot(sequence)
            .in_use(&["app::handler_ok src/main.rs:5"], live)
            .in_use(&["app::other src/main.rs:6"], live)
            .build();
        let (key, name) = (profile.strings.intern("pool"), profile.strings.intern("arena"));
        let chunk = profile.samples.first_mut().unwrap();
        chunk.labels.push(Label { key, value: LabelValue::Text(name) });
        let pool = PoolFigures { name: "arena".into(), resource: "buffer".into(), ..PoolFigures::default() };
        profile.metadata.as_mut().unwrap().pools = vec![pool];
        profile
    };
    let report = report(&snapshot(1), &snapshot(2), None);
    let pools: Vec<_> = report
        .rows
        .iter()
        .map(|row| (report.frames.function(row.frame), report.frames.pool_of(row.whole_stack)))
        .collect();
    let arena = PoolChunk { pool: "arena".into(), resource: "buffer".into() };
    assert_eq!(pools, [("app::handler_ok", Some(&arena)), ("app::other", None)]);
}

#[test]
fn tasks_that_stay_are_a_leak_named_by_who_waits() {
    let stuck = |sequence: u32| (0..=sequence).map(|epoch| (epoch, 20)).collect::<Vec<_>>();
    let report = trend((0..10).map(|sequence| tasks(sequence, &stuck(sequence))));
    let row = report.rows.first().unwrap();
    assert_eq!(row.judgement.verdict, Verdict::LeakLike);
    assert_eq!(report.frames.function(row.frame), "app::read_loop", "not the channel that it waits for");
    assert!((row.rate.per_second - 2.0).abs() < 1e-9 && row.rate.low > 1.9, "{:?}", row.rate);
}

#[test]
fn tasks_that_come_and_go_are_none() {
    let report = trend((0..10).map(|sequence| tasks(sequence, &[(sequence, 160)])));
    assert_ne!(report.rows.first().unwrap().judgement.verdict, Verdict::LeakLike);
}

/// The things of a series in which so many are open at each snapshot, of which hardly any has a stack trace.
fn counted(open: &[u64]) -> Things {
    let snapshots = (0..).zip(open).map(|(sequence, &open)| {
        let mut profile = resources(sequence, 128, &[(0, 1)]);
        let figures =
            ResourceFigures { one_in: 128, acquired: open + 7, released: 7, ..ResourceFigures::default() };
        profile.metadata.as_mut().unwrap().resource = Some(figures);
        profile
    });
    Things::new(ThingKind::Resources("buffer".to_owned()), trend(snapshots))
}

#[test]
fn exact_numbers_tell_of_growth_where_too_few_are_sampled_to_tell_whose() {
    let leaky = counted(&[0, 50, 100, 150, 200, 250, 300, 350]);
    assert_eq!((leaky.verdict(), leaky.growing().count()), (Verdict::LeakLike, 0));
    assert!((leaky.rate().unwrap().per_second - 5.0).abs() < 1e-6);
    assert_eq!(leaky.first_and_last(), (0, 350));
    for bounded in [&[5, 40, 12, 33, 20, 41, 8, 30][..], &[0, 300, 300, 300, 300, 300, 300, 300], &[3; 8]] {
        assert_ne!(counted(bounded).verdict(), Verdict::LeakLike, "{bounded:?}");
    }
    assert_ne!(counted(&[0, 1, 2, 3, 4, 5, 6, 7]).verdict(), Verdict::LeakLike, "too few for a verdict");
}

#[test]
fn the_overview_of_things_themselves_speaks_of_them_and_not_of_a_heap() {
    let options = OverviewOptions::default();
    let mut builder = OverviewBuilder::new(&options);
    for sequence in 0..8 {
        let there: Vec<_> = (0..=sequence).map(|epoch| (epoch, 20)).collect();
        builder.add(NamedProfile { name: sequence.to_string(), profile: tasks(sequence, &there) }).unwrap();
    }
    let answer = builder.finish().unwrap();
    assert_eq!((answer.headline.kind, answer.headline.verdict), (GrowthKind::Tasks, Verdict::LeakLike));
    assert!(answer.is_of_things && answer.trend.points.iter().all(|point| point.live_bytes.is_none()));
}

/// The snapshot `sequence` of resources of which nothing but their number is known.
fn only_counted(sequence: u32, open: u64) -> Profile {
    let types = [("accesses", "count"), ("samples", "count"), ("count", "count"), ("space", "bytes")];
    let count = i64::try_from(open).unwrap();
    let rows = ProfileBuilder::with_types(&types).snapshot(sequence);
    let mut profile =
        of("resources", 1, rows.sample(&[Things::NO_STACK], &[0, count, count, count << 13], &[]));
    let figures = ResourceFigures { level: "count".to_owned(), acquired: open, ..ResourceFigures::default() };
    profile.metadata.as_mut().unwrap().resource = Some(figures);
    profile
}

#[test]
fn what_is_only_counted_is_compared_exactly_and_without_a_word_about_estimates() {
    let report = report(&only_counted(1, 100), &only_counted(2, 150), None);
    let figures = only(&report);
    assert_eq!((figures.value.delta(), figures.interval), (50, Some(Interval { low: 50, high: 50 })));
    assert_eq!((figures.significant, report.resolution_bytes), (Some(true), Some(0)));
    assert!(report.notes.is_empty(), "{:?}", report.notes);
    let trend = trend((0..10).map(|at| only_counted(at, 20 * u64::from(at))));
    let row = trend.rows.first().unwrap();
    assert_eq!(row.judgement.verdict, Verdict::LeakLike);
    assert!((row.rate.per_second - 2.0).abs() < 1e-9 && row.rate.low > 1.9, "{:?}", row.rate);
    assert!(trend.notes.is_empty(), "{:?}", trend.notes);
}
