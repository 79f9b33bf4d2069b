//! What a snapshot costs its writer and those who allocate meanwhile, and what a live sample takes.

use crate::figures::Series;
use crate::launch::Launch;
use crate::programs::{Build, Programs};
use crate::row::{EXACT_ROWS, Row};
use overhead_workloads::{Outcome, PauseReport, Task};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// Live samples while snapshots are written.
const LIVE: usize = 100_000;
/// Their stacks.
const STACKS: usize = 10_000;
/// Live blocks of 64 bytes whose memory is measured.
const RESIDENT: usize = 1_000_000;

/// What was measured of one build.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Snapshots {
    pub(crate) build: &'static str,
    pub(crate) absent: Vec<String>,
    /// With a snapshot every half second.
    pub(crate) with: Vec<PauseReport>,
    /// Recording as well, but no snapshot is due.
    pub(crate) without: Vec<PauseReport>,
    /// Bytes that the process grew by, by row, a figure a round.
    pub(crate) grown_bytes: BTreeMap<&'static str, Series>,
}

impl Snapshots {
    /// CPU time of the writer a snapshot, in milliseconds.
    pub(crate) fn writer_ms(&self) -> Series {
        let written = self.with.iter().filter(|report| report.snapshots > 0);
        Series::of(written.map(|report| report.writer_cpu_ns as f64 / report.snapshots as f64 / 1e6))
    }

    /// The longest pause of all rounds that was not another thread's turn, in microseconds.
    pub(crate) fn pause_max_us(reports: &[PauseReport]) -> f64 {
        longest(reports, |report| report.work_max_us.max(report.wait_max_us))
    }

    /// Resident bytes a live block more than jemalloc takes.
    pub(crate) fn bytes_per_sample(&self, row: &str) -> Option<Series> {
        let (grown, bare) = (self.grown_bytes.get(row)?, self.grown_bytes.get("jemalloc")?);
        Some(grown.with(bare, |grown, bare| (grown - bare) / RESIDENT as f64))
    }
}

fn longest(reports: &[PauseReport], of: impl Fn(&PauseReport) -> f64) -> f64 {
    reports.iter().map(of).fold(0.0, f64::max)
}

/// Measures everything, a few rounds long.
pub(crate) fn measure(programs: &mut Programs, rounds: usize) -> Snapshots {
    let mut snapshots = Snapshots { build: Build::Release.key(), ..Snapshots::default() };
    for round in 0..rounds {
        eprintln!("bench-overhead: snapshots: round {} of {rounds}", round + 1);
        for row in &EXACT_ROWS {
            if let Err(why) = measure_row(row, round % 2, programs, &mut snapshots) {
                snapshots.absent.push(format!("{}: {why}", row.label));
            }
        }
    }
    snapshots
}

fn measure_row(
    row: &Row,
    core: usize,
    programs: &mut Programs,
    snapshots: &mut Snapshots,
) -> Result<(), String> {
    let file = programs.file(row.program, Build::Release, row.needs_frame_pointers)?;
    let mut launch = Launch::new(row, file, programs.target());
    launch.every = "1h";
    match launch.run(&Task::Residency { live: RESIDENT, stacks: STACKS, core })? {
        Outcome::Residency(report) => {
            let grown = report.after_bytes as f64 - report.before_bytes as f64;
            snapshots.grown_bytes.entry(row.key).or_default().push(grown);
        }
        other => return Err(format!("answers something else: {other:?}")),
    }
    if row.key != "heapdiff_1" {
        return Ok(());
    }
    let pause = Task::Pause { seconds: 3.0, live: LIVE, stacks: STACKS, core };
    if let Outcome::Pause(report) = launch.run(&pause)? {
        snapshots.without.push(report);
    }
    launch.every = "500ms";
    if let Outcome::Pause(report) = launch.run(&pause)? {
        snapshots.with.push(report);
    }
    Ok(())
}

/// The table.
pub(crate) fn table(snapshots: &Snapshots) -> String {
    let mut text = String::new();
    // Writing into a String does not fail.
    let _ = write(&mut text, snapshots);
    text
}

fn write(text: &mut String, snapshots: &Snapshots) -> fmt::Result {
    let title = "a snapshot of 100,000 samples on 10,000 stacks";
    writeln!(text, "== release: {title}, {} rounds of 3 s\n", snapshots.with.len())?;
    let writer = snapshots.writer_ms().summary();
    writeln!(
        text,
        "  CPU time of the writer a snapshot: {:.1} ms ({:.1} to {:.1})",
        writer.median, writer.low, writer.high
    )?;
    for (what, reports) in [("with snapshots", &snapshots.with), ("without", &snapshots.without)] {
        writeln!(
            text,
            "  longest time between allocations, {what}: working {:.0} µs, waiting {:.0} µs",
            longest(reports, |report| report.work_max_us),
            longest(reports, |report| report.wait_max_us),
        )?;
        let preempted = longest(reports, |report| report.preempted_max_us);
        writeln!(text, "    while another thread had the core {preempted:.0} µs")?;
    }
    writeln!(text, "\n== release: resident memory of 1,000,000 live blocks of 64 bytes on 10,000 stacks\n")?;
    for row in &EXACT_ROWS {
        if let (Some(grown), Some(more)) =
            (snapshots.grown_bytes.get(row.key), snapshots.bytes_per_sample(row.key))
        {
            writeln!(
                text,
                "  {:<36} {:>8.1} MB, a live block takes {:>6.1} bytes over jemalloc's",
                row.label,
                grown.median() / 1e6,
                more.median()
            )?;
        }
    }
    for why in &snapshots.absent {
        writeln!(text, "  absent: {}", crate::table::cut(why, 86))?;
    }
    writeln!(text)
}
