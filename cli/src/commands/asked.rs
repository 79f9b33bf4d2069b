//! What was asked of a series, which the commands that a report names next must ask for again.

use crate::arguments::{GlobalArguments, SelectionArguments, Typed};
use crate::output::shell_word;
use std::path::Path;

/// What was asked of a series.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) path: &'a Path,
    /// The process, where the folder holds several.
    pub(super) process: Option<&'a str>,
    pub(super) selection: &'a SelectionArguments,
    pub(super) global: &'a GlobalArguments,
}

impl Asked<'_> {
    /// The folder, and which process of it.
    pub(super) fn folder(&self) -> String {
        let process =
            self.process.map_or(String::new(), |process| format!(" --process {}", shell_word(process)));
        format!("{}{process}", shell_word(&self.path.display().to_string()))
    }

    /// All that changes what a report says, each option after a blank; `focus` takes the place of the one that was asked
    /// for.
    pub(super) fn options(&self, focus: Option<&str>) -> String {
        words(&self.selection.typed(focus)) + &self.options_everywhere()
    }

    /// What of it changes what a report of other samples says, which filters are not about.
    pub(super) fn options_of_others(&self) -> String {
        words(self.selection.typed_confidence().as_slice()) + &self.options_everywhere()
    }

    fn options_everywhere(&self) -> String {
        words(&self.global.typed())
    }
}

/// Options as they are typed, each after a blank.
pub(super) fn words(typed: &[Typed<'_>]) -> String {
    let mut words = String::new();
    for (option, value) in typed {
        words.push_str(&format!(" {option}"));
        if let Some(value) = value {
            words.push_str(&format!(" {}", shell_word(value)));
        }
    }
    words
}
