//! What heapdiff costs beside its peers. `scripts/bench-overhead` builds and starts this.

mod arguments;
mod figures;
mod filters;
mod launch;
mod load;
mod machine;
mod programs;
mod rounds;
mod row;
mod samples;
mod snapshots;
mod table;
mod targets;

use arguments::{Arguments, Mode};
use clap::Parser;
use overhead_workloads::{WORKLOADS, Workload};
use programs::{Build, Programs};
use rounds::{Results, Rounds};
use row::{FILTER_ROWS, ROWS, Row, SAMPLING_ROWS};
use serde::Serialize;
use std::process::ExitCode;

/// Everything, for `overhead.json`.
#[derive(Debug, Serialize)]
struct Report {
    machine: machine::Machine,
    rounds: Vec<Results>,
    samples: Vec<samples::SampleCost>,
    sample_rounds: Vec<Results>,
    snapshots: Option<snapshots::Snapshots>,
    filters: Vec<Results>,
    false_answers: Option<filters::FalseAnswers>,
    targets: Vec<targets::Target>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-overhead: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let mut programs = Programs::new(arguments.workspace.clone(), arguments.target.clone());
    let machine = machine::Machine::read(arguments);
    println!("{machine}\n");
    let mut report = Report {
        machine,
        rounds: Vec::new(),
        samples: Vec::new(),
        sample_rounds: Vec::new(),
        snapshots: None,
        filters: Vec::new(),
        false_answers: None,
        targets: Vec::new(),
    };
    let mode = arguments.mode;
    if matches!(mode, Mode::Quick | Mode::Full | Mode::Http) {
        compare(arguments, &mut programs, &mut report)?;
    }
    if matches!(mode, Mode::Quick | Mode::Full | Mode::Samples) {
        cost_samples(arguments, &mut programs, &mut report);
    }
    if matches!(mode, Mode::Quick | Mode::Full | Mode::Snapshots) {
        let snapshots = snapshots::measure(&mut programs, arguments.rounds().div_ceil(3));
        print!("{}", snapshots::table(&snapshots));
        report.snapshots = Some(snapshots);
    }
    if matches!(mode, Mode::Full | Mode::Filters) {
        try_filters(arguments, &mut programs, &mut report)?;
    }
    if mode != Mode::Filters {
        report.targets = targets::targets(&report.rounds, &report.samples, report.snapshots.as_ref());
        print!("{}", targets::table(&report.targets));
    }
    write(&report, arguments)
}

/// All allocators, all workloads.
fn compare(arguments: &Arguments, programs: &mut Programs, report: &mut Report) -> Result<(), String> {
    let rows = rows(arguments)?;
    for &build in &builds(arguments) {
        let workloads = workloads(arguments, build)?;
        let (rounds, plan) = (arguments.rounds(), arguments.plan());
        let results = Rounds { build, rows: &rows, workloads: &workloads, rounds, plan }.run(programs);
        print!("{}", table::rounds(&results, &rows));
        report.rounds.push(results);
    }
    Ok(())
}

/// What a sample costs, by periods.
fn cost_samples(arguments: &Arguments, programs: &mut Programs, report: &mut Report) {
    let (rounds, plan) = (arguments.rounds(), arguments.plan());
    let rows: Vec<Row> = ROWS[..1].iter().chain(&SAMPLING_ROWS).copied().collect();
    for build in [Build::Release, Build::Fp] {
        let results =
            Rounds { build, rows: &rows, workloads: &samples::WORKLOADS, rounds, plan }.run(programs);
        let costs = samples::costs(&results);
        print!("{}", samples::table(&costs, results.title));
        report.samples.extend(costs);
        report.sample_rounds.push(results);
    }
}

/// The candidates for the free filter.
fn try_filters(arguments: &Arguments, programs: &mut Programs, report: &mut Report) -> Result<(), String> {
    let (rounds, plan) = (arguments.rounds(), arguments.plan());
    let builds =
        if arguments.build.is_empty() { vec![Build::Release, Build::Lto] } else { arguments.build.clone() };
    for build in builds {
        let mut workloads = workloads(arguments, build)?;
        workloads.retain(|workload| filters::WORKLOADS.contains(workload));
        let results = Rounds { build, rows: &FILTER_ROWS, workloads: &workloads, rounds, plan }.run(programs);
        print!("{}", table::rounds(&results, &FILTER_ROWS));
        report.filters.push(results);
    }
    let answers = filters::false_answers(programs);
    print!("{}", filters::table(&answers));
    report.false_answers = Some(answers);
    Ok(())
}

fn builds(arguments: &Arguments) -> Vec<Build> {
    match (&*arguments.build, arguments.mode) {
        ([], Mode::Http) => vec![Build::Release, Build::Lto],
        ([], _) => vec![Build::Release, Build::Lto, Build::Fp],
        (builds, _) => builds.to_vec(),
    }
}

fn workloads(arguments: &Arguments, build: Build) -> Result<Vec<Workload>, String> {
    let named = |name: &String| {
        let found = WORKLOADS.into_iter().find(|workload| workload.name() == *name);
        found.ok_or_else(|| format!("no workload is called `{name}`"))
    };
    Ok(match (&*arguments.workload, arguments.mode, build) {
        ([], Mode::Http, _) => vec![Workload::Http],
        ([], _, Build::Fp) => vec![Workload::Deep],
        ([], _, _) => WORKLOADS.to_vec(),
        (names, _, _) => names.iter().map(named).collect::<Result<_, _>>()?,
    })
}

/// The rows that were asked for, and what they are compared with.
fn rows(arguments: &Arguments) -> Result<Vec<Row>, String> {
    if let Some(unknown) = arguments.row.iter().find(|key| ROWS.iter().all(|row| row.key != **key)) {
        return Err(format!("no row is called `{unknown}`"));
    }
    let is_asked = |row: &Row| arguments.row.is_empty() || arguments.row.iter().any(|key| key == row.key);
    let inner: Vec<_> = ROWS.iter().filter(|row| is_asked(row)).map(|row| row.inner).collect();
    Ok(ROWS.into_iter().filter(|row| is_asked(row) || inner.contains(&row.key)).collect())
}

fn write(report: &Report, arguments: &Arguments) -> Result<(), String> {
    let file = arguments.target.join("overhead.json");
    let json = serde_json::to_string_pretty(report).map_err(|error| error.to_string())?;
    std::fs::write(&file, json + "\n")
        .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    println!("every figure is in {}", file.display());
    Ok(())
}
