//! The commands that a reader may want to type next.

use super::TextOptions;
use crate::elide;
use std::io::{self, Write};

/// Writes the commands, each with what it is good for, after an empty line.
pub(super) fn write_next(
    next: &[(String, &'static str)],
    options: &TextOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    // Whoever reads Markdown has no shell at hand.
    if next.is_empty() || options.is_markdown {
        return Ok(());
    }
    writeln!(out)?;
    let next: Vec<_> = next.iter().map(|(command, purpose)| (elide::printable(command), purpose)).collect();
    let widest = next.iter().map(|(command, _)| elide::width(command)).max().unwrap_or(0);
    for (index, (command, purpose)) in next.iter().enumerate() {
        let title = if index == 0 { "next:" } else { "" };
        let padding = widest - elide::width(command);
        // A purpose that does not fit is left out; a command is never cut, for it is there to be copied.
        let purpose = if 9 + widest + elide::width(purpose) <= options.width {
            format!("{:padding$}  {}", "", options.theme.faint(purpose))
        } else {
            String::new()
        };
        writeln!(out, "{title:5}  {}{purpose}", options.theme.strong(command))?;
    }
    Ok(())
}
