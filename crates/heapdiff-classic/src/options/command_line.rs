//! A command line: which profiles, which report, which variables.

use super::command::{COMMANDS, Command};
use super::config::Config;
use super::flag_set::{FlagError, Flags, Kind};
use super::variable::{GRANULARITIES, SORTS};
use std::fmt;

/// What was typed.
#[derive(Clone, Debug)]
pub struct CommandLine {
    /// The profiles.
    pub sources: Vec<String>,
    /// The profiles to compare them with.
    pub bases: Vec<String>,
    /// Whether the bases stay visible in the comparison, instead of being subtracted.
    pub is_diff_base: bool,
    /// A binary named before the profiles; it becomes the first mapping's file.
    pub binary: Option<String>,
    /// How long servers shall measure, in seconds; 0 for what their addresses say.
    pub seconds: i64,
    /// How long to wait for servers, in seconds; 0 for what is usual.
    pub timeout: i64,
    /// What secure connections are made with.
    pub tls: TlsFiles,
    /// The build ID to give to the first mapping; empty for the one it has.
    pub build_id: String,
    /// How to find names for addresses; see [`crate::session`].
    pub symbolize: String,
    /// A comment to add to the profile.
    pub comment: String,
    /// Where to serve the interactive page; empty for nowhere.
    pub http: String,
    /// The report; none for the interactive shell.
    pub report: Option<ReportCommand>,
    /// The variables.
    pub config: Config,
    /// What to say on standard error before anything is read.
    pub remarks: Vec<String>,
}

/// The files that secure connections are made with; empty names for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// The client's own certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
    /// Certificates to trust.
    pub authorities: String,
}

/// A command, and the regular expression that goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportCommand {
    /// The command.
    pub command: &'static Command,
    /// What functions it is about, if the command takes that.
    pub pattern: Option<String>,
}

/// A command line that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What to say on standard error before the reason.
    pub remarks: Vec<String>,
    /// The reason.
    pub error: CommandLineError,
}

impl From<CommandLineError> for Refusal {
    fn from(error: CommandLineError) -> Self {
        Self { remarks: Vec::new(), error }
    }
}

/// Why a command line cannot be followed. Its text ends the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandLineError {
    /// A flag is wrong; the usage follows.
    Flag(FlagError),
    /// There is no profile; the usage comes first.
    NoSource,
    /// Two choices of one kind.
    ConflictingChoices(Vec<&'static str>),
    /// Two reports at once.
    SeveralReports,
    /// A report and the interactive page at once.
    ReportOverHttp,
    /// `-no_browser` without the page that would open in one.
    NoBrowserWithoutHttp,
    /// Two kinds of base at once.
    BaseAndDiffBase,
    /// `-normalize` without a base.
    NormalizeWithoutBase,
}

impl fmt::Display for CommandLineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(error) => error.fmt(f),
            Self::NoSource => f.write_str("no profile source specified"),
            Self::ConflictingChoices(names) => {
                write!(f, "conflicting options set: [{}]", names.join(" "))
            }
            Self::SeveralReports => f.write_str("must set at most one output format"),
            Self::ReportOverHttp => {
                f.write_str("-http is not compatible with an output format on the command line")
            }
            Self::NoBrowserWithoutHttp => f.write_str("-no_browser only makes sense with -http"),
            Self::BaseAndDiffBase => f.write_str("-base and -diff_base flags cannot both be specified"),
            Self::NormalizeWithoutBase => f.write_str("must have base profile to normalize by"),
        }
    }
}

impl std::error::Error for CommandLineError {}

/// Flags that stand for a sample type, in the order in which they are heeded.
const SAMPLE_TYPES: [(&str, &str); 7] = [
    ("total_delay", "delay"),
    ("mean_delay", "delay"),
    ("contentions", "contentions"),
    ("inuse_space", "inuse_space"),
    ("inuse_objects", "inuse_objects"),
    ("alloc_space", "alloc_space"),
    ("alloc_objects", "alloc_objects"),
];

const SWITCHES: [&str; 11] = [
    "call_tree",
    "compact_labels",
    "drop_negative",
    "intel_syntax",
    "mean",
    "no_browser",
    "noinlines",
    "normalize",
    "relative_percentages",
    "showcolumns",
    "trim",
];

const TEXTS: [&str; 27] = [
    "add_comment",
    "base",
    "buildid",
    "diff_base",
    "focus",
    "hide",
    "http",
    "ignore",
    "output",
    "prune_from",
    "sample_index",
    "show",
    "show_from",
    "source_path",
    "symbolize",
    "tagfocus",
    "taghide",
    "tagignore",
    "tagleaf",
    "tagroot",
    "tagshow",
    "tls_ca",
    "tls_cert",
    "tls_key",
    "tools",
    "trim_path",
    "unit",
];

fn kind_of(name: &str) -> Option<Kind> {
    let is_choice = SORTS.iter().any(|(choice, _)| *choice == name)
        || GRANULARITIES.iter().any(|(choice, _)| *choice == name)
        || SAMPLE_TYPES.iter().any(|(choice, _)| *choice == name);
    match name {
        "seconds" | "timeout" | "nodecount" => Some(Kind::Integer),
        "nodefraction" | "edgefraction" | "divide_by" => Some(Kind::Number),
        _ if is_choice || SWITCHES.contains(&name) => Some(Kind::Switch),
        _ if TEXTS.contains(&name) => Some(Kind::Text),
        _ => Command::named(name).map(|command| if command.has_pattern { Kind::Text } else { Kind::Switch }),
    }
}

/// Reads a command line without the program's name. `is_binary` says whether the first of several words is a program
/// or library that the profiles are of.
///
/// # Errors
/// See [`CommandLineError`]; what was to be said before comes with it.
pub fn parse(arguments: &[String], is_binary: impl FnOnce(&str) -> bool) -> Result<CommandLine, Refusal> {
    let flags = Flags::parse(arguments, kind_of).map_err(CommandLineError::Flag)?;
    let mut sources = flags.words.clone();
    let Some(first) = sources.first().cloned() else { return Err(CommandLineError::NoSource.into()) };
    let binary = (sources.len() > 1 && is_binary(&first)).then(|| sources.remove(0));
    let mut config = config(&flags)?;
    let report = report(&flags)?;
    let text = |name| flags.text(name).unwrap_or_default().to_owned();
    let http = text("http");
    if report.is_some() && !http.is_empty() {
        return Err(CommandLineError::ReportOverHttp.into());
    }
    if flags.is_on("no_browser") && http.is_empty() {
        return Err(CommandLineError::NoBrowserWithoutHttp.into());
    }
    let remarks = select_sample_type(&flags, &mut config);
    // Of several bases the last one counts.
    let base = |name| text_of(&flags, name).map(str::to_owned).into_iter().collect::<Vec<_>>();
    let (subtracted, compared) = (base("base"), base("diff_base"));
    if !subtracted.is_empty() && !compared.is_empty() {
        return Err(Refusal { remarks, error: CommandLineError::BaseAndDiffBase });
    }
    let is_diff_base = !compared.is_empty();
    let bases = if is_diff_base { compared } else { subtracted };
    if config.normalize && bases.is_empty() {
        return Err(Refusal { remarks, error: CommandLineError::NormalizeWithoutBase });
    }
    Ok(CommandLine {
        sources,
        bases,
        is_diff_base,
        binary,
        seconds: flags.integer("seconds", -1),
        timeout: flags.integer("timeout", -1),
        tls: TlsFiles { certificate: text("tls_cert"), key: text("tls_key"), authorities: text("tls_ca") },
        build_id: text("buildid"),
        symbolize: text("symbolize"),
        comment: text("add_comment"),
        http,
        report,
        config,
        remarks,
    })
}

fn text_of<'f>(flags: &'f Flags, name: &str) -> Option<&'f str> {
    flags.text(name).filter(|text| !text.is_empty())
}

fn config(flags: &Flags) -> Result<Config, CommandLineError> {
    let default = Config::default();
    let text = |name| flags.text(name).unwrap_or_default().to_owned();
    Ok(Config {
        output: text("output"),
        call_tree: flags.is_on("call_tree"),
        relative_percentages: flags.is_on("relative_percentages"),
        unit: flags.text("unit").map_or(default.unit, str::to_owned),
        compact_labels: flags.is_on("compact_labels"),
        source_path: text("source_path"),
        trim_path: text("trim_path"),
        mean: flags.is_on("mean"),
        sample_index: text("sample_index"),
        divide_by: flags.number("divide_by", default.divide_by),
        normalize: flags.is_on("normalize"),
        sort: choice(flags, &SORTS)?.unwrap_or_default(),
        tagroot: text("tagroot"),
        tagleaf: text("tagleaf"),
        drop_negative: flags.is_on("drop_negative"),
        nodecount: flags.integer("nodecount", default.nodecount),
        nodefraction: flags.number("nodefraction", default.nodefraction),
        edgefraction: flags.number("edgefraction", default.edgefraction),
        trim: flags.switch("trim", default.trim),
        focus: text("focus"),
        ignore: text("ignore"),
        prune_from: text("prune_from"),
        hide: text("hide"),
        show: text("show"),
        show_from: text("show_from"),
        tagfocus: text("tagfocus"),
        tagignore: text("tagignore"),
        tagshow: text("tagshow"),
        taghide: text("taghide"),
        noinlines: flags.is_on("noinlines"),
        showcolumns: flags.is_on("showcolumns"),
        granularity: choice(flags, &GRANULARITIES)?,
        intel_syntax: flags.is_on("intel_syntax"),
    })
}

/// The one of several choices that is on.
fn choice<T: Copy>(flags: &Flags, choices: &[(&'static str, T)]) -> Result<Option<T>, CommandLineError> {
    let set: Vec<&(&'static str, T)> = choices.iter().filter(|(name, _)| flags.is_on(name)).collect();
    match set.as_slice() {
        [] => Ok(None),
        [(_, choice)] => Ok(Some(*choice)),
        several => Err(CommandLineError::ConflictingChoices(several.iter().map(|(name, _)| *name).collect())),
    }
}

fn report(flags: &Flags) -> Result<Option<ReportCommand>, CommandLineError> {
    let mut report = None;
    for command in &COMMANDS {
        let pattern = text_of(flags, command.name).map(str::to_owned);
        let is_wanted = if command.has_pattern { pattern.is_some() } else { flags.is_on(command.name) };
        if is_wanted && report.replace(ReportCommand { command, pattern }).is_some() {
            return Err(CommandLineError::SeveralReports);
        }
    }
    Ok(report)
}

/// Heeds the flags that stand for a sample type; the first one wins. Returns what is to be said about the others.
fn select_sample_type(flags: &Flags, config: &mut Config) -> Vec<String> {
    let mut remarks = Vec::new();
    for (flag, sample_type) in SAMPLE_TYPES {
        if !flags.is_on(flag) {
            continue;
        }
        if config.sample_index.is_empty() {
            sample_type.clone_into(&mut config.sample_index);
        } else {
            remarks.push(format!("Multiple value selections, ignoring -{flag}"));
        }
    }
    config.mean |= flags.is_on("mean_delay");
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Granularity;

    fn typed(line: &str) -> Result<CommandLine, Refusal> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&words, |word| word == "binary")
    }

    #[test]
    fn a_binary_is_one_only_before_a_profile() {
        let line = typed("-top binary profile").unwrap();
        assert_eq!((line.binary.as_deref(), line.sources), (Some("binary"), vec!["profile".to_owned()]));
        assert_eq!(typed("-top binary").unwrap().binary, None);
    }

    #[test]
    fn the_first_sample_type_wins() {
        let line = typed("-alloc_space -inuse_space -mean_delay -top p").unwrap();
        assert_eq!(line.config.sample_index, "delay");
        assert!(line.config.mean);
        assert_eq!(
            line.remarks,
            [
                "Multiple value selections, ignoring -inuse_space",
                "Multiple value selections, ignoring -alloc_space"
            ]
        );
    }

    #[test]
    fn contradictions_are_refused() {
        for (line, expected) in [
            ("-top", "no profile source specified"),
            ("-top -tree p", "must set at most one output format"),
            ("-top -peek=x p", "must set at most one output format"),
            ("-top -flat -cum p", "conflicting options set: [cum flat]"),
            ("-top -http=: p", "-http is not compatible with an output format on the command line"),
            ("-no_browser p", "-no_browser only makes sense with -http"),
            ("-base=a -diff_base=b p", "-base and -diff_base flags cannot both be specified"),
            ("-normalize -base= p", "must have base profile to normalize by"),
        ] {
            assert_eq!(typed(line).unwrap_err().error.to_string(), expected, "{line}");
        }
        assert!(typed("-top=false -tree -base=a -normalize p").is_ok());
    }

    #[test]
    fn what_is_ignored_is_said_before_a_refusal() {
        let refusal = typed("-normalize -total_delay -sample_index=0 p").unwrap_err();
        assert_eq!(refusal.remarks, ["Multiple value selections, ignoring -total_delay"]);
    }

    #[test]
    fn reports_about_single_functions_are_not_trimmed() {
        let config = Config::default();
        let nodecount = |name| config.for_command(Command::named(name).unwrap()).nodecount;
        assert_eq!((nodecount("top"), nodecount("tree"), nodecount("peek")), (0, 80, 0));
        let raw = config.for_command(Command::named("raw").unwrap());
        assert_eq!((raw.granularity, raw.nodecount), (Some(Granularity::Addresses), 0));
    }
}
