//! `heapdiff pprof`: pprof's command line, answered as pprof answers it.
//!
//! Not the words of the rest of this program: whoever types pprof's flags, or has a script that does, gets pprof's
//! output, errors and exit status.

mod binary;
mod finish;
mod http;
mod line_reader;
mod local_time;
mod saved;
mod shell;
mod sources;
mod surroundings;

use finish::Finisher;
use surroundings::ThisMachine;

use heapdiff_classic::foreign_bytes::{carry, restore};
use heapdiff_classic::options::{self, CommandLine, CommandLineError, Config, FlagError, ReportCommand};
use heapdiff_classic::profile::Profile;
use heapdiff_classic::report::{Outside, compressed};
use heapdiff_classic::session::{self, Source};
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;
use std::process::ExitCode;

/// Exit status of pprof for whatever goes wrong.
const FAILURE: u8 = 2;

/// Does what the arguments behind `heapdiff pprof` ask for.
pub(crate) fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<String> = arguments.map(|word| carry(word.as_bytes()).into_owned()).collect();
    let line = match options::parse(&arguments, sources::is_binary) {
        Ok(line) => line,
        Err(refusal) => {
            refusal.remarks.iter().for_each(|remark| say(remark));
            return refuse(&refusal.error);
        }
    };
    match answer(&line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(&message);
            ExitCode::from(FAILURE)
        }
    }
}

/// Says what is wrong with a command line. The usage comes behind a wrong flag, but before a missing profile.
fn refuse(error: &CommandLineError) -> ExitCode {
    match error {
        CommandLineError::Flag(FlagError::Help) => {
            say(&options::usage());
            return ExitCode::SUCCESS;
        }
        CommandLineError::Flag(error) => {
            say(&error.to_string());
            say(&options::usage());
        }
        CommandLineError::NoSource => {
            say(&options::usage());
            say(&error.to_string());
        }
        error => say(&error.to_string()),
    }
    ExitCode::from(FAILURE)
}

fn answer(line: &CommandLine) -> Result<(), String> {
    line.remarks.iter().for_each(|remark| say(remark));
    if !line.http.is_empty() {
        return Err("-http: this program has no web interface; -web draws the graph into a page, \
                    and `heapdiff flamegraph` writes one that can be explored"
            .to_owned());
    }
    let mut remarks = Vec::new();
    let say_remarks = |remarks: &mut Vec<String>| remarks.drain(..).for_each(|remark| say(&remark));
    let machine = ThisMachine { tls: line.tls.clone() };
    let (sources, bases) = sources::fetch(line, &machine);
    let source = session::compare(line, sources, bases, &mut remarks);
    say_remarks(&mut remarks);
    let mut source = source.map_err(|error| error.to_string())?;
    let symbolized = session::symbolize(&mut source, &line.symbolize, &machine, &mut remarks);
    say_remarks(&mut remarks);
    symbolized?;
    let Source { mut profile, is_remote, .. } = source;
    session::finish(&mut profile, line);
    if is_remote {
        saved::keep(&session::saved_name(&profile), &compressed(&profile))?;
    }
    let outside = Outside {
        local_time: &local_time::local_time,
        read_source: &sources::read_source,
        is_binary: &sources::is_binary,
        working_directory: sources::working_directory(),
        source_folders: sources::go_modules(),
    };
    match &line.report {
        Some(report) => make(&mut Finisher::default(), profile, report, &line.config, &outside),
        None => shell::run(profile, &line.config, &outside),
    }
}

/// Makes a report and lets it go where it belongs.
fn make(
    finisher: &mut Finisher,
    profile: Profile,
    report: &ReportCommand,
    config: &Config,
    outside: &Outside<'_>,
) -> Result<(), String> {
    let mut remarks = Vec::new();
    let made = session::report(profile, report, config, outside, &mut remarks);
    remarks.iter().for_each(|remark| say(remark));
    let made = made.map_err(|error| error.to_string())?;
    finisher.finish(report.command, made, &config.output)
}

/// Prints a line to standard error. Whoever closed that does not want to hear it.
fn say(text: &str) {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let _ = io::stderr().write_all(&restore(&format!("{text}{end}")));
}

/// A variable of the environment; empty if it is not set.
fn variable(name: &str) -> String {
    std::env::var_os(name).map(|value| carry(value.as_bytes()).into_owned()).unwrap_or_default()
}

/// A path as the system has it.
fn path(text: &str) -> PathBuf {
    PathBuf::from(OsString::from_vec(restore(text).into_owned()))
}

/// An error of the system as Go words it.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
