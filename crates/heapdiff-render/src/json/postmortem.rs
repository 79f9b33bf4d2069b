//! `heapdiff/postmortem/v1`.

use super::{DiffJson, TopJson};
use heapdiff_profile::{LastSeconds, MomentFigures, Process};
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

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    processes: Vec<Death<'a>>,
}

#[derive(Serialize)]
struct Death<'a> {
    process: &'a Process,
    region: &'a str,
    region_removed: bool,
    /// The last moment, in nanoseconds since 1970 UTC: it died within a second of it. Null where it is not known.
    died_nanos: Option<u64>,
    recording_nanos: Option<u64>,
    /// Use of the cgroup divided by its limit at the last moment; null without a limit.
    cgroup_share: Option<f64>,
    out_of_memory: bool,
    rss_change_bytes: Option<i64>,
    moments: Vec<MomentJson>,
    snapshot: &'a str,
    sequence: u32,
    /// A document of `heapdiff/diff/v1` against the last snapshot that the process wrote; null if it wrote none.
    diff: Option<serde_json::Value>,
    /// A document of `heapdiff/top/v1` if it wrote none.
    top: Option<serde_json::Value>,
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

#[derive(Serialize)]
struct MomentJson {
    time_nanos: u64,
    recording_nanos: u64,
    rss: Option<u64>,
    cgroup_current: Option<u64>,
    cgroup_max: Option<u64>,
    live_bytes: Option<u64>,
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
            live_bytes: moment.live_bytes,
            allocated_bytes: moment.allocated_bytes,
        }
    }
}
