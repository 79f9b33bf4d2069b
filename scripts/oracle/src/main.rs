//! The proof of `heapdiff pprof`: it must print what the real pprof prints, to the byte.
//!
//! - `conformance`: the cases of a corpus, against outputs that were recorded before.
//! - `differential`: random profiles and flags, against the real pprof.
//! - `bench`: time and memory of both; `large-profiles` makes what it measures with.
//!
//! Nothing here shares code with heapdiff: what both sides got wrong together would not be seen.

mod arguments;
mod bench;
mod case;
mod conformance;
mod corpus;
mod difference;
mod differential;
mod generate;
mod parallel;
mod program;
mod proto;
mod recording;
mod shrink;

use arguments::{Arguments, Task};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Conformance(options) => conformance::run(&options),
        Task::Differential(options) => differential::run(&options),
        Task::LargeProfiles { folder, seed } => generate::large::write(&folder, seed).map(|()| true),
        Task::Bench(options) => bench::run(&options),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("oracle: {error}");
            ExitCode::from(2)
        }
    }
}
