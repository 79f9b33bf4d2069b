//! What `heapdiff check` is asked.

use super::{ProcessArguments, SelectionArguments};
use clap::{ArgGroup, Args, ValueEnum};
use heapdiff_profile::{Limit, Per, RateLimit};
use std::path::PathBuf;

/// Says whether growth stays within what it may be, by its exit status
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("limits").multiple(true),
    override_usage = "heapdiff check [OPTIONS] BASE HEAD\n       heapdiff check [OPTIONS] DIR\n       heapdiff check [OPTIONS] --base FILE... HEAD...",
    after_help = "\
Examples:
  heapdiff check before.pb.gz after.pb.gz --max-growth 1MiB
  heapdiff check profiles --max-growth 2% --match '^shop::'
  heapdiff check profiles --max-rate 1MiB/h
  heapdiff check profiles --max-per-item 64B --per requests
  heapdiff check profiles                       by the budgets of heapdiff.toml
  heapdiff check profiles --format junit >target/heap.xml

heapdiff.toml:
  [[budget]]
  match = \"^shop::cache\"
  max_growth = \"5MiB\"
  relative = \"2%\"
  min_samples = 20

  [[budget]]
  per_item = \"64B\"
  per = \"requests\"

  [[budget]]
  max_rate = \"1MiB/h\"

Exit status: 0 every budget is held, 1 one is exceeded, 4 none is exceeded but
one cannot be judged by these profiles, 2 wrong usage, 3 unreadable input."
)]
pub(crate) struct CheckArguments {
    /// BASE and HEAD, or one folder with snapshots; with --base, one or more HEADs
    #[arg(required = true, value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,

    /// Compare with this profile; several are merged
    #[arg(long, value_name = "FILE")]
    pub(crate) base: Vec<PathBuf>,

    /// How much memory may grow: `1MiB`, or `2%` of the base
    #[arg(long, value_name = "LIMIT", group = "limits", value_parser = crate::budget_file::limit)]
    pub(crate) max_growth: Option<Limit>,

    /// How fast memory may grow over the snapshots of a folder: `1MiB/h`, or by `/s`, `/min` or `/day`
    #[arg(long, value_name = "RATE", group = "limits", value_parser = crate::budget_file::rate)]
    pub(crate) max_rate: Option<RateLimit>,

    /// What these limits are about: stacks with a function that matches
    #[arg(long = "match", value_name = "REGEX", requires = "limits")]
    pub(crate) pattern: Option<String>,

    /// The budgets [default: heapdiff.toml, where there is one and no limit is given]
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) budgets: Option<PathBuf>,

    /// How much memory may be kept for each item that the program handles: `64B`; between base and head, or over the
    /// snapshots of a folder by the slope against their number
    #[arg(long, value_name = "LIMIT", group = "limits", requires = "per", value_parser = crate::budget_file::bytes)]
    pub(crate) max_per_item: Option<f64>,

    /// The items of --max-per-item, and of budgets with `per_item`: a counter of the program's own, such as
    /// `requests`; their number between base and head; or two numbers, BASE:HEAD, of two processes
    #[arg(long, value_name = "ITEMS", alias = "items", value_parser = super::rows_by::parse_per)]
    pub(crate) per: Option<Per>,

    /// Growth that rests on fewer samples is not judged by the limits above
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) min_samples: u64,

    /// What it means for the exit status if a budget cannot be judged
    #[arg(long, value_enum, default_value_t = Inconclusive::Fail)]
    pub(crate) inconclusive: Inconclusive,

    /// Plant a leak in the head and expect every budget to catch it
    #[arg(long)]
    pub(crate) self_test: bool,

    /// For people, for programs, or for services that build and test
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub(crate) format: CheckFormat,

    #[command(flatten)]
    pub(crate) process: ProcessArguments,

    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
}

/// What an inconclusive budget means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Inconclusive {
    /// Exit status 0
    Pass,
    /// Exit status 4
    Fail,
}

/// How a check is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    Text,
    Json,
    Junit,
    Github,
    Csv,
    #[value(alias = "md")]
    Markdown,
}
