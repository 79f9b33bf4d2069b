//! Whether intervals, shapes and verdicts are as right as they claim: simulated heaps whose truth is known.
//!
//! usage: accuracy [RUNS [intervals|shapes]]
//!
//! Exit status 1 if something does not hold.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program that prints tables")]
#![expect(clippy::expect_used, reason = "a simulation that cannot be judged has failed")]

mod builder;
mod heap;
mod intervals;
mod kind;
mod parallel;
mod random;
mod shapes;
mod table;

use std::process::ExitCode;

/// Series of each kind, where it is not said.
const RUNS_DEFAULT: u64 = 300;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let runs = match arguments.next().map(|runs| runs.parse()) {
        None => RUNS_DEFAULT,
        Some(Ok(runs)) => runs,
        Some(Err(_)) => {
            eprintln!("accuracy: expected a number of runs");
            return ExitCode::from(2);
        }
    };
    let part = arguments.next();
    let is_wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    println!("{runs} seeded heaps in each column.\n");
    let mut checks = table::Checks::default();
    if is_wanted("intervals") {
        intervals::intervals(runs, &mut checks);
    }
    if is_wanted("shapes") {
        shapes::shapes(runs, &mut checks);
    }
    if checks.report() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
