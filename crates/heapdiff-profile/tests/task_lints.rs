//! What is odd about tasks of a series.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use heapdiff_profile::{
    Label, LabelValue, NamedProfile, OddTasks, Profile, ProfileBuilder, Selection, TaskLint, TaskSeries,
    TaskSeriesOptions, Things, ValueType,
};

/// Where a task waits, and where it was spawned.
type Place = [&'static str; 3];
const SESSION: Place = ["app::wait src/main.rs:30", "[spawned at]", "app::connect src/main.rs:3"];
const OTHER: Place = ["app::wait_otherwise src/main.rs:40", "[spawned at]", "app::connect src/main.rs:3"];
const WORKER: Place = ["app::work src/main.rs:9", "[spawned at]", "app::start src/main.rs:1"];

/// The tasks at a snapshot: place, number and lints.
fn tasks(sequence: u32, rows: &[(Place, i64, &[&str])]) -> Profile {
    let builder = ProfileBuilder::with_types(&[("polls", "count"), ("count", "count")]).snapshot(sequence);
    let add = |builder: ProfileBuilder, (place, count, _): &(Place, i64, &[&str])| {
        builder.sample(place, &[1, *count], &[("epoch", 0, "count")])
    };
    let mut profile = rows.iter().fold(builder, add).build();
    let key = profile.strings.intern("lint");
    for (sample, (_, _, lints)) in profile.samples.iter_mut().zip(rows) {
        let texts = lints.iter().map(|lint| LabelValue::Text(profile.strings.intern(lint)));
        sample.labels.extend(texts.map(|value| Label { key, value }));
    }
    profile.period_type = Some(ValueType { kind: "tasks".to_owned(), unit: "count".to_owned() });
    profile.period = 1;
    profile.default_sample_type = Some("count".to_owned());
    profile
}

fn series(snapshots: impl Iterator<Item = Profile>) -> Things {
    let options = TaskSeriesOptions::new(Selection::default());
    let mut series = TaskSeries::new(&options);
    for (at, mut profile) in snapshots.enumerate() {
        // Names are there once.
        if at > 0 {
            profile.locations.iter_mut().for_each(|location| location.lines.clear());
        }
        series.add(NamedProfile { name: format!("{at}"), profile }).unwrap();
    }
    series.finish().unwrap()
}

/// Lint, number, number at the place, the function there and the one that spawned.
fn odd(things: &Things) -> Vec<(TaskLint, i64, i64, &str, Option<&str>)> {
    let name = |frame| things.odd_frames.function(frame);
    let row = |odd: &OddTasks| (odd.lint, odd.count, odd.at_place, name(odd.frame), odd.spawn.map(name));
    things.odd.iter().map(row).collect()
}

#[test]
fn a_lint_is_told_with_all_tasks_that_have_it_and_the_place_with_most() {
    let things = series((0..3).map(|at| {
        tasks(
            at,
            &[
                (SESSION, 5, &["lost waker", "detached"]),
                (OTHER, 7, &["lost waker", "self-waking"]),
                (OTHER, 1, &["lost waker"]),
                (WORKER, 4, &["large future", "never yielded", "some lint of a later version"]),
            ],
        )
    }));
    let (session, worker) = (Some("app::connect"), Some("app::start"));
    assert_eq!(
        odd(&things),
        [
            (TaskLint::LostWaker, 13, 8, "app::wait_otherwise", session),
            (TaskLint::NeverYielded, 4, 4, "app::work", worker),
            (TaskLint::SelfWaking, 7, 7, "app::wait_otherwise", session),
            (TaskLint::LargeFuture, 4, 4, "app::work", worker),
        ],
        "that a task is detached is not odd by itself"
    );
}

#[test]
fn a_spawn_whose_tasks_only_become_more_is_odd_and_so_are_its_detached_tasks() {
    let rising = |detached: &'static [&'static str]| {
        series((0..6).map(move |at| {
            let number = i64::from(at);
            tasks(at, &[(SESSION, 2 * number, detached), (OTHER, number, &[]), (WORKER, 4, &["detached"])])
        }))
    };
    assert_eq!(odd(&rising(&[])), [(TaskLint::OnlyRises, 15, 15, "app::connect", None)]);
    let expected = [
        (TaskLint::OnlyRises, 15, 15, "app::connect", None),
        (TaskLint::Detached, 10, 10, "app::wait", Some("app::connect")),
    ];
    assert_eq!(odd(&rising(&["detached"])), expected);
}

#[test]
fn what_comes_and_goes_or_was_seen_too_seldom_is_not_odd() {
    for numbers in [&[1, 2, 3, 4][..], &[1, 2, 3, 4, 5, 4, 6, 7], &[1, 2, 2, 2, 2, 2, 2], &[9; 9]] {
        let snapshots =
            (0..).zip(numbers).map(|(at, &number)| tasks(at, &[(SESSION, number, &["detached"])]));
        assert!(series(snapshots).odd.is_empty(), "{numbers:?}");
    }
}
