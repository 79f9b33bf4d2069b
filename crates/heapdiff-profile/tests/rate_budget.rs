//! What a check says of rates that are known.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use heapdiff_profile::{
    BudgetVerdict, Confidence, InUse, NamedProfile, Per, ProfileBuilder, RateBudget, RateCheck, RateLimit,
    RateNeeds, RateOutcome, RateUnit, Selection, plant_rate,
};
use proptest::prelude::*;

const MIB: i64 = 1 << 20;
const LEAK: [&str; 1] = ["shop::cache src/cache.rs:1"];
const OTHER: [&str; 1] = ["shop::other src/other.rs:1"];

/// Snapshots, ten seconds apart, in which the cache holds `held(snapshot)` MiB in as many samples.
fn series(count: u32, period: i64, held: impl Fn(u32) -> i64) -> Vec<NamedProfile> {
    let snapshot = |sequence: u32| {
        let mut builder = ProfileBuilder::heap().snapshot(sequence).period(period);
        builder = builder.in_use(&OTHER, InUse { bytes: 5 * MIB, objects: 5, samples: 5, epoch: 0 });
        let mut before = 0;
        for epoch in 0..=sequence {
            let born = held(epoch) - before;
            before = held(epoch);
            if born > 0 {
                let live = InUse { bytes: born * MIB, objects: born, samples: born, epoch: i64::from(epoch) };
                builder = builder.in_use(&LEAK, live);
            }
        }
        NamedProfile { name: sequence.to_string(), profile: builder.build() }
    };
    (0..count).map(snapshot).collect()
}

fn budget(amount: i64, per: RateUnit) -> RateBudget {
    let limit = RateLimit::InTime { amount, unit: per };
    RateBudget { pattern: None, limit, confidence: Confidence::default(), samples_min: 0 }
}

fn outcome(snapshots: &[NamedProfile], budget: &RateBudget) -> RateOutcome {
    let budgets = [(budget.clone(), budget.options(&Selection::default()).unwrap())];
    let mut check = RateCheck::new(&budgets);
    snapshots.iter().for_each(|snapshot| check.add(snapshot).unwrap());
    check.finish().unwrap().into_iter().next().unwrap()
}

#[test]
fn an_exact_rate_is_judged_to_the_byte_in_every_unit() {
    let leak = series(8, 1, |at| 3 * i64::from(at) + 1);
    for (per, exact) in [
        (RateUnit::Second, 3 * MIB / 10),
        (RateUnit::Minute, 18 * MIB),
        (RateUnit::Hour, 1080 * MIB),
        (RateUnit::Day, 25_920 * MIB),
    ] {
        assert_eq!(outcome(&leak, &budget(exact + 1, per)).verdict, BudgetVerdict::Held, "{per:?}");
        let exceeded = outcome(&leak, &budget(exact - 1, per));
        assert_eq!((exceeded.verdict, exceeded.needs), (BudgetVerdict::Exceeded, None), "{per:?}");
    }
    let held = outcome(&leak, &budget(1080 * MIB, RateUnit::Hour));
    assert_eq!((held.seconds(), held.allowed()), (Some(70.0), Some(21 * MIB)));
}

#[test]
fn a_budget_is_about_what_its_pattern_matches() {
    let leak = series(8, 1, |at| 3 * i64::from(at) + 1);
    let of = |pattern: &str| RateBudget { pattern: Some(pattern.to_owned()), ..budget(0, RateUnit::Hour) };
    assert_eq!(outcome(&leak, &of("^shop::other$")).verdict, BudgetVerdict::Held);
    assert_eq!(outcome(&leak, &of("cache")).verdict, BudgetVerdict::Exceeded);
}

/// The errors of n points lie in the order of a rise, or of a fall, in 2 of n! cases: of five in 1 of 60.
#[test]
fn too_few_snapshots_are_never_held_and_a_higher_confidence_takes_more() {
    let flat = |count| series(count, 1, |_| 7);
    let generous = budget(i64::MAX, RateUnit::Second);
    for count in 1..5 {
        let found = outcome(&flat(count), &generous);
        let needs = Some(RateNeeds::Snapshots(5));
        assert_eq!((found.verdict, found.needs), (BudgetVerdict::Inconclusive, needs), "{count}");
    }
    assert_eq!(outcome(&flat(5), &generous).verdict, BudgetVerdict::Held);
    for (chance, needed) in [(0.5, 3), (0.9, 4), (0.99, 6), (0.999, 7)] {
        let surer = RateBudget { confidence: Confidence::new(chance).unwrap(), ..generous.clone() };
        assert_eq!(outcome(&flat(2), &surer).needs, Some(RateNeeds::Snapshots(needed)), "{chance}");
    }
}

#[test]
fn without_times_there_is_no_rate() {
    let mut snapshots = series(8, 1, |at| i64::from(at) + 1);
    for NamedProfile { profile, .. } in &mut snapshots {
        (profile.metadata, profile.time_nanos) = (None, 0);
    }
    let found = outcome(&snapshots, &budget(i64::MAX, RateUnit::Second));
    assert_eq!((found.verdict, found.needs), (BudgetVerdict::Inconclusive, Some(RateNeeds::Times)));
    assert_eq!((found.seconds(), found.allowed()), (None, None));
}

#[test]
fn a_limit_within_the_error_is_not_judged_and_a_longer_series_would_decide() {
    // 20 samples over 70 seconds.
    let sampled = series(8, MIB / 2, |at| 3 * i64::from(at) + 1);
    let near = outcome(&sampled, &budget(1000 * MIB, RateUnit::Hour));
    let Some(RateNeeds::Seconds(needed)) = near.needs else { panic!("{:?} {:?}", near.needs, near.verdict) };
    assert_eq!(near.verdict, BudgetVerdict::Inconclusive);
    assert!(near.rate.low < near.rate.per_second && near.rate.per_second < near.rate.high);
    // The nearer the limit, the longer it takes: with the square of the distance where sampling is the error.
    let nearer = outcome(&sampled, &budget(1040 * MIB, RateUnit::Hour));
    let Some(RateNeeds::Seconds(longer)) = nearer.needs else { panic!("{:?}", nearer.needs) };
    assert!(needed > 70.0 && (longer / needed - 4.0).abs() < 1e-6, "{needed} {longer}");
    assert_eq!(outcome(&sampled, &budget(100 * MIB, RateUnit::Hour)).verdict, BudgetVerdict::Exceeded);
    assert_eq!(outcome(&sampled, &budget(9000 * MIB, RateUnit::Hour)).verdict, BudgetVerdict::Held);
    let at_the_limit = outcome(&sampled, &budget(1080 * MIB, RateUnit::Hour));
    assert_eq!((at_the_limit.verdict, at_the_limit.needs), (BudgetVerdict::Inconclusive, None));
    let more = RateBudget { samples_min: 1000, ..budget(0, RateUnit::Hour) };
    assert_eq!(outcome(&sampled, &more).needs, Some(RateNeeds::Samples(1000)));
}

#[test]
fn a_confidence_widens_the_interval() {
    let sampled = series(8, MIB / 2, |at| 3 * i64::from(at) + 1);
    let width = |chance: f64| {
        let confidence = Confidence::new(chance).unwrap();
        let rate = outcome(&sampled, &RateBudget { confidence, ..budget(0, RateUnit::Hour) }).rate;
        rate.high - rate.low
    };
    assert!(width(0.8) < width(0.95) && width(0.95) < width(0.999));
}

/// Two tops of teeth have one slope: that alone would be an interval without width.
#[test]
fn two_teeth_do_not_make_a_rate_sure() {
    let mut snapshots = series(10, 1, |_| 0);
    for (at, held) in [20, 40, 60, 80, 10, 25, 45, 65, 82, 12].into_iter().enumerate() {
        let sequence = u32::try_from(at).unwrap();
        let live = InUse { bytes: held * MIB, objects: held, samples: held, epoch: i64::from(sequence) };
        let builder = ProfileBuilder::heap().snapshot(sequence).period(1).in_use(&LEAK, live);
        snapshots.get_mut(at).unwrap().profile = builder.build();
    }
    let found = outcome(&snapshots, &budget(100 * MIB, RateUnit::Hour));
    assert!(found.report.total.rate.low < found.report.total.rate.high || found.rate.low < found.rate.high);
    assert_eq!(found.verdict, BudgetVerdict::Inconclusive, "{:?} {:?}", found.rate, found.report.total.rate);
}

/// The same series as a program that had handled `requests(snapshot)` requests.
fn counting(mut snapshots: Vec<NamedProfile>, requests: impl Fn(u32) -> u64) -> Vec<NamedProfile> {
    for (sequence, named) in (0..).zip(&mut snapshots) {
        let metadata = named.profile.metadata.as_mut().unwrap();
        metadata.counters.insert("requests".to_owned(), requests(sequence));
    }
    snapshots
}

fn per_request(limit: i64) -> RateBudget {
    let limit = RateLimit::PerItem { limit: limit as f64, per: Per::Counter("requests".to_owned()) };
    RateBudget { limit, ..budget(0, RateUnit::Second) }
}

/// First against last says 4.6 MiB a request: what was loaded at first is put down to the requests.
#[test]
fn a_limit_for_each_item_is_judged_by_the_slope() {
    let loads = series(12, 1, |at| 40 * i64::from(at > 1) + i64::from(at));
    let loads = counting(loads, |at| 100 + u64::from(at));
    for (limit, verdict) in [
        (MIB - 1, BudgetVerdict::Exceeded),
        (4 * MIB, BudgetVerdict::Inconclusive),
        (5 * MIB, BudgetVerdict::Held),
    ] {
        let found = outcome(&loads, &per_request(limit));
        assert_eq!(found.verdict, verdict, "{limit} {:?}", found.rate);
        assert_eq!((found.extent(), found.allowed()), (Some(11.0), Some(11 * limit)));
    }
    let rate = outcome(&loads, &per_request(0)).rate;
    assert!((rate.per_second / MIB as f64 - 1.0).abs() < 0.1, "{rate:?}");
}

/// Requests come in bursts: by time it is uneven, by requests it is exact.
#[test]
fn items_that_come_unevenly_make_no_error() {
    let handled = |at: u32| u64::from(at * at);
    let leak = counting(series(10, 1, |at| i64::from(at * at)), handled);
    let found = outcome(&leak, &per_request(MIB));
    assert_eq!((found.verdict, found.rate.low, found.rate.high), (BudgetVerdict::Held, 1048576.0, 1048576.0));
    assert_eq!(outcome(&leak, &per_request(MIB - 1)).verdict, BudgetVerdict::Exceeded);
    let by_number = RateLimit::PerItem { limit: MIB as f64, per: Per::Between(81.0) };
    let by_number = RateBudget { limit: by_number, ..budget(0, RateUnit::Second) };
    assert_eq!(
        outcome(&leak, &by_number).verdict,
        BudgetVerdict::Inconclusive,
        "a number is spread over time"
    );
}

#[test]
fn what_would_decide_a_limit_for_each_item_is_told_in_items() {
    let sampled = counting(series(8, MIB / 2, |at| 3 * i64::from(at) + 1), |at| u64::from(at) * 10);
    let near = outcome(&sampled, &per_request(MIB / 4));
    let Some(RateNeeds::Items(needed)) = near.needs else { panic!("{:?} {:?}", near.needs, near.verdict) };
    assert!(near.verdict == BudgetVerdict::Inconclusive && needed > 70.0, "{needed}");
    // Nine snapshots, but in all but three nothing had been handled since the one before.
    let idle = counting(series(9, 1, i64::from), |at| u64::from(at / 3));
    let found = outcome(&idle, &per_request(MIB));
    assert_eq!((found.snapshots(), found.needs), (3, Some(RateNeeds::Snapshots(5))));
    // Without times a counter is enough.
    let mut untimed = counting(series(8, 1, i64::from), u64::from);
    untimed.iter_mut().for_each(|named| named.profile.time_nanos = 0);
    assert_eq!(outcome(&untimed, &per_request(MIB)).verdict, BudgetVerdict::Held);
}

proptest! {
    #[test]
    fn a_leak_that_is_planted_with_the_items_is_caught(
        count in 5..12_u32,
        held in 1..60_i64,
        allowed in 0..1_i64 << 30,
        exact: bool,
    ) {
        let snapshots = series(count, if exact { 1 } else { MIB / 2 }, |_| held);
        let snapshots = counting(snapshots, |at| 7 + u64::from(at * (at + 3)));
        let budget = per_request(allowed);
        let planted = plant_rate(&snapshots, &outcome(&snapshots, &budget), &Selection::default()).unwrap();
        prop_assert_eq!(outcome(&planted, &budget).verdict, BudgetVerdict::Exceeded);
    }
}

proptest! {
    /// A gate that misses a leak of several times what it allows guards nothing.
    #[test]
    fn a_planted_leak_is_caught(
        count in 5..12_u32,
        held in 1..60_i64,
        allowed in 0..1_i64 << 36,
        exact: bool,
        with_pattern: bool,
    ) {
        let snapshots = series(count, if exact { 1 } else { MIB / 2 }, |_| held);
        let pattern = with_pattern.then(|| "cache".to_owned());
        let budget = RateBudget { pattern, ..budget(allowed, RateUnit::Hour) };
        let planted = plant_rate(&snapshots, &outcome(&snapshots, &budget), &Selection::default()).unwrap();
        prop_assert_eq!(outcome(&planted, &budget).verdict, BudgetVerdict::Exceeded);
    }

    /// What does not grow is never called growth, whatever the number of snapshots.
    #[test]
    fn what_stands_still_is_not_exceeded(count in 1..9_u32, held in 1..60_i64, exact: bool) {
        let snapshots = series(count, if exact { 1 } else { MIB / 2 }, |_| held);
        let found = outcome(&snapshots, &budget(0, RateUnit::Hour)).verdict;
        prop_assert!(found != BudgetVerdict::Exceeded && (count >= 5 || found == BudgetVerdict::Inconclusive));
    }
}
