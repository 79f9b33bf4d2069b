//! What a recording session is asked to do, from code or from the environment.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use crate::budget::Budget;
use heapdiff_recorder::Period;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that a session needs to know.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    /// Where snapshots go; made if it is not there.
    pub(crate) dir: PathBuf,
    /// Time between snapshots.
    pub(crate) every: Duration,
    /// Mean bytes between samples.
    pub(crate) period: Period,
    /// What recording may cost; the period moves to keep it, and is never below `period`.
    pub(crate) budget: Option<Budget>,
    /// How much may stay in the directory.
    pub(crate) keep: Keep,
    /// Where random numbers begin; `None` takes fresh ones from the kernel.
    pub(crate) seed: Option<u64>,
    /// Whether the program's arguments are written into snapshots.
    pub(crate) has_command_line: bool,
}

/// Bounds of a directory's snapshots of one program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Keep {
    /// Files at most.
    pub(crate) files: usize,
    /// Bytes of all of them at most.
    pub(crate) bytes: u64,
}

impl Settings {
    /// The defaults: a snapshot every 10 seconds, a sample every 512 KiB, 200 files of at most 1 GiB together.
    pub(crate) const fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            every: Duration::from_secs(10),
            period: Period::DEFAULT,
            budget: None,
            keep: Keep { files: 200, bytes: 1 << 30 },
            seed: None,
            has_command_line: true,
        }
    }

    /// What the environment asks for; `None` if `HEAPDIFF_DIR` is not set.
    pub(crate) fn from_environment(
        variable: impl Fn(&'static str) -> Option<OsString>,
    ) -> Result<Option<Self>, BadVariable> {
        let Some(dir) = variable("HEAPDIFF_DIR").filter(|dir| !dir.is_empty()) else { return Ok(None) };
        let mut settings = Self::new(PathBuf::from(dir));
        let text = |name| variable(name).map(|value| value.to_string_lossy().into_owned());
        if let Some(value) = text("HEAPDIFF_EVERY") {
            let every = humantime::parse_duration(&value).ok().filter(|every| *every >= EVERY_MIN);
            settings.every =
                every.ok_or(BadVariable::new("HEAPDIFF_EVERY", value, "a time such as `10s` or `300ms`"))?;
        }
        if let Some(value) = text("HEAPDIFF_PERIOD") {
            let period = parse_bytes(&value).filter(|period| *period > 0);
            let expected = "a size such as `512KiB`, or `1` for every allocation";
            settings.period =
                Period::new(period.ok_or(BadVariable::new("HEAPDIFF_PERIOD", value, expected))?);
        }
        if let Some(value) = text("HEAPDIFF_BUDGET") {
            let expected = "a share of the program's processor time such as `1%`";
            settings.budget =
                Some(Budget::parse(&value).ok_or(BadVariable::new("HEAPDIFF_BUDGET", value, expected))?);
        }
        if let Some(value) = text("HEAPDIFF_KEEP") {
            let expected = "a number of files such as `200`, a size such as `1GiB`, or both: `200,1GiB`";
            settings.keep = parse_keep(&value, settings.keep).ok_or(BadVariable::new(
                "HEAPDIFF_KEEP",
                value,
                expected,
            ))?;
        }
        if let Some(value) = text("HEAPDIFF_COMMAND_LINE") {
            settings.has_command_line = match value.as_str() {
                "on" => true,
                "off" => false,
                _ => return Err(BadVariable::new("HEAPDIFF_COMMAND_LINE", value, "`on` or `off`")),
            };
        }
        Ok(Some(settings))
    }
}

/// A snapshot takes longer than this would leave time for.
pub(crate) const EVERY_MIN: Duration = Duration::from_millis(1);

fn parse_bytes(text: &str) -> Option<u64> {
    parse_size::Config::new().with_binary().parse_size(text.trim()).ok()
}

fn parse_keep(text: &str, mut keep: Keep) -> Option<Keep> {
    for part in text.split(',') {
        match part.trim().parse() {
            Ok(files) => keep.files = files,
            Err(_) => keep.bytes = parse_bytes(part)?,
        }
    }
    (keep.files >= 2 && keep.bytes > 0).then_some(keep)
}

/// A variable of the environment that means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadVariable {
    name: &'static str,
    value: String,
    expected: &'static str,
}

impl BadVariable {
    const fn new(name: &'static str, value: String, expected: &'static str) -> Self {
        Self { name, value, expected }
    }
}

impl std::fmt::Display for BadVariable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is `{}`, expected {}", self.name, self.value.escape_debug(), self.expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(variables: &[(&'static str, &str)]) -> Result<Option<Settings>, String> {
        let variables = variables.to_vec();
        Settings::from_environment(move |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_recorded_without_a_directory() {
        assert_eq!(parse(&[("HEAPDIFF_PERIOD", "banana")]), Ok(None));
        assert_eq!(parse(&[("HEAPDIFF_DIR", "")]), Ok(None));
        assert_eq!(parse(&[("HEAPDIFF_DIR", "p")]), Ok(Some(Settings::new("p".into()))));
    }

    #[test]
    fn reads_every_variable() {
        let settings = parse(&[
            ("HEAPDIFF_DIR", "profiles"),
            ("HEAPDIFF_EVERY", "300ms"),
            ("HEAPDIFF_PERIOD", "64KiB"),
            ("HEAPDIFF_KEEP", "50, 2MiB"),
            ("HEAPDIFF_COMMAND_LINE", "off"),
        ]);
        let settings = settings.expect("all are good").expect("there is a directory");
        assert_eq!(settings.every, Duration::from_millis(300));
        assert_eq!(settings.period, Period::new(64 << 10));
        assert_eq!(settings.keep, Keep { files: 50, bytes: 2 << 20 });
        assert!(!settings.has_command_line);
    }

    #[test]
    fn a_value_that_means_nothing_is_named_with_what_was_expected() {
        for (name, value) in [
            ("HEAPDIFF_PERIOD", "banana"),
            ("HEAPDIFF_PERIOD", "0"),
            ("HEAPDIFF_PERIOD", "-1"),
            ("HEAPDIFF_PERIOD", ""),
            ("HEAPDIFF_EVERY", "-3s"),
            ("HEAPDIFF_EVERY", "0s"),
            ("HEAPDIFF_EVERY", "10"),
            ("HEAPDIFF_KEEP", "1"),
            ("HEAPDIFF_KEEP", "200,,"),
            ("HEAPDIFF_COMMAND_LINE", "maybe\n"),
        ] {
            let error = parse(&[("HEAPDIFF_DIR", "p"), (name, value)]).expect_err(name);
            assert!(
                error.starts_with(name) && error.contains("expected") && !error.contains('\n'),
                "{error}"
            );
        }
    }
}
