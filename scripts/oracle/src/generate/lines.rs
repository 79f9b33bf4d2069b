//! Random lines for pprof's shell.

use crate::generate::flags::{pattern, tag_filter};
use crate::generate::names::{UNITS, Vocabulary};
use crate::generate::{chance, pick};
use fastrand::Rng;

/// Reports that are printed. Those that the shell saves to a file would differ from run to run in its name.
const COMMANDS: &[&str] =
    &["top", "text", "tree", "traces", "tags", "raw", "comments", "dot", "peek", "list"];

const SWITCHES: &[&str] = &[
    "call_tree",
    "compact_labels",
    "drop_negative",
    "mean",
    "noinlines",
    "relative_percentages",
    "showcolumns",
    "trim",
];

const SWITCH_VALUES: &[&str] = &["", "=", "=1", "=0", "=t", "=No", "=yes //: why", "=FALSE", "=maybe"];

const CHOICES: &[&str] =
    &["cum", "flat", "functions", "filefunctions", "files", "lines", "addresses", "sort", "granularity"];

const PATTERNS: &[&str] = &[
    "focus",
    "ignore",
    "hide",
    "show",
    "show_from",
    "prune_from",
    "tagshow",
    "taghide",
    "tagroot",
    "tagleaf",
];

const NUMBERS: &[&str] = &["nodecount", "nodefraction", "edgefraction", "divide_by"];

const NUMBER_VALUES: &[&str] =
    &["0", "1", "3", "-1", "0.05", "1e-1", "1e21", "0x1p-3", "1_0", "Inf", "1e999", "two", ""];

const OTHERS: &[&str] = &[
    "o",
    "options",
    ":",
    "help",
    "help top",
    "help tags",
    "help nodecount",
    "help sample_index",
    "help lines",
    "help me",
    "",
    "   ",
    "nodecount 5",
    "top >",
    "no such command",
    "10",
    "=",
    "quit",
];

/// Some lines. A report is always among them.
pub(super) fn lines(rng: &mut Rng, vocabulary: &Vocabulary) -> Vec<String> {
    let count = rng.usize(0..8);
    let mut lines: Vec<String> = (0..count)
        .map(|_| match rng.u32(0..10) {
            0..4 => command(rng, vocabulary),
            4..9 => assignment(rng, vocabulary),
            _ => pick(rng, OTHERS).to_owned(),
        })
        .collect();
    lines.push(command(rng, vocabulary));
    lines
}

fn command(rng: &mut Rng, vocabulary: &Vocabulary) -> String {
    let words = &vocabulary.words;
    let name = pick(rng, COMMANDS);
    let mut line = name.to_owned();
    if chance(rng, 20) {
        line.push_str(pick(rng, &["1", "3", "20"]));
    }
    if matches!(name, "peek" | "list") && chance(rng, 95) {
        line = format!("{line} {}", pattern(rng, words));
    }
    for _ in 0..rng.u32(0..4) {
        let word = match rng.u32(0..6) {
            0 => pick(rng, &["2", "5", "-1", "+3", "99999999999"]).to_owned(),
            1 => pick(rng, &["-cum", "--cum", "-", "--"]).to_owned(),
            2 => format!("-{}", pattern(rng, words)),
            3 if chance(rng, 30) => pick(rng, &[">report", "> report"]).to_owned(),
            _ => pattern(rng, words),
        };
        line = format!("{line} {word}");
    }
    line
}

fn assignment(rng: &mut Rng, vocabulary: &Vocabulary) -> String {
    let words = &vocabulary.words;
    match rng.u32(0..7) {
        0 => format!("{}{}", pick(rng, SWITCHES), pick(rng, SWITCH_VALUES)),
        1 => format!("{}{}", pick(rng, CHOICES), pick(rng, SWITCH_VALUES)),
        2 => format!("{}={}", pick(rng, &["sort", "granularity"]), pick(rng, CHOICES)),
        3 => format!("{} = {}", pick(rng, PATTERNS), pattern(rng, words)),
        4 => format!("{}={}", pick(rng, &["tagfocus", "tagignore"]), tag_filter(rng, words)),
        5 => format!("{}={}", pick(rng, NUMBERS), pick(rng, NUMBER_VALUES)),
        _ if vocabulary.sample_types.is_empty() || chance(rng, 40) => format!("unit={}", pick(rng, UNITS)),
        _ => {
            let kind = &vocabulary.sample_types[rng.usize(0..vocabulary.sample_types.len())];
            format!("{}{kind}", pick(rng, &["", "total_", "mean_", "sample_index=", "sample_index=x"]))
        }
    }
}
