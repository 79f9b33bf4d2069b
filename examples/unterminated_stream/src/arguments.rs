//! The command line.

use clap::{Parser, ValueEnum};
use std::time::Duration;

/// Messages in streams. Set `HEAPDIFF_DIR` to record heap profiles and tasks.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Arguments {
    /// What leaks
    #[arg(long, value_enum, default_value = "handle")]
    pub(crate) form: Form,
    /// Whether it leaks
    #[arg(long, value_enum, default_value = "leaky")]
    pub(crate) variant: Variant,
    /// How many rounds of two messages to frame, or how many events to publish
    #[arg(long, default_value_t = 200)]
    pub(crate) rounds: u32,
    /// How many calls subscribe to the events
    #[arg(long, default_value_t = 4)]
    pub(crate) calls: u32,
    /// Time between rounds, such as `10ms`
    #[arg(long, default_value = "10ms", value_parser = humantime::parse_duration)]
    pub(crate) pause: Duration,
}

/// What leaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// The handle of a buffer, when two write to one stream
    Handle,
    /// What a call that nobody ends is sent
    Call,
}

/// Whether it leaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Variant {
    /// A handle is set without looking again; a call is left as it is
    Leaky,
    /// A handle is looked for again after waiting; a call is dropped, which ends it
    Fixed,
}
