//! The snapshots of one process in order.

use crate::metadata::Process;
use crate::natural_order::natural_order;
use crate::note::Note;
use crate::profile::Profile;
use std::collections::BTreeMap;

/// A profile and what its reader calls it.
#[derive(Clone, Debug)]
pub struct NamedProfile {
    /// Usually the file's path, as the user would type it.
    pub name: String,
    /// The profile.
    pub profile: Profile,
}

/// The snapshots of one process, oldest first.
#[derive(Clone, Debug)]
pub struct Series {
    /// Which process; `None` for profiles of other producers, which are taken for one series.
    pub process: Option<Process>,
    /// Its snapshots by sequence number; those of other producers by time, then by name. At least one.
    pub snapshots: Vec<NamedProfile>,
    /// What was left out.
    pub notes: Vec<Note>,
}

/// Sorts profiles into series: one a process, in the order of their first snapshots, and last those of other
/// producers' profiles: one for each kind of value that they show. The order in which profiles come does not matter.
#[must_use]
pub fn series(profiles: Vec<NamedProfile>) -> Vec<Series> {
    let mut by_process: BTreeMap<ProcessKey, Vec<NamedProfile>> = BTreeMap::new();
    for named in profiles {
        by_process.entry(ProcessKey::of(&named.profile)).or_default().push(named);
    }
    let mut all: Vec<_> = by_process.into_values().map(in_order).collect();
    all.sort_by(|a, b| {
        let key = |series: &Series| {
            let first = series.snapshots.first();
            let of_first = first.map(|first| (first.profile.time_nanos, first.name.clone()));
            (series.process.is_none(), of_first)
        };
        key(a).cmp(&key(b))
    });
    all
}

/// Sorts the snapshots of one process, and leaves out all but the first of those that are the same.
fn in_order(mut snapshots: Vec<NamedProfile>) -> Series {
    let sequence = |named: &NamedProfile| named.profile.metadata.as_ref().map(|metadata| metadata.sequence);
    let is_foreign = |named: &NamedProfile| matches!(ProcessKey::of(&named.profile), ProcessKey::Foreign(_));
    if snapshots.first().is_some_and(is_foreign) {
        let time = |named: &NamedProfile| named.profile.time_nanos;
        snapshots.sort_by(|a, b| time(a).cmp(&time(b)).then_with(|| natural_order(&a.name, &b.name)));
        return Series { process: None, snapshots, notes: Vec::new() };
    }
    snapshots.sort_by(|a, b| (sequence(a), &a.name).cmp(&(sequence(b), &b.name)));
    let count = snapshots.len();
    snapshots.dedup_by_key(|named| sequence(named));
    let left_out = count - snapshots.len();
    let process = snapshots.first().and_then(|named| named.profile.metadata.as_ref());
    let process = process.map(|metadata| metadata.process.clone());
    let notes = if left_out > 0 { vec![Note::DuplicateSnapshots { count: left_out }] } else { Vec::new() };
    Series { process, snapshots, notes }
}

/// Equal for two profiles if [`Process::is_same`] says so of their processes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ProcessKey {
    Recorded {
        boot_id: String,
        pid: u32,
        start_nanos: u64,
        recorder_id: String,
    },
    /// Of another producer, or of a process that does not say which it is: profiles that show the same kind of value.
    Foreign(String),
}

impl ProcessKey {
    fn of(profile: &Profile) -> Self {
        match profile.metadata.as_ref().map(|metadata| &metadata.process) {
            Some(process) if process.is_same(process) => Self::Recorded {
                boot_id: process.boot_id.clone(),
                pid: process.pid,
                start_nanos: process.start_nanos,
                recorder_id: process.recorder_id.clone(),
            },
            _ => Self::Foreign(shown_by_default(profile).to_owned()),
        }
    }
}

/// The sample type that a reader sees unless it asks for another: the last, as in pprof, where the profile does not say.
fn shown_by_default(profile: &Profile) -> &str {
    let last = profile.sample_types.last().map(|last| last.kind.as_str());
    profile.default_sample_type.as_deref().or(last).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile_builder::ProfileBuilder;

    fn named(name: &str, builder: ProfileBuilder) -> NamedProfile {
        NamedProfile { name: name.to_owned(), profile: builder.build() }
    }

    #[test]
    fn snapshots_are_sorted_by_process_and_sequence() {
        let later = |sequence| {
            ProfileBuilder::heap().snapshot(sequence).time(2_000_000_000_000_000_000).with_metadata(
                |metadata| {
                    metadata.process.pid = 7;
                },
            )
        };
        let mut profiles = vec![
            named("foreign-b", ProfileBuilder::heap().time(5)),
            named("other-0", later(0)),
            named("c", ProfileBuilder::heap().snapshot(9)),
            named("a", ProfileBuilder::heap().snapshot(0)),
            named("copy of c", ProfileBuilder::heap().snapshot(9)),
            named("b", ProfileBuilder::heap().snapshot(3)),
            named("foreign-a", ProfileBuilder::heap().time(5)),
            named("processor", ProfileBuilder::with_types(&[("cpu", "nanoseconds")]).time(9)),
        ];
        for _ in 0..profiles.len() {
            profiles.rotate_left(1);
            let all = series(profiles.clone());
            let names: Vec<Vec<_>> =
                all.iter().map(|of| of.snapshots.iter().map(|named| named.name.as_str()).collect()).collect();
            assert_eq!(
                names,
                [vec!["a", "b", "c"], vec!["other-0"], vec!["foreign-a", "foreign-b"], vec!["processor"]]
            );
            assert_eq!(all[0].notes, [Note::DuplicateSnapshots { count: 1 }]);
            assert_eq!(all[1].process.as_ref().map(|process| process.pid), Some(7));
            assert!(all[2].process.is_none());
        }
    }
}
