//! Flags as Go's `flag` package reads them: one dash or two, values behind `=` or as the next word, and nothing is a
//! flag after the first word that is none.

use super::go_float;
use crate::quote::quoted;
use std::collections::BTreeMap;
use std::fmt;

/// What a flag's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Set by its name alone.
    Switch,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Any text.
    Text,
}

/// The value of a flag that was given.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Switch(bool),
    Integer(i64),
    Number(f64),
    Text(String),
}

/// A command line that is no such thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlagError {
    /// The usage was asked for.
    Help,
    /// A word with too many dashes, or without a name.
    BadSyntax(String),
    /// A flag that there is not.
    Unknown(String),
    /// A flag without its value.
    MissingValue(String),
    /// A switch that is neither on nor off.
    BadSwitch {
        /// The flag.
        name: String,
        /// What was given.
        value: String,
    },
    /// A value that is no number.
    BadValue {
        /// The flag.
        name: String,
        /// What was given.
        value: String,
        /// Whether it is a number, but too large a one.
        is_out_of_range: bool,
    },
}

impl fmt::Display for FlagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Help => f.write_str("flag: help requested"),
            Self::BadSyntax(word) => write!(f, "bad flag syntax: {word}"),
            Self::Unknown(name) => write!(f, "flag provided but not defined: -{name}"),
            Self::MissingValue(name) => write!(f, "flag needs an argument: -{name}"),
            Self::BadSwitch { name, value } => {
                write!(f, "invalid boolean value {} for -{name}: parse error", quoted(value))
            }
            Self::BadValue { name, value, is_out_of_range } => {
                let reason = if *is_out_of_range { "value out of range" } else { "parse error" };
                write!(f, "invalid value {} for flag -{name}: {reason}", quoted(value))
            }
        }
    }
}

impl std::error::Error for FlagError {}

/// The flags of a command line, and the words that follow them.
#[derive(Debug, Default)]
pub(super) struct Flags {
    values: BTreeMap<String, Value>,
    pub(super) words: Vec<String>,
}

impl Flags {
    /// Reads `arguments`; `kind_of` knows the flags that there are.
    pub(super) fn parse(
        arguments: &[String],
        kind_of: impl Fn(&str) -> Option<Kind>,
    ) -> Result<Self, FlagError> {
        let mut flags = Self::default();
        let mut rest = arguments.iter();
        while let Some(word) = rest.clone().next() {
            let Some(flag) = word.strip_prefix('-').filter(|flag| !flag.is_empty()) else { break };
            rest.next();
            let flag = flag.strip_prefix('-').unwrap_or(flag);
            if flag.is_empty() {
                // Two dashes alone end the flags.
                break;
            }
            if flag.starts_with(['-', '=']) {
                return Err(FlagError::BadSyntax(word.clone()));
            }
            let (name, value) = match flag.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (flag, None),
            };
            let Some(kind) = kind_of(name) else {
                let is_help = name == "help" || name == "h";
                return Err(if is_help { FlagError::Help } else { FlagError::Unknown(name.to_owned()) });
            };
            let value = match (kind, value) {
                (_, Some(value)) => value,
                (Kind::Switch, None) => "true".to_owned(),
                (_, None) => rest.next().cloned().ok_or_else(|| FlagError::MissingValue(name.to_owned()))?,
            };
            flags.set(name, kind, value)?;
        }
        flags.words = rest.cloned().collect();
        Ok(flags)
    }

    fn set(&mut self, name: &str, kind: Kind, value: String) -> Result<(), FlagError> {
        let bad = |is_out_of_range| FlagError::BadValue {
            name: name.to_owned(),
            value: value.clone(),
            is_out_of_range,
        };
        let parsed = match kind {
            Kind::Switch => match switch(&value) {
                Some(is_on) => Value::Switch(is_on),
                None => return Err(FlagError::BadSwitch { name: name.to_owned(), value }),
            },
            Kind::Integer => Value::Integer(integer(&value).map_err(bad)?),
            Kind::Number => Value::Number(go_float::parse(&value).map_err(bad)?),
            Kind::Text => Value::Text(value),
        };
        self.values.insert(name.to_owned(), parsed);
        Ok(())
    }

    pub(super) fn is_on(&self, name: &str) -> bool {
        self.values.get(name) == Some(&Value::Switch(true))
    }

    pub(super) fn switch(&self, name: &str, default: bool) -> bool {
        if let Some(Value::Switch(is_on)) = self.values.get(name) { *is_on } else { default }
    }

    pub(super) fn integer(&self, name: &str, default: i64) -> i64 {
        if let Some(Value::Integer(value)) = self.values.get(name) { *value } else { default }
    }

    pub(super) fn number(&self, name: &str, default: f64) -> f64 {
        if let Some(Value::Number(value)) = self.values.get(name) { *value } else { default }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        if let Some(Value::Text(value)) = self.values.get(name) { Some(value) } else { None }
    }
}

/// On or off, as a flag says it.
pub(super) fn switch(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// A whole number as in a Go program: `0x1f`, `0b11`, `0o17`, `017`, `1_000`. The error says whether it is too large.
fn integer(text: &str) -> Result<i64, bool> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let bases = [("0x", 16), ("0b", 2), ("0o", 8), ("0", 8)];
    let prefixed = bases
        .iter()
        .find_map(|(prefix, base)| Some((lower.strip_prefix(prefix)?, *base)))
        .filter(|(digits, _)| !digits.is_empty());
    let (digits, base) = prefixed.unwrap_or((&lower, 10));
    // An underscore may stand between two digits, or between the prefix and the first.
    let has_stray_underscore =
        digits.contains("__") || digits.ends_with('_') || (digits.starts_with('_') && prefixed.is_none());
    let digits = digits.replace('_', "");
    if has_stray_underscore || digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(base)) {
        return Err(false);
    }
    let magnitude = i128::from_str_radix(&digits, base).map_err(|_| true)?;
    i64::try_from(if is_negative { -magnitude } else { magnitude }).map_err(|_| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Flags, FlagError> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        Flags::parse(&words, |name| match name {
            "top" => Some(Kind::Switch),
            "nodecount" => Some(Kind::Integer),
            "divide_by" => Some(Kind::Number),
            "focus" => Some(Kind::Text),
            "base" => Some(Kind::Text),
            _ => None,
        })
    }

    #[test]
    fn one_dash_or_two_and_values_in_either_place() {
        let flags = parse(&["--top", "-focus", "-x", "-base=a", "--base", "b", "file", "-top"]).unwrap();
        assert!(flags.is_on("top"));
        assert_eq!(flags.text("focus"), Some("-x"));
        assert_eq!(flags.text("base"), Some("b"));
        assert_eq!(flags.words, ["file", "-top"]);
        assert_eq!(parse(&["-top", "--", "-focus"]).unwrap().words, ["-focus"]);
        assert_eq!(parse(&["-"]).unwrap().words, ["-"]);
    }

    #[test]
    fn numbers_are_those_of_go() {
        for (text, expected) in [
            ("0x1f", Ok(31)),
            ("017", Ok(15)),
            ("0", Ok(0)),
            ("-1_000", Ok(-1000)),
            ("0x_1", Ok(1)),
            ("1__0", Err(false)),
            ("_1", Err(false)),
            ("08", Err(false)),
            ("", Err(false)),
            ("9223372036854775808", Err(true)),
            ("-9223372036854775808", Ok(i64::MIN)),
        ] {
            assert_eq!(integer(text), expected, "{text}");
        }
    }

    #[test]
    fn errors_have_the_words_of_go() {
        for (words, expected) in [
            (&["-bogus"][..], "flag provided but not defined: -bogus"),
            (&["-nodecount=abc"], r#"invalid value "abc" for flag -nodecount: parse error"#),
            (
                &["-nodecount", "99999999999999999999"],
                r#"invalid value "99999999999999999999" for flag -nodecount: value out of range"#,
            ),
            (&["-top=maybe"], r#"invalid boolean value "maybe" for -top: parse error"#),
            (&["-focus"], "flag needs an argument: -focus"),
            (&["---top"], "bad flag syntax: ---top"),
            (&["-=x"], "bad flag syntax: -=x"),
        ] {
            assert_eq!(parse(words).unwrap_err().to_string(), expected);
        }
        assert_eq!(parse(&["-h"]).unwrap_err(), FlagError::Help);
    }
}
