//! The variables by their names, as the shell sets and lists them.

use super::config::{Config, Granularity, Sort};
use super::flag_set::switch;
use super::go_float;
use super::variable_table::{GRANULARITY_CHOICES, GROUPS, SORT_CHOICES, VARIABLES};
use crate::quote::quoted;
use std::fmt;

/// Orders of rows, by name.
pub(super) const SORTS: [(&str, Sort); 2] = [("cum", Sort::Cum), ("flat", Sort::Flat)];

/// What can make a node, by name.
pub(super) const GRANULARITIES: [(&str, Granularity); 5] = [
    ("functions", Granularity::Functions),
    ("filefunctions", Granularity::FileFunctions),
    ("files", Granularity::Files),
    ("lines", Granularity::Lines),
    ("addresses", Granularity::Addresses),
];

/// A value of a variable, where it lies.
pub(super) enum Value<'c> {
    Text(&'c mut String),
    Switch(&'c mut bool),
    Integer(&'c mut i64),
    Number(&'c mut f64),
    Sort(&'c mut Sort),
    Granularity(&'c mut Option<Granularity>),
}

/// Something that the user can set by its name.
#[derive(Clone, Copy)]
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it does, in some lines; the first can stand alone.
    pub(crate) help: &'static str,
    pub(super) place: for<'c> fn(&'c mut Config) -> Value<'c>,
}

/// One value of a variable that has but a few; its name alone can be set, too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it does, in some lines; the first can stand alone.
    pub(crate) help: &'static str,
}

/// Why a variable keeps its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VariableError {
    /// No such variable, or a choice that was not switched on.
    Unknown(String),
    /// None of the choices.
    NoChoice { name: &'static str, value: String },
    /// Neither on nor off.
    BadSwitch(String),
    /// No number. `function` is the one of Go that says so.
    BadNumber { function: &'static str, value: String, is_out_of_range: bool },
}

impl fmt::Display for VariableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "unknown config field {}", quoted(name)),
            Self::NoChoice { name, value } => write!(f, "invalid {} value {}", quoted(name), quoted(value)),
            // In quotes, but as it was typed.
            Self::BadSwitch(value) => write!(f, "illegal value \"{value}\" for bool variable"),
            Self::BadNumber { function, value, is_out_of_range } => {
                let reason = if *is_out_of_range { "value out of range" } else { "invalid syntax" };
                write!(f, "strconv.{function}: parsing {}: {reason}", quoted(value))
            }
        }
    }
}

/// What a name stands for.
#[derive(Clone, Copy)]
pub(crate) enum Named {
    Variable(&'static Variable),
    Choice(&'static Variable, &'static Choice),
}

impl Named {
    /// What is of this name.
    pub(crate) fn find(name: &str) -> Option<Self> {
        if let Some(variable) = Variable::all().find(|variable| variable.name == name) {
            return Some(Self::Variable(variable));
        }
        Variable::all().find_map(|variable| {
            let choice = variable.choices().iter().find(|choice| choice.name == name)?;
            Some(Self::Choice(variable, choice))
        })
    }

    /// Whether the name alone can be a command.
    pub(crate) fn is_switch(self) -> bool {
        match self {
            Self::Variable(variable) => {
                matches!((variable.place)(&mut Config::default()), Value::Switch(_))
            }
            Self::Choice(..) => true,
        }
    }

    /// Sets the variable, or makes the choice.
    pub(crate) fn set(self, config: &mut Config, value: &str) -> Result<(), VariableError> {
        match self {
            Self::Variable(variable) => variable.set(config, value),
            Self::Choice(variable, choice) if switch(value) == Some(true) => {
                variable.set(config, choice.name)
            }
            // A choice's bare name is none: pprof says so in these words.
            Self::Choice(_, choice) => Err(VariableError::Unknown(choice.name.to_owned())),
        }
    }
}

impl Variable {
    /// All of them: those without choices by name, then the others.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        VARIABLES.iter().chain(&GROUPS)
    }

    /// Those that take any value of their kind, by name.
    pub(crate) fn free() -> impl Iterator<Item = &'static Self> {
        VARIABLES.iter()
    }

    /// Those that take one of a few values, by name.
    pub(crate) fn groups() -> impl Iterator<Item = &'static Self> {
        GROUPS.iter()
    }

    /// The values that it can have, if these are but a few.
    pub(crate) fn choices(&self) -> &'static [Choice] {
        match (self.place)(&mut Config::default()) {
            Value::Sort(_) => &SORT_CHOICES,
            Value::Granularity(_) => &GRANULARITY_CHOICES,
            _ => &[],
        }
    }

    /// The value as text.
    pub(crate) fn value(&self, config: &Config) -> String {
        match (self.place)(&mut config.clone()) {
            Value::Text(text) => text.clone(),
            Value::Switch(is_on) => is_on.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Number(number) => go_number(*number),
            Value::Sort(sort) => name_of(&SORTS, *sort).to_owned(),
            Value::Granularity(None) => "(default)".to_owned(),
            Value::Granularity(Some(granularity)) => name_of(&GRANULARITIES, *granularity).to_owned(),
        }
    }

    fn set(&self, config: &mut Config, value: &str) -> Result<(), VariableError> {
        let no_choice = || VariableError::NoChoice { name: self.name, value: value.to_owned() };
        let bad_number = |function, is_out_of_range| VariableError::BadNumber {
            function,
            value: value.to_owned(),
            is_out_of_range,
        };
        match (self.place)(config) {
            Value::Text(text) => value.clone_into(text),
            Value::Switch(is_on) => {
                *is_on = spoken_switch(value).ok_or_else(|| VariableError::BadSwitch(value.to_owned()))?;
            }
            Value::Integer(number) => {
                *number = value.parse().map_err(|error| bad_number("Atoi", is_too_large(&error)))?;
            }
            Value::Number(number) => {
                *number = go_float::parse(value)
                    .map_err(|is_out_of_range| bad_number("ParseFloat", is_out_of_range))?;
            }
            Value::Sort(sort) => *sort = value_of(&SORTS, value).ok_or_else(no_choice)?,
            Value::Granularity(granularity) => {
                *granularity = Some(value_of(&GRANULARITIES, value).ok_or_else(no_choice)?);
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variable").field("name", &self.name).finish_non_exhaustive()
    }
}

fn name_of<T: PartialEq>(choices: &[(&'static str, T)], value: T) -> &'static str {
    choices.iter().find(|(_, choice)| *choice == value).map_or("", |(name, _)| name)
}

fn value_of<T: Copy>(choices: &[(&str, T)], wanted: &str) -> Option<T> {
    choices.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value)
}

/// On or off as the shell understands it, which is more than a flag does. A bare name is on.
fn spoken_switch(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" | "" => Some(true),
        "false" | "f" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

fn is_too_large(error: &std::num::ParseIntError) -> bool {
    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
    matches!(error.kind(), NegOverflow | PosOverflow)
}

/// From this power of ten on Go writes a number with an exponent, however few digits it has.
const EXPONENT_MIN: i32 = 6;

/// A number as Go writes it: as few digits as tell it from all others.
fn go_number(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..EXPONENT_MIN).contains(&exponent) {
        return number.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_written_as_go_does() {
        for (number, expected) in [
            (1.0, "1"),
            (0.005, "0.005"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (999_999.5, "999999.5"),
            (1e6, "1e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (1e20, "1e+20"),
            (-1.5e21, "-1.5e+21"),
            (1e300, "1e+300"),
            (f64::INFINITY, "+Inf"),
            (f64::NAN, "NaN"),
            (-0.0, "-0"),
        ] {
            assert_eq!(go_number(number), expected);
        }
    }

    proptest! {
        #[test]
        fn a_number_survives_being_written(number in any::<f64>().prop_filter("a number", |number| number.is_finite())) {
            let mut config = Config::default();
            let variable = Variable::all().find(|variable| variable.name == "divide_by").unwrap();
            variable.set(&mut config, &go_number(number)).unwrap();
            prop_assert_eq!(config.divide_by.to_bits(), number.to_bits());
        }
    }

    #[test]
    fn every_choice_can_be_chosen_and_is_listed() {
        for variable in Variable::groups() {
            for choice in variable.choices() {
                let mut config = Config::default();
                Named::find(choice.name).unwrap().set(&mut config, "T").unwrap();
                assert_eq!(variable.value(&config), choice.name);
            }
        }
    }
}
