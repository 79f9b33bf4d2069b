//! What can be typed after `list`, `traces` and `tags`.

use super::{
    ComparisonArguments, MeasureArguments, OutputArguments, PlainOutputArguments, ProcessArguments,
    SelectionArguments,
};
use clap::Args;
use std::path::PathBuf;

/// One profile or what to compare it with, and what to look at in both.
#[derive(Debug, Args)]
pub(crate) struct SubjectArguments {
    /// Profiles, `-` for standard input, or folders with snapshots; several are merged
    #[arg(required = true, value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,

    /// Show what changed since this profile; several are merged
    #[arg(long, value_name = "FILE")]
    pub(crate) base: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) comparison: ComparisonArguments,

    #[command(flatten)]
    pub(crate) measure: MeasureArguments,

    #[command(flatten)]
    pub(crate) process: ProcessArguments,

    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
}

/// Shows the source of functions, with what each line holds beside it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  heapdiff list Cache::insert profiles
  heapdiff list '^shop::' profiles --source-root ~/shop
  heapdiff list insert new.pb.gz --base old.pb.gz    what each line gained

A file is looked for below each --source-root, by the longest end of its path
that is there; then where the profile says it is; then below the current
folder and that of the profile.")]
pub(crate) struct ListArguments {
    /// Functions whose name matches
    #[arg(value_name = "REGEX")]
    pub(crate) functions: String,

    #[command(flatten)]
    pub(crate) subject: SubjectArguments,

    /// Look for source files below this folder; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(crate) source_root: Vec<PathBuf>,

    /// Lines to show before and after each that holds something
    #[arg(long, value_name = "LINES", default_value_t = 3)]
    pub(crate) context: usize,

    #[command(flatten)]
    pub(crate) output: PlainOutputArguments,
}

/// Shows every stack with what it holds and its labels, the biggest first
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  heapdiff traces profiles -n 5
  heapdiff traces profiles --focus Cache::insert --all-frames
  heapdiff traces new.pb.gz --base old.pb.gz")]
pub(crate) struct TracesArguments {
    #[command(flatten)]
    pub(crate) subject: SubjectArguments,

    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// Shows the labels of samples, such as block sizes and ages, and how much each value stands for
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  heapdiff tags profiles                     sizes and epochs of what is alive
  heapdiff tags profiles --focus Cache::insert --tag-show bytes
  heapdiff tags new.pb.gz --base old.pb.gz

`epoch` is the number of snapshots that were written before an allocation was
made, `bytes` the size of a block.")]
pub(crate) struct TagsArguments {
    #[command(flatten)]
    pub(crate) subject: SubjectArguments,

    #[command(flatten)]
    pub(crate) output: OutputArguments,
}
