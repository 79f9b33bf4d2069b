//! Colours of the text, none of which says anything that a sign or a word does not say too.

use anstyle::{Ansi256Color, AnsiColor, Color, Style};
use std::fmt::Display;

/// The styles of a report. [`Theme::plain`] writes no escape codes at all.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    growth: Style,
    shrinkage: Style,
    heading: Style,
    faint: Style,
    strong: Style,
}

impl Theme {
    /// No escape codes.
    #[must_use]
    pub const fn plain() -> Self {
        let style = Style::new();
        Self { growth: style, shrinkage: style, heading: style, faint: style, strong: style }
    }

    /// Orange for growth and blue for shrinkage: a pair that people who confuse red and green tell apart, on a dark
    /// ground and on a light one.
    #[must_use]
    pub const fn colored() -> Self {
        Self {
            growth: Style::new().bold().fg_color(Some(Color::Ansi256(Ansi256Color(208)))),
            shrinkage: Style::new().bold().fg_color(Some(Color::Ansi256(Ansi256Color(39)))),
            heading: Style::new().bold(),
            faint: Style::new().fg_color(Some(Color::Ansi(AnsiColor::BrightBlack))),
            strong: Style::new().bold(),
        }
    }

    /// A change, in the colour of its direction.
    #[must_use]
    pub fn change(&self, value: i64, text: impl Display) -> String {
        match value {
            1.. => paint(self.growth, text),
            0 => paint(self.faint, text),
            _ => paint(self.shrinkage, text),
        }
    }

    /// The head of a table or a section.
    #[must_use]
    pub fn heading(&self, text: impl Display) -> String {
        paint(self.heading, text)
    }

    /// What the reader may skip.
    #[must_use]
    pub fn faint(&self, text: impl Display) -> String {
        paint(self.faint, text)
    }

    /// What the reader must not miss.
    #[must_use]
    pub fn strong(&self, text: impl Display) -> String {
        paint(self.strong, text)
    }
}

fn paint(style: Style, text: impl Display) -> String {
    let text = text.to_string();
    if text.is_empty() { text } else { format!("{style}{text}{style:#}") }
}

/// The sign of a change's direction, which goes before the number: `▲`, `▼`, or a space for none.
#[must_use]
pub(crate) fn direction(value: i64) -> &'static str {
    match value {
        1.. => "▲",
        0 => " ",
        _ => "▼",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_the_text_alone() {
        let theme = Theme::plain();
        assert_eq!(
            theme.change(5, "+5") + &theme.heading("x") + &theme.faint("y") + &theme.strong("z"),
            "+5xyz"
        );
    }

    #[test]
    fn growth_and_shrinkage_differ_in_colour_and_in_sign() {
        let theme = Theme::colored();
        assert_ne!(theme.change(1, "x"), theme.change(-1, "x"));
        assert_ne!(direction(1), direction(-1));
    }
}
