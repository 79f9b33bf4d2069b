//! The command line.

use clap::{Parser, ValueEnum};
use std::time::Duration;

/// Connections to a server that closes them. Set `HEAPDIFF_DIR` to record heap profiles and tasks.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Arguments {
    /// Who counts a response as come: the one who asked for it, or the task that read it
    #[arg(long, value_enum, default_value = "leaky")]
    pub(crate) variant: Variant,
    /// How many connections to open, one after the other
    #[arg(long, default_value_t = 160)]
    pub(crate) connections: u32,
    /// Time between connections, such as `10ms`
    #[arg(long, default_value = "10ms", value_parser = humantime::parse_duration)]
    pub(crate) pause: Duration,
}

/// When a response counts as come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Variant {
    /// When the one who asked for it has it, which is too late
    Leaky,
    /// Before it is handed over
    Fixed,
}
