//! What a reader of a report must know to read it right: facts that are no errors.

use crate::renamed::Renamed;
use crate::trend::SeriesNote;
use std::fmt;

/// A remark on a report. Its text is a lowercase fragment without a full stop.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// A filter matched no frame at all, so it is probably mistyped.
    FilterMatchedNothing {
        /// How it is typed: `focus`, `show-from`, ...
        filter: &'static str,
        /// The regular expression.
        pattern: String,
    },
    /// A filter of labels matched no sample at all.
    TagFilterMatchedNothing {
        /// `tag-focus` or `tag-ignore`.
        filter: &'static str,
        /// The filter.
        pattern: String,
    },
    /// No sample has the label that was to become frames.
    NoSuchLabel {
        /// `tag-root` or `tag-leaf`.
        option: &'static str,
        /// The label's name.
        key: String,
    },
    /// No function goes by the name that was asked for.
    NoSuchFunction {
        /// The regular expression.
        pattern: String,
    },
    /// All functions of the name that was asked for are hidden.
    FunctionsHidden {
        /// The regular expression.
        pattern: String,
    },
    /// The base was scaled to hold as much as the head.
    Normalized {
        /// What its values were multiplied with.
        factor: f64,
    },
    /// Profiles do not count samples: their number follows from objects, bytes and period, if blocks of one row of the file
    /// are equally big.
    SamplesDerived,
    /// Not every resource has a stack trace.
    ResourcesSampled {
        /// Of how many one has; 0 if none has.
        one_in: u32,
        /// How many are open, exactly.
        open: u64,
        /// Of how many nothing is known because there was no room.
        refused: u64,
    },
    /// Not every task is there.
    TasksRefused {
        /// Tasks that found no room since the program started.
        refused: u64,
    },
    /// Profiles count bytes alone, so that nobody can tell how sure they are.
    SamplesUnknown,
    /// Base and head come from different programs.
    DifferentPrograms {
        /// The base's program.
        base: String,
        /// The head's program.
        head: String,
    },
    /// Base and head were sampled with different periods; both are estimates of the same thing, of unequal accuracy.
    DifferentPeriods {
        /// The base's period.
        base: i64,
        /// The head's period.
        head: i64,
        /// What both count, such as `bytes`.
        unit: String,
    },
    /// The base was taken after the head, so what the report calls born died in real time.
    BaseIsNewer,
    /// Both are snapshots of one process, but the head no longer tells the epochs around the base apart, because
    /// snapshots were thinned out: compared as if they were independent, which is less accurate.
    NotABoundary {
        /// The sequence number of the older snapshot.
        sequence: u32,
    },
    /// Both are snapshots of one process, but a row lacks its `epoch` label: compared as if they were independent.
    MissingEpochs,
    /// `drop_frames` or `keep_frames` of a profile is not a regular expression here, so it hides nothing.
    UnreadableFramePattern {
        /// The pattern.
        pattern: String,
    },
    /// Snapshots with the same sequence number: the first by name was used.
    DuplicateSnapshots {
        /// How many were left out.
        count: usize,
    },
    /// Snapshots that lack the sample type that is shown, and were left out.
    SnapshotsWithoutSampleType {
        /// How many were left out.
        count: usize,
    },
    /// The last snapshot of a series was taken as the program ended and had freed what it held: it is not judged.
    SnapshotOfTheEnd,
    /// Rows are types, and some types are not known.
    UnknownTypes,
    /// Something about the order of a series.
    Series(SeriesNote),
    /// A function that went and one that came may be the same.
    Renamed(Renamed),
    /// Sample types that only some of the profiles that were merged have, and were left out.
    SampleTypesNotCommon {
        /// Kind and unit of each.
        kinds: Vec<String>,
    },
    /// Snapshots of several moments or processes were summed, so that there is no figure of one process any more.
    MergedSnapshots {
        /// How many there are.
        snapshots: usize,
        /// How many processes wrote them.
        processes: usize,
    },
}

const UNKNOWN_TYPES: &str = "types are read from the names of generic functions, and `?` is what names leave out: those of a \
     build with `-C symbol-mangling-version=v0` have it";

const SAMPLES_UNKNOWN: &str =
    "the profile counts neither samples nor objects: how sure its figures are cannot be told";
const SINCE_START: &str = "since the program started";

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FilterMatchedNothing { filter, pattern } => {
                write!(f, "`--{filter} {pattern}` matched no frame")
            }
            Self::TagFilterMatchedNothing { filter, pattern } => {
                write!(f, "`--{filter} {pattern}` matched no label")
            }
            Self::NoSuchLabel { option, key } => {
                write!(f, "`--{option} {key}`: no sample has such a label")
            }
            Self::Normalized { factor } => write!(
                f,
                "the base is scaled by {factor:.4} to hold as much as the head: compared as independent"
            ),
            Self::TasksRefused { refused } => {
                write!(f, "{refused} tasks are not shown because there was no room, {SINCE_START}")
            }
            Self::ResourcesSampled { one_in, open, refused } => write_resources(*one_in, *open, *refused, f),
            Self::SamplesDerived => write!(
                f,
                "the profile counts no samples: they are derived from objects, bytes and period, and so are intervals"
            ),
            Self::SamplesUnknown => f.write_str(SAMPLES_UNKNOWN),
            Self::NoSuchFunction { pattern } => write!(f, "`{pattern}` matched no function"),
            Self::FunctionsHidden { pattern } => {
                write!(f, "`{pattern}` matched hidden functions alone: `--all-frames` shows them")
            }
            Self::DifferentPrograms { base, head } => {
                write!(f, "different programs: base is `{base}`, head is `{head}`")
            }
            Self::DifferentPeriods { base, head, unit } => {
                write!(f, "different sampling periods: {base} {unit} in the base, {head} {unit} in the head")
            }
            Self::BaseIsNewer => write!(f, "the base was taken after the head: growth reads as shrinkage"),
            Self::NotABoundary { sequence } => write!(
                f,
                "snapshot {sequence} was thinned out of the head's history: compared as independent, so intervals are wider"
            ),
            Self::MissingEpochs => {
                write!(f, "samples without an `epoch` label: compared as independent, so intervals are wider")
            }
            Self::UnreadableFramePattern { pattern } => {
                write!(f, "the profile's frame pattern `{pattern}` is not a regular expression: ignored")
            }
            Self::DuplicateSnapshots { count } => {
                write!(f, "{count} snapshots left out: same sequence number")
            }
            Self::SnapshotsWithoutSampleType { count } => {
                write!(f, "{count} snapshots left out: they lack the sample type")
            }
            Self::SnapshotOfTheEnd => {
                write!(
                    f,
                    "the last snapshot is left out: it was taken as recording ended, when programs free what they hold"
                )
            }
            Self::UnknownTypes => f.write_str(UNKNOWN_TYPES),
            Self::Series(note) => note.fmt(f),
            Self::Renamed(renamed) => renamed.fmt(f),
            Self::SampleTypesNotCommon { kinds } => {
                let kinds: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
                write!(f, "left out what not all of the merged profiles have: {}", kinds.join(", "))
            }
            Self::MergedSnapshots { snapshots, processes } => write_merged(*snapshots, *processes, f),
        }
    }
}

fn write_merged(snapshots: usize, processes: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (snapshots, processes) {
        (1, _) => {
            write!(f, "the sum of a snapshot and other profiles: figures of its process are left out")
        }
        _ if snapshots == processes => {
            write!(f, "the sum of {snapshots} processes: figures of a single process are left out")
        }
        (_, 1) => write!(
            f,
            "the sum of {snapshots} snapshots of one process: what is alive in several counts several times"
        ),
        _ => write!(
            f,
            "the sum of {snapshots} snapshots of {processes} processes: what is alive in several counts several times"
        ),
    }
}

fn write_resources(one_in: u32, open: u64, refused: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{open} are open, exactly")?;
    if one_in > 1 {
        write!(f, "; one in {one_in} has a stack trace, so rows are estimates")?;
    }
    match refused {
        0 => Ok(()),
        refused => write!(f, "; of {refused} nothing is known because there was no room"),
    }
}
