//! How often shape and verdict are right.

use crate::heap::{self, KIB};
use crate::kind::Kind;
use crate::random::Random;
use crate::table::{Checks, percent};
use heapdiff_profile::{TrendBuilder, TrendOptions, Verdict};
use std::collections::BTreeMap;

/// At least this part of the words must be right.
const RIGHT_MIN: f64 = 0.95;
/// At most this part of the bounded rows may be called a leak.
const ALARMS_MAX: f64 = 0.01;

/// What became of the rows of one kind.
#[derive(Default)]
struct Outcome {
    rows: u32,
    right: u32,
    alarms: u32,
    wrong: BTreeMap<String, u32>,
}

/// Judges `runs` series of each length and period, and prints what came of it.
pub(crate) fn shapes(runs: u64, checks: &mut Checks) {
    println!("Shape and verdict, in percent that are right; below, what was said instead.");
    let mut alarms = (0_u32, 0_u32);
    for period in [1.0, 64.0 * KIB, 512.0 * KIB] {
        for snapshots in [40, 80, 200] {
            let outcomes = judged(runs, snapshots, period);
            println!("\nperiod {} KiB, {snapshots} snapshots", period / KIB);
            for (kind, outcome) in Kind::ALL.iter().zip(&outcomes) {
                let share = f64::from(outcome.right) / f64::from(outcome.rows);
                println!("  {:17} {}", format!("{kind:?}"), percent(share));
                for (words, count) in &outcome.wrong {
                    println!("      {count} {words}");
                }
                let what = format!("{kind:?} with {snapshots} snapshots and a period of {period} is right");
                checks.at_least(&what, share, RIGHT_MIN, outcome.rows);
                if kind.is_bounded() {
                    alarms = (alarms.0 + outcome.alarms, alarms.1 + outcome.rows);
                }
            }
        }
    }
    let share = f64::from(alarms.0) / f64::from(alarms.1);
    println!("\n{} of {} bounded rows were called a leak: {}", alarms.0, alarms.1, percent(share));
    checks.at_most("bounded rows called a leak", share, ALARMS_MAX, alarms.1);
}

fn judged(runs: u64, snapshots: usize, period: f64) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = Kind::ALL.iter().map(|_| Outcome::default()).collect();
    let options = TrendOptions::default();
    for run in 0..runs {
        let mut random = Random(run.wrapping_mul(7919) ^ (snapshots as u64) << 32 ^ period.to_bits());
        let rows: Vec<_> = Kind::ALL.iter().map(|kind| kind.row(snapshots, &mut random)).collect();
        let mut builder = TrendBuilder::new(&options);
        for snapshot in heap::recorded(&rows, snapshots, period, &mut random) {
            builder.add(snapshot).expect("it has the sample types of a heap");
        }
        let report = builder.finish().expect("there are snapshots");
        for found in &report.rows {
            let function = report.frames.frame(found.frame).function;
            let named = |kind: &Kind| function == format!("shapes::{kind:?}");
            let Some(index) = Kind::ALL.iter().position(named) else { continue };
            let (Some(kind), Some(outcome)) = (Kind::ALL.get(index), outcomes.get_mut(index)) else {
                continue;
            };
            outcome.rows += 1;
            let words = found.judgement;
            if kind.allows(words.shape, words.verdict) {
                outcome.right += 1;
            } else {
                *outcome.wrong.entry(format!("{words:?}")).or_default() += 1;
            }
            outcome.alarms += u32::from(kind.is_bounded() && words.verdict == Verdict::LeakLike);
        }
    }
    outcomes
}
