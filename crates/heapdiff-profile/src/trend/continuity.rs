//! What is not as it should be between the snapshots of a series.

use crate::metadata::{Metadata, Process};
use crate::note::Note;
use crate::profile::Profile;
use crate::side_notes::{period, period_unit};
use std::collections::BTreeSet;
use std::fmt;

/// A remark on a series. Its text is a lowercase fragment without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SeriesNote {
    /// Snapshots that were there when the newest one was written, and are not any more.
    Missing {
        /// How many.
        count: usize,
    },
    /// Snapshots of another process under names of this one: they were left out.
    OfOtherProcesses {
        /// How many.
        count: usize,
    },
    /// The sampling period changed while the process ran.
    PeriodChanged {
        /// What was counted from one sample to the next at first.
        from: i64,
        /// And in the newest snapshot.
        to: i64,
        /// What that is counted in, such as `bytes`; empty where it is not known.
        unit: String,
    },
    /// The clock on the wall and the recorder's own disagree about how far snapshots are apart.
    ClockSet {
        /// Between how many neighbours.
        count: usize,
    },
    /// The profiles do not say when they were taken, or not in the order of their names.
    NoTimes,
}

impl fmt::Display for SeriesNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let snapshots = |count: &usize| if *count == 1 { "snapshot" } else { "snapshots" };
        match self {
            Self::Missing { count } => write!(
                f,
                "{count} {} missing that the newest one knows: deleted, or not copied; the others are judged without",
                snapshots(count)
            ),
            Self::OfOtherProcesses { count } => {
                write!(f, "{count} {} left out: of another process than the first", snapshots(count))
            }
            Self::PeriodChanged { from, to, unit } => {
                let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
                write!(
                    f,
                    "the sampling period changed from {from} to {to}{unit}: each sample weighs what its own says"
                )
            }
            Self::ClockSet { count } => write!(
                f,
                "the clock was set, or the machine slept, between {count} {}: times are the recorder's own",
                snapshots(count)
            ),
            Self::NoTimes => {
                write!(f, "the profiles' times do not rise: rates are for one snapshot to the next")
            }
        }
    }
}

/// What the snapshots of a series say about their order, as they come.
#[derive(Debug, Default)]
pub(super) struct Continuity {
    process: Option<Process>,
    sequences: BTreeSet<u32>,
    /// Sequence numbers that the newest snapshot says are there.
    known: Vec<u32>,
    /// At first and in the newest snapshot.
    periods: Option<(i64, i64)>,
    period_unit: String,
    /// Wall clock and recorder's clock of the snapshot before, in nanoseconds.
    clocks: Option<(i64, u64)>,
    clock_set: usize,
    of_others: usize,
}

/// Two clocks that run apart by so much, in nanoseconds, were set apart.
const CLOCKS_APART: i128 = 2_000_000_000;

impl Continuity {
    /// Takes note of the next snapshot; `false` if it is none of the series.
    pub(super) fn add(&mut self, profile: &Profile) -> bool {
        let Some(metadata) = &profile.metadata else {
            self.note_period(profile);
            return true;
        };
        if let Some(process) = &self.process
            && !process.is_same(&metadata.process)
            && process.is_same(process)
        {
            self.of_others += 1;
            return false;
        }
        self.process.get_or_insert_with(|| metadata.process.clone());
        let _ = self.sequences.insert(metadata.sequence);
        self.known.clone_from(&metadata.boundaries);
        self.note_period(profile);
        self.compare_clocks(profile.time_nanos, metadata);
        true
    }

    fn note_period(&mut self, profile: &Profile) {
        if let Some(period) = period(profile) {
            self.periods = Some((self.periods.map_or(period, |(first, _)| first), period));
            self.period_unit = period_unit(profile);
        }
    }

    fn compare_clocks(&mut self, time: i64, metadata: &Metadata) {
        let recorded = metadata.recording_nanos;
        if let Some((time_before, recorded_before)) = self.clocks {
            let on_the_wall = i128::from(time) - i128::from(time_before);
            let of_recorder = i128::from(recorded) - i128::from(recorded_before);
            self.clock_set += usize::from((on_the_wall - of_recorder).abs() > CLOCKS_APART);
        }
        self.clocks = Some((time, recorded));
    }

    /// What a reader must know of the whole series.
    pub(super) fn notes(&self, has_times: bool) -> Vec<Note> {
        let first = self.sequences.first().copied().unwrap_or(0);
        let is_missing = |known: &&u32| **known >= first && !self.sequences.contains(known);
        let missing = self.known.iter().filter(is_missing).count();
        let changed = self.periods.filter(|(from, to)| from != to);
        let notes = [
            (missing > 0).then_some(SeriesNote::Missing { count: missing }),
            (self.of_others > 0).then_some(SeriesNote::OfOtherProcesses { count: self.of_others }),
            changed.map(|(from, to)| {
                let unit = self.period_unit.clone();
                SeriesNote::PeriodChanged { from, to, unit }
            }),
            (self.clock_set > 0).then_some(SeriesNote::ClockSet { count: self.clock_set }),
            (!has_times).then_some(SeriesNote::NoTimes),
        ];
        notes.into_iter().flatten().map(Note::Series).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile_builder::ProfileBuilder;

    const SECOND: i64 = 1_000_000_000;

    /// A snapshot so many seconds after the first.
    fn snapshot(sequence: u32, alter: impl FnOnce(&mut Metadata)) -> Profile {
        let seconds = i64::from(sequence) * 10;
        let recorded = u64::try_from(seconds * SECOND).unwrap();
        let builder =
            ProfileBuilder::heap().snapshot(sequence).time(1_800_000_000 * SECOND + seconds * SECOND);
        let mut profile = builder.with_metadata(|metadata| metadata.recording_nanos = recorded).build();
        let metadata = profile.metadata.as_mut().unwrap();
        metadata.boundaries = (0..sequence).collect();
        alter(metadata);
        profile
    }

    fn notes(profiles: &[Profile]) -> (Vec<Note>, usize) {
        let mut continuity = Continuity::default();
        let taken = profiles.iter().filter(|profile| continuity.add(profile)).count();
        (continuity.notes(true), taken)
    }

    #[test]
    fn a_whole_series_needs_no_remark() {
        let whole: Vec<_> = (0..5).map(|sequence| snapshot(sequence, |_| {})).collect();
        assert_eq!(notes(&whole), (vec![], 5));
        assert_eq!(notes(&whole[2..]).0, vec![], "what was thinned out before the first is no loss");
        assert_eq!(Continuity::default().notes(false), [Note::Series(SeriesNote::NoTimes)]);
    }

    #[test]
    fn what_is_missing_changed_or_of_others_is_said() {
        let gap = [snapshot(0, |_| {}), snapshot(3, |_| {})];
        assert_eq!(notes(&gap).0, [Note::Series(SeriesNote::Missing { count: 2 })]);
        let mixed = [snapshot(0, |_| {}), snapshot(1, |metadata| metadata.process.pid += 1)];
        assert_eq!(notes(&mixed), (vec![Note::Series(SeriesNote::OfOtherProcesses { count: 1 })], 1));
        let changed = [
            snapshot(0, |metadata| metadata.period_bytes = 4096),
            snapshot(1, |metadata| metadata.period_bytes = 1),
        ];
        assert_eq!(
            notes(&changed).0,
            [Note::Series(SeriesNote::PeriodChanged { from: 4096, to: 1, unit: "bytes".to_owned() })]
        );
        let foreign = [4096, 1].map(|period| ProfileBuilder::heap().period(period).build());
        assert_eq!(notes(&foreign), notes(&changed), "whoever recorded it");
        let mut set = [snapshot(0, |_| {}), snapshot(1, |_| {}), snapshot(2, |_| {})];
        set[1].time_nanos -= 3600 * SECOND;
        assert_eq!(notes(&set).0, [Note::Series(SeriesNote::ClockSet { count: 2 })]);
    }
}
