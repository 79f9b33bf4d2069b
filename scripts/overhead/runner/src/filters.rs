//! The candidates of decision 1: how often each asks the table for nothing.

use crate::launch::Launch;
use crate::programs::{Build, Programs};
use crate::row::{FILTER_COUNT, FILTER_ROWS, Row};
use overhead_workloads::{Outcome, Plan, Task, Workload};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// Workloads on one thread and on two; a server does not end in a way that it could say its counts.
pub(crate) const WORKLOADS: [Workload; 8] = [
    Workload::Pair,
    Workload::Window,
    Workload::Deep,
    Workload::VecGrowth,
    Workload::Json,
    Workload::Btree,
    Workload::CrossThread,
    Workload::Pair2,
];

/// What a filter program prints after its outcome.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Counts {
    samples: u64,
    hits: u64,
    misses: u64,
    lost: u64,
    frees: u64,
    filter_bytes: u64,
}

/// Frees an operation, and what the filters asked.
#[derive(Debug, Default, Serialize)]
pub(crate) struct FalseAnswers {
    absent: Vec<String>,
    frees_per_op: BTreeMap<Workload, f64>,
    /// False answers for a thousand frees, by row and workload.
    per_thousand: BTreeMap<&'static str, BTreeMap<Workload, f64>>,
    counts: BTreeMap<&'static str, BTreeMap<Workload, Counts>>,
}

/// Runs each workload once with each filter.
pub(crate) fn false_answers(programs: &mut Programs) -> FalseAnswers {
    let mut answers = FalseAnswers::default();
    for workload in WORKLOADS {
        match counts(&FILTER_COUNT, workload, programs) {
            Ok((ops, counts)) => {
                answers.frees_per_op.insert(workload, counts.frees as f64 / ops);
            }
            Err(why) => answers.absent.push(why),
        }
        let Some(&frees_per_op) = answers.frees_per_op.get(&workload) else { continue };
        for row in FILTER_ROWS.iter().filter(|row| row.inner == "filter_none" && !row.is_inner()) {
            match counts(row, workload, programs) {
                Ok((ops, counts)) => {
                    let per_thousand = counts.misses as f64 / (ops * frees_per_op) * 1e3;
                    answers.per_thousand.entry(row.key).or_default().insert(workload, per_thousand);
                    answers.counts.entry(row.key).or_default().insert(workload, counts);
                }
                Err(why) => answers.absent.push(why),
            }
        }
    }
    answers
}

fn counts(row: &Row, workload: Workload, programs: &mut Programs) -> Result<(f64, Counts), String> {
    let file = programs.file(row.program, Build::Release, false)?;
    let plan = Plan { warm_up_ms: 1, block_ms: 20, blocks: 10 };
    let task = match workload {
        Workload::Pair2 | Workload::CrossThread => Task::Threads { workload, plan },
        _ => Task::Measure { workload, plan, core: 0 },
    };
    let (outcome, text) = Launch::new(row, file, programs.target()).answers(&task)?;
    let counts = text.lines().find_map(|line| serde_json::from_str(line).ok());
    match (outcome, counts) {
        (Outcome::Measured(measured), Some(counts)) => Ok((measured.ops as f64, counts)),
        _ => Err(format!("{} does not say its counts", row.label)),
    }
}

/// The table.
pub(crate) fn table(answers: &FalseAnswers) -> String {
    let mut text = String::new();
    // Writing into a String does not fail.
    let _ = write(&mut text, answers);
    text
}

fn write(text: &mut String, answers: &FalseAnswers) -> fmt::Result {
    writeln!(text, "== release: look-ups for nothing, for a thousand frees\n")?;
    write!(text, "  {:<26}", "filter")?;
    for workload in WORKLOADS {
        write!(text, " {:>8}", short(workload))?;
    }
    writeln!(text)?;
    write!(text, "  {:<26}", "frees an operation")?;
    for workload in WORKLOADS {
        write!(
            text,
            " {:>8}",
            answers.frees_per_op.get(&workload).map_or(String::new(), |frees| three(*frees))
        )?;
    }
    writeln!(text)?;
    for row in &FILTER_ROWS {
        let Some(per_thousand) = answers.per_thousand.get(row.key) else { continue };
        write!(text, "  {:<26}", row.label)?;
        for workload in WORKLOADS {
            write!(
                text,
                " {:>8}",
                per_thousand.get(&workload).map_or(String::new(), |misses| three(*misses))
            )?;
        }
        writeln!(text)?;
    }
    for why in &answers.absent {
        writeln!(text, "  absent: {}", crate::table::cut(why, 86))?;
    }
    writeln!(text)?;
    writeln!(
        text,
        "  Memory: the counting filters' own 64 and 256 KiB; a page for a small sample that starts one;"
    )?;
    writeln!(
        text,
        "  32 and 16 bytes a sample for the number in front and for the eight bytes beside, and there 16"
    )?;
    writeln!(text, "  instead of 8 bytes for every block of up to 8; address space alone for the range.\n")
}

fn short(workload: Workload) -> &'static str {
    match workload {
        Workload::VecGrowth => "vec",
        Workload::CrossThread => "cross",
        other => other.name(),
    }
}

/// Three digits.
fn three(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size < 9.995 => format!("{value:.2}"),
        size if size < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
