//! What `heapdiff/overview/v2` says of tasks and resources.

use super::frame::FrameJson;
use super::overview::OverviewRowJson;
use super::trend::MovementJson;
use super::verdict::VerdictJson;
use heapdiff_profile::{CellSite, FrameTable, OddTasks, TaskLint, ThingKind, Things};
use schemars::JsonSchema;
use serde::Serialize;

/// Tasks, or the open resources of a type.
#[derive(JsonSchema, Serialize)]
pub(super) struct ThingsJson<'a> {
    /// What they are.
    kind: ThingKindJson,
    /// The type of the resources; null for tasks.
    name: Option<&'a str>,
    /// What they do: the gravest verdict of a row. `INCONCLUSIVE` for any growth in a series too short for verdicts.
    verdict: VerdictJson,
    /// How many rows look like leaks; in a series too short for verdicts, how many grew.
    growing: usize,
    /// How many there were at each snapshot, exactly; null for tasks, whose `total` is exact, and where that is not known.
    open: Option<&'a [i64]>,
    /// How many of them there were at each snapshot that has them is in `values`. Of tasks that are not tracked those of
    /// all rows, and of those that are left out since such tasks may be tracked.
    total: MovementJson<'a>,
    /// How many of them found no room since the program started, and are in no row.
    refused: u64,
    /// How many rows there are; `-n` may have kept some out of `rows`.
    rows_all: usize,
    /// Where they come from, the most suspect first.
    rows: Vec<OverviewRowJson<'a>>,
    /// Of tasks that are not tracked: for each of `rows`, how sure its number in the last snapshot is. Null for all else.
    cells: Option<Vec<CellsJson>>,
    /// What is odd about tasks of the last snapshot, the gravest first; empty for all that are no tracked tasks.
    odd: Vec<OddTasksJson>,
}

/// Something odd about tasks.
#[derive(JsonSchema, Serialize)]
struct OddTasksJson {
    /// What.
    lint: TaskLintJson,
    /// How many tasks it is true of.
    count: i64,
    /// How many of them are at `place`, which has most of them.
    at_place: i64,
    /// Where these wait; where they were spawned, if that is what is odd.
    place: FrameJson,
    /// Where these were spawned; null if `place` says it.
    spawned_at: Option<FrameJson>,
}

/// What is odd about a task.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum TaskLintJson {
    /// It is parked and nobody holds its waker: it will never be polled again.
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

impl OddTasksJson {
    fn of(odd: &OddTasks, frames: &FrameTable) -> Self {
        let lint = match odd.lint {
            TaskLint::LostWaker => TaskLintJson::LostWaker,
            TaskLint::NeverYielded => TaskLintJson::NeverYielded,
            TaskLint::OnlyRises => TaskLintJson::OnlyRises,
            TaskLint::Detached => TaskLintJson::Detached,
            TaskLint::SelfWaking => TaskLintJson::SelfWaking,
            TaskLint::LargeFuture => TaskLintJson::LargeFuture,
        };
        Self {
            lint,
            count: odd.count,
            at_place: odd.at_place,
            place: FrameJson::of(odd.frame, frames),
            spawned_at: odd.spawn.map(|spawn| FrameJson::of(spawn, frames)),
        }
    }
}

/// How sure a number of tasks is that are known by their cells on the heap.
#[derive(JsonSchema, Serialize)]
struct CellsJson {
    /// Lower end of the interval of the number in the last snapshot.
    low: i64,
    /// Upper end of that interval.
    high: i64,
    /// How many cells were sampled.
    samples: i64,
    /// How many tracked tasks are among them, since the same function has spawned these.
    tracked: i64,
}

impl CellsJson {
    fn of(site: &CellSite) -> Self {
        let CellSite { interval, samples, tracked } = *site;
        Self { low: interval.low, high: interval.high, samples, tracked }
    }
}

/// What is counted.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum ThingKindJson {
    /// Tasks that have not ended.
    Tasks,
    /// Tasks that have not ended and that nobody has wrapped for `heapdiff::task`: estimates from their cells on the heap.
    UntrackedTasks,
    /// Resources that have not been released.
    Resources,
}

impl<'a> ThingsJson<'a> {
    pub(super) fn of(things: &'a Things, rows_max: Option<usize>) -> Self {
        let trend = &things.trend;
        let (kind, name) = match &things.kind {
            ThingKind::Tasks => (ThingKindJson::Tasks, None),
            ThingKind::TaskCells => (ThingKindJson::UntrackedTasks, None),
            ThingKind::Resources(name) => (ThingKindJson::Resources, Some(name.as_str())),
        };
        let shown = rows_max.unwrap_or(usize::MAX);
        let rows = trend.rows.iter().take(shown);
        let cells = things.cells.iter().take(shown).map(CellsJson::of);
        Self {
            kind,
            name,
            verdict: VerdictJson::of(things.verdict()),
            growing: things.growing().count(),
            open: things.open.as_ref().map(|open| open.values.as_slice()),
            total: MovementJson::of(&trend.total, trend),
            refused: things.refused(),
            rows_all: trend.rows.len(),
            rows: rows.map(|row| OverviewRowJson::of(row, trend, things.tendency(row))).collect(),
            odd: things.odd.iter().map(|odd| OddTasksJson::of(odd, &things.odd_frames)).collect(),
            cells: (things.kind == ThingKind::TaskCells).then(|| cells.collect()),
        }
    }
}
