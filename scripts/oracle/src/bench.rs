//! Time and memory of heapdiff beside those of the real pprof.

use crate::arguments;
use crate::generate;
use crate::generate::large::{BASE, HEAD};
use crate::program::Program;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use wait4::Wait4;

/// How much faster heapdiff shall be on the large profiles, and with which part of pprof's memory.
const SPEED_WANTED: f64 = 20.0;
const MEMORY_WANTED: f64 = 0.25;

/// How many small cases count as the small corpus.
const SMALL_CASES: u64 = 60;

/// How often the real pprof may answer a small case, until an answer is that of the other program: it sometimes prints
/// in the order of its hash tables.
const ORACLE_RUNS_MAX: usize = 16;

/// What a run, or some runs one after the other, cost.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Cost {
    wall_ms: f64,
    /// User and system time, of all threads.
    cpu_ms: f64,
    peak_mib: f64,
}

/// Runs that are measured together.
struct Task {
    name: &'static str,
    is_large: bool,
    /// Whether the targets are for it.
    has_target: bool,
    runs: Vec<(PathBuf, Vec<String>)>,
}

/// One task, both programs.
#[derive(Debug, Serialize)]
struct Row {
    task: &'static str,
    runs: usize,
    /// Whether all runs of both print the same.
    is_equal: bool,
    pprof: Cost,
    heapdiff: Cost,
    /// pprof's time by heapdiff's: above 1 heapdiff is faster.
    speed: f64,
    /// heapdiff's peak by pprof's: below 1 heapdiff needs less.
    memory: f64,
    /// Whether the targets are met. None: the task has none.
    is_met: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Report {
    rounds: usize,
    seed: u64,
    speed_wanted: f64,
    memory_wanted: f64,
    rows: Vec<Row>,
}

/// Returns whether the targets are met and all outputs equal.
pub(crate) fn run(options: &arguments::Bench) -> Result<bool, String> {
    let pprof = Program::pprof(&options.pprof);
    let tested = match (&options.against, &options.heapdiff) {
        (Some(program), _) => Program::pprof(program),
        (None, Some(heapdiff)) => Program::heapdiff(heapdiff),
        (None, None) => return Err("which program is to be measured? Name it with --against".to_owned()),
    };
    let tasks = tasks(&options.folder, options.seed)?;
    let mut rows = Vec::new();
    println!(
        "{:34} {:>12} {:>12} {:>7} {:>10} {:>10} {:>7}",
        "", "pprof ms", "heapdiff ms", "speed", "pprof MiB", "heapdiff", "memory"
    );
    for task in &tasks {
        let row = measure(task, &pprof, &tested, options.rounds)?;
        println!(
            "{:34} {:12.1} {:12.1} {:6.1}x {:10.1} {:10.1} {:7.3}{}",
            row.task,
            row.pprof.wall_ms,
            row.heapdiff.wall_ms,
            row.speed,
            row.pprof.peak_mib,
            row.heapdiff.peak_mib,
            row.memory,
            if row.is_equal { "" } else { "  OUTPUTS DIFFER" },
        );
        rows.push(row);
    }
    let passes = rows.iter().all(|row| row.is_equal && row.is_met != Some(false));
    println!("wanted for -top -diff_base: {SPEED_WANTED}x the speed in {MEMORY_WANTED} of the memory");
    println!("a process that does nothing takes {:.2} ms: no small profile can take less", nothing()?);
    let report = Report {
        rounds: options.rounds,
        seed: options.seed,
        speed_wanted: SPEED_WANTED,
        memory_wanted: MEMORY_WANTED,
        rows,
    };
    let json = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?;
    fs::write(&options.report, json + "\n")
        .map_err(|error| format!("cannot write {}: {error}", options.report.display()))?;
    println!("every figure is in {}", options.report.display());
    Ok(passes)
}

fn tasks(folder: &Path, seed: u64) -> Result<Vec<Task>, String> {
    let diff = format!("-diff_base={BASE}");
    let large = |flags: &[&str]| {
        let flags = ["-symbolize=none"].iter().chain(flags).chain(&[HEAD]);
        vec![(folder.to_owned(), flags.map(|&flag| flag.to_owned()).collect())]
    };
    let mut small = Vec::new();
    for number in 0..SMALL_CASES {
        let case = generate::case(seed, number);
        let folder = folder.join(format!("small-{number}"));
        case.write(&folder)?;
        small.push((folder, case.arguments()));
    }
    Ok(vec![
        Task {
            name: "-top -diff_base, 100,000 stacks",
            is_large: true,
            has_target: true,
            runs: large(&["-top", &diff]),
        },
        Task { name: "-top, 100,000 stacks", is_large: true, has_target: false, runs: large(&["-top"]) },
        Task { name: "60 small profiles", is_large: false, has_target: false, runs: small },
    ])
}

/// The time that a process takes which does nothing, in milliseconds.
fn nothing() -> Result<f64, String> {
    let mut times = Vec::new();
    for _ in 0..SMALL_CASES {
        let start = Instant::now();
        let status = Command::new("true").stdout(Stdio::null()).status();
        status.map_err(|error| format!("cannot run `true`: {error}"))?;
        times.push(Cost { wall_ms: start.elapsed().as_secs_f64() * 1e3, ..Cost::default() });
    }
    Ok(median(&times).wall_ms)
}

/// Medians of the rounds. The programs take turns, so that what else the machine does meets both.
fn measure(task: &Task, pprof: &Program, tested: &Program, rounds: usize) -> Result<Row, String> {
    let mut is_equal = true;
    for (folder, arguments) in &task.runs {
        let found = tested.run(arguments, folder)?;
        let mut is_found = false;
        for _ in 0..if task.is_large { 1 } else { ORACLE_RUNS_MAX } {
            is_found = is_found || pprof.run(arguments, folder)?.is_equal(&found);
        }
        is_equal &= is_found;
    }
    let (mut of_pprof, mut of_tested) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        of_pprof.push(cost(task, pprof)?);
        of_tested.push(cost(task, tested)?);
    }
    let (pprof, heapdiff) = (median(&of_pprof), median(&of_tested));
    let (speed, memory) = (pprof.wall_ms / heapdiff.wall_ms, heapdiff.peak_mib / pprof.peak_mib);
    let is_met = task.has_target.then_some(speed >= SPEED_WANTED && memory <= MEMORY_WANTED);
    Ok(Row { task: task.name, runs: task.runs.len(), is_equal, pprof, heapdiff, speed, memory, is_met })
}

/// The times of all runs of a task together, and the highest peak.
///
/// Linux counts the peak of this process into that of a child, so it must stay small: another process makes the large
/// profiles.
fn cost(task: &Task, program: &Program) -> Result<Cost, String> {
    let mut cost = Cost::default();
    for (folder, arguments) in &task.runs {
        let mut command = program.command(arguments, folder);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let used = command.spawn().and_then(|mut child| child.wait4());
        let used = used.map_err(|error| format!("cannot run {command:?}: {error}"))?.rusage;
        cost.wall_ms += start.elapsed().as_secs_f64() * 1e3;
        cost.cpu_ms += (used.utime + used.stime).as_secs_f64() * 1e3;
        cost.peak_mib = cost.peak_mib.max(used.maxrss as f64 / 1_048_576.0);
    }
    Ok(cost)
}

fn median(costs: &[Cost]) -> Cost {
    let of = |figure: fn(&Cost) -> f64| {
        let mut figures: Vec<f64> = costs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
    };
    Cost {
        wall_ms: of(|cost| cost.wall_ms),
        cpu_ms: of(|cost| cost.cpu_ms),
        peak_mib: of(|cost| cost.peak_mib),
    }
}
