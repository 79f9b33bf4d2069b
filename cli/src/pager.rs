//! Shows what is longer than the screen through a pager, as git does.
//!
//! The crates for this (`pager`, `pager2`) start the pager before it is known whether there is anything to page, and
//! leave its exit status in place of the program's; those that page themselves are not what `PAGER` asks for.

use crate::arguments::GlobalArguments;
use signal_hook::consts::SIGINT;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

/// What stands for a pager where none is named: leaves what fits on the screen (`F`), keeps colours (`R`) and does
/// not clear the screen at its end (`X`).
const DEFAULT: &str = "less -FRX";
/// The same for a `less` that is named without options.
const LESS: &str = "FRX";

/// The words of the pager's command; none for no pager. Set once, from the command line.
static CHOSEN: OnceLock<Vec<String>> = OnceLock::new();

/// Makes the whole program page as it was asked to.
pub(crate) fn choose(global: &GlobalArguments) {
    let is_dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    let words =
        if global.no_pager || is_dumb { Vec::new() } else { command(|name| std::env::var(name).ok()) };
    // Only `main` calls this, so it is not set yet.
    let _ = CHOSEN.set(words);
}

/// The words of the command that the environment asks for.
fn command(variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let asked =
        variable("HEAPDIFF_PAGER").or_else(|| variable("PAGER")).unwrap_or_else(|| DEFAULT.to_owned());
    // What no shell would understand names no pager.
    let words = shlex::split(&asked).unwrap_or_default();
    if words == ["cat"] { Vec::new() } else { words }
}

/// Lines of the terminal that standard output is; `None` if it is none, or nothing is to be paged.
pub(crate) fn screen_lines() -> Option<usize> {
    CHOSEN.get().filter(|words| !words.is_empty())?;
    io::stdout().is_terminal().then(terminal_size::terminal_size).flatten().map(|(_, height)| height.0.into())
}

/// Whether a text leaves no line for the prompt.
pub(crate) fn is_longer_than(screen_lines: usize, text: &[u8]) -> bool {
    text.iter().filter(|&&byte| byte == b'\n').count() >= screen_lines
}

/// Hands a text to the pager and waits until it is read; `false` if there is no such pager.
///
/// # Errors
/// If the pager cannot be waited for.
pub(crate) fn show(text: &[u8]) -> io::Result<bool> {
    show_through(CHOSEN.get().map_or(&[], Vec::as_slice), text)
}

fn show_through(words: &[String], text: &[u8]) -> io::Result<bool> {
    let Some((program, arguments)) = words.split_first() else { return Ok(false) };
    let mut pager = Command::new(program);
    pager.args(arguments).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        pager.env("LESS", LESS);
    }
    let Ok(mut pager) = pager.spawn() else { return Ok(false) };
    // From here on Ctrl-C is for the pager, which must not lose the terminal to the shell.
    let _ = signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)));
    if let Some(mut stdin) = pager.stdin.take() {
        match stdin.write_all(text) {
            // The reader has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            written => written?,
        }
    }
    pager.wait().map(|_| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_variable_comes_first_and_nothing_means_no_pager() {
        let command = |own: Option<&str>, common: Option<&str>| {
            command(|name| if name == "PAGER" { common } else { own }.map(str::to_owned)).join("|")
        };
        assert_eq!(command(None, None), "less|-FRX");
        assert_eq!(command(None, Some("most -s")), "most|-s");
        assert_eq!(command(Some("'my pager' -x"), Some("most")), "my pager|-x");
        assert_eq!(command(Some(""), Some("most")), "");
        assert_eq!(command(None, Some("cat")), "");
        assert_eq!(command(Some("unclosed '"), None), "");
    }

    #[test]
    fn a_pager_that_is_left_early_is_no_error_and_one_that_is_not_there_is_said() {
        // More than a pipe holds.
        let text = vec![b'\n'; 1 << 20];
        let shown = |program: &str| show_through(&[program.to_owned()], &text).unwrap();
        assert!(shown("true"));
        assert!(!shown("/no/such/pager"));
    }

    #[test]
    fn a_text_that_fills_the_screen_leaves_no_line_for_the_prompt() {
        assert!(!is_longer_than(3, b"one\ntwo\n"));
        assert!(is_longer_than(3, b"one\ntwo\nthree\n"));
    }
}
