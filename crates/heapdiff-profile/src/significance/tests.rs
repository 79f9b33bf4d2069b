use super::*;
use crate::diff::Change;
use crate::interval::sample_variance;
use crate::random::Random;
use proptest::prelude::*;

const R: i64 = 512 << 10;

/// Blocks of one size: how many, and how big.
type Blocks = (i64, i64);

impl Random {
    /// How many of `count` blocks are sampled: by skipping those that are not.
    fn sampled_of(&mut self, count: i64, size: i64) -> i64 {
        let chance = -(-(size as f64) / R as f64).exp_m1();
        let (mut at, mut sampled) = (0.0, 0);
        loop {
            at += 1.0 + (self.uniform().max(1e-300).ln() / (-chance).ln_1p()).floor();
            if at > count as f64 {
                return sampled;
            }
            sampled += 1;
        }
    }

    /// The sampled estimate of such blocks, as a profile would state it.
    #[expect(clippy::cast_possible_truncation, reason = "rounds, as the writer of a profile does")]
    fn estimate(&mut self, blocks: &[Blocks]) -> Estimate {
        let mut estimate = Estimate { unseen: R, ..Estimate::default() };
        for &(count, size) in blocks {
            let chance = -(-(size as f64) / R as f64).exp_m1();
            let samples = self.sampled_of(count, size);
            let bytes = (samples as f64 * size as f64 / chance).round() as i64;
            let objects = (samples as f64 / chance).round() as i64;
            estimate.sum += bytes;
            estimate.variance += sample_variance(bytes, Some(objects), samples, R);
        }
        estimate
    }

    fn figures(&mut self, births: &[Blocks], deaths: &[Blocks]) -> DiffFigures {
        figures(Evidence { up: self.estimate(births), down: self.estimate(deaths) })
    }
}

fn figures(evidence: Evidence) -> DiffFigures {
    let Evidence { up, down } = evidence;
    let change = Change { base: down.sum, head: up.sum, flow: None };
    DiffFigures {
        value: change,
        bytes: Some(change),
        interval: Some(evidence.interval(Confidence::default())),
        evidence: Some(evidence),
        ..DiffFigures::default()
    }
}

fn judged(mut rows: Vec<DiffFigures>) -> Vec<DiffFigures> {
    judge_together(rows.iter_mut().collect(), Confidence::default());
    rows
}

/// What is born and what dies on one stack, of which so many samples are expected on either side.
fn unchanged(samples: f64, mixed: bool) -> Vec<Blocks> {
    #[expect(clippy::cast_possible_truncation, reason = "a number of blocks")]
    let of = |size: i64, share: f64| {
        ((samples * share / -(-(size as f64) / R as f64).exp_m1()).round() as i64, size)
    };
    if mixed { vec![of(1 << 10, 0.5), of(256 << 10, 0.3), of(2 << 20, 0.2)] } else { vec![of(4 << 10, 1.0)] }
}

/// The share of rows without change whose p is at most this, by the samples that are expected on either side: `cargo test
/// -p heapdiff-profile how_often -- --nocapture` prints it.
#[test]
fn how_often_chance_alone_is_clear() {
    const RUNS: u32 = 3000;
    let levels = [0.1, 0.05, 0.01, 0.001];
    for mixed in [false, true] {
        for samples in [0.5, 1.0, 2.0, 5.0, 20.0] {
            let mut random = Random(41);
            let blocks = unchanged(samples, mixed);
            let mut alarms = [0_u32; 4];
            for _ in 0..RUNS {
                let p = random.figures(&blocks, &blocks).chance(Confidence::default()).unwrap();
                for (alarms, level) in alarms.iter_mut().zip(levels) {
                    *alarms += u32::from(p <= level);
                }
            }
            let shares = alarms.map(|alarms| f64::from(alarms) / f64::from(RUNS));
            println!("{} {samples:>4}: {shares:?}", if mixed { "mixed" } else { "equal" });
            for (share, level) in shares.into_iter().zip(levels) {
                // Three standard errors of the simulation.
                let error = 3.0 * (level / f64::from(RUNS)).sqrt();
                assert!(share <= level + error, "{samples} {mixed} {level}: {share}");
            }
        }
    }
}

/// Of what is called significant, one part in twenty at most is without change, on average; and more of what truly grew
/// is found than if rows that cannot pass counted too.
#[test]
fn few_of_the_significant_rows_are_false() {
    let (mut random, runs) = (Random(5), 150);
    let grown = [(10 * R / 1024, 1 << 10)];
    let (mut false_share, mut found, mut found_of_all) = (0.0, 0, 0);
    for _ in 0..runs {
        let mut rows: Vec<_> = (0..20).map(|_| random.figures(&grown, &[])).collect();
        for (samples, count) in [(0.5, 200), (2.0, 60), (20.0, 40)] {
            let blocks = unchanged(samples, true);
            rows.extend((0..count).map(|_| random.figures(&blocks, &blocks)));
        }
        let rows = judged(rows);
        let significant =
            |rows: &[DiffFigures]| rows.iter().filter(|row| row.significant == Some(true)).count();
        let (right, wrong) = (significant(&rows[..20]), significant(&rows[20..]));
        false_share += wrong as f64 / (right + wrong).max(1) as f64 / f64::from(runs);
        found += right;
        let mut chances: Vec<f64> = rows.iter().filter_map(|row| row.p).collect();
        let bar = threshold(&mut chances, 0.05).unwrap_or(0.0);
        found_of_all += rows[..20].iter().filter(|row| row.p <= Some(bar)).count();
    }
    println!("false {false_share:.4}, found {found}, by all rows {found_of_all} of {}", 20 * runs);
    assert!(false_share <= 0.05, "{false_share}");
    assert!(found > found_of_all, "{found}, by all rows {found_of_all}");
}

#[test]
fn exact_figures_and_sums_that_cannot_fall_need_no_test() {
    let exact = |sum| Estimate { sum, ..Estimate::default() };
    let sampled = Estimate { sum: R, variance: i128::from(R).pow(2), unseen: R };
    let rows = judged(vec![
        figures(Evidence { up: exact(1), down: exact(0) }),
        figures(Evidence { up: exact(7), down: exact(7) }),
        figures(Evidence { up: sampled, down: Estimate::default() }),
        figures(Evidence { up: sampled, down: Estimate { unseen: R, ..Estimate::default() } }),
        DiffFigures::default(),
    ]);
    let found: Vec<_> = rows.iter().map(|row| (row.p.map(|p| p < 0.05), row.significant)).collect();
    let expected = [
        (Some(true), Some(true)),
        (Some(false), Some(false)),
        (Some(true), Some(true)),
        (Some(false), Some(false)),
        (None, None),
    ];
    assert_eq!(found, expected);
}

/// Estimates as rows have them.
fn evidence() -> impl Strategy<Value = Evidence> {
    let side = (0_i64..60, 1_i64..8).prop_map(|(samples, size)| {
        let (bytes, variance) = (samples * R * size, samples * R.pow(2) / size);
        Estimate { sum: bytes, variance: i128::from(variance), unseen: R }
    });
    (side.clone(), side).prop_map(|(up, down)| Evidence { up, down })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p_and_interval_say_the_same(evidence in evidence(), chance in 0.5_f64..0.9999) {
        let confidence = Confidence::new(chance).unwrap();
        let p = evidence.p(confidence);
        let interval = evidence.interval(confidence);
        let estimate = evidence.up.sum - evidence.down.sum;
        prop_assert!(interval.low <= estimate && estimate <= interval.high);
        if p <= chance_to_err(confidence) {
            prop_assert!(interval.excludes_zero(), "{} {:?}", p, interval);
        }
        // p is found to two digits.
        if p > 1.01 * chance_to_err(confidence) {
            prop_assert!(!interval.excludes_zero(), "{} {:?}", p, interval);
        }
    }

    #[test]
    fn what_is_significant_can_be_told_from_zero(rows in prop::collection::vec(evidence(), 1..30)) {
        for row in judged(rows.into_iter().map(figures).collect()) {
            prop_assert!(row.significant != Some(true) || row.excludes_zero() == Some(true));
        }
    }

    #[test]
    fn swapped_sides_and_another_order_change_nothing(rows in prop::collection::vec(evidence(), 1..30)) {
        let words = |rows: Vec<DiffFigures>| -> Vec<_> { rows.iter().map(|row| (row.p, row.significant)).collect() };
        let as_given = words(judged(rows.iter().copied().map(figures).collect()));
        let swapped = rows.iter().map(|&Evidence { up, down }| figures(Evidence { up: down, down: up }));
        prop_assert_eq!(&as_given, &words(judged(swapped.collect())));
        let mut turned = words(judged(rows.iter().rev().copied().map(figures).collect()));
        turned.reverse();
        prop_assert_eq!(as_given, turned);
    }

    /// A smaller p never costs another row its significance, and a larger chance to err costs none.
    #[test]
    fn the_bar_is_monotone(
        mut chances in prop::collection::vec(0.0_f64..0.3, 1..40), at in any::<prop::sample::Index>(), part in 0.0_f64..1.0,
    ) {
        let bar = |chances: &[f64], q| threshold(&mut chances.to_vec(), q).unwrap_or(-1.0);
        let before = bar(&chances, 0.05);
        prop_assert!(before <= bar(&chances, 0.1));
        prop_assert!(before <= 0.05);
        let at = at.index(chances.len());
        chances[at] *= part;
        let passing = |bar: f64| chances.iter().filter(|&&p| p <= bar).count();
        prop_assert!(passing(before) <= passing(bar(&chances, 0.05)));
    }
}
