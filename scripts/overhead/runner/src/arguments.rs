//! The command line.

use crate::programs::Build;
use overhead_workloads::Plan;
use std::path::PathBuf;

/// Measures what heapdiff costs beside bare allocators and other profilers.
#[derive(Debug, clap::Parser)]
#[command(name = "bench-overhead")]
pub(crate) struct Arguments {
    /// What to measure.
    #[arg(value_enum, default_value = "quick")]
    pub(crate) mode: Mode,
    /// Rounds; each runs every row once.
    #[arg(long)]
    pub(crate) rounds: Option<usize>,
    /// Only these workloads.
    #[arg(long)]
    pub(crate) workload: Vec<String>,
    /// Only these builds.
    #[arg(long, value_enum)]
    pub(crate) build: Vec<Build>,
    /// Only these rows, and the allocators underneath.
    #[arg(long)]
    pub(crate) row: Vec<String>,
    /// The date, for the report.
    #[arg(long, default_value = "unknown")]
    pub(crate) date: String,
    /// The folder of this workspace.
    #[arg(long)]
    pub(crate) workspace: PathBuf,
    /// The folder to build into and to write to.
    #[arg(long)]
    pub(crate) target: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mode {
    /// Everything but the filters, in few rounds: less than five minutes.
    Quick,
    /// Everything, in many rounds: less than forty minutes.
    Full,
    /// The candidates for the free filter.
    Filters,
    /// What a sample costs.
    Samples,
    /// What a snapshot costs, and what a live sample takes.
    Snapshots,
    /// The server alone.
    Http,
}

impl Arguments {
    pub(crate) fn rounds(&self) -> usize {
        self.rounds.unwrap_or(match self.mode {
            Mode::Quick => 3,
            Mode::Full => 21,
            Mode::Filters | Mode::Samples | Mode::Snapshots | Mode::Http => 15,
        })
    }

    /// How long one run measures: 60 ms, since many runs say more than long ones where others share the cores.
    pub(crate) fn plan(&self) -> Plan {
        Plan { warm_up_ms: 10, block_ms: 3, blocks: 20 }
    }
}
