//! How a line could go on.

use crate::options::{COMMANDS, Command, Variable};

/// What is no report, but a command.
const OTHERS: [&str; 4] = ["exit", "help", "options", "quit"];

/// How the last word of a line could go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Where the part of the line begins that a candidate replaces. Unit: bytes.
    pub start: usize,
    /// The whole words that are possible, sorted.
    pub candidates: Vec<String>,
}

/// Completes a line up to the cursor. The first word and the one behind `help` are commands and variables, all others
/// are about functions, whose names are taken as regular expressions that match them.
#[must_use]
pub fn complete(line: &str, functions: &[String]) -> Completion {
    let start = line.rfind(char::is_whitespace).map_or(0, |space| {
        space + line.get(space..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
    });
    let (before, word) = line.split_at_checked(start).unwrap_or(("", line));
    let mut words_before = before.split_whitespace();
    match (words_before.next(), words_before.next()) {
        (None, _) | (Some("help"), None) => Completion { start, candidates: names(word) },
        (Some(first), _) if takes_functions(first) => {
            let dashes = usize::from(word.starts_with('-'));
            let part = word.get(dashes..).unwrap_or_default();
            Completion { start: start + dashes, candidates: matching(part, functions) }
        }
        _ => Completion { start, candidates: Vec::new() },
    }
}

fn names(start: &str) -> Vec<String> {
    let start = start.to_lowercase();
    let choices = Variable::groups().flat_map(Variable::choices).map(|choice| choice.name);
    let all = COMMANDS.iter().map(|command| command.name).chain(OTHERS);
    let all = all.chain(Variable::all().map(|variable| variable.name)).chain(choices);
    let mut names: Vec<String> = all.filter(|name| name.starts_with(&start)).map(str::to_owned).collect();
    names.sort_unstable();
    names
}

fn takes_functions(first: &str) -> bool {
    let name = first.trim_end_matches(|character: char| character.is_ascii_digit());
    name != "tags" && (Command::named(first).is_some() || Command::named(name).is_some())
}

/// The functions that begin so; if there are none, the only one that has this anywhere.
fn matching(part: &str, functions: &[String]) -> Vec<String> {
    if part.is_empty() {
        return Vec::new();
    }
    let mut all: Vec<String> =
        functions.iter().map(|name| as_pattern(name)).filter(|name| name.contains(part)).collect();
    all.sort_unstable();
    all.dedup();
    if all.iter().any(|name| name.starts_with(part)) {
        all.retain(|name| name.starts_with(part));
    } else if all.len() > 1 {
        // What they have in common may be another word than the one that was typed.
        all.clear();
    }
    all
}

/// A name as one word that matches it. A dot matches itself and spaces.
fn as_pattern(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '\\' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' => {
                pattern.extend(['\\', character]);
            }
            space if space.is_whitespace() => pattern.push('.'),
            other => pattern.push(other),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTIONS: [&str; 4] = ["main", "alloc::push", "alloc::pop", "<T as Drop>::drop (x)"];

    fn completed(line: &str) -> (usize, Vec<String>) {
        let Completion { start, candidates } = complete(line, &FUNCTIONS.map(str::to_owned));
        (start, candidates)
    }

    #[test]
    fn first_words_are_commands_variables_and_choices() {
        for (line, start, expected) in [
            ("cal", 0, &["call_tree", "callgrind"][..]),
            ("  TO", 2, &["top", "topproto"]),
            ("q", 0, &["quit"]),
            ("help fil", 5, &["filefunctions", "files"]),
            ("nothing", 0, &[]),
        ] {
            assert_eq!(completed(line), (start, expected.iter().map(|&name| name.to_owned()).collect()));
        }
    }

    #[test]
    fn other_words_are_functions() {
        for (line, start, expected) in [
            ("top5 alloc", 5, &["alloc::pop", "alloc::push"][..]),
            ("peek push", 5, &["alloc::push"]),
            ("top a -mai", 7, &["main"]),
            ("top Dro", 4, &[r"<T.as.Drop>::drop.\(x\)"]),
            ("top p", 4, &[]),
            ("top ", 4, &[]),
            ("tags mai", 5, &[]),
            ("focus mai", 6, &[]),
        ] {
            assert_eq!(completed(line), (start, expected.iter().map(|&name| name.to_owned()).collect()));
        }
    }
}
