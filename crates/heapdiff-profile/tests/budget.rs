//! What a check says of growth that is known.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use heapdiff_profile::{
    Budget, BudgetOutcome, BudgetVerdict, Confidence, DiffInputs, FilterPatterns, Filters, InUse, Limit, Per,
    Profile, ProfileBuilder, Selection, check, plant_leak,
};
use proptest::prelude::*;

const MIB: i64 = 1 << 20;
const STACK: [&str; 1] = ["shop::cache src/cache.rs:1"];
const OTHER: [&str; 1] = ["shop::other src/other.rs:1"];

fn live(bytes: i64, samples: i64, epoch: i64) -> InUse {
    InUse { bytes, objects: samples, samples, epoch }
}

/// A snapshot in which the cache holds 10 MiB since the beginning, and what is `born` after the first snapshot.
fn snapshot(sequence: u32, born: i64, period: i64) -> Profile {
    let samples = |bytes: i64| bytes / MIB;
    let builder = ProfileBuilder::heap().snapshot(sequence).period(period);
    let builder =
        builder.in_use(&STACK, live(10 * MIB, samples(10 * MIB), 0)).in_use(&OTHER, live(5 * MIB, 5, 0));
    if born > 0 {
        builder.in_use(&STACK, live(born, samples(born).max(1), 1)).build()
    } else {
        builder.build()
    }
}

fn budget(pattern: Option<&str>, limit: Limit) -> Budget {
    Budget { pattern: pattern.map(str::to_owned), limit, confidence: Confidence::default(), samples_min: 0 }
}

fn outcome(born: i64, period: i64, budget: &Budget) -> BudgetOutcome {
    let (base, head) = (snapshot(0, 0, period), snapshot(1, born, period));
    let inputs = DiffInputs { base: &base, head: &head };
    let report = check(inputs, std::slice::from_ref(budget), &Selection::default()).unwrap();
    report.outcomes.into_iter().next().unwrap()
}

#[test]
fn exact_growth_is_judged_to_the_byte() {
    let verdict = |born, limit| outcome(born, 1, &budget(None, limit)).verdict;
    assert_eq!(verdict(3 * MIB, Limit::Absolute(3 * MIB)), BudgetVerdict::Held);
    assert_eq!(verdict(3 * MIB, Limit::Absolute(3 * MIB - 1)), BudgetVerdict::Exceeded);
    // Of 15 MiB.
    assert_eq!(verdict(3 * MIB, Limit::Relative(0.2)), BudgetVerdict::Held);
    assert_eq!(verdict(3 * MIB, Limit::Relative(0.19)), BudgetVerdict::Exceeded);
    assert_eq!(
        verdict(3 * MIB, Limit::PerItem { limit: 1024.0, per: Per::Between(3072.0) }),
        BudgetVerdict::Held
    );
    assert_eq!(
        verdict(3 * MIB, Limit::PerItem { limit: 1023.0, per: Per::Between(3072.0) }),
        BudgetVerdict::Exceeded
    );
}

#[test]
fn items_of_two_processes_scale_the_base() {
    // 15 MiB for 1,000 items, and 33 MiB for 2,000.
    let base = snapshot(0, 0, 1);
    let mut head = snapshot(1, 18 * MIB, 1);
    head.metadata.as_mut().unwrap().process.pid += 1;
    let judged = |limit: i64| {
        let per = Per::Sides { base: 1000.0, head: 2000.0 };
        let budget = budget(None, Limit::PerItem { limit: limit as f64, per });
        let inputs = DiffInputs { base: &base, head: &head };
        check(inputs, &[budget], &Selection::default()).unwrap().outcomes.remove(0)
    };
    assert_eq!(judged(3 * MIB / 2000 + 1).report.total.shown.value.delta(), 3 * MIB);
    assert_eq!(judged(3 * MIB / 2000 + 1).verdict, BudgetVerdict::Held);
    assert_eq!(judged(3 * MIB / 2000).verdict, BudgetVerdict::Exceeded);
}

#[test]
fn a_budget_is_about_what_both_its_pattern_and_the_filters_let_through() {
    let about = |focus: &str, ignore: &str| {
        let some = |pattern: &str| if pattern.is_empty() { vec![] } else { vec![pattern.to_owned()] };
        let patterns =
            FilterPatterns { focus: some(focus), ignore: some(ignore), ..FilterPatterns::default() };
        let selection = Selection { filters: Filters::new(&patterns).unwrap(), ..Selection::default() };
        let (base, head) = (snapshot(0, 0, 1), snapshot(1, 3 * MIB, 1));
        let inputs = DiffInputs { base: &base, head: &head };
        let budget = budget(Some("^shop::"), Limit::Absolute(0));
        let outcome = check(inputs, &[budget], &selection).unwrap().outcomes.remove(0);
        let planted = plant_leak(&head, &outcome, &selection);
        (outcome.report.total.shown.value.head / MIB, planted.is_some())
    };
    assert_eq!(about("", ""), (18, true));
    assert_eq!(about("shop::cache", ""), (13, true));
    assert_eq!(about("", "shop::cache"), (5, true));
    assert_eq!(about("std::", ""), (0, false), "what is planted is what the budget is about");
}

#[test]
fn a_budget_is_about_what_its_pattern_matches() {
    let of_other = budget(Some("^shop::other$"), Limit::Absolute(0));
    assert_eq!(outcome(50 * MIB, 1, &of_other).verdict, BudgetVerdict::Held);
    let of_cache = budget(Some("cache"), Limit::Absolute(0));
    assert_eq!(outcome(50 * MIB, 1, &of_cache).verdict, BudgetVerdict::Exceeded);
}

#[test]
fn a_limit_within_the_error_is_not_judged_and_more_samples_would_do() {
    let limit = budget(None, Limit::Absolute(18 * MIB));
    let found = outcome(20 * MIB, MIB / 2, &limit);
    assert_eq!(found.verdict, BudgetVerdict::Inconclusive);
    assert!(found.samples_needed.unwrap() > 20, "{:?}", found.samples_needed);
    assert_eq!(
        outcome(20 * MIB, MIB / 2, &budget(None, Limit::Absolute(MIB))).verdict,
        BudgetVerdict::Exceeded
    );
    assert_eq!(
        outcome(20 * MIB, MIB / 2, &budget(None, Limit::Absolute(90 * MIB))).verdict,
        BudgetVerdict::Held
    );
}

#[test]
fn a_confidence_widens_and_too_few_samples_are_not_judged() {
    let surer =
        Budget { confidence: Confidence::new(0.999_999).unwrap(), ..budget(None, Limit::Absolute(10 * MIB)) };
    assert_eq!(outcome(20 * MIB, MIB / 2, &surer).verdict, BudgetVerdict::Inconclusive);
    let more = Budget { samples_min: 1000, ..budget(None, Limit::Absolute(0)) };
    let found = outcome(20 * MIB, MIB / 2, &more);
    assert_eq!((found.verdict, found.samples_needed), (BudgetVerdict::Inconclusive, Some(1000)));
    for chance in [0.0, 0.49, 1.0, f64::NAN] {
        assert_eq!(Confidence::new(chance), None);
    }
    assert!((Confidence::new(0.95).unwrap().chance() - 0.95).abs() < 1e-12);
}

proptest! {
    /// A gate that misses a leak of several times what it allows guards nothing.
    #[test]
    fn a_planted_leak_is_caught(born in 0..60_i64, allowed in 0..1_i64 << 34, exact: bool, with_pattern: bool, of_objects: bool) {
        let period = if exact { 1 } else { MIB / 2 };
        let budget = budget(with_pattern.then_some("cache"), Limit::Absolute(allowed));
        let (base, head) = (snapshot(0, 0, period), snapshot(1, born * MIB, period));
        let sample_type = of_objects.then(|| "inuse_objects".to_owned());
        let selection = Selection { sample_type, ..Selection::default() };
        let judged = |head: &Profile| {
            let inputs = DiffInputs { base: &base, head };
            check(inputs, std::slice::from_ref(&budget), &selection).unwrap().outcomes.remove(0)
        };
        let planted = plant_leak(&head, &judged(&head), &selection).unwrap();
        prop_assert_eq!(judged(&planted).verdict, BudgetVerdict::Exceeded);
    }
}
