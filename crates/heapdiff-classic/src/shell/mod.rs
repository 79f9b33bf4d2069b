//! The shell: a line in, what to do about it out. Reading lines, printing and making reports is up to the program.

mod completion;
mod help;
mod report_line;

pub use completion::{Completion, complete};

use crate::options::{Config, Named, ReportCommand, Variable};
use crate::profile::Profile;
use crate::session;
use std::collections::BTreeMap;

/// What stands before each line, on standard output.
pub const PROMPT: &str = "(pprof) ";

/// What follows `//:` behind a value is a comment, as the list of variables has them.
const COMMENT_START: &str = "//:";

/// What is to be done about a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// To be printed to standard error.
    Say(String),
    /// A report is to be made, with variables of its own.
    Report {
        /// The report.
        report: ReportCommand,
        /// The variables, as this line has them.
        config: Box<Config>,
    },
    /// The shell ends.
    Quit,
}

/// The variables, and what a line can mean.
#[derive(Clone, Debug)]
pub struct Shell {
    config: Config,
    /// The kinds of the profile's values.
    kinds: Vec<String>,
    /// Which of them is shown if the user does not say.
    default_kind: Option<usize>,
    /// Lines that stand for others.
    shortcuts: BTreeMap<String, Vec<String>>,
}

impl Shell {
    /// A shell about a profile, with the variables of the command line.
    #[must_use]
    pub fn new(profile: &Profile, config: &Config) -> Self {
        let kinds: Vec<String> =
            profile.sample_types.iter().map(|kind| profile.text(kind.kind).to_owned()).collect();
        let cleared = ["focus=", "ignore=", "hide=", "tagfocus=", "tagignore="];
        let mut shortcuts = BTreeMap::from([(":".to_owned(), cleared.map(str::to_owned).to_vec())]);
        for kind in &kinds {
            let select = format!("sample_index={kind}");
            shortcuts.insert(kind.clone(), vec![select.clone()]);
            shortcuts.insert(format!("total_{kind}"), vec!["mean=0".to_owned(), select.clone()]);
            shortcuts.insert(format!("mean_{kind}"), vec!["mean=1".to_owned(), select]);
        }
        // The greeting has said what every report would begin with.
        let config = Config { compact_labels: true, ..config.clone() };
        Self { config, default_kind: session::sample_column(profile, "").ok(), kinds, shortcuts }
    }

    /// The variables as they are now.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What a line asks for, in order.
    pub fn answer(&mut self, line: &str) -> Vec<Reply> {
        let line = line.trim();
        let lines = self.shortcuts.get(line).cloned().unwrap_or_else(|| vec![line.to_owned()]);
        lines.iter().filter_map(|line| self.answer_one(line)).collect()
    }

    fn answer_one(&mut self, line: &str) -> Option<Reply> {
        let (name, value) = match line.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (line, None),
        };
        if let Some(named) = Named::find(name.trim()) {
            return self.assign(named, name.trim(), value).err().map(Reply::Say);
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let (first, rest) = words.split_first()?;
        Some(match *first {
            "o" | "options" => Reply::Say(self.listing()),
            "exit" | "quit" | "q" => Reply::Quit,
            "help" => Reply::Say(help::help(&rest.join(" "), &self.kinds)),
            _ => match report_line::parse(first, rest, &self.config) {
                Ok((report, config)) => Reply::Report { report, config: Box::new(config) },
                Err(error) => Reply::Say(error.to_string()),
            },
        })
    }

    /// Sets a variable, or says why not.
    fn assign(&mut self, named: Named, name: &str, value: Option<&str>) -> Result<(), String> {
        if value.is_none() && !named.is_switch() {
            return Err(format!("please specify a value, e.g. {name}=<val>"));
        }
        let value = value.unwrap_or_default();
        let value = value.rsplit_once(COMMENT_START).map_or(value, |(value, _)| value).trim();
        let value = if name == "sample_index" { self.kind(value)? } else { value };
        let value = value.to_owned();
        named.set(&mut self.config, &value).map_err(|error| error.to_string())
    }

    /// The name of the kind of values that the user means.
    fn kind<'s>(&'s self, wanted: &str) -> Result<&'s str, String> {
        let column = session::column_of(&self.kinds, self.default_kind, wanted);
        let column = column.map_err(|error| error.to_string())?;
        Ok(self.kinds.get(column).map_or("", String::as_str))
    }

    /// All variables with their values, by name.
    fn listing(&self) -> String {
        let mut lines: Vec<String> = Variable::all()
            .filter(|variable| variable.name != "source_path")
            .map(|variable| self.listed(variable))
            .collect();
        lines.sort();
        lines.join("\n")
    }

    fn listed(&self, variable: &Variable) -> String {
        let mut value = variable.value(&self.config);
        let mut choices: Vec<&str> = variable.choices().iter().map(|choice| choice.name).collect();
        choices.sort_unstable();
        let mut comment = String::new();
        if !choices.is_empty() {
            comment = format!("{COMMENT_START} [{}]", choices.join(" | "));
        } else if variable.name == "sample_index" {
            if value.is_empty() {
                // Whatever the profile's own default is.
                value = self.kinds.last().cloned().unwrap_or_default();
            }
            comment = format!("{COMMENT_START} [{}]", self.kinds.join(" | "));
        } else if variable.name == "nodecount" && value == "-1" {
            comment = format!("{COMMENT_START} default");
        } else if value.is_empty() {
            value = "\"\"".to_owned();
        }
        format!("  {:<25} = {value:<20} {comment}", variable.name)
    }
}

#[cfg(test)]
mod tests;
