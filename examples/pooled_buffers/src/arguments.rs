//! The command line.

use clap::{Parser, ValueEnum};
use std::time::Duration;

/// Requests that are answered in pooled buffers. Set `HEAPDIFF_DIR` to record heap profiles and resources.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Arguments {
    /// Whether each handler releases its buffer
    #[arg(long, value_enum, default_value = "leaky")]
    pub(crate) variant: Variant,
    /// How many requests to handle, one in eight of them by the handler that leaks
    #[arg(long, default_value_t = 16_000)]
    pub(crate) requests: u64,
    /// Time after every 200 requests, such as `10ms`
    #[arg(long, default_value = "10ms", value_parser = humantime::parse_duration)]
    pub(crate) pause: Duration,
}

/// What one of the handlers does with its buffer in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Variant {
    /// Nothing
    Leaky,
    /// It releases it
    Fixed,
}
