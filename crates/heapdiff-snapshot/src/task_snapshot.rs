//! The tasks of a process as a pprof profile, beside the snapshot of the heap that was taken with them.
//!
//! A row is a place where tasks are parked with the place where they were spawned, an epoch, an age class and a state. Its
//! stack is that of the `await`, leaf first, and behind the frame `[spawned at]` that of the spawn.

use crate::age_class::age_class;
use crate::comment;
use crate::live_rows::epoch_label;
use crate::places::Places;
use crate::snapshot::{Snapshot, number, text};
use heapdiff_pprof::{ValueType, WriteError, Writer};
use heapdiff_recorder::StackId;
use std::collections::BTreeMap;
use std::io::Write;

/// One task, as a snapshot sees it.
#[derive(Clone, Copy, Debug)]
pub struct OpenTask {
    /// Its number, from 1 on.
    pub number: u64,
    /// Where it was spawned.
    pub spawned: StackId,
    /// Where it parked last; unknown for one that never did.
    pub parked: StackId,
    /// The number of snapshots that had begun before it was spawned.
    pub epoch: u32,
    /// Since its spawn, in seconds.
    pub age_seconds: u64,
    /// What it is about to do.
    pub state: TaskState,
    /// What is odd about it.
    pub lints: TaskLints,
    /// How often it was polled.
    pub polls: u64,
    /// How often it was woken.
    pub wakes: u64,
    /// How long its polls took, in nanoseconds: an estimate from some of them.
    pub busy_nanos: u64,
    /// What was allocated during its polls, in bytes.
    pub allocated_bytes: u64,
}

/// What a task is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskState {
    /// It was not polled yet.
    New,
    /// It is being polled.
    Running,
    /// It was woken and will be polled.
    Woken,
    /// It waits.
    Parked,
}

impl TaskState {
    /// The value of the label `state`.
    const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Running => "running",
            Self::Woken => "woken",
            Self::Parked => "parked",
        }
    }
}

/// What is odd about a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskLints {
    /// It is parked and nobody holds its waker: it will never be polled again.
    pub lost_waker: bool,
    /// Its first poll has gone on for a second or more.
    pub never_yielded: bool,
    /// More than half of its wakes were its own doing.
    pub self_waking: bool,
    /// Its future takes 2 KiB or more, which are moved when it is spawned.
    pub large_future: bool,
    /// Nobody will ask for its result.
    pub detached: bool,
}

impl TaskLints {
    /// Values of the label `lint`.
    fn names(self) -> impl Iterator<Item = &'static str> {
        let all = [
            (self.lost_waker, "lost waker"),
            (self.never_yielded, "never yielded"),
            (self.self_waking, "self-waking"),
            (self.large_future, "large future"),
            (self.detached, "detached"),
        ];
        all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, name)| name)
    }
}

/// The rows of a snapshot of tasks.
#[derive(Clone, Debug, Default)]
pub struct TaskRows {
    /// Sums, and the number of one of the tasks.
    rows: BTreeMap<RowKey, ([u64; VALUES], u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RowKey {
    spawned: StackId,
    parked: StackId,
    epoch: u32,
    age_seconds: u64,
    state: TaskState,
    lints: TaskLints,
}

impl TaskRows {
    /// Adds a task to the snapshot `sequence`, unless it was spawned after that had begun. `boundaries` are as in
    /// [`LiveRows::read`](crate::LiveRows::read).
    pub fn add(&mut self, task: &OpenTask, sequence: u32, boundaries: &[u32]) {
        if task.epoch > sequence {
            return;
        }
        let key = RowKey {
            spawned: task.spawned,
            parked: task.parked,
            epoch: epoch_label(task.epoch, boundaries),
            age_seconds: age_class(task.age_seconds),
            state: task.state,
            lints: task.lints,
        };
        let values = [task.polls, task.wakes, task.busy_nanos, task.allocated_bytes, 1];
        let (sums, number) = self.rows.entry(key).or_default();
        *number = task.number;
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum = sum.saturating_add(value);
        }
    }
}

/// What is known of all tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskFacts {
    /// Tasks that are not shown because the table is full.
    pub refused: u64,
    /// What the table takes, in bytes.
    pub table_bytes: u64,
}

/// The tasks at the moment of a snapshot of the heap.
#[derive(Clone, Copy, Debug)]
pub struct TaskSnapshot<'a> {
    /// The snapshot of the heap that was taken at the same moment.
    pub heap: &'a Snapshot<'a>,
    /// All tasks.
    pub facts: &'a TaskFacts,
    /// Each of them.
    pub rows: &'a TaskRows,
}

/// Frames that viewers hide, with all that is leafward of them: the clone of a waker, which is what a task that parks does
/// last.
///
/// Nothing that is rootward of an `await` may match, or the `await` is hidden as well: neither the poll of the task nor its
/// spawn, although both are heapdiff's.
const DROP_FRAMES: &str = r"heapdiff::sys::task_waker::TaskWaker<.*>::clone_raw";

const VALUES: usize = 5;
const SAMPLE_TYPES: [(&str, &str); VALUES] =
    [("polls", "count"), ("wakes", "count"), ("busy", "nanoseconds"), ("space", "bytes"), ("count", "count")];

impl TaskSnapshot<'_> {
    /// Writes it, compressed, and gives the sink back, not flushed.
    ///
    /// # Errors
    /// If the sink fails.
    pub fn write<W: Write>(&self, sink: W) -> Result<W, WriteError> {
        let mut writer = Writer::gzip(sink)?;
        for (kind, unit) in SAMPLE_TYPES {
            writer.sample_type(ValueType { kind, unit })?;
        }
        writer.default_sample_type("count")?;
        writer.period_type(ValueType { kind: "tasks", unit: "count" })?;
        writer.period(1)?;
        writer.time_nanos(self.heap.moment.time_nanos.cast_signed())?;
        writer.drop_frames(DROP_FRAMES)?;
        writer.comment(&comment::of_tasks(self.heap, *self.facts))?;
        let mut places = Places::new(self.heap.recorder);
        let mut stack = Vec::new();
        for (key, (sums, one)) in &self.rows.rows {
            stack.clear();
            if key.parked != StackId::UNKNOWN {
                stack.extend_from_slice(places.of(key.parked));
                stack.push(places.of_spawn());
            }
            stack.extend_from_slice(places.of(key.spawned));
            let values = sums.map(|sum| i64::try_from(sum).unwrap_or(i64::MAX));
            let mut labels = vec![
                number("epoch", u64::from(key.epoch), "count"),
                number("age", key.age_seconds, "seconds"),
                text("state", key.state.name()),
            ];
            if let [.., 1] = sums {
                labels.push(number("task", *one, "count"));
            }
            labels.extend(key.lints.names().map(|name| text("lint", name)));
            writer.sample(&stack, &values, &labels)?;
        }
        places.write(&self.heap.facts.mappings, &mut writer)?;
        writer.finish_gzip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_that_are_parked_alike_are_one_row() {
        let task = OpenTask {
            number: 5,
            spawned: StackId::UNKNOWN,
            parked: StackId::UNKNOWN,
            epoch: 1,
            age_seconds: 9,
            state: TaskState::Parked,
            lints: TaskLints { lost_waker: true, detached: true, ..TaskLints::default() },
            polls: 2,
            wakes: 1,
            busy_nanos: 10,
            allocated_bytes: 100,
        };
        let mut rows = TaskRows::default();
        (0..160).for_each(|_| rows.add(&task, 1, &[0]));
        rows.add(&OpenTask { epoch: 2, ..task }, 1, &[0]);
        rows.add(&OpenTask { state: TaskState::Running, ..task }, 1, &[0]);
        let sums: Vec<_> = rows.rows.values().map(|(sums, _)| sums).collect();
        assert_eq!(sums, [&[2, 1, 10, 100, 1], &[320, 160, 1600, 16_000, 160]]);
        assert_eq!(task.lints.names().collect::<Vec<_>>(), ["lost waker", "detached"]);
    }
}
