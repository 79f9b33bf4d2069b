//! Whether heapdiff finds what released crates leak, says nothing of the releases that mended it, and takes nothing for a
//! leak that only grows.
//!
//! usage: released-runner HEAPDIFF LEAKY FIXED WORK_DIR
mod control;
mod leak;
mod tools;

use std::error::Error;
use std::path::PathBuf;
use tools::Tools;

/// Periods that everything is recorded with: exactly, and as a busy service would.
const PERIODS: [u64; 2] = [1, 64 << 10];

/// Rounds between the first snapshot and the last; see `program/main.rs`.
const ROUNDS: u64 = 11;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [heapdiff, leaky, fixed, work] = arguments.as_slice() else {
        return Err("usage: released-runner HEAPDIFF LEAKY FIXED WORK_DIR".into());
    };
    let tools = Tools { heapdiff, leaky, fixed, work };
    let mut failures = Vec::new();
    for leak in leak::all() {
        leak.run(&tools, &mut failures)?;
    }
    for control in control::all() {
        control.run(&tools, &mut failures)?;
    }
    for failure in &failures {
        println!("FAILED {failure}");
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(format!("{} expectations are not met", failures.len()).into())
    }
}
