//! Why a report cannot be made.

/// What is wrong with a question that was asked of profiles.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnalysisError {
    /// No sample type goes by the name that was asked for.
    #[error("no sample type `{wanted}`: expected one of {}", list(available))]
    UnknownSampleType {
        /// The name that was asked for.
        wanted: String,
        /// The kinds that the profile has, or that base and head have in common.
        available: Vec<String>,
    },
    /// Base and head measure different things.
    #[error("no sample type in common: base has {}, head has {}", list(base), list(head))]
    NoCommonSampleType {
        /// The kinds and units of the base.
        base: Vec<String>,
        /// Those of the head.
        head: Vec<String>,
    },
    /// Base and head were sampled by different things, so that equal words for what they count mean different things.
    #[error("base was sampled by `{base}`, head by `{head}`: what they count cannot be compared")]
    DifferentPeriodTypes {
        /// What the base's period counts, and its unit.
        base: String,
        /// The same of the head.
        head: String,
    },
    /// The profile states no sample type, so its values mean nothing.
    #[error("the profile has no sample types, so there is nothing to report")]
    NoSampleTypes,
    /// A filter is not a regular expression.
    #[error("`--{filter}` is not a regular expression")]
    BadFilter {
        /// How it is typed: `focus`, `tag-focus`, ...
        filter: &'static str,
        /// What is wrong with it.
        #[source]
        source: Box<regex::Error>,
    },
    /// What functions are asked for by is not a regular expression.
    #[error("`{pattern}` is not a regular expression")]
    BadPattern {
        /// As the user wrote it.
        pattern: String,
        /// What is wrong with it.
        #[source]
        source: Box<regex::Error>,
    },
    /// Rows are asked for by a label that no sample has.
    #[error("no sample has a label `{wanted}`; {}", labels(available))]
    UnknownLabel {
        /// Its name.
        wanted: String,
        /// The names of the labels that there are.
        available: Vec<String>,
    },
    /// Values are asked for by something that a profile does not count.
    #[error("{} `{wanted}`; {}", does_not_count(side), counters(available))]
    UnknownCounter {
        /// The name of the counter.
        wanted: String,
        /// `base`, `head` or `no snapshot`.
        side: &'static str,
        /// The counters that it has.
        available: Vec<String>,
    },
    /// Values cannot be divided by the number of items, for it is 0.
    #[error("{}", nothing_counted(what, *is_one_process))]
    NothingCounted {
        /// What was counted.
        what: String,
        /// Whether it was counted between two snapshots of one process.
        is_one_process: bool,
    },
    /// Nothing was counted over a series.
    #[error("no `{what}` were counted from the first snapshot to the last")]
    NothingCountedInSeries {
        /// What was to be counted.
        what: String,
    },
    /// No number lies in a range of labels.
    #[error("`--{filter} {range}` is an empty range")]
    EmptyTagRange {
        /// `tag-focus` or `tag-ignore`.
        filter: &'static str,
        /// The range.
        range: String,
    },
    /// A series without snapshots, or a snapshot asked for that it does not have.
    #[error("the series has {count} snapshots: expected at least {expected}")]
    TooFewSnapshots {
        /// How many there are.
        count: usize,
        /// How many the report needs.
        expected: usize,
    },
}

fn does_not_count(side: &str) -> String {
    match side.strip_prefix("no ") {
        Some(_) => format!("{side} counts"),
        None => format!("{side} does not count"),
    }
}

fn counters(available: &[String]) -> String {
    match available {
        [] => "there are no counters".to_owned(),
        [one] => format!("the only counter is `{one}`"),
        available => format!("there are {}", list(available)),
    }
}

fn nothing_counted(what: &str, is_one_process: bool) -> String {
    match is_one_process {
        true => format!("no `{what}` were counted between base and head"),
        false => format!("base or head counted no `{what}`"),
    }
}

fn labels(available: &[String]) -> String {
    match available {
        [] => "there are no labels".to_owned(),
        [one] => format!("the only one is `{one}`"),
        available => format!("there are {}", list(available)),
    }
}

fn list(kinds: &[String]) -> String {
    if kinds.is_empty() {
        return "none".to_owned();
    }
    kinds.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ")
}
