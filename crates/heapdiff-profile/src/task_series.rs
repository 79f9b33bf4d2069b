//! The tasks of a series: where they wait, where they were spawned, and what is odd about them.

use crate::cell_series::{SpawnKey, key_of};
use crate::error::AnalysisError;
use crate::frame::{FrameId, StackId};
use crate::profile::{LabelValue, Profile, Sample};
use crate::resolve::ResolvedSamples;
use crate::row_key::DiffBy;
use crate::selection::Selection;
use crate::series::NamedProfile;
use crate::things::{ThingKind, Things, behind_mark};
use crate::trend::{SNAPSHOTS_MIN, TrendBuilder, TrendOptions, TrendReport, TrendRow};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Something odd about tasks of the last snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddTasks {
    /// What.
    pub lint: TaskLint,
    /// How many tasks it is true of.
    pub count: i64,
    /// How many of them are at one place, the one with the most.
    pub at_place: i64,
    /// Where these wait; where they were spawned, if that is what is odd.
    pub frame: FrameId,
    /// Where these were spawned, if that is not [`Self::frame`].
    pub spawn: Option<FrameId>,
}

/// What is odd about a task, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskLint {
    /// It is parked and nobody holds its waker.
    LostWaker,
    /// Its first poll has gone on for a second or more.
    NeverYielded,
    /// The line that spawned it has more such tasks at each snapshot, and at none fewer.
    OnlyRises,
    /// The same of tasks that nobody will ask for their results.
    Detached,
    /// More than half of its wakes were its own doing.
    SelfWaking,
    /// Its future takes 2 KiB or more, which are moved when it is spawned.
    LargeFuture,
}

impl TaskLint {
    /// Those that the label `lint` tells of.
    pub const OF_LABELS: [(Self, &'static str); 5] = [
        (Self::LostWaker, "lost waker"),
        (Self::NeverYielded, "never yielded"),
        (Self::Detached, "detached"),
        (Self::SelfWaking, "self-waking"),
        (Self::LargeFuture, "large future"),
    ];

    /// The value of the label `lint` that tells of it; `None` if none does.
    #[must_use]
    pub fn label(self) -> Option<&'static str> {
        Self::OF_LABELS.iter().find(|(lint, _)| *lint == self).map(|&(_, label)| label)
    }
}

/// How many tasks of a stack have a lint.
type Linted = BTreeMap<(StackId, TaskLint), i64>;

/// So many rises without a fall are no chance.
const RISES_MIN: usize = SNAPSHOTS_MIN - 1;

/// How to look at a series of tasks.
#[derive(Clone, Debug)]
pub struct TaskSeriesOptions {
    by_line: TrendOptions,
    by_stack: TrendOptions,
}

impl TaskSeriesOptions {
    /// The tasks of these values, samples and frames.
    #[must_use]
    pub fn new(selection: Selection) -> Self {
        let by_line = TrendOptions { selection, ..TrendOptions::default() };
        Self { by_stack: TrendOptions { by: DiffBy::Stack, ..by_line.clone() }, by_line }
    }
}

/// Takes the snapshots of the tasks of a process in order.
#[derive(Debug)]
pub struct TaskSeries<'a> {
    by_line: TrendBuilder<'a>,
    by_stack: TrendBuilder<'a>,
    /// By stack, how many tasks have each lint, in the last two snapshots with their numbers: the last may be left out.
    linted: [(usize, Linted); 2],
    count: usize,
}

impl<'a> TaskSeries<'a> {
    /// A series without snapshots.
    #[must_use]
    pub fn new(options: &'a TaskSeriesOptions) -> Self {
        Self {
            by_line: TrendBuilder::new(&options.by_line),
            by_stack: TrendBuilder::new(&options.by_stack),
            linted: Default::default(),
            count: 0,
        }
    }

    /// Adds the next snapshot.
    ///
    /// # Errors
    /// As [`TrendBuilder::add`].
    pub fn add(&mut self, named: NamedProfile) -> Result<(), AnalysisError> {
        let (linted, count) = (&mut self.linted, &mut self.count);
        self.by_stack.add_and_look(named.clone(), |profile, resolved, _| {
            linted.rotate_left(1);
            if let Some(newest) = linted.last_mut() {
                *newest = (*count, lints(profile, resolved));
            }
            *count += 1;
            Ok(())
        })?;
        self.by_line.add(named)
    }

    /// The tasks.
    ///
    /// # Errors
    /// If nothing was added.
    pub fn finish(self) -> Result<Things, AnalysisError> {
        let by_stack = self.by_stack.finish()?;
        let newest = by_stack.points.len().saturating_sub(1);
        let linted = self.linted.into_iter().find(|&(number, _)| number == newest).unwrap_or_default().1;
        let things = Things::new(ThingKind::Tasks, self.by_line.finish()?);
        let rising = rising_sites(&by_stack);
        let spawned = by_stack.rows.iter().filter_map(|row| {
            let count = row.values.last().copied().filter(|&count| count > 0)?;
            Some((key_of(&by_stack, spawn_of(&by_stack, row)?), count))
        });
        let spawned = spawned.collect();
        let mut odd = odd_by_label(&by_stack, &linted, &rising);
        odd.extend(worst(TaskLint::OnlyRises, rising.values().map(|&(frame, last)| ((frame, None), last))));
        odd.sort_by_key(|odd| odd.lint);
        Ok(Things { spawned, odd, odd_frames: by_stack.frames, ..things })
    }
}

/// How many tasks of each stack have each lint.
fn lints(profile: &Profile, resolved: &ResolvedSamples) -> Linted {
    let mut sums = Linted::new();
    let (Some(key), Some(count)) = (profile.strings.find("lint"), profile.sample_type_index("count")) else {
        return sums;
    };
    let of_sample = |sample: &Sample| -> Vec<TaskLint> {
        let of_key = sample.labels.iter().filter(|label| label.key == key);
        let texts = of_key.filter_map(|label| match label.value {
            LabelValue::Text(text) => Some(profile.strings.get(text)),
            LabelValue::Number { .. } => None,
        });
        let known = |text| TaskLint::OF_LABELS.iter().find(|(_, label)| *label == text);
        texts.filter_map(known).map(|&(lint, _)| lint).collect()
    };
    for (sample, stack) in profile.samples.iter().zip(&resolved.stacks) {
        let Some(stack) = *stack else { continue };
        let value = sample.values.get(count).copied().unwrap_or(0);
        for lint in of_sample(sample) {
            let sum = sums.entry((stack, lint)).or_default();
            *sum = sum.saturating_add(value);
        }
    }
    sums
}

/// Where the tasks of a row were spawned. One that was never parked is there.
fn spawn_of(by_stack: &TrendReport, row: &TrendRow) -> Option<FrameId> {
    behind_mark(by_stack, row).or(row.stack.first().copied())
}

/// The places that have spawned more tasks at nearly every snapshot, and fewer at none; each with its frame and the number
/// in the last.
fn rising_sites(by_stack: &TrendReport) -> BTreeMap<SpawnKey, (FrameId, i64)> {
    let mut sites: BTreeMap<SpawnKey, (FrameId, Vec<i64>)> = BTreeMap::new();
    for row in &by_stack.rows {
        let Some(spawn) = spawn_of(by_stack, row) else { continue };
        let nothing = || (spawn, vec![0; row.values.len()]);
        let (_, values) = sites.entry(key_of(by_stack, spawn)).or_insert_with(nothing);
        values.iter_mut().zip(&row.values).for_each(|(sum, value)| *sum = sum.saturating_add(*value));
    }
    let rises = |values: &[i64]| {
        let steps = || values.iter().zip(values.iter().skip(1));
        let (rises, falls) = (steps().filter(|(a, b)| a < b).count(), steps().filter(|(a, b)| a > b).count());
        falls == 0 && rises >= RISES_MIN.max(values.len() / 2)
    };
    let rising = sites.into_iter().filter(|(_, (_, values))| rises(values));
    rising.map(|(key, (frame, values))| (key, (frame, values.last().copied().unwrap_or(0)))).collect()
}

fn odd_by_label(
    by_stack: &TrendReport,
    linted: &Linted,
    rising: &BTreeMap<SpawnKey, (FrameId, i64)>,
) -> Vec<OddTasks> {
    let rows: BTreeMap<StackId, &TrendRow> = by_stack.rows.iter().map(|row| (row.whole_stack, row)).collect();
    let of_lint = |lint: TaskLint| {
        let tasks = linted.iter().filter(move |((_, of), _)| *of == lint);
        let tasks = tasks.filter_map(|((stack, _), &count)| {
            let row = rows.get(stack)?;
            let spawn = spawn_of(by_stack, row)?;
            // Whoever spawns a task that goes on for ever seldom asks for its result.
            let is_odd = lint != TaskLint::Detached || rising.contains_key(&key_of(by_stack, spawn));
            is_odd.then_some(((row.frame, Some(spawn).filter(|&spawn| spawn != row.frame)), count))
        });
        worst(lint, tasks)
    };
    TaskLint::OF_LABELS.iter().filter_map(|&(lint, _)| of_lint(lint)).collect()
}

/// All of the tasks, and the place with the most. `None` if there are none.
fn worst(lint: TaskLint, tasks: impl Iterator<Item = ((FrameId, Option<FrameId>), i64)>) -> Option<OddTasks> {
    let mut places: BTreeMap<(FrameId, Option<FrameId>), i64> = BTreeMap::new();
    for (place, count) in tasks {
        let sum = places.entry(place).or_default();
        *sum = sum.saturating_add(count);
    }
    let count = places.values().copied().fold(0_i64, i64::saturating_add);
    let (&(frame, spawn), &at_place) =
        places.iter().min_by_key(|&(place, count)| (Reverse(*count), *place))?;
    (count > 0).then_some(OddTasks { lint, count, at_place, frame, spawn })
}
