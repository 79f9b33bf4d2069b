//! Workflow commands of GitHub Actions, which stand beside the line that grew.
//!
//! **Source:** "Workflow commands for GitHub Actions", `error`, `warning` and `notice`.

use super::Words;
use heapdiff_profile::{BudgetReport, BudgetVerdict};
use std::io::{self, Write};

/// One line a budget that is not held.
#[derive(Clone, Copy, Debug)]
pub struct BudgetAnnotations<'a> {
    /// What became of the budgets.
    pub report: &'a BudgetReport,
    /// The folder that source files are written relative to.
    pub source_root: Option<&'a str>,
}

impl BudgetAnnotations<'_> {
    /// Writes the lines.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for words in Words::all(self.report, self.source_root) {
            let level = match words.outcome {
                BudgetVerdict::Exceeded => "error",
                BudgetVerdict::Inconclusive => "warning",
                BudgetVerdict::Held => "notice",
            };
            let place = words
                .place
                .as_ref()
                .map_or(String::new(), |(file, line)| format!("file={},line={line},", property(file)));
            let by =
                if words.culprit.is_empty() { String::new() } else { format!("; most by {}", words.culprit) };
            writeln!(
                out,
                "::{level} {place}title=heapdiff::{}",
                message(&format!("{}{by}", words.sentence))
            )?;
        }
        Ok(())
    }
}

/// A message, in which line ends and percent signs mean something.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property, in which separators do too.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
