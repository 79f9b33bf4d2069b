//! The `heapdiff` command: reads what was typed, hands it on, and exits with a status that says how it went.
//!
//! No analysis happens here: `heapdiff-formats` reads, `heapdiff-symbols` names, `heapdiff-profile` computes and
//! `heapdiff-render` writes. Data goes to standard output, talk to standard error.
#![forbid(unsafe_code)]

mod arguments;
mod budget_file;
mod commands;
mod directory;
mod failure;
mod input;
mod output;
mod pager;
mod progress;
mod several;
mod source_files;
mod talk;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == "pprof") {
        // Its flags are pprof's: one dash, and no option of ours among them.
        return commands::pprof::run(words);
    }
    let arguments = arguments::Arguments::parse();
    output::choose_color(&arguments.global);
    pager::choose(&arguments.global);
    match commands::run(&arguments) {
        Ok(status) => status,
        Err(error) => failure::report(&error),
    }
}
