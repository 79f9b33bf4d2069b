//! Lines of the user: edited on a terminal, as they come from anything else.

use super::reason;
use heapdiff_classic::foreign_bytes::carry;
use heapdiff_classic::shell::{Completion, PROMPT, complete};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

/// Where lines come from.
pub(super) enum LineReader {
    /// A terminal: lines can be edited, completed and taken back from history.
    Terminal(Box<Editor<Functions, MemHistory>>),
    /// A file or a pipe.
    Plain,
}

impl LineReader {
    /// Reads standard input. `functions` says the names that can be completed.
    pub(super) fn new(functions: impl FnOnce() -> Vec<String>) -> Self {
        let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
        let editor = || {
            let config =
                Config::builder().completion_type(CompletionType::List).auto_add_history(true).build();
            let history = MemHistory::with_config(&config);
            let mut editor = Editor::with_history(config, history).ok()?;
            editor.set_helper(Some(Functions(functions())));
            Some(Self::Terminal(Box::new(editor)))
        };
        is_terminal.then(editor).flatten().unwrap_or(Self::Plain)
    }

    /// The next line, or none at the end.
    pub(super) fn next_line(&mut self) -> Result<Option<String>, String> {
        match self {
            Self::Terminal(editor) => match editor.readline(PROMPT) {
                Ok(line) => Ok(Some(line)),
                Err(ReadlineError::Eof | ReadlineError::Interrupted) => Ok(None),
                Err(error) => Err(error.to_string()),
            },
            Self::Plain => {
                // Whoever closed standard output does not want the prompt.
                let _ = io::stdout().write_all(PROMPT.as_bytes()).and_then(|()| io::stdout().flush());
                let mut line = Vec::new();
                let length = io::stdin().lock().read_until(b'\n', &mut line);
                let length = length.map_err(|error| format!("read /dev/stdin: {}", reason(&error)))?;
                Ok((length > 0).then(|| carry(&line).into_owned()))
            }
        }
    }
}

/// The names of a profile's functions, to complete words with.
pub(super) struct Functions(Vec<String>);

impl Completer for Functions {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let Completion { start, candidates } = complete(line.get(..position).unwrap_or(line), &self.0);
        Ok((start, candidates))
    }
}

impl Hinter for Functions {
    type Hint = String;
}

impl Highlighter for Functions {}
impl Validator for Functions {}
impl Helper for Functions {}
