//! How often the interval of a diff holds the truth, how often a row that did not change is called changed, and how
//! much must have changed before that is seen.

use crate::heap::{self, Blocks, KIB, MIB, NEVER, Row};
use crate::random::Random;
use crate::table::{Checks, percent};
use heapdiff_profile::{DiffBy, DiffInputs, DiffOptions, DiffReport, NamedProfile, diff};

/// In every bin of sample counts at least this part of the intervals must hold the truth,
const COVERAGE_MIN: f64 = 0.94;
/// and of all rows with five samples or more, at most this: wider than needed is not honest either.
const COVERAGE_MAX: f64 = 0.98;
/// The part of the rows that did not change that may be called grown: the half of 5 % that lies on that side.
const ALARMS_MAX: f64 = 0.05;
/// Rows of one diff.
const ROWS: usize = 200;
/// The first sample count of each bin.
const BINS: [u64; 9] = [0, 1, 2, 3, 5, 10, 20, 50, 200];

/// How two snapshots relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Paired,
    Independent,
    UnequalPeriods,
}

/// What was counted.
#[derive(Default)]
struct Tally {
    /// Rows and those whose interval held the truth, by bin.
    bins: [(u32, u32); BINS.len()],
    /// Rows that did not change, and those that were called grown.
    unchanged: (u32, u32),
    /// Rows by how many periods they grew, and those of them that were called grown.
    power: [(u32, u32); GROWN_PERIODS.len()],
}

/// Growth for which the power is shown, in periods.
const GROWN_PERIODS: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

/// Compares `runs` pairs of heaps in each relation, and prints what came of it.
pub(crate) fn intervals(runs: u64, checks: &mut Checks) {
    println!("\nIntervals of 95 % that hold the truth, by the samples that the row rests on.");
    for relation in [Relation::Paired, Relation::Independent, Relation::UnequalPeriods] {
        for period in [64.0 * KIB, 512.0 * KIB] {
            let mut tally = Tally::default();
            for run in 0..runs {
                let mut random =
                    Random(run.wrapping_mul(104_729) ^ period.to_bits() ^ ((relation as u64) << 40));
                compare(relation, period, &mut random, &mut tally);
            }
            println!("\n{relation:?}, period {} KiB", period / KIB);
            tally.print(&format!("{relation:?} at {} KiB", period / KIB), checks);
        }
    }
}

/// Compares two snapshots of one simulated heap.
fn compare(relation: Relation, period: f64, random: &mut Random, tally: &mut Tally) {
    let rows: Vec<Row> = (0..ROWS).map(|at| row(at, period, random)).collect();
    let series = |random: &mut Random, period| heap::recorded(&rows, 2, period, random);
    let mut of_base = series(random, period);
    let (base, head) = match relation {
        Relation::Paired => {
            let head = of_base.pop();
            (of_base.pop(), head)
        }
        Relation::Independent => (of_base.drain(..).next(), of_another_process(series(random, period))),
        Relation::UnequalPeriods => {
            (of_base.drain(..).next(), of_another_process(series(random, period / 4.0)))
        }
    };
    let (Some(base), Some(head)) = (base, head) else { return };
    let options = DiffOptions { by: DiffBy::Function, ..DiffOptions::default() };
    let inputs = DiffInputs { base: &base.profile, head: &head.profile };
    let report = diff(inputs, &options).expect("both have the sample types of a heap");
    for (at, row) in rows.iter().enumerate() {
        tally.add(&report, at, row, period);
    }
}

/// The last snapshot of a series, as if another process had taken it.
fn of_another_process(series: Vec<NamedProfile>) -> Option<NamedProfile> {
    let mut last = series.into_iter().next_back()?;
    if let Some(metadata) = &mut last.profile.metadata {
        metadata.process.pid += 1;
    }
    Some(last)
}

/// A row of blocks of one size, of two, or of many; some unchanged, some grown, some shrunk, some replaced.
fn row(at: usize, period: f64, random: &mut Random) -> Row {
    let mut row = Row::new(format!("rows::row{at} src/rows.rs:{}", at + 1));
    let sizes: Vec<f64> = match random.uniform() {
        ..0.4 => vec![random.logarithmic(16.0, 16.0 * KIB)],
        ..0.6 => vec![random.logarithmic(64.0 * KIB, 8.0 * MIB)],
        ..0.8 => vec![random.logarithmic(16.0, 4.0 * KIB), random.logarithmic(256.0 * KIB, 4.0 * MIB)],
        // A long tail: every second block is less than half as big as the next.
        _ => (0..6).map(|power| random.logarithmic(64.0, 256.0) * 5.0_f64.powi(power)).collect(),
    };
    let level = random.logarithmic(0.05, 100.0) * period;
    let stays = random.uniform();
    let change = match random.uniform() {
        ..0.4 => 0.0,
        ..0.8 => random.logarithmic(0.5, 100.0) * period,
        _ => -level * (1.0 - stays) * random.uniform(),
    };
    let dying = level * (1.0 - stays);
    for part in [(0, NEVER, level * stays), (0, 1, dying), (1, NEVER, (dying + change).max(0.0))] {
        let (born, dies, bytes) = part;
        let share = bytes / sizes.len() as f64;
        for &size in &sizes {
            let count = (share / size).round();
            row.blocks.push(Blocks { born, dies, size, count });
        }
    }
    row
}

impl Tally {
    fn add(&mut self, report: &DiffReport, at: usize, row: &Row, period: f64) {
        let truth = row.live(1) - row.live(0);
        let name = format!("rows::row{at}");
        let found = report.rows.iter().find(|row| report.frames.frame(row.frame).function == name);
        let resolution = report.resolution_bytes.map_or(0, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        let (samples, low, high) = match found {
            Some(row) => match (row.figures.samples, row.figures.interval) {
                (Some(samples), Some(interval)) => (samples, interval.low, interval.high),
                _ => return,
            },
            // Nothing was seen of it on either side.
            None => (0, -resolution, resolution),
        };
        let truth_whole = heap::whole(truth);
        let bin = BINS.partition_point(|&first| first <= samples) - 1;
        if let Some((rows, held)) = self.bins.get_mut(bin) {
            *rows += 1;
            *held += u32::from(low <= truth_whole && truth_whole <= high);
        }
        let is_called_grown = found.is_some() && low > 0;
        if truth.abs() < 1.0 {
            self.unchanged.0 += 1;
            self.unchanged.1 += u32::from(is_called_grown);
        }
        let nearest = GROWN_PERIODS.iter().position(|&grown| (truth / period / grown).log2().abs() < 0.25);
        if let Some((rows, called)) = nearest.and_then(|at| self.power.get_mut(at)) {
            *rows += 1;
            *called += u32::from(is_called_grown);
        }
    }

    fn print(&self, what: &str, checks: &mut Checks) {
        let share = |(rows, part): (u32, u32)| f64::from(part) / f64::from(rows.max(1));
        let mut many = (0, 0);
        for (first, &bin) in BINS.iter().zip(&self.bins) {
            println!("  {first:4} samples or more {} of {}", percent(share(bin)), bin.0);
            checks.at_least(
                &format!("{what}, {first} samples or more, coverage"),
                share(bin),
                COVERAGE_MIN,
                bin.0,
            );
            if *first >= 5 {
                many = (many.0 + bin.0, many.1 + bin.1);
            }
        }
        println!("  five samples or more, all: {}", percent(share(many)));
        checks.at_most(&format!("{what}, five samples or more, coverage"), share(many), COVERAGE_MAX, many.0);
        println!("  unchanged and called grown: {} of {}", percent(share(self.unchanged)), self.unchanged.0);
        checks.at_most(
            &format!("{what}, unchanged rows called grown"),
            share(self.unchanged),
            ALARMS_MAX,
            self.unchanged.0,
        );
        print!("  grown by so many periods, and called grown:");
        for (grown, &power) in GROWN_PERIODS.iter().zip(&self.power) {
            print!("  {grown}: {}", percent(share(power)).trim_start());
        }
        println!();
    }
}
