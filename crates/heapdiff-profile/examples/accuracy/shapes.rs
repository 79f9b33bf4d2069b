//! How often shape and verdict are right.

use crate::heap::{self, KIB};
use crate::kind::Kind;
use crate::parallel::{self, Count};
use crate::random::Random;
use crate::table::{self, Checks, Share};
use heapdiff_profile::{TrendBuilder, TrendOptions, Verdict};
use std::collections::BTreeMap;

/// At least this part of the words must be right.
const RIGHT_MIN: f64 = 0.95;
/// At most this part of the bounded rows may be called a leak.
const ALARMS_MAX: f64 = 0.01;
const PERIODS: [f64; 3] = [1.0, 64.0 * KIB, 512.0 * KIB];
const LENGTHS: [usize; 3] = [40, 80, 200];

/// What became of the rows of one kind.
#[derive(Default)]
struct Outcome {
    right: Share,
    alarms: Share,
    /// What was said instead.
    wrong: BTreeMap<String, u64>,
}

/// By kind, in the order of [`Kind::ALL`].
#[derive(Default)]
struct Outcomes([Outcome; Kind::ALL.len()]);

/// Judges `runs` series of each length and period, and prints what came of it.
pub(crate) fn shapes(runs: u64, checks: &mut Checks) {
    let mut columns = Vec::new();
    for period in PERIODS {
        for snapshots in LENGTHS {
            let outcomes: Outcomes =
                parallel::counted(runs, |run, outcomes| judge(run, snapshots, period, outcomes));
            let period = if period < KIB { "exact".to_owned() } else { format!("{} KiB", period / KIB) };
            columns.push((format!("{period}, {snapshots}"), outcomes));
        }
    }
    print(&columns, checks);
}

fn judge(run: u64, snapshots: usize, period: f64, outcomes: &mut Outcomes) {
    let options = TrendOptions::default();
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
        let (Some(kind), Some(outcome)) = (Kind::ALL.get(index), outcomes.0.get_mut(index)) else { continue };
        let words = found.judgement;
        let is_right = kind.allows(words.shape, words.verdict);
        outcome.right.count(is_right);
        if !is_right {
            let shape = words.shape.map_or_else(|| "no shape".to_owned(), |shape| format!("{shape:?}"));
            *outcome.wrong.entry(format!("{shape} {:?} {:?}", words.verdict, words.reason)).or_default() += 1;
        }
        if kind.is_bounded() {
            outcome.alarms.count(words.verdict == Verdict::LeakLike);
        }
    }
}

impl Count for Outcomes {
    fn add(&mut self, other: Self) {
        for (outcome, other) in self.0.iter_mut().zip(other.0) {
            outcome.right.add(other.right);
            outcome.alarms.add(other.alarms);
            for (words, count) in other.wrong {
                *outcome.wrong.entry(words).or_default() += count;
            }
        }
    }
}

fn print(columns: &[(String, Outcomes)], checks: &mut Checks) {
    let (mut rows, mut wrong, mut all_alarms) = (Vec::new(), Vec::new(), Share::default());
    for (at, kind) in Kind::ALL.iter().enumerate() {
        let mut row = vec![format!("{kind:?}")];
        let mut alarms = Share::default();
        for (column, outcomes) in columns {
            let Some(outcome) = outcomes.0.get(at) else { continue };
            row.push(outcome.right.percent());
            checks.at_least(&format!("{kind:?} is right, {column}"), outcome.right, RIGHT_MIN);
            alarms.add(outcome.alarms);
            let line = |(words, count): (&String, &u64)| {
                let row = [format!("{kind:?}"), column.clone(), words.clone(), count.to_string()];
                (*count, row.to_vec())
            };
            wrong.extend(outcome.wrong.iter().map(line));
        }
        row.push(alarms.percent());
        all_alarms.add(alarms);
        if kind.is_bounded() {
            checks.at_most(&format!("{kind:?} is called a leak"), alarms, ALARMS_MAX);
        }
        rows.push(row);
    }
    println!("## Shape and verdict that are right\n");
    println!("In percent, by period and number of snapshots; last, bounded rows that were called a leak.\n");
    let names = columns.iter().map(|(name, _)| name.clone());
    let head: Vec<String> =
        ["kind".to_owned()].into_iter().chain(names).chain(["alarms".to_owned()]).collect();
    table::print(&head, &rows);
    println!("{} of {} bounded rows were called a leak.\n", all_alarms.held, all_alarms.all);
    println!("What was said most often instead:\n");
    wrong.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let most: Vec<_> = wrong.into_iter().take(20).map(|(_, row)| row).collect();
    table::print(&["kind", "series", "words", "rows"].map(str::to_owned), &most);
}
