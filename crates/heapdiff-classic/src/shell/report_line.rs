//! A line that asks for a report: `top5 focus -ignore >file`.

use crate::options::{Command, Config, Format, Named, ReportCommand, Sort};
use crate::quote::quoted;
use std::fmt;

/// A list for somebody who waits in front of it is short.
const ROWS: i64 = 10;

/// Why a line asks for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReportLineError {
    UnknownCommand(String),
    /// A variable's name, and what looks like its value.
    MissingEquals {
        name: String,
        value: String,
    },
    MissingArgument(String),
    MissingFile,
}

impl fmt::Display for ReportLineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCommand(name) => write!(f, "unrecognized command: {}", quoted(name)),
            Self::MissingEquals { name, value } => write!(f, "did you mean: {name}={value}"),
            Self::MissingArgument(name) => write!(f, "command {name} requires an argument"),
            Self::MissingFile => f.write_str("unexpected end of line after >"),
        }
    }
}

/// Reads a line of words. The variables that it sets are set for its report only.
pub(super) fn parse(
    first: &str,
    rest: &[&str],
    config: &Config,
) -> Result<(ReportCommand, Config), ReportLineError> {
    let (name, count) = if Command::named(first).is_some() { (first, "") } else { without_count(first) };
    let mut words = Some(count).filter(|count| !count.is_empty()).into_iter().chain(rest.iter().copied());
    let Some(command) = Command::named(name) else {
        return Err(match (Named::find(name), words.next()) {
            (Some(_), Some(value)) => {
                ReportLineError::MissingEquals { name: name.to_owned(), value: value.to_owned() }
            }
            _ => ReportLineError::UnknownCommand(name.to_owned()),
        });
    };
    let mut pattern = None;
    if command.has_pattern {
        let word = words.next().ok_or_else(|| ReportLineError::MissingArgument(name.to_owned()))?;
        pattern = Some(word.to_owned());
    }
    let config = config_of(&mut words, command, config.clone())?;
    Ok((ReportCommand { command, pattern }, config))
}

/// `top10` is `top` and `10`; a number alone is a name.
fn without_count(word: &str) -> (&str, &str) {
    let name = word.trim_end_matches(|character: char| character.is_ascii_digit());
    if name.is_empty() { (word, "") } else { word.split_at(name.len()) }
}

fn config_of(
    words: &mut dyn Iterator<Item = &str>,
    command: &Command,
    mut config: Config,
) -> Result<Config, ReportLineError> {
    let (mut focus, mut ignore) = (String::new(), String::new());
    while let Some(word) = words.next() {
        if let Ok(count) = word.parse::<i32>() {
            config.nodecount = i64::from(count);
        } else if let Some(file) = word.strip_prefix('>') {
            let file = if file.is_empty() { words.next() } else { Some(file) };
            file.ok_or(ReportLineError::MissingFile)?.clone_into(&mut config.output);
        } else if matches!(word, "-cum" | "--cum") {
            config.sort = Sort::Cum;
        } else if let Some(pattern) = word.strip_prefix('-') {
            add_pattern(&mut ignore, pattern);
        } else {
            add_pattern(&mut focus, word);
        }
    }
    let (all_focus, all_ignore) = if command.format == Format::Tags {
        (&mut config.tagfocus, &mut config.tagignore)
    } else {
        (&mut config.focus, &mut config.ignore)
    };
    // What the line says replaces the variable; it does not add to it.
    for (place, pattern) in [(all_focus, focus), (all_ignore, ignore)] {
        if !pattern.is_empty() {
            *place = pattern;
        }
    }
    if config.nodecount == -1 && command.format == Format::Text {
        config.nodecount = ROWS;
    }
    Ok(config)
}

/// Makes a regular expression match what another one matches, too.
fn add_pattern(patterns: &mut String, pattern: &str) {
    if !patterns.is_empty() && !pattern.is_empty() {
        patterns.push('|');
    }
    patterns.push_str(pattern);
}
