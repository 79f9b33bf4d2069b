//! `heapdiff/postmortem/v1`.

use super::{DiffJson, TopJson};
use heapdiff_profile::{LastSeconds, MomentFigures, Process};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// The processes that died, for other programs.
#[derive(Clone, Debug)]
pub struct PostmortemJson<'a> {
    /// One a process.
    pub processes: Vec<DeathJson<'a>>,
}

/// A process that died.
#[derive(Clone, Debug)]
pub struct DeathJson<'a> {
    /// Which process.
    pub process: &'a Process,
    /// The region file that it left.
    pub region: &'a str,
    /// Whether the region file was removed.
    pub is_removed: bool,
    /// All moments that are known, oldest first.
    pub moments: &'a [MomentFigures],
    /// How it was doing before.
    pub last: &'a LastSeconds,
    /// The snapshot of its heap when it died.
    pub snapshot: &'a str,
    /// Its number.
    pub sequence: u32,
    /// What is alive in that snapshot.
    pub heap: HeapJson<'a>,
    /// What is missing, in words.
    pub notes: &'a [String],
}

/// What is alive in the last snapshot.
#[derive(Clone, Copy, Debug)]
pub enum HeapJson<'a> {
    /// Against the last snapshot that the process wrote.
    Since(DiffJson<'a>),
    /// It wrote none.
    All(TopJson<'a>),
}

impl PostmortemJson<'_> {
    /// The name and version of the schema.
    pub const SCHEMA: &'static str = "heapdiff/postmortem/v1";

    /// Writes the report.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let processes = self.processes.iter().map(Death::of).collect::<io::Result<_>>()?;
        super::write(&Document { schema: Self::SCHEMA, processes }, out)
    }
}

/// Processes that were killed, and how they were doing.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Postmortem")]
pub(super) struct Document<'a> {
    /// Name and version of this schema.
    schema: &'static str,
    /// Those that were killed, one each.
    processes: Vec<Death<'a>>,
}

/// A process that died.
#[derive(JsonSchema, Serialize)]
struct Death<'a> {
    /// Which process.
    process: &'a Process,
    /// Path of the region file that it left.
    region: &'a str,
    /// Whether that file was removed.
    region_removed: bool,
    /// The last moment that is known, in nanoseconds since 1970 UTC: it died within a second of it; null where none is.
    died_nanos: Option<u64>,
    /// Time from the begin of the recording to that moment, in nanoseconds; null where none is known.
    recording_nanos: Option<u64>,
    /// Use of the cgroup divided by its limit at that moment; null without a limit.
    cgroup_share: Option<f64>,
    /// The part of the machine's memory that programs could not have without swapping at that moment; null where it is
    /// not known.
    host_share: Option<f64>,
    /// Whether the cgroup, or the machine, was as full as it is when the kernel kills.
    out_of_memory: bool,
    /// Change of the resident set size over the moments; null where it is not known.
    rss_change_bytes: Option<i64>,
    /// How it was doing in its last seconds, oldest first.
    moments: Vec<MomentJson>,
    /// Path of the snapshot of its heap when it died.
    snapshot: &'a str,
    /// The number of that snapshot.
    sequence: u32,
    /// What changed since the last snapshot that the process wrote itself; null if it wrote none.
    #[schemars(with = "Option<super::diff::Document<'static>>")]
    diff: Option<serde_json::Value>,
    /// What is alive, if it wrote none; otherwise null.
    #[schemars(with = "Option<super::top::Document<'static>>")]
    top: Option<serde_json::Value>,
    /// What is missing, each a sentence.
    notes: &'a [String],
}

impl<'a> Death<'a> {
    fn of(death: &DeathJson<'a>) -> io::Result<Self> {
        let last = death.moments.last();
        let (mut diff, mut top) = (None, None);
        match death.heap {
            HeapJson::Since(json) => diff = Some(embedded(|out| json.write(out))?),
            HeapJson::All(json) => top = Some(embedded(|out| json.write(out))?),
        }
        Ok(Self {
            process: death.process,
            region: death.region,
            region_removed: death.is_removed,
            died_nanos: last.map(|moment| moment.time_nanos),
            recording_nanos: last.map(|moment| moment.recording_nanos),
            cgroup_share: death.last.cgroup_share,
            host_share: death.last.host_share,
            out_of_memory: death.last.was_out_of_memory(),
            rss_change_bytes: death.last.rss_change(),
            moments: death.moments.iter().map(MomentJson::of).collect(),
            snapshot: death.snapshot,
            sequence: death.sequence,
            diff,
            top,
            notes: death.notes,
        })
    }
}

/// A report as a part of another one.
fn embedded(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<serde_json::Value> {
    let mut bytes = Vec::new();
    write(&mut bytes)?;
    serde_json::from_slice(&bytes).map_err(io::Error::from)
}

/// A moment of its last seconds.
#[derive(JsonSchema, Serialize)]
struct MomentJson {
    /// When, in nanoseconds since 1970 UTC.
    time_nanos: u64,
    /// Time since recording began, in nanoseconds.
    recording_nanos: u64,
    /// Resident set size in bytes; null where it is not known.
    rss: Option<u64>,
    /// Bytes that the cgroup used which, of its own and those above it, had least left; null where that is not known.
    cgroup_current: Option<u64>,
    /// Limit of that cgroup in bytes; null where there is none.
    cgroup_max: Option<u64>,
    /// Memory of the machine in bytes; null where it is not known.
    host_total: Option<u64>,
    /// The part of it that programs could have without swapping; null where it is not known.
    host_available: Option<u64>,
    /// Estimated bytes alive; null where that is not known.
    live_bytes: Option<u64>,
    /// Bytes alive by the allocator's own count; null where that is not known.
    allocated_bytes: Option<u64>,
}

impl MomentJson {
    fn of(moment: &MomentFigures) -> Self {
        Self {
            time_nanos: moment.time_nanos,
            recording_nanos: moment.recording_nanos,
            rss: moment.memory.rss,
            cgroup_current: moment.memory.cgroup_current,
            cgroup_max: moment.memory.cgroup_max,
            host_total: moment.memory.host_total,
            host_available: moment.memory.host_available,
            live_bytes: moment.live_bytes,
            allocated_bytes: moment.allocated_bytes,
        }
    }
}
