//! The same reports as Markdown: the same words and columns, as wide as they are.

use super::TextOptions;
use crate::markdown;
use crate::theme::Theme;
use std::io::{self, Write};

/// Wide enough that nothing is left out for want of room.
const WIDTH: usize = 1 << 16;
/// What a line begins with that is Markdown already. Control characters of names are replaced, so none begins so.
pub(super) const IS_MARKDOWN: char = '\u{1e}';

impl TextOptions {
    /// The same for [`write_markdown`].
    #[must_use]
    pub fn for_markdown(self) -> Self {
        Self { width: WIDTH, theme: Theme::plain(), is_markdown: true, ..self }
    }
}

/// Writes a report that is laid out with [`TextOptions::for_markdown`]. Its first line is stressed.
///
/// # Errors
/// If `out` takes no more.
pub fn write_markdown(
    report: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    report(&mut bytes)?;
    let lines = String::from_utf8_lossy(&bytes);
    let mut before = Line::Nothing;
    for (index, line) in lines.lines().enumerate() {
        let line = match line.strip_prefix(IS_MARKDOWN) {
            _ if line.trim().is_empty() => {
                before = Line::Nothing;
                continue;
            }
            Some(markdown) => Line::Markdown(markdown.to_owned()),
            None if index == 0 => Line::Text(format!("**{}**", markdown::text(line.trim()))),
            None => Line::Text(markdown::text(line.trim())),
        };
        match (&before, &line) {
            // A new paragraph, or the next line of this one.
            (Line::Nothing, _) if index == 0 => {}
            (Line::Text(_), Line::Text(_)) => writeln!(out, "<br>")?,
            (Line::Markdown(_), Line::Markdown(_)) => writeln!(out)?,
            _ => write!(out, "\n\n")?,
        }
        match &line {
            Line::Nothing => {}
            Line::Text(text) | Line::Markdown(text) => write!(out, "{text}")?,
        }
        before = line;
    }
    writeln!(out)
}

/// Writes a line that is Markdown already.
pub(super) fn write_line(line: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{IS_MARKDOWN}{line}")
}

/// What the line before was.
enum Line {
    Nothing,
    Text(String),
    Markdown(String),
}
