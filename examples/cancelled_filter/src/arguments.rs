//! The command line.

use clap::{Parser, ValueEnum};
use std::time::Duration;

/// Requests through a filter, every second one of them cancelled. Set `HEAPDIFF_DIR` to record heap profiles and
/// resources.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Arguments {
    /// Whether a cancelled request gives its buffers back
    #[arg(long, value_enum, default_value = "leaky")]
    pub(crate) variant: Variant,
    /// How many requests to make, one after the other
    #[arg(long, default_value_t = 200)]
    pub(crate) requests: u64,
    /// Time between requests, such as `10ms`
    #[arg(long, default_value = "10ms", value_parser = humantime::parse_duration)]
    pub(crate) pause: Duration,
}

/// When a cancelled exchange gives its buffers back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Variant {
    /// After its connection was closed, if that went well
    Leaky,
    /// Whatever happens
    Fixed,
}
