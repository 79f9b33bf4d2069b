//! Interleaved runs: every round runs every row once, each time in another order.
//!
//! The allocator underneath a row runs right before or after it, so that both see the same machine: others share its
//! cores, and what they do changes within seconds.

use crate::figures::Series;
use crate::launch::Launch;
use crate::load;
use crate::programs::{Build, Programs};
use crate::row::{Mode, Row};
use overhead_workloads::{Measured, Outcome, Plan, Task, Workload};
use serde::Serialize;
use std::collections::BTreeMap;

/// What the rounds of one build gave.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    pub(crate) build: &'static str,
    #[serde(skip)]
    pub(crate) title: &'static str,
    pub(crate) rounds: usize,
    /// Why rows are missing, by key.
    pub(crate) absent: BTreeMap<&'static str, String>,
    /// By workload and row.
    pub(crate) figures: BTreeMap<Workload, BTreeMap<&'static str, Figures>>,
    /// Bytes that an operation asks for, by workload.
    pub(crate) bytes_per_op: BTreeMap<Workload, f64>,
}

/// Nanoseconds an operation, a figure a round.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Figures {
    pub(crate) cpu_ns: Series,
    pub(crate) wall_ns: Series,
    /// CPU time of the allocator underneath, run beside it in the same round.
    pub(crate) inner_cpu_ns: Series,
}

impl Figures {
    pub(crate) fn ratio(&self) -> Series {
        self.cpu_ns.ratio_to(&self.inner_cpu_ns)
    }

    pub(crate) fn over(&self) -> Series {
        self.cpu_ns.over(&self.inner_cpu_ns)
    }
}

impl Results {
    pub(crate) fn of(&self, workload: Workload, row: &str) -> Option<&Figures> {
        self.figures.get(&workload)?.get(row).filter(|figures| !figures.cpu_ns.is_empty())
    }

    /// How two threads scale: the ratio of `pair2` to that of `pair`, both to the allocator underneath.
    pub(crate) fn scaling(&self, row: &str) -> Option<Series> {
        let (one, two) = (self.of(Workload::Pair, row)?, self.of(Workload::Pair2, row)?);
        Some(two.ratio().ratio_to(&one.ratio()))
    }
}

/// What to run.
#[derive(Clone, Debug)]
pub(crate) struct Rounds<'a> {
    pub(crate) build: Build,
    pub(crate) rows: &'a [Row],
    pub(crate) workloads: &'a [Workload],
    pub(crate) rounds: usize,
    pub(crate) plan: Plan,
}

impl Rounds<'_> {
    /// Builds what is missing, and runs all rounds.
    pub(crate) fn run(&self, programs: &mut Programs) -> Results {
        let mut results = Results {
            build: self.build.key(),
            title: self.build.title(),
            rounds: self.rounds,
            absent: BTreeMap::new(),
            figures: BTreeMap::new(),
            bytes_per_op: BTreeMap::new(),
        };
        let mut launches = BTreeMap::new();
        for row in self.rows {
            match programs.file(row.program, self.build, row.needs_frame_pointers) {
                Ok(file) => drop(launches.insert(row.key, Launch::new(row, file, programs.target()))),
                Err(why) => drop(results.absent.insert(row.key, why)),
            }
        }
        for round in 0..self.rounds {
            eprintln!("bench-overhead: {}: round {} of {}", self.build.title(), round + 1, self.rounds);
            for &workload in self.workloads {
                self.round(round, workload, &launches, &mut results);
            }
        }
        results
    }

    fn round(
        &self,
        round: usize,
        workload: Workload,
        launches: &BTreeMap<&'static str, Launch>,
        results: &mut Results,
    ) {
        let mut inner_runs: BTreeMap<&'static str, Vec<Measured>> = BTreeMap::new();
        for place in 0..self.rows.len() {
            let row = &self.rows[(place + round) % self.rows.len()];
            // Alone, an inner allocator runs only if it has no row over it.
            let is_alone =
                row.is_inner() && !self.rows.iter().any(|other| other.inner == row.key && !other.is_inner());
            if results.absent.contains_key(row.key)
                || row.is_inner() && !is_alone
                || !is_measured(row, workload)
            {
                continue;
            }
            let mut pair = [row.inner, row.key];
            if is_alone || round % 2 == 1 {
                pair.reverse();
            }
            let mut run = BTreeMap::new();
            for key in pair {
                let outcome = match launches.get(key) {
                    _ if run.contains_key(key) => continue,
                    Some(launch) => measure(launch, workload, self.plan, round / 2 % 2),
                    None => continue,
                };
                match outcome {
                    Ok(measured) => drop(run.insert(key, measured)),
                    Err(why) => drop(results.absent.insert(key, why)),
                }
            }
            if let Some(inner) = run.get(row.inner) {
                inner_runs.entry(row.inner).or_default().push(inner.clone());
            }
            if let (false, Some(measured)) = (is_alone, run.get(row.key)) {
                results.bytes_per_op.insert(workload, measured.bytes_per_op);
                let figures = results.figures.entry(workload).or_default().entry(row.key).or_default();
                figures.cpu_ns.push(measured.cpu_ns());
                figures.wall_ns.push(measured.wall_ns());
                figures.inner_cpu_ns.push(run.get(row.inner).map_or(f64::NAN, Measured::cpu_ns));
            }
        }
        for (key, runs) in inner_runs {
            let figures = results.figures.entry(workload).or_default().entry(key).or_default();
            figures.cpu_ns.push(Series::of(runs.iter().map(Measured::cpu_ns)).median());
            figures.wall_ns.push(Series::of(runs.iter().map(Measured::wall_ns)).median());
        }
    }
}

/// heaptrack would follow a server until it is told to quit and then some; its cost is plain without that.
fn is_measured(row: &Row, workload: Workload) -> bool {
    row.mode != Mode::Heaptrack || workload != Workload::Http
}

fn measure(launch: &Launch, workload: Workload, plan: Plan, core: usize) -> Result<Measured, String> {
    let task = match workload {
        Workload::Http => return load::measure(launch, plan, core),
        Workload::Pair2 | Workload::CrossThread => Task::Threads { workload, plan },
        // An operation takes 10 ms: as many blocks as the others have take longer.
        Workload::Json => {
            Task::Measure { workload, plan: Plan { block_ms: plan.block_ms * 3, ..plan }, core }
        }
        _ => Task::Measure { workload, plan, core },
    };
    match launch.run(&task)? {
        Outcome::Measured(measured) => Ok(measured),
        other => Err(format!("answers something else: {other:?}")),
    }
}
