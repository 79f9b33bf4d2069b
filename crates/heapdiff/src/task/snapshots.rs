//! The snapshots of tasks, in a folder beside those of the heap.

use super::registry;
use super::state::{Seen, TaskState as State};
use crate::directory::{self, Directory};
use crate::sys::clock;
use heapdiff_snapshot::{OpenTask, Snapshot, TaskFacts, TaskLints, TaskRows, TaskSnapshot, TaskState};
use std::io;

/// The folder of a directory that they are in.
const FOLDER: &str = "tasks";

/// Writes what tasks there are, with the moment and the number of the snapshot `heap`. Nothing if there never was one.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write(directory: &Directory, heap: &Snapshot<'_>) -> io::Result<()> {
    let Some(table) = registry::table() else { return Ok(()) };
    let directory = directory.beneath(FOLDER)?;
    let boundaries = directory.sequences();
    let (mut rows, now) = (TaskRows::default(), clock::nanos());
    table.visit(|task| rows.add(&describe(task, now), heap.sequence, &boundaries));
    let of_one = (size_of::<State>() + 2 * size_of::<usize>()) as u64;
    let mut count = 0;
    table.visit(|_| count += 1);
    let facts = TaskFacts { refused: table.refused(), table_bytes: table.bytes() + count * of_one };
    let heap = Snapshot { boundaries: &boundaries, ..*heap };
    let snapshot = TaskSnapshot { heap: &heap, facts: &facts, rows: &rows };
    let write = |file| snapshot.write(file).map_err(directory::as_io_error);
    directory.write(heap.sequence, write).map(drop)
}

fn describe(task: &State, now: u64) -> OpenTask {
    let seen = task.read();
    let state = match seen {
        Seen { polls: 0, .. } => TaskState::New,
        Seen { polled_since: 1.., .. } => TaskState::Running,
        Seen { is_woken: true, .. } => TaskState::Woken,
        Seen { .. } => TaskState::Parked,
    };
    OpenTask {
        number: task.number,
        spawned: task.spawned,
        parked: seen.parked,
        epoch: task.epoch,
        age_seconds: now.saturating_sub(task.since) / SECOND,
        state,
        lints: lints(task, seen, state, now),
        polls: seen.polls,
        wakes: seen.wakes,
        busy_nanos: seen.busy_nanos,
        allocated_bytes: seen.allocated_bytes,
    }
}

/// In nanoseconds.
const SECOND: u64 = 1_000_000_000;
/// A task that is polled for so long the first time keeps its thread from all others.
const NEVER_YIELDED_AFTER: u64 = SECOND;
/// Fewer wakes say nothing about who does them.
const SELF_WAKES_MIN: u64 = 10;
/// From this size on a future is better boxed.
const LARGE_FUTURE_BYTES: u64 = 2048;

fn lints(task: &State, seen: Seen, state: TaskState, now: u64) -> TaskLints {
    TaskLints {
        lost_waker: state == TaskState::Parked && seen.wakers == 0,
        never_yielded: seen.polls == 1
            && seen.polled_since != 0
            && now.saturating_sub(seen.polled_since) >= NEVER_YIELDED_AFTER,
        self_waking: seen.wakes >= SELF_WAKES_MIN && seen.self_wakes > seen.wakes / 2,
        large_future: task.future_bytes >= LARGE_FUTURE_BYTES,
        detached: seen.is_detached,
    }
}
