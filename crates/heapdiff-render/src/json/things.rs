//! What `heapdiff/overview/v2` says of tasks and resources.

use super::overview::OverviewRowJson;
use super::trend::MovementJson;
use super::verdict::VerdictJson;
use heapdiff_profile::{ThingKind, Things};
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
    /// How many of them there were at each snapshot that has them is in `values`.
    total: MovementJson<'a>,
    /// How many rows there are; `-n` may have kept some out of `rows`.
    rows_all: usize,
    /// Where they come from, the most suspect first.
    rows: Vec<OverviewRowJson<'a>>,
}

/// What is counted.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum ThingKindJson {
    /// Tasks that have not ended.
    Tasks,
    /// Resources that have not been released.
    Resources,
}

impl<'a> ThingsJson<'a> {
    pub(super) fn of(things: &'a Things, rows_max: Option<usize>) -> Self {
        let trend = &things.trend;
        let (kind, name) = match &things.kind {
            ThingKind::Tasks => (ThingKindJson::Tasks, None),
            ThingKind::Resources(name) => (ThingKindJson::Resources, Some(name.as_str())),
        };
        let rows = trend.rows.iter().take(rows_max.unwrap_or(usize::MAX));
        Self {
            kind,
            name,
            verdict: VerdictJson::of(things.verdict()),
            growing: things.growing().count(),
            open: things.open.as_ref().map(|open| open.values.as_slice()),
            total: MovementJson::of(&trend.total, trend),
            rows_all: trend.rows.len(),
            rows: rows.map(|row| OverviewRowJson::of(row, trend, things.tendency(row))).collect(),
        }
    }
}
