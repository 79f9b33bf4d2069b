//! `top`, `tree`, `peek` and `graph`.

use super::{
    ComparisonArguments, Format, MeasureArguments, OutputArguments, ProcessArguments, SelectionArguments,
};
use clap::{Args, ValueEnum};
use heapdiff_profile::{AnalysisError, FrameVisibility, Names, NodeBy, NodeOrder, Selection, Trimming};
use std::path::PathBuf;

/// Shows what a profile holds, or what changed: flat and cum
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  heapdiff top profiles/shop-20261120T110121Z-42-000031.pb.gz
  heapdiff top heap.pb.gz --cum -n 50
  heapdiff top heap.pb.gz --type alloc_space    bytes allocated since start
  heapdiff top --base monday.pb.gz friday.pb.gz
  heapdiff top --base profiles profiles         first against last snapshot

With a folder, its newest snapshot is shown. Several profiles are summed:
  heapdiff top pod-*/heap.pb.gz")]
pub(crate) struct TopArguments {
    /// Profiles, `-` for standard input, or folders with snapshots; several are merged
    #[arg(required = true, value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,

    /// Sort by cum instead of flat
    #[arg(long)]
    pub(crate) cum: bool,

    #[command(flatten)]
    pub(crate) calls: CallArguments,

    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// Shows functions with their callers and callees, or as an outline
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  heapdiff tree heap.pb.gz
  heapdiff tree heap.pb.gz --call-tree          from the root on, as an outline
  heapdiff tree --base monday.pb.gz friday.pb.gz --call-tree

With a folder, its newest snapshot is shown; several profiles are summed.")]
pub(crate) struct TreeArguments {
    /// Profiles, `-` for standard input, or folders with snapshots; several are merged
    #[arg(required = true, value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,

    /// From the root on what was called, as an outline that keeps contexts apart
    #[arg(long)]
    pub(crate) call_tree: bool,

    /// Sort by flat instead of cum
    #[arg(long, conflicts_with = "call_tree")]
    pub(crate) flat: bool,

    #[command(flatten)]
    pub(crate) calls: CallArguments,

    #[command(flatten)]
    pub(crate) count: NodeCountArguments,
}

/// Shows the callers and callees of the functions that match
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  heapdiff peek Cache::insert heap.pb.gz
  heapdiff peek 'src/session' --base monday.pb.gz friday.pb.gz

With a folder, its newest snapshot is shown; several profiles are summed.")]
pub(crate) struct PeekArguments {
    /// Functions or source files to look for
    #[arg(value_name = "REGEX")]
    pub(crate) pattern: String,

    /// Profiles, `-` for standard input, or folders with snapshots; several are merged
    #[arg(required = true, value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) calls: CallArguments,

    /// For people or for programs
    #[arg(long, default_value = "text", value_parser = Format::without_table(), help_heading = "How to print it")]
    pub(crate) format: Format,
}

/// Draws who calls whom, for Graphviz
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  heapdiff graph heap.pb.gz -o heap.svg                  drawn by `dot`
  heapdiff graph --base monday.pb.gz friday.pb.gz -o growth.svg
  heapdiff graph heap.pb.gz | dot -Tpng > heap.png

Growth is orange to red, shrinkage blue. With a folder, its newest snapshot is
drawn; several profiles are summed.")]
pub(crate) struct GraphArguments {
    /// Profiles, `-` for standard input, or folders with snapshots; several are merged
    #[arg(required = true, value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,

    /// Where to write it instead of standard output; what does not end in .dot, .gv or .json is drawn by `dot`
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Keep contexts apart: a function that is called in two ways is two boxes
    #[arg(long)]
    pub(crate) call_tree: bool,

    #[command(flatten)]
    pub(crate) calls: CallArguments,

    #[command(flatten)]
    pub(crate) count: NodeCountArguments,
}

/// What all views of calls are asked.
#[derive(Debug, Clone, Args)]
pub(crate) struct CallArguments {
    /// Compare with this profile, or folder; several are merged
    #[arg(long, value_name = "FILE")]
    pub(crate) base: Vec<PathBuf>,

    /// What makes a row
    #[arg(long, value_enum, default_value_t = NodesBy::Function)]
    pub(crate) by: NodesBy,

    /// Show the frames that pprof shows, so that its figures come out
    #[arg(long, conflicts_with = "all_frames")]
    as_pprof: bool,

    #[command(flatten)]
    pub(crate) comparison: ComparisonArguments,

    #[command(flatten)]
    trim: TrimArguments,

    #[command(flatten)]
    pub(crate) process: ProcessArguments,

    #[command(flatten)]
    selection: SelectionArguments,

    #[command(flatten)]
    pub(crate) measure: MeasureArguments,

    /// Take what the filters let through for 100 %
    #[arg(long, hide_short_help = true, help_heading = "How to print it")]
    relative_percentages: bool,
}

/// What is too small to be shown.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "What to leave out")]
struct TrimArguments {
    /// Functions that hold less than this part of what is shown, with all that they call [default: 0.005; top and
    /// peek: 0]
    #[arg(long, value_name = "PART", value_parser = fraction, hide_short_help = true)]
    node_fraction: Option<f64>,

    /// Calls through which less than this part of what is shown goes [default: 0.001; peek: 0]
    #[arg(long, value_name = "PART", value_parser = fraction, hide_short_help = true)]
    edge_fraction: Option<f64>,

    /// Leave nothing out, however small
    #[arg(long, hide_short_help = true)]
    no_trim: bool,
}

/// How many nodes, and how they are printed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "How to print it")]
pub(crate) struct NodeCountArguments {
    /// For people or for programs
    #[arg(long, default_value = "text", value_parser = Format::without_table())]
    pub(crate) format: Format,

    /// Show at most this many functions; JSON has all unless this is given
    #[arg(short = 'n', long, value_name = "COUNT")]
    node_count: Option<usize>,
}

impl CallArguments {
    /// The selection that these options mean, for a report that writes names so.
    ///
    /// # Errors
    /// If a filter cannot be understood.
    pub(crate) fn selection(&self, names: Option<Names>) -> Result<Selection, AnalysisError> {
        let mut selection = self.comparison.applied_to(self.selection.selection(names)?);
        if self.as_pprof {
            selection.frames = FrameVisibility::AsPprof;
        }
        selection.relative_percentages = self.relative_percentages;
        Ok(selection)
    }

    /// What is left out where these fractions of nodes and edges are too small, unless they were asked for.
    pub(crate) fn trimming(&self, node_fraction: f64, edge_fraction: f64, nodes: Option<usize>) -> Trimming {
        if self.trim.no_trim {
            return Trimming::default();
        }
        Trimming {
            node_count: nodes,
            node_fraction: self.trim.node_fraction.unwrap_or(node_fraction),
            edge_fraction: self.trim.edge_fraction.unwrap_or(edge_fraction),
            unchanged: true,
            redundant_edges: false,
        }
    }

    /// Whether nothing is to be left out.
    pub(crate) fn keeps_all(&self) -> bool {
        self.trim.no_trim
    }
}

impl NodeCountArguments {
    /// Nodes at most, of which people are shown `default`.
    pub(crate) fn nodes(&self, default: usize) -> Option<usize> {
        self.node_count.or((self.format == Format::Text).then_some(default))
    }
}

impl TopArguments {
    /// What rows are sorted by.
    pub(crate) fn order(&self) -> NodeOrder {
        if self.cum { NodeOrder::Cum } else { NodeOrder::Flat }
    }
}

impl TreeArguments {
    /// What functions are sorted by.
    pub(crate) fn order(&self) -> NodeOrder {
        if self.flat { NodeOrder::Flat } else { NodeOrder::Cum }
    }
}

/// What makes a row, or a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum NodesBy {
    Function,
    Line,
    File,
    Module,
    Crate,
}

impl From<NodesBy> for NodeBy {
    fn from(by: NodesBy) -> Self {
        match by {
            NodesBy::Function => Self::Function,
            NodesBy::Line => Self::Line,
            NodesBy::File => Self::File,
            NodesBy::Module => Self::Module,
            NodesBy::Crate => Self::Crate,
        }
    }
}

fn fraction(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(part) if (0.0..=1.0).contains(&part) => Ok(part),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}
