//! Random command lines.

use crate::generate::names::{UNITS, Vocabulary};
use crate::generate::{chance, pick};
use fastrand::Rng;

const FORMATS: &[&str] = &[
    "top",
    "top",
    "text",
    "tree",
    "peek=",
    "traces",
    "tags",
    "raw",
    "comments",
    "dot",
    "callgrind",
    "topproto",
    "proto",
    "list=",
    "dot",
    "tree",
    "callgrind",
];

const GRANULARITIES: &[&str] = &["functions", "filefunctions", "files", "lines", "addresses"];

/// Flags that are on or off, and in how many percent of the cases they are there.
const SWITCHES: &[(&str, u32)] = &[
    ("cum", 20),
    ("drop_negative", 10),
    ("relative_percentages", 12),
    ("call_tree", 10),
    ("compact_labels", 25),
    ("noinlines", 12),
    ("mean", 8),
    ("showcolumns", 8),
    ("trim=false", 15),
];

/// Flags with a pattern.
const FILTERS: &[(&str, u32)] = &[
    ("focus", 12),
    ("ignore", 8),
    ("hide", 8),
    ("show", 8),
    ("show_from", 7),
    ("prune_from", 7),
    ("tagshow", 6),
    ("taghide", 6),
];

/// The flags of one run.
pub(crate) fn flags(rng: &mut Rng, vocabulary: &Vocabulary) -> Vec<String> {
    let words = &vocabulary.words;
    let mut flags = Vec::new();
    if !chance(rng, 14) {
        flags.push("symbolize=none".to_owned());
    } else if chance(rng, 40) {
        let modes = [
            "force",
            "local",
            "fastlocal",
            "remote",
            "demangle=full",
            "demangle=none",
            "demangle=templates",
            "demangle=default",
            "local:force",
            "FORCE:demangle=full",
            "templates",
            "force:none",
            ":",
            "demangle=local",
            "remote:demangle=none",
        ];
        flags.push(format!("symbolize={}", pick(rng, &modes)));
    }
    let format = pick(rng, FORMATS);
    let argument = if format.ends_with('=') { pattern(rng, words) } else { String::new() };
    flags.push(format!("{format}{argument}"));
    if chance(rng, 45) {
        flags.push(pick(rng, GRANULARITIES).to_owned());
    }
    for (name, percent) in SWITCHES {
        if chance(rng, *percent) {
            flags.push((*name).to_owned());
        }
    }
    for (name, percent) in FILTERS {
        if chance(rng, *percent) {
            flags.push(format!("{name}={}", pattern(rng, words)));
        }
    }
    for name in ["tagfocus", "tagignore"] {
        if chance(rng, 8) {
            flags.push(format!("{name}={}", tag_filter(rng, words)));
        }
    }
    numbers(rng, vocabulary, &mut flags);
    if chance(rng, if vocabulary.has_base { 25 } else { 1 }) {
        flags.push("normalize".to_owned());
    }
    rare(rng, words, &mut flags);
    // Every order is allowed, and one dash or two.
    rng.shuffle(&mut flags);
    flags.iter().map(|flag| if chance(rng, 5) { format!("--{flag}") } else { format!("-{flag}") }).collect()
}

fn numbers(rng: &mut Rng, vocabulary: &Vocabulary, flags: &mut Vec<String>) {
    if chance(rng, 30) {
        flags.push(format!("nodecount={}", pick(rng, &["0", "1", "2", "3", "5", "8", "20", "-1"])));
    }
    if chance(rng, 15) {
        flags.push(format!(
            "nodefraction={}",
            pick(rng, &["0", "0.05", "0.2", "0.5", "1", ".01", "1e-1", "-0.5", "2", "NaN", "1e9"])
        ));
    }
    if chance(rng, 15) {
        flags
            .push(format!("edgefraction={}", pick(rng, &["0", "0.05", "0.2", "0.5", "1", "-1", "3", "Inf"])));
    }
    if chance(rng, 6) {
        flags.push(format!(
            "divide_by={}",
            pick(rng, &["2", "3", "0.5", "1000", "7.25", "0", "-2", "1e300", "1e-300", "Inf", "NaN", "1"])
        ));
    }
    if chance(rng, 25) {
        let unit = if chance(rng, 25) { "auto" } else { pick(rng, UNITS) };
        let odd = [
            "Kilobyte", "kib", "µs", "xyz", "", "hrs", "years", "gb ", "10", "minimum", "Count", "GCUs",
            "mbs", "ss",
        ];
        let unit = if chance(rng, 15) { pick(rng, &odd) } else { unit };
        flags.push(format!("unit={unit}"));
    }
    if chance(rng, 25) {
        let types = &vocabulary.sample_types;
        let index = match rng.u32(0..12) {
            0 => word(rng, &vocabulary.words),
            2 if !types.is_empty() => {
                let name = &types[rng.usize(0..types.len())];
                let prefix = pick(rng, &["inuse_", "mean_", "total_", " ", "+", "0"]);
                format!("{prefix}{name}")
            }
            1 => pick(
                rng,
                &[
                    "inuse_space",
                    "01",
                    "+1",
                    "1_0",
                    "0x1",
                    "-0",
                    "99999999999999999999",
                    "samples",
                    "space",
                    "inuse_objects",
                    "cpu",
                    "-1",
                    "9",
                ],
            )
            .to_owned(),
            _ if types.is_empty() => "0".to_owned(),
            3..=6 => rng.usize(0..types.len()).to_string(),
            _ => types[rng.usize(0..types.len())].clone(),
        };
        flags.push(format!("sample_index={index}"));
    }
    for name in ["tagroot", "tagleaf"] {
        if chance(rng, 5) {
            flags.push(format!(
                "{name}={}",
                pick(rng, &["bytes", "key1", "key1,key2", "user,thread", "request", "absent"])
            ));
        }
    }
}

/// What few people write: shortcuts, errors, paths.
fn rare(rng: &mut Rng, words: &[String], flags: &mut Vec<String>) {
    if chance(rng, 5) {
        flags.push(
            pick(rng, &["inuse_space", "alloc_objects", "contentions", "mean_delay", "total_delay"])
                .to_owned(),
        );
    }
    if chance(rng, 4) {
        flags.push(format!("add_comment={}", word(rng, words)));
    }
    if chance(rng, 2) {
        flags.push("buildid=feedbeef".to_owned());
    }
    if chance(rng, 5) {
        flags.push(format!(
            "trim_path={}",
            pick(rng, &["/usr/local/go", "/home/user:/a", "src", "github.com/foo"])
        ));
    }
    if chance(rng, 4) {
        flags.push(format!("source_path={}", pick(rng, &["src", ".", "/nonexistent:."])));
    }
    if chance(rng, 3) {
        let wrong = [
            "no_such_flag",
            "top",
            "dot",
            "nodecount=many",
            "nodefraction=x",
            "trim=perhaps",
            "lines",
            "files",
            "unit",
            "base=absent.pb.gz",
            "diff_base=absent.pb.gz",
            "symbolize=wrong",
            "cum=false",
            "flat",
            "-",
            "help",
        ];
        flags.push(pick(rng, &wrong).to_owned());
    }
}

/// Expressions that Go refuses, or nearly so.
const WRONG_PATTERNS: &[&str] = &[
    "(",
    "a)",
    "[z-a]",
    "*",
    "a**",
    "(?P<n>x",
    "\\pX",
    "x{1001}",
    "(?=a)",
    "\\8",
    "[[:wrong:]]",
    "a{2,1}",
    "[a-\\d]",
    "(?P<1>a)",
    "(?P=n)",
    "(?<n>a)(?<n>b)",
    "\\x{110000}",
    "\\1",
    "\\K",
    "\\u00e9",
    "[[:alpha:]-z]",
    "(?i",
    "(?z)",
    "[",
    "[]",
    "[^]",
    "\\",
    "\\p{Nope}",
    "\\pq",
    "(a{999}){999}",
    "a{,2}{3}{2}",
    "??",
    "+",
    "?",
    "^*+",
    "(?i)(?-i",
    "\\x{",
    "\\xg",
    "a***",
    "{1}{2}",
    "\\Qa",
    ")",
    "x{2}{1001}",
];

/// Expressions that only Go reads as it does.
const ODD_PATTERNS: &[&str] = &[
    "\\w+::",
    "\\.go$",
    "\\bmain\\b",
    "[[:alpha:]]+",
    "\\d",
    "\\Qa.b\\E",
    "(?U)a+",
    "\\pL",
    "x{2,}",
    "(?s).",
    "\\x41",
    "[\\w-]",
    "(?i:M)ain",
    "a*?",
    "\\Amain\\z",
    "[^[:space:]]",
    "[[:^alpha:]]",
    "(|a)",
    "a||b",
    "()",
    ".{0,1000}",
    "\\07",
    "\\0",
    "(?i)GRÖSSE",
    "(?i)\u{17f}",
    "\\p{Han}",
    "\\PL",
    "\\p{^Latin}",
    "[]a]",
    "[^]a]",
    "[a-]",
    "x{2",
    "{",
    "a{,5}",
    "(?m)^m",
    "(?P<name>m)ain",
    "(?<name>m)ain",
    "\\Q..\\E.",
    "[\\]a]",
    "\\.\\*",
    "\\x{6d}ain",
    "[\\x61-\\x7a]",
    "\\B",
    "$",
    "(?s-i)a",
    "\\pN+",
    "[[:word:]]+",
    "\\/",
    "\\_",
    "\\:",
    "\\C",
];

/// A regular expression: mostly of words that are there.
pub(super) fn pattern(rng: &mut Rng, words: &[String]) -> String {
    let word = word(rng, words);
    match rng.u32(0..40) {
        0 => format!("^{word}$"),
        1 => format!("{word}|{}", self::word(rng, words)),
        2 => ".".to_owned(),
        3 => ".*".to_owned(),
        4 => format!("(?i){}", word.to_uppercase()),
        5 => "[a-m]".to_owned(),
        6 => "^[^:]+$".to_owned(),
        7 => pick(rng, WRONG_PATTERNS).to_owned(),
        8 => pick(rng, ODD_PATTERNS).to_owned(),
        9 => "^$".to_owned(),
        _ => word,
    }
}

/// A filter of labels: a range, or patterns, with or without a key.
pub(super) fn tag_filter(rng: &mut Rng, words: &[String]) -> String {
    let range = pick(
        rng,
        &[
            "1kb:",
            ":64kb",
            "32kb",
            "1kb:1mb",
            "0bytes:100bytes",
            "10ms:",
            "1024",
            "-5:",
            "1kb:1s",
            "1mb:1kb",
            "512b:",
            "+2kb:",
            "3widgets:",
            "1kB:2KB",
            "1.5kb",
            "0x10:",
            ":",
            "1 kb:",
            "1kb :2kb",
            "-1kb:-2b",
            "99999999999999999999:",
            "9223372036854775807b:",
            "5s:1ms",
            "1min:1h",
            "5",
            "-5",
            "1k:",
            "1gb:1tb",
            "10:20:30",
            ",",
            "1b,2b",
        ],
    );
    let key = pick(rng, &["bytes", "key1", "request", "user", "latency", "absent"]);
    match rng.u32(0..6) {
        0 | 1 => range.to_owned(),
        2 => format!("{key}={range}"),
        3 => format!("{key}={}", pattern(rng, words)),
        4 => format!("{},{}", word(rng, words), word(rng, words)),
        _ => pick(rng, &["tag1", "tag[12]", "key1:tag", "user:,true", "=", "key1=", "t"]).to_owned(),
    }
}

/// A name, or a part of it, with what means something in a pattern taken out.
fn word(rng: &mut Rng, words: &[String]) -> String {
    let word = &words[rng.usize(0..words.len())];
    let letters: Vec<char> = word.chars().collect();
    let length = if rng.bool() { letters.len() } else { rng.usize(1..=letters.len()) };
    let start = rng.usize(0..=letters.len() - length);
    let part = letters[start..start + length].iter();
    part.map(|&letter| if "()[]{}*+?^$|\\\n\0".contains(letter) { '.' } else { letter }).collect()
}
