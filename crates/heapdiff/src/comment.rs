//! What a snapshot says beside its stacks: one comment, `#heapdiff ` and a JSON object.
//!
//! The names are those of `heapdiff_profile::Metadata`, which reads it; a test of this crate holds the two together.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use crate::process::unix_nanos;
use crate::recording::Tables;
use crate::snapshot::Facts;
use heapdiff_recorder::Counter;
use write_json::Object;

const SCHEMA: &str = "heapdiff/snapshot/v1";

/// The comment of a snapshot with `live_samples` sampled blocks in use.
pub(crate) fn text(tables: &Tables, live_samples: u64, facts: &Facts<'_>) -> String {
    let mut json = "#heapdiff ".to_owned();
    let mut root = write_json::object(&mut json);
    root.string("schema", SCHEMA);
    process(&mut root.object("process"), facts);
    root.number("sequence", f64::from(facts.sequence));
    let mut boundaries = root.array("boundaries");
    for &boundary in facts.boundaries {
        boundaries.number(f64::from(boundary));
    }
    drop(boundaries);
    count(&mut root, "recording_nanos", u64::try_from(facts.recording.as_nanos()).unwrap_or(u64::MAX));
    count(&mut root, "period_bytes", facts.period.bytes());
    root.string("unwinder", tables.unwinders.way().name());
    let counters = tables.recorder.counters();
    let mut stacks = root.object("stacks");
    count(&mut stacks, "complete", counters.get(Counter::StacksComplete));
    count(&mut stacks, "truncated", counters.get(Counter::StacksTruncated));
    count(&mut stacks, "failed", counters.get(Counter::StacksFailed));
    drop(stacks);
    let mut dropped = root.object("dropped");
    for counter in LOSSES {
        count(&mut dropped, counter.name(), counters.get(counter));
    }
    count(&mut dropped, "snapshots_failed", facts.snapshots_failed);
    count(&mut dropped, "moved_during_snapshot", facts.moved_meanwhile);
    drop(dropped);
    if let Some(figures) = facts.allocator {
        let mut allocator = root.object("allocator");
        allocator.string("name", "jemalloc");
        let figures = [
            ("allocated", figures.allocated),
            ("active", figures.active),
            ("resident", figures.resident),
            ("retained", figures.retained),
            ("mapped", figures.mapped),
            ("metadata", figures.metadata),
        ];
        for (name, bytes) in figures {
            count(&mut allocator, name, bytes as u64);
        }
    }
    let mut memory = root.object("memory");
    let figures = [
        ("rss", facts.memory.rss),
        ("cgroup_current", facts.memory.cgroup_current),
        ("cgroup_max", facts.memory.cgroup_max),
    ];
    for (name, bytes) in figures {
        if let Some(bytes) = bytes {
            count(&mut memory, name, bytes);
        }
    }
    drop(memory);
    recorder(&mut root.object("recorder"), tables, live_samples, facts);
    drop(root);
    json
}

/// Counters that mean that something is missing.
const LOSSES: [Counter; 5] = [
    Counter::LiveTableFull,
    Counter::StackTableFull,
    Counter::TallyTableFull,
    Counter::UnwinderBusy,
    Counter::SampledHeapFull,
];

fn process(object: &mut Object<'_>, facts: &Facts<'_>) {
    let identity = facts.identity;
    object.string("boot_id", &identity.boot_id);
    object.number("pid", f64::from(identity.pid));
    count(object, "start_nanos", unix_nanos(identity.started));
    object.string("recorder_id", &identity.recorder_id);
    object.string("program", &identity.program);
    if facts.has_command_line {
        let mut arguments = object.array("command_line");
        for argument in &identity.command_line {
            arguments.string(argument);
        }
    }
}

fn recorder(object: &mut Object<'_>, tables: &Tables, live_samples: u64, facts: &Facts<'_>) {
    let (used, max) = tables.recorder.bytes_used_and_max();
    count(object, "writer_cpu_nanos", u64::try_from(facts.writer_cpu.as_nanos()).unwrap_or(u64::MAX));
    count(object, "samples", tables.recorder.counters().get(Counter::Samples));
    count(object, "live_samples", live_samples);
    count(object, "stacks", tables.recorder.stacks().len());
    count(object, "table_bytes", used);
    count(object, "table_bytes_max", max);
}

/// JSON numbers are doubles here: exact to 2^53, and beyond that (a start time in nanoseconds) to within 256, equally in
/// every snapshot.
fn count(object: &mut Object<'_>, name: &str, value: u64) {
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    object.number(name, value as f64);
}
