//! How often the interval of a diff holds the truth, how often a row that did not change is called grown, and how much
//! must have grown before that is seen.

use crate::heap::{self, Blocks, KIB, MIB, NEVER, Row};
use crate::parallel::{self, Count};
use crate::random::Random;
use crate::table::{self, Checks, Share};
use heapdiff_profile::{DiffBy, DiffInputs, DiffOptions, DiffReport, NamedProfile, Selection, diff};

/// In every bin of sample counts at least this part of the intervals must hold the truth,
const COVERAGE_MIN: f64 = 0.94;
/// and of all rows with [`MANY`] samples or more, at most this: wider than needed is not honest either.
const COVERAGE_MAX: f64 = 0.98;
const MANY: u64 = 5;
/// The part of the rows that did not change that may be called grown: the half of 5 % that lies on that side.
const ALARMS_MAX: f64 = 0.025;
/// Rows of one diff.
const ROWS: usize = 200;
/// The first sample count of each bin.
const BINS: [u64; 9] = [0, 1, 2, 3, 5, 10, 20, 50, 200];
/// The most that a row holds or grows by, in periods. Ten times the first count of the last bin: rows are put into bins
/// by the samples that were seen, and those at the upper end of what there is were seen too often, all of them.
const PERIODS_MAX: f64 = 2000.0;
/// Growth for which the power is shown, in resolutions.
const GROWN_RESOLUTIONS: [f64; 8] = [0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 8.0, 16.0];

/// How two snapshots relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Paired,
    Independent,
    UnequalPeriods,
}

/// What the intervals are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Bytes,
    /// Numbers of objects, of rows that allocate blocks of one size or close to it: what was not seen is taken to be as
    /// small as what was.
    Objects,
}

/// What was counted.
#[derive(Default)]
struct Tally {
    /// Intervals that held the truth, by bin.
    bins: [Share; BINS.len()],
    /// Rows that did not change and were called grown.
    unchanged: Share,
    /// Rows that were called grown, by how much they grew.
    power: [Share; GROWN_RESOLUTIONS.len()],
}

/// Compares `runs` pairs of heaps in each relation, and prints what came of it.
pub(crate) fn intervals(runs: u64, checks: &mut Checks) {
    println!("## Intervals of 95 % that hold the truth\n");
    println!("In percent, by the samples that a row rests on; in brackets, how many rows that were.\n");
    let of_bytes = tallies(Measure::Bytes, runs, checks);
    print_coverage(&of_bytes);
    println!(
        "The same of numbers of objects (`--type inuse_objects`), of rows whose objects are alike in size.\n"
    );
    print_coverage(&tallies(Measure::Objects, runs, checks));
    print_power(&of_bytes);
}

fn tallies(measure: Measure, runs: u64, checks: &mut Checks) -> Vec<(String, Tally)> {
    let mut tallies = Vec::new();
    for relation in [Relation::Paired, Relation::Independent, Relation::UnequalPeriods] {
        for period in [64.0 * KIB, 512.0 * KIB] {
            let tally: Tally = parallel::counted(runs, |run, tally| {
                let seed = run.wrapping_mul(104_729) ^ period.to_bits() ^ ((relation as u64) << 40);
                compare(relation, period, measure, &mut Random(seed), tally);
            });
            let name = match relation {
                Relation::Paired => "paired",
                Relation::Independent => "independent",
                Relation::UnequalPeriods => "unequal periods",
            };
            let name = format!("{name}, {} KiB", period / KIB);
            let what = if measure == Measure::Objects { "objects, " } else { "" };
            tally.check(&format!("{what}{name}"), checks);
            tallies.push((name, tally));
        }
    }
    tallies
}

/// Compares two snapshots of one simulated heap.
fn compare(relation: Relation, period: f64, measure: Measure, random: &mut Random, tally: &mut Tally) {
    let rows: Vec<Row> = (0..ROWS).map(|at| row(at, period, measure, random)).collect();
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
    let sample_type = (measure == Measure::Objects).then(|| "inuse_objects".to_owned());
    let selection = Selection { sample_type, ..Selection::default() };
    let options = DiffOptions { by: DiffBy::Function, selection, ..DiffOptions::default() };
    let inputs = DiffInputs { base: &base.profile, head: &head.profile };
    let report = diff(inputs, &options).expect("both have the sample types of a heap");
    for (at, row) in rows.iter().enumerate() {
        tally.count(&report, at, row, measure);
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
fn row(at: usize, period: f64, measure: Measure, random: &mut Random) -> Row {
    let mut row = Row::new(format!("rows::row{at} src/rows.rs:{}", at + 1));
    let sizes: Vec<f64> = match random.uniform() {
        kind if measure == Measure::Objects => {
            let size = random.logarithmic(16.0, if kind < 0.7 { 16.0 * KIB } else { 8.0 * MIB });
            if kind < 0.5 { vec![size] } else { vec![size, 2.0 * size] }
        }
        ..0.4 => vec![random.logarithmic(16.0, 16.0 * KIB)],
        ..0.6 => vec![random.logarithmic(64.0 * KIB, 8.0 * MIB)],
        ..0.8 => vec![random.logarithmic(16.0, 4.0 * KIB), random.logarithmic(256.0 * KIB, 4.0 * MIB)],
        // A long tail: every second block is less than half as big as the next.
        _ => (0..6).map(|power| random.logarithmic(64.0, 256.0) * 5.0_f64.powi(power)).collect(),
    };
    let level = random.logarithmic(0.05, PERIODS_MAX) * period;
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

impl Count for Tally {
    fn add(&mut self, other: Self) {
        self.bins.iter_mut().zip(other.bins).for_each(|(bin, other)| bin.add(other));
        self.unchanged.add(other.unchanged);
        self.power.iter_mut().zip(other.power).for_each(|(power, other)| power.add(other));
    }
}

impl Tally {
    fn count(&mut self, report: &DiffReport, at: usize, row: &Row, measure: Measure) {
        let truth = match measure {
            Measure::Bytes => row.live(1) - row.live(0),
            Measure::Objects => row.objects(1) - row.objects(0),
        };
        let name = format!("rows::row{at}");
        let found = report.rows.iter().find(|row| report.frames.frame(row.frame).function == name);
        let resolution = report.resolution_bytes.map_or(0, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        let (samples, low, high) = match found {
            Some(row) => match (row.figures.samples, row.figures.interval) {
                (Some(samples), Some(interval)) => (samples, interval.low, interval.high),
                _ => return,
            },
            // Nothing was seen of it on either side. What that says of objects depends on their size.
            None if measure == Measure::Objects => return,
            None => (0, -resolution, resolution),
        };
        let truth_whole = heap::whole(truth);
        let bin = BINS.partition_point(|&first| first <= samples) - 1;
        if let Some(bin) = self.bins.get_mut(bin) {
            bin.count(low <= truth_whole && truth_whole <= high);
        }
        let is_called_grown = found.is_some() && low > 0;
        if truth.abs() < 1.0 {
            self.unchanged.count(is_called_grown);
        }
        let grown = truth / resolution as f64;
        let is_near = |&wanted: &f64| (grown / wanted).log2().abs() < 0.2;
        if let Some(power) = GROWN_RESOLUTIONS.iter().position(is_near).and_then(|at| self.power.get_mut(at))
        {
            power.count(is_called_grown);
        }
    }

    /// Rows with [`MANY`] samples or more.
    fn many(&self) -> Share {
        let mut many = Share::default();
        let bins = BINS.iter().zip(self.bins).filter(|&(&first, _)| first >= MANY);
        bins.for_each(|(_, bin)| many.add(bin));
        many
    }

    fn check(&self, name: &str, checks: &mut Checks) {
        for (first, &bin) in BINS.iter().zip(&self.bins) {
            checks.at_least(&format!("coverage, {name}, {first} samples or more"), bin, COVERAGE_MIN);
        }
        checks.at_most(&format!("coverage, {name}, {MANY} samples or more, all"), self.many(), COVERAGE_MAX);
        checks.at_most(&format!("unchanged rows called grown, {name}"), self.unchanged, ALARMS_MAX);
    }
}

fn print_coverage(tallies: &[(String, Tally)]) {
    let cell = |share: Share| format!("{} ({})", share.percent(), share.all);
    let mut rows = Vec::new();
    for (at, first) in BINS.iter().enumerate() {
        let name = match BINS.get(at + 1) {
            Some(next) if next - first > 1 => format!("{first} to {}", next - 1),
            Some(_) => first.to_string(),
            None => format!("{first} or more"),
        };
        let bin = |tally: &Tally| tally.bins.get(at).copied().unwrap_or_default();
        rows.push(row_of(&name, tallies, |tally| cell(bin(tally))));
    }
    rows.push(row_of(&format!("{MANY} or more, all"), tallies, |tally| cell(tally.many())));
    rows.push(row_of("unchanged, called grown", tallies, |tally| cell(tally.unchanged)));
    table::print(&head("samples", tallies), &rows);
}

fn print_power(tallies: &[(String, Tally)]) {
    println!("## Growth that is seen\n");
    println!(
        "In percent, by how much a row grew in units of the resolution that a report prints (three periods)."
    );
    println!("Rows hold up to {PERIODS_MAX} periods, and part of that is replaced.\n");
    let mut rows = Vec::new();
    for (at, grown) in GROWN_RESOLUTIONS.iter().enumerate() {
        let power = |tally: &Tally| tally.power.get(at).copied().unwrap_or_default().percent();
        rows.push(row_of(&grown.to_string(), tallies, power));
    }
    table::print(&head("grown by", tallies), &rows);
}

fn head(first: &str, tallies: &[(String, Tally)]) -> Vec<String> {
    [first.to_owned()].into_iter().chain(tallies.iter().map(|(name, _)| name.clone())).collect()
}

fn row_of(name: &str, tallies: &[(String, Tally)], cell: impl Fn(&Tally) -> String) -> Vec<String> {
    [name.to_owned()].into_iter().chain(tallies.iter().map(|(_, tally)| cell(tally))).collect()
}
