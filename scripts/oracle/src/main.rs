//! The proof of `heapdiff pprof`: it must print what the real pprof prints, to the byte.
//!
//! - `conformance`: the cases of a corpus, against outputs that were recorded before.
//!
//! Nothing here shares code with heapdiff: what both sides got wrong together would not be seen.

mod arguments;
mod conformance;
mod corpus;
mod difference;
mod parallel;
mod program;
mod recording;

use arguments::{Arguments, Task};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Conformance(options) => conformance::run(&options),
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
