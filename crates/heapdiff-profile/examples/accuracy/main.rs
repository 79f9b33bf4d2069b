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

/// What is checked.
const EXPECTED: &str = "\
- intervals of 95 % hold the truth in at least 94 % of each row of a table, and in at most 98 % of those that rest on
  five samples or more;
- at most 2.5 % of unchanged rows are called grown: the upper end of an interval of 95 %;
- each kind gets the right shape and verdict in at least 95 %, and bounded ones are called a leak in at most 1 %.";

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
    println!(
        "{runs} seeded heaps in each column. It holds if, but for three standard errors of chance,\n\n{EXPECTED}\n"
    );
    let mut checks = table::Checks::default();
    if is_wanted("intervals") {
        intervals::intervals(runs, &mut checks);
    }
    if is_wanted("shapes") {
        shapes::shapes(runs, &mut checks);
    }
    if checks.report() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
