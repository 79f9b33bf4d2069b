//! Errors that a user can cause, and the exit status of each.

use crate::talk;
use anstyle::AnsiColor;
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// Exit status for a question that makes no sense, or output that cannot be written.
const USAGE: u8 = 2;
/// Exit status for input that cannot be read.
const INPUT: u8 = 3;
/// Exit status for input that is fine and does not decide the question.
const INCONCLUSIVE: u8 = 4;

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The question makes no sense.
    #[error("{message}")]
    Usage {
        /// What is wrong with it.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The input cannot be read, or holds nothing that answers the question.
    #[error("{message}")]
    Input {
        /// The file, what was found and what was expected.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The input can be read, and is too little to answer the question.
    #[error("{message}")]
    Inconclusive {
        /// What was found and what it takes.
        message: String,
        /// What to do.
        hint: String,
    },
    /// Some of several sources cannot be read, so that there is no sum of them all.
    #[error("{} of {count} sources cannot be read", failures.len())]
    Sources {
        /// Why each cannot.
        failures: Vec<Self>,
        /// How many were named.
        count: usize,
    },
}

impl Failure {
    /// A question that makes no sense.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: Some(hint.into()) }
    }

    /// Input that cannot be read.
    pub(crate) fn input(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Input { message: message.into(), hint: Some(hint.into()) }
    }

    /// Both sides of a comparison, or the first of them that fails.
    pub(crate) fn both<T>(base: Result<T, Self>, head: Result<T, Self>) -> Result<(T, T), Self> {
        match (base, head) {
            (Ok(base), Ok(head)) => Ok((base, head)),
            (Err(of_base @ (Self::Input { .. } | Self::Sources { .. })), Err(of_head)) => {
                let ((mut failures, count), (more, count_more)) = (of_base.parts(), of_head.parts());
                failures.extend(more);
                Err(Self::Sources { failures, count: count + count_more })
            }
            (Err(failure), _) | (_, Err(failure)) => Err(failure),
        }
    }

    /// What failed, of how many.
    fn parts(self) -> (Vec<Self>, usize) {
        match self {
            Self::Sources { failures, count } => (failures, count),
            other => (vec![other], 1),
        }
    }

    /// A file that cannot be read.
    pub(crate) fn unreadable(path: &Path, reason: &str, hint: Option<String>) -> Self {
        Self::Input { message: format!("cannot read `{}`: {reason}", path.display()), hint }
    }
}

/// Prints an error and says with which status to exit.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let is_closed_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(is_closed_pipe) {
        // The reader has seen enough: `heapdiff top heap.pb.gz | head`.
        return ExitCode::SUCCESS;
    }
    // A path or a regular expression may hold a newline; each remark is one line nevertheless.
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (status, hint) = match error.downcast_ref::<Failure>() {
        Some(Failure::Usage { hint, .. }) => (USAGE, hint.as_deref()),
        Some(Failure::Input { hint, .. }) => (INPUT, hint.as_deref()),
        Some(Failure::Inconclusive { hint, .. }) => (INCONCLUSIVE, Some(hint.as_str())),
        Some(Failure::Sources { failures, count }) => {
            for failure in failures {
                talk::say("error", AnsiColor::Red, &one_line(&failure.to_string()));
            }
            (INPUT, (failures.len() < *count).then_some("`--keep-going` leaves out what cannot be read"))
        }
        // What is left is output that cannot be written: where to write it was part of the command.
        None => (USAGE, None),
    };
    talk::say("error", AnsiColor::Red, &one_line(&format!("{error:#}")));
    if let Some(hint) = hint {
        talk::say("hint", AnsiColor::Cyan, &one_line(hint));
    }
    ExitCode::from(status)
}
