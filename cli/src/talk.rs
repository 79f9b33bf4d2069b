//! Remarks on standard error: data goes to standard output and nothing else does.

use anstyle::{AnsiColor, Style};
use std::io::Write as _;

/// Whether and what to say beside the data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Talk {
    quiet: bool,
}

impl Talk {
    /// Talk, unless `quiet`.
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// What a reader should know.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            say("note", AnsiColor::Blue, text);
        }
    }

    /// What keeps the data from being complete.
    pub(crate) fn warning(self, text: &str) {
        if !self.quiet {
            say("warning", AnsiColor::Yellow, text);
        }
    }

    /// What to try next.
    pub(crate) fn hint(self, text: &str) {
        if !self.quiet {
            say("hint", AnsiColor::Cyan, text);
        }
    }

    /// Whether nothing is to be said.
    pub(crate) fn is_quiet(self) -> bool {
        self.quiet
    }
}

/// Prints a remark. Whoever closed standard error does not want to hear it, so a failure to print is none.
///
/// One line each: a path may hold a newline, or an escape code that would command the terminal.
pub(crate) fn say(kind: &str, color: AnsiColor, text: &str) {
    let text: String =
        text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    let style = Style::new().bold().fg_color(Some(color.into()));
    let _ = writeln!(anstream::stderr(), "{style}{kind}:{style:#} {text}");
}
