//! What can be typed to hand profiles on to other tools and people.

use super::ProcessArguments;
use clap::{Args, ValueEnum};
use heapdiff_formats::ExportFormat;
use std::path::PathBuf;

/// Writes profiles in the format of another tool
#[derive(Debug, Args)]
#[command(
    override_usage = "heapdiff convert [OPTIONS] -o OUT FILE...",
    after_help = "\
Examples:
  heapdiff convert profiles -o heap.speedscope.json    for https://speedscope.app
  heapdiff convert profiles -o heap.firefox.json       for https://profiler.firefox.com
  heapdiff convert pod-*/heap.pb.gz -o all.pb.gz       several as one
  heapdiff convert heap.pb.gz --to collapsed -o - | flamegraph.pl > heap.svg
  heapdiff convert heap.pb.gz --base old.pb.gz -o diff.folded

The ending of OUT says the format where --to does not; with `.gz` behind it,
text is compressed. A difference has signed values, but collapsed stacks have
two columns, base and head, as flamegraph.pl draws them."
)]
pub(crate) struct ConvertArguments {
    /// Profiles, `-` for standard input, or folders with snapshots; several are merged
    #[arg(required = true, value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,

    /// Where to write; `-` is standard output
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,

    /// The format of OUT
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) to: Option<OutputFormat>,

    /// Write the difference to this profile; several are merged
    #[arg(long, value_name = "FILE")]
    pub(crate) base: Vec<PathBuf>,

    /// What collapsed stacks count, and what other formats show first
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) sample_type: Option<String>,

    /// Put functions and lines into pprof's format too; the other formats always have them
    #[arg(long)]
    pub(crate) symbolized: bool,

    #[command(flatten)]
    pub(crate) process: ProcessArguments,
}

/// Puts functions and lines into a profile, for who has not the binaries
#[derive(Debug, Args)]
#[command(
    override_usage = "heapdiff symbolize [OPTIONS] -o OUT FILE...",
    after_help = "\
Example:
  heapdiff symbolize profiles -o for-the-report.pb.gz

A snapshot has addresses; what they are called is looked up in the binaries, by
build ID. What is written here needs no binaries any more."
)]
pub(crate) struct SymbolizeArguments {
    /// Profiles, `-` for standard input, or folders with snapshots; several are merged
    #[arg(required = true, value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,

    /// Where to write; `-` is standard output
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,

    #[command(flatten)]
    pub(crate) process: ProcessArguments,
}

/// A format that profiles are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// `profile.proto` in gzip: all that a profile holds [.pb.gz]
    Pprof,
    /// A line a stack, for flamegraph.pl and inferno [.folded, .collapsed]
    Collapsed,
    /// JSON for speedscope [.speedscope.json]
    Speedscope,
    /// JSON for the Firefox Profiler [.firefox.json]
    Firefox,
    /// A row a stack and set of labels [.csv]
    Csv,
}

impl OutputFormat {
    /// What the endings of file names mean.
    const ENDINGS: [(&str, Self); 11] = [
        (".pb", Self::Pprof),
        (".pprof", Self::Pprof),
        (".prof", Self::Pprof),
        (".folded", Self::Collapsed),
        (".collapsed", Self::Collapsed),
        (".txt", Self::Collapsed),
        (".speedscope.json", Self::Speedscope),
        (".speedscope", Self::Speedscope),
        (".firefox.json", Self::Firefox),
        (".profile.json", Self::Firefox),
        (".csv", Self::Csv),
    ];

    /// The format that a file of this name should have.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let name = name.strip_suffix(".gz").unwrap_or(name);
        Self::ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)).map(|&(_, format)| format)
    }
}

impl From<OutputFormat> for ExportFormat {
    fn from(format: OutputFormat) -> Self {
        match format {
            OutputFormat::Pprof => Self::Pprof,
            OutputFormat::Collapsed => Self::Collapsed,
            OutputFormat::Speedscope => Self::Speedscope,
            OutputFormat::Firefox => Self::Firefox,
            OutputFormat::Csv => Self::Csv,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_the_format() {
        for (name, expected) in [
            ("a/heap.pb.gz", Some(OutputFormat::Pprof)),
            ("heap.pprof", Some(OutputFormat::Pprof)),
            ("heap.folded", Some(OutputFormat::Collapsed)),
            ("heap.speedscope.json.gz", Some(OutputFormat::Speedscope)),
            ("heap.firefox.json", Some(OutputFormat::Firefox)),
            ("heap.csv", Some(OutputFormat::Csv)),
            ("heap.json", None),
            ("heap.gz", None),
            ("-", None),
        ] {
            assert_eq!(OutputFormat::of_name(name), expected, "{name}");
        }
    }
}
