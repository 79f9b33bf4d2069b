//! The command line.

use clap::{Parser, ValueEnum};
use std::time::Duration;

/// Rounds of tasks through a pool of workers. Set `HEAPDIFF_DIR` to record heap profiles.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Arguments {
    /// Whether the pool's queue forgets a task that it has handed out
    #[arg(long, value_enum, default_value = "leaky")]
    pub(crate) variant: Variant,
    /// How many rounds to run; each waits for its tasks
    #[arg(long, default_value_t = 400)]
    pub(crate) rounds: u32,
    /// Size of the payload that the tasks of a round share, such as `64KiB`
    #[arg(long = "payload", value_name = "BYTES", default_value = "1MiB", value_parser = bytes)]
    pub(crate) payload_bytes: usize,
    /// How many threads execute tasks
    #[arg(long, default_value_t = 10, value_parser = at_least_one)]
    pub(crate) workers: usize,
    /// How many tasks make a round
    #[arg(long, default_value_t = 14, value_parser = at_least_one)]
    pub(crate) tasks: usize,
    /// Time between rounds, such as `10ms`
    #[arg(long, default_value = "10ms", value_parser = humantime::parse_duration)]
    pub(crate) pause: Duration,
}

/// What becomes of a slot of the queue that has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Variant {
    /// It keeps its task until the whole chunk goes
    Leaky,
    /// It is cleared
    Fixed,
}

fn bytes(text: &str) -> Result<usize, String> {
    let bytes = parse_size::parse_size(text).map_err(|error| error.to_string())?;
    usize::try_from(bytes).map_err(|error| error.to_string())
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1 is needed".to_owned()),
        Ok(count) => Ok(count),
        Err(error) => Err(format!("{error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_pauses_have_units() {
        let parse = |arguments: &[&str]| Arguments::try_parse_from([&["worker_pool"], arguments].concat());
        let arguments =
            parse(&["--variant", "fixed", "--payload", "64KiB", "--pause", "3ms", "--rounds", "7"]).unwrap();
        assert_eq!(arguments.variant, Variant::Fixed);
        assert_eq!(arguments.payload_bytes, 65_536);
        assert_eq!(arguments.pause, Duration::from_millis(3));
        assert_eq!((arguments.rounds, arguments.workers, arguments.tasks), (7, 10, 14));
        for wrong in [["--payload", "much"], ["--workers", "0"], ["--tasks", "0"], ["--variant", "both"]] {
            assert!(parse(&wrong).is_err(), "{wrong:?}");
        }
    }
}
