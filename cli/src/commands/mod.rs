//! One command a file: ask the analysis, print the answer.

mod asked;
mod calls;
mod check;
mod convert;
mod diff;
mod flamegraph;
mod graph;
mod info;
mod list;
mod overview;
mod peek;
mod postmortem;
pub(crate) mod pprof;
mod schema;
mod snapshot;
mod subject;
mod symbolize;
mod tags;
mod things;
mod top;
mod traces;
mod tree;
mod trend;

use crate::arguments::{Arguments, Command, Format, RowCountArguments};
use crate::failure::Failure;
use crate::output;
use crate::talk::Talk;
use heapdiff_profile::{AnalysisError, DiffBy, Note};
use heapdiff_render::text::{TextOptions, write_markdown};
use std::io::{self, Write};
use std::process::ExitCode;

/// Runs what was typed.
///
/// # Errors
/// See [`Failure`].
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let global = &arguments.global;
    let outcome = match (&arguments.command, &arguments.directory) {
        (Some(_), Some(directory)) => Err(Failure::usage(
            format!("`{}` before a command", directory.display()),
            "name files and folders after the command",
        )
        .into()),
        (Some(Command::Diff(arguments)), None) => diff::run(arguments, global),
        (Some(Command::Top(arguments)), None) => top::run(arguments, global),
        (Some(Command::Tree(arguments)), None) => tree::run(arguments, global),
        (Some(Command::Peek(arguments)), None) => peek::run(arguments, global),
        (Some(Command::List(arguments)), None) => list::run(arguments, global),
        (Some(Command::Traces(arguments)), None) => traces::run(arguments, global),
        (Some(Command::Tags(arguments)), None) => tags::run(arguments, global),
        (Some(Command::Check(arguments)), None) => return check::run(arguments, global),
        (Some(Command::Trend(arguments)), None) => trend::run(arguments, global),
        (Some(Command::Graph(arguments)), None) => graph::run(arguments, global),
        (Some(Command::Flamegraph(arguments)), None) => flamegraph::run(arguments, global),
        (Some(Command::Info(arguments)), None) => info::run(arguments, global),
        (Some(Command::Schema(arguments)), None) => schema::run(arguments),
        (Some(Command::Convert(arguments)), None) => convert::run(arguments, global),
        (Some(Command::Symbolize(arguments)), None) => symbolize::run(arguments, global),
        (Some(Command::Postmortem(arguments)), None) => postmortem::run(arguments, global),
        (Some(Command::Snapshot(arguments)), None) => snapshot::run(arguments, global),
        // `main` sees to it before its arguments could be taken for ours.
        (Some(Command::Pprof { .. }), None) => {
            Err(Failure::usage("an option before `pprof`", "name pprof's options after it").into())
        }
        (None, Some(directory)) => overview::run(directory, &arguments.overview, global),
        (None, None) => {
            Err(Failure::usage("no folder and no command", "try `heapdiff DIR` or `heapdiff --help`").into())
        }
    };
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Rows of a report for people where it is not said how many.
const ROWS_DEFAULT: usize = 20;
/// Rows that leave an answer on one screen.
const ROWS_ON_A_SCREEN: usize = 6;

impl RowCountArguments {
    /// Rows for people.
    fn shown(&self, default: usize) -> usize {
        self.rows.unwrap_or(default)
    }
}

/// A table, in every form.
struct Table<'a> {
    text: &'a dyn Fn(&TextOptions, &mut dyn Write) -> io::Result<()>,
    json: &'a dyn Fn(&mut dyn Write) -> io::Result<()>,
    csv: &'a dyn Fn(&mut dyn Write) -> io::Result<()>,
}

impl Table<'_> {
    /// Prints it in the form that was asked for.
    fn print(&self, format: Format, options: TextOptions) -> anyhow::Result<()> {
        match format {
            Format::Text => output::print(|out| (self.text)(&options, out)),
            Format::Markdown => {
                let options = options.for_markdown();
                output::print(|out| write_markdown(|out| (self.text)(&options, out), out))
            }
            Format::Json => output::print(self.json),
            Format::Csv => output::print(self.csv),
        }
    }
}

/// What the analysis refuses: a question that does not fit the input.
fn refused(error: AnalysisError) -> anyhow::Error {
    let hint = match &error {
        AnalysisError::UnknownSampleType { .. } => {
            Some("choose one with `--type`; `heapdiff info` lists them")
        }
        AnalysisError::NoCommonSampleType { .. } | AnalysisError::DifferentPeriodTypes { .. } => {
            Some("compare two profiles of the same kind")
        }
        AnalysisError::BadFilter { .. } | AnalysisError::BadPattern { .. } => Some(
            "a backslash takes a special character as it is; the syntax is that of https://docs.rs/regex",
        ),
        AnalysisError::UnknownLabel { wanted, .. } if wanted == DiffBy::THREAD_LABELS[0] => Some(
            "heapdiff's own snapshots do not say which thread allocated; see `--by function` and `heapdiff tags`",
        ),
        AnalysisError::UnknownLabel { .. } => Some("`heapdiff tags` shows the labels with their values"),
        AnalysisError::UnknownCounter { .. } => Some(
            "a program counts with `heapdiff::counter`, and `heapdiff info` shows what; `--per 12000` says a number",
        ),
        AnalysisError::EmptyTagRange { .. } => Some("the smaller number comes first: `bytes=1kb:64kb`"),
        _ => None,
    };
    let message = match std::error::Error::source(&error) {
        // A regular expression's error is a drawing of several lines; the last one says what is wrong.
        Some(cause) => format!(
            "{error}: {}",
            cause.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ")
        ),
        None => error.to_string(),
    };
    let hint = hint.map(str::to_owned);
    match error {
        AnalysisError::UnknownSampleType { .. }
        | AnalysisError::BadFilter { .. }
        | AnalysisError::BadPattern { .. }
        | AnalysisError::UnknownLabel { .. }
        | AnalysisError::UnknownCounter { .. }
        | AnalysisError::NothingCounted { .. }
        | AnalysisError::NothingCountedInSeries { .. }
        | AnalysisError::EmptyTagRange { .. } => Failure::Usage { message, hint },
        _ => Failure::Input { message, hint },
    }
    .into()
}

/// Says what a reader of the report must know.
fn say_notes(notes: &[Note], talk: Talk) {
    for note in notes {
        talk.note(&note.to_string());
    }
}
