//! The command line. The scripts fill in the paths.

use std::path::PathBuf;

/// Compares heapdiff with the real pprof.
#[derive(Debug, clap::Parser)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Task {
    /// Runs every case of a corpus.
    Conformance(Conformance),
    /// Runs random cases.
    Differential(Differential),
    /// Writes the large profiles of the benchmark.
    LargeProfiles {
        folder: PathBuf,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Measures time and memory.
    Bench(Bench),
}

#[derive(Debug, clap::Args)]
#[command(bin_name = "scripts/conformance")]
pub(crate) struct Conformance {
    /// The folder of the corpus: any folder in it may hold a CASES.json.
    pub(crate) corpus: PathBuf,
    /// The program to test, which takes pprof's own arguments, in place of `heapdiff pprof`.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) against: Option<PathBuf>,
    /// Only cases whose flags, sources or golden hold this word.
    #[arg(long, value_name = "WORD")]
    pub(crate) filter: Option<String>,
    /// Names every case, and shows up to ten differing lines of those that fail.
    #[arg(long)]
    pub(crate) verbose: bool,
    /// Records what this pprof 1.24.11 prints for cases whose golden is of another version of pprof.
    #[arg(long, value_name = "PPROF")]
    pub(crate) record: Option<PathBuf>,
    /// The heapdiff to test.
    #[arg(long, hide = true)]
    pub(crate) heapdiff: Option<PathBuf>,
    /// The file of recorded outputs.
    #[arg(long, hide = true)]
    pub(crate) recording: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(bin_name = "scripts/test-pprof-differential")]
pub(crate) struct Differential {
    /// How many cases.
    #[arg(long, default_value_t = 200)]
    pub(crate) pairs: u64,
    /// Where they come from: the same seed gives the same cases.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Only the case of this number.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) only: Option<u64>,
    /// Shows what equal pairs wrote to stderr.
    #[arg(long)]
    pub(crate) verbose: bool,
    /// The program to test, which takes pprof's own arguments, in place of `heapdiff pprof`.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) against: Option<PathBuf>,
    /// The heapdiff to test.
    #[arg(long, hide = true)]
    pub(crate) heapdiff: Option<PathBuf>,
    /// The real pprof.
    #[arg(long, hide = true)]
    pub(crate) pprof: PathBuf,
    /// Where differing cases are kept.
    #[arg(long, hide = true)]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(bin_name = "scripts/bench-pprof")]
pub(crate) struct Bench {
    /// How often each program does each task.
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    /// Where the small profiles come from.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// The program to measure, which takes pprof's own arguments, in place of `heapdiff pprof`.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) against: Option<PathBuf>,
    /// The heapdiff to measure.
    #[arg(long, hide = true)]
    pub(crate) heapdiff: Option<PathBuf>,
    /// The real pprof.
    #[arg(long, hide = true)]
    pub(crate) pprof: PathBuf,
    /// The folder of the profiles.
    #[arg(long, hide = true)]
    pub(crate) folder: PathBuf,
    /// The file to write every figure to.
    #[arg(long, hide = true)]
    pub(crate) report: PathBuf,
}
