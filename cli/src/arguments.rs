//! What can be typed: commands, options and their help.

mod call_graph;
mod check;
mod comparison;
mod drill_down;
mod export;
mod rows_by;
mod selection;

pub(crate) use call_graph::{CallArguments, GraphArguments, PeekArguments, TopArguments, TreeArguments};
pub(crate) use check::{CheckArguments, CheckFormat, Inconclusive};
pub(crate) use comparison::{ComparisonArguments, MeasureArguments};
pub(crate) use drill_down::{ListArguments, SubjectArguments, TagsArguments, TracesArguments};
pub(crate) use export::{ConvertArguments, OutputFormat, SymbolizeArguments};
pub(crate) use rows_by::{parse_per, typed_per};
pub(crate) use selection::{SelectionArguments, Typed};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use heapdiff_profile::{DiffBy, Names, Per, Rename, ValueType};
use std::path::PathBuf;

/// Says what grew between heap profiles, whether the growth is real, and draws it.
#[derive(Debug, Parser)]
#[command(
    name = "heapdiff",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    override_usage = "heapdiff DIR\n       heapdiff <COMMAND> ...",
    max_term_width = 100,
    after_help = "\
Record a program that has heapdiff's allocator, then ask:
  HEAPDIFF_DIR=profiles ./my-service       writes a snapshot now and then
  heapdiff profiles                        what grew, and where
  heapdiff diff profiles                   first against last, row by row
  heapdiff flamegraph profiles -o growth.svg

Exit status: 0 fine, 2 wrong usage, 3 input that cannot be read; of `check` also
1 a budget is exceeded, 4 one cannot be judged."
)]
pub(crate) struct Arguments {
    /// Folder with the snapshots of a program: prints what grew in it
    #[arg(value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) overview: OverviewArguments,

    #[command(flatten)]
    pub(crate) global: GlobalArguments,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The options of `heapdiff DIR`.
#[derive(Debug, Args)]
pub(crate) struct OverviewArguments {
    #[command(flatten)]
    pub(crate) process: ProcessArguments,

    #[command(flatten)]
    pub(crate) selection: SelectionArguments,

    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Diff(DiffArguments),
    Top(Box<TopArguments>),
    Tree(Box<TreeArguments>),
    Peek(Box<PeekArguments>),
    List(ListArguments),
    Traces(TracesArguments),
    Tags(TagsArguments),
    Trend(TrendArguments),
    Check(CheckArguments),
    Graph(Box<GraphArguments>),
    Flamegraph(FlamegraphArguments),
    Info(InfoArguments),
    Schema(SchemaArguments),
    Convert(ConvertArguments),
    Symbolize(SymbolizeArguments),
    Postmortem(PostmortemArguments),
    Snapshot(SnapshotArguments),
    /// Takes pprof's command line, and answers as pprof does
    #[command(
        disable_help_flag = true,
        override_usage = "heapdiff pprof <format> [options] [binary] <source> ..."
    )]
    Pprof {
        /// pprof's flags and files; `heapdiff pprof -h` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<std::ffi::OsString>,
    },
}

/// Compares two profiles: what was born, what died and the net, row by row
#[derive(Debug, Args)]
#[command(
    override_usage = "heapdiff diff [OPTIONS] BASE HEAD\n       heapdiff diff [OPTIONS] DIR\n       heapdiff diff [OPTIONS] --base FILE... HEAD...",
    after_help = "\
Examples:
  heapdiff diff profiles                      first against last snapshot
  heapdiff diff monday.pb.gz friday.pb.gz     two files, of any pprof producer
  heapdiff diff --base old-1.pb.gz --base old-2.pb.gz new-*.pb.gz
  heapdiff diff profiles --by function --focus ^shop::
  heapdiff diff profiles --by type --per requests
  heapdiff diff profiles --format json | jq '.rows[0]'

Memory that is in HEAD and not in BASE was born; what is in BASE and not in
HEAD died. Two snapshots of one process are paired: what is alive in both
cancels exactly."
)]
pub(crate) struct DiffArguments {
    /// BASE and HEAD, or one folder with snapshots; with --base, one or more HEADs
    #[arg(required = true, value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,

    /// Compare with this profile; several are merged
    #[arg(long, value_name = "FILE")]
    pub(crate) base: Vec<PathBuf>,

    /// What makes a row: `function`, `line`, `stack`, `file`, `module`, `crate`, `type`, `thread`, or `label:KEY` for
    /// the values of a label, such as `label:bytes`
    #[arg(long, value_name = "WHAT", default_value = "stack", value_parser = rows_by::parse)]
    pub(crate) by: DiffBy,

    /// Divide rows by what the program handled: a counter of its own, such as `requests`; their number between BASE and
    /// HEAD; or two numbers, BASE:HEAD, of two processes
    #[arg(long, value_name = "ITEMS", value_parser = rows_by::parse_per, conflicts_with_all = ["normalize", "divide_by"])]
    pub(crate) per: Option<Per>,

    #[command(flatten)]
    pub(crate) comparison: ComparisonArguments,

    #[command(flatten)]
    pub(crate) process: ProcessArguments,

    #[command(flatten)]
    pub(crate) selection: SelectionArguments,

    #[command(flatten)]
    pub(crate) output: OutputArguments,

    #[command(flatten)]
    pub(crate) measure: MeasureArguments,
}

/// Says how fast each line grows over a series, and whether that is a leak
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  heapdiff trend profiles
  heapdiff trend profiles --by stack -n 50
  heapdiff trend profiles --per requests
  heapdiff trend profiles --format json | jq '.rows[] | select(.verdict == \"LEAK-LIKE\")'

LEAK-LIKE keeps growing, and nothing takes it back. BOUNDED stopped, or comes
back. INCONCLUSIVE may be growing, but these snapshots do not tell. NOISE is
what chance explains.")]
pub(crate) struct TrendArguments {
    /// Folder with the snapshots of a program
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,

    /// What makes a row: `function`, `line`, `stack`, `file`, `module`, `crate`, `type`, `thread`, or `label:KEY` for
    /// the values of a label, such as `label:bytes`
    #[arg(long, value_name = "WHAT", default_value = "line", value_parser = rows_by::parse)]
    pub(crate) by: DiffBy,

    /// Tell rates by what the program handles instead of by time: by a counter of its own, such as `requests`, or by
    /// their number from the first snapshot to the last
    #[arg(long, value_name = "ITEMS", value_parser = rows_by::parse_per)]
    pub(crate) per: Option<Per>,

    #[command(flatten)]
    pub(crate) process: ProcessArguments,

    #[command(flatten)]
    pub(crate) selection: SelectionArguments,

    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// Draws one profile, or the growth between two, as an SVG
#[derive(Debug, Args)]
#[command(
    override_usage = "heapdiff flamegraph [OPTIONS] -o FILE.svg [BASE] HEAD\n       heapdiff flamegraph [OPTIONS] -o FILE.svg DIR\n       heapdiff flamegraph [OPTIONS] -o FILE.svg --base FILE... HEAD...",
    after_help = "\
Examples:
  heapdiff flamegraph profiles -o growth.svg        first against last snapshot
  heapdiff flamegraph monday.pb.gz friday.pb.gz -o growth.svg
  heapdiff flamegraph heap.pb.gz -o heap.svg        one profile alone

A diff is drawn over both sides: each stack is as wide as the larger of its two
values, so what vanished is still there. Growth is orange to red, shrinkage blue."
)]
pub(crate) struct FlamegraphArguments {
    /// HEAD alone, BASE and HEAD, or one folder with snapshots; with --base, one or more HEADs
    #[arg(required = true, value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,

    /// Compare with this profile; several are merged
    #[arg(long, value_name = "FILE")]
    pub(crate) base: Vec<PathBuf>,

    /// Where to write the picture; `-` writes it to standard output
    #[arg(short, long, value_name = "FILE.svg")]
    pub(crate) output: PathBuf,

    /// Begin at the functions that allocate, with their callers below them
    #[arg(long)]
    pub(crate) reverse: bool,

    /// Leave out what is narrower than this part of the whole width, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 0.1, value_parser = percent)]
    pub(crate) min_width: f64,

    #[command(flatten)]
    pub(crate) comparison: ComparisonArguments,

    #[command(flatten)]
    pub(crate) process: ProcessArguments,

    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
}

/// Prints all that a profile says about itself and its process
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  heapdiff info profiles/shop-20261120T110121Z-42-000031.pb.gz

With a folder, its newest snapshot is shown.")]
pub(crate) struct InfoArguments {
    /// Profiles, `-` for standard input, or folders with snapshots; several are merged
    #[arg(required = true, value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) process: ProcessArguments,

    /// For people or for programs
    #[arg(long, default_value = "text", value_parser = Format::without_table())]
    pub(crate) format: Format,
}

/// Prints the JSON schema of a report, or the names of all
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  heapdiff schema                          the reports that have one
  heapdiff schema diff >diff-v1.json       what `heapdiff diff --format json` writes

Each field is described there, with its unit. Within a version fields are added,
but never renamed, retyped or removed.")]
pub(crate) struct SchemaArguments {
    /// Name of the report, such as `diff`, or what its field `schema` says
    #[arg(value_name = "REPORT")]
    pub(crate) name: Option<String>,
}

/// Writes the last snapshot of a process that was killed, and says how it was doing
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  heapdiff postmortem profiles             every process that died there
  heapdiff postmortem profiles --remove    and tidy up behind it

A recorded process keeps its tables in a file, `profiles/*.region`, which stays
when it is killed. The snapshot in it is the one that the process could not
write any more; it lies beside the others afterwards.")]
pub(crate) struct PostmortemArguments {
    /// A folder with snapshots, or the region file of one process
    #[arg(value_name = "DIR")]
    pub(crate) path: PathBuf,

    /// Remove the region file when its snapshot is written
    #[arg(long)]
    pub(crate) remove: bool,

    #[command(flatten)]
    pub(crate) output: PlainOutputArguments,
}

/// Takes a snapshot of a living process, from outside and without stopping it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  heapdiff snapshot 4242        the process with this id
  heapdiff snapshot profiles    every process that records there

Prints the path of what it wrote: beside the process's own snapshots, as one of
them.")]
pub(crate) struct SnapshotArguments {
    /// A process id, or the folder that the process records in
    #[arg(value_name = "PID|DIR")]
    pub(crate) target: String,
}

/// Which process of a folder.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "What to look at")]
pub(crate) struct ProcessArguments {
    /// Which process of a folder with several: a pid, or how its file names begin [default: the newest]
    #[arg(long, value_name = "PID")]
    pub(crate) process: Option<String>,
}

/// How a report is printed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "How to print it")]
pub(crate) struct OutputArguments {
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) count: RowCountArguments,
}

/// How a report that is no table is printed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "How to print it")]
pub(crate) struct PlainOutputArguments {
    /// For people or for programs
    #[arg(long, default_value = "text", value_parser = Format::without_table())]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) count: RowCountArguments,
}

/// How much of a report is printed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "How to print it")]
pub(crate) struct RowCountArguments {
    /// Print at most this many rows of each kind; JSON and CSV have all rows unless this is given
    #[arg(short = 'n', value_name = "ROWS")]
    pub(crate) rows: Option<usize>,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct GlobalArguments {
    /// When to use colour; auto: on a terminal, unless `NO_COLOR` is set
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true, value_name = "WHEN")]
    pub(crate) color: Color,

    /// How to write functions: in full, with `<..>` for generic arguments (and one row for those that differ in
    /// nothing else), or short; JSON and CSV have them in full
    #[arg(long, value_enum, global = true, value_name = "HOW")]
    pub(crate) names: Option<NamesArgument>,

    /// Do not show a long report through a pager (`HEAPDIFF_PAGER`, else `PAGER`, else `less -FRX`)
    #[arg(long, global = true)]
    pub(crate) no_pager: bool,

    /// Look for binaries and debug files here too; may be given several times
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) debug_dir: Vec<PathBuf>,

    /// Call the functions that match a regular expression otherwise, before anything is counted; `$1` is what its first
    /// group has matched; may be given several times
    #[arg(long, value_name = "OLD=NEW", global = true, help_heading = "What to look at")]
    pub(crate) rename: Vec<Rename>,

    /// What the numbers of collapsed stacks count, which their files do not say, such as `inuse_space/bytes`
    /// [default: samples/count]
    #[arg(long, value_name = "TYPE", value_parser = counts, global = true)]
    pub(crate) counts: Option<ValueType>,

    /// Leave out those of several sources that cannot be read, and say so
    #[arg(long, global = true)]
    pub(crate) keep_going: bool,

    /// Say nothing on standard error but errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
    Csv,
    #[value(alias = "md")]
    Markdown,
}

impl Format {
    /// The format of a report that is no table.
    pub(crate) fn without_table() -> impl TypedValueParser<Value = Self> {
        // Those of tables are understood, to say where they are.
        let tables = ["csv", "markdown", "md"].map(|name| PossibleValue::new(name).hide(true));
        let all = ["text", "json"].map(PossibleValue::new).into_iter().chain(tables);
        PossibleValuesParser::new(all).try_map(|name| match name.as_str() {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("this report is no table; `heapdiff DIR`, diff, top, traces, tags, trend and check are"),
        })
    }

    /// Whether people read it.
    pub(crate) fn is_for_people(self) -> bool {
        matches!(self, Self::Text | Self::Markdown)
    }
}

/// How functions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum NamesArgument {
    Full,
    Generics,
    Short,
}

impl GlobalArguments {
    /// How functions are written in a report of this format; `None` if that is left to the report.
    pub(crate) fn names(&self, format: Format) -> Option<Names> {
        let asked = self.names.filter(|_| format.is_for_people())?;
        Some(match asked {
            NamesArgument::Full => Names::Full,
            NamesArgument::Generics => Names::Generics,
            NamesArgument::Short => Names::Short,
        })
    }

    /// The options that change what a report says, as they were typed, each with its value.
    pub(crate) fn typed(&self) -> Vec<Typed<'_>> {
        let mut options: Vec<Typed<'_>> = Vec::new();
        let names = self.names.and_then(|names| names.to_possible_value());
        options.extend(names.map(|names| ("--names".to_owned(), Some(names.get_name().to_owned().into()))));
        for rename in &self.rename {
            options.push(("--rename".to_owned(), Some(rename.text().into())));
        }
        for folder in &self.debug_dir {
            options.push(("--debug-dir".to_owned(), Some(folder.display().to_string().into())));
        }
        if let Some(ValueType { kind, unit }) = &self.counts {
            options.push(("--counts".to_owned(), Some(format!("{kind}/{unit}").into())));
        }
        options
    }
}

/// When colour is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

fn counts(text: &str) -> Result<ValueType, String> {
    match text.split_once('/') {
        Some((kind, unit)) if !kind.is_empty() && !unit.is_empty() => {
            Ok(ValueType { kind: kind.to_owned(), unit: unit.to_owned() })
        }
        _ => Err("expected a type and its unit, as in `inuse_space/bytes`".to_owned()),
    }
}

fn percent(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(percent) if (0.0..100.0).contains(&percent) => Ok(percent),
        _ => Err("expected a number from 0 to less than 100".to_owned()),
    }
}
