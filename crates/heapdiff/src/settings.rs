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
    /// A signal that asks for a snapshot.
    pub(crate) signal: Option<Signal>,
    /// Whether a forked child goes on in files of its own.
    pub(crate) follows_forks: bool,
    /// Whether the recorder's tables are a file beside the snapshots.
    pub(crate) has_black_box: bool,
}

/// A signal that can ask for a snapshot: one of the two that mean what a program wants them to mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// `SIGUSR1`.
    User1,
    /// `SIGUSR2`.
    User2,
}

impl Signal {
    /// Its name as `kill` lists it, without `SIG`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::User1 => "USR1",
            Self::User2 => "USR2",
        }
    }
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
            signal: None,
            follows_forks: false,
            has_black_box: true,
        }
    }

    /// What the environment asks for; `None` if `HEAPDIFF_DIR` is not set.
    pub(crate) fn from_environment(
        variable: impl Fn(&'static str) -> Option<OsString>,
    ) -> Result<Option<Self>, BadVariable> {
        let Some(dir) = variable("HEAPDIFF_DIR").filter(|dir| !dir.is_empty()) else { return Ok(None) };
        let mut settings = Self::new(PathBuf::from(dir));
        for meaning in &VARIABLES {
            if let Some(value) = variable(meaning.name) {
                let value = value.to_string_lossy().into_owned();
                if (meaning.read)(&value, &mut settings).is_none() {
                    return Err(BadVariable { name: meaning.name, value, expected: meaning.expected });
                }
            }
        }
        Ok(Some(settings))
    }
}

/// What a variable's value means.
struct Variable {
    name: &'static str,
    /// For whoever set it to something else.
    expected: &'static str,
    /// Puts the value where it belongs; `None` if it means nothing.
    read: fn(&str, &mut Settings) -> Option<()>,
}

/// All variables but `HEAPDIFF_DIR`.
const VARIABLES: [Variable; 8] = [
    Variable {
        name: "HEAPDIFF_EVERY",
        expected: "a time such as `10s` or `300ms`",
        read: |value, settings| {
            settings.every = humantime::parse_duration(value).ok().filter(|every| *every >= EVERY_MIN)?;
            Some(())
        },
    },
    Variable {
        name: "HEAPDIFF_PERIOD",
        expected: "a size such as `512KiB`, or `1` for every allocation",
        read: |value, settings| {
            settings.period = Period::new(parse_bytes(value).filter(|period| *period > 0)?);
            Some(())
        },
    },
    Variable {
        name: "HEAPDIFF_BUDGET",
        expected: "a share of the program's processor time such as `1%`",
        read: |value, settings| {
            settings.budget = Some(Budget::parse(value)?);
            Some(())
        },
    },
    Variable {
        name: "HEAPDIFF_KEEP",
        expected: "a number of files such as `200`, a size such as `1GiB`, or both: `200,1GiB`",
        read: |value, settings| {
            settings.keep = parse_keep(value, settings.keep)?;
            Some(())
        },
    },
    Variable {
        name: "HEAPDIFF_COMMAND_LINE",
        expected: "`on` or `off`",
        read: |value, settings| {
            settings.has_command_line = is_on(value)?;
            Some(())
        },
    },
    Variable {
        name: "HEAPDIFF_BLACK_BOX",
        expected: "`on` or `off`",
        read: |value, settings| {
            settings.has_black_box = is_on(value)?;
            Some(())
        },
    },
    Variable {
        name: "HEAPDIFF_SIGNAL",
        expected: "`USR1` or `USR2`",
        read: |value, settings| {
            let name = value.strip_prefix("SIG").unwrap_or(value);
            let signal = [Signal::User1, Signal::User2].into_iter().find(|signal| signal.name() == name)?;
            settings.signal = Some(signal);
            Some(())
        },
    },
    Variable {
        name: "HEAPDIFF_FORK",
        expected: "`follow` or `stop`",
        read: |value, settings| {
            settings.follows_forks =
                [("follow", true), ("stop", false)].iter().find(|(name, _)| *name == value)?.1;
            Some(())
        },
    },
];

/// A snapshot takes longer than this would leave time for.
pub(crate) const EVERY_MIN: Duration = Duration::from_millis(1);

fn is_on(text: &str) -> Option<bool> {
    Some([("on", true), ("off", false)].iter().find(|(name, _)| *name == text)?.1)
}

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
            ("HEAPDIFF_BUDGET", "0.5%"),
            ("HEAPDIFF_KEEP", "50, 2MiB"),
            ("HEAPDIFF_COMMAND_LINE", "off"),
            ("HEAPDIFF_SIGNAL", "SIGUSR1"),
            ("HEAPDIFF_FORK", "follow"),
            ("HEAPDIFF_BLACK_BOX", "off"),
        ]);
        let settings = settings.expect("all are good").expect("there is a directory");
        assert_eq!(settings.every, Duration::from_millis(300));
        assert_eq!(settings.period, Period::new(64 << 10));
        assert_eq!(settings.budget, Budget::percent(0.5));
        assert_eq!(settings.keep, Keep { files: 50, bytes: 2 << 20 });
        assert!(!settings.has_command_line && settings.follows_forks && !settings.has_black_box);
        assert_eq!(settings.signal, Some(Signal::User1));
        let settings =
            parse(&[("HEAPDIFF_DIR", "p"), ("HEAPDIFF_SIGNAL", "USR2"), ("HEAPDIFF_FORK", "stop")]);
        let settings = settings.expect("all are good").expect("there is a directory");
        assert_eq!((settings.signal, settings.follows_forks), (Some(Signal::User2), false));
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
            ("HEAPDIFF_PERIOD", "99999999999999999999"),
            ("HEAPDIFF_EVERY", "99999999999999999999s"),
            ("HEAPDIFF_EVERY", ""),
            ("HEAPDIFF_KEEP", "0"),
            ("HEAPDIFF_KEEP", ""),
            ("HEAPDIFF_COMMAND_LINE", "maybe\n"),
            ("HEAPDIFF_SIGNAL", "KILL"),
            ("HEAPDIFF_SIGNAL", "12"),
            ("HEAPDIFF_SIGNAL", ""),
            ("HEAPDIFF_FORK", "yes"),
            ("HEAPDIFF_FORK", ""),
            ("HEAPDIFF_BLACK_BOX", "1"),
        ] {
            let error = parse(&[("HEAPDIFF_DIR", "p"), (name, value)]).expect_err(name);
            assert!(
                error.starts_with(name) && error.contains("expected") && !error.contains('\n'),
                "{error}"
            );
        }
    }
}
