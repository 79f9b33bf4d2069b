//! What a snapshot says beside its stacks: one comment, `#heapdiff ` and a JSON object.
//!
//! The names are those of `heapdiff_profile::Metadata`, which reads it; a test of the recorder holds the two together.

use crate::moment::AllocatorFigures;
use crate::snapshot::Snapshot;
use heapdiff_recorder::Counter;
use write_json::Object;

const SCHEMA: &str = "heapdiff/snapshot/v1";

/// The comment of a snapshot.
pub(crate) fn text(snapshot: &Snapshot<'_>) -> String {
    let (moment, counters) = (snapshot.moment, snapshot.recorder.counters());
    let mut json = "#heapdiff ".to_owned();
    let mut root = write_json::object(&mut json);
    root.string("schema", SCHEMA);
    process(&mut root.object("process"), snapshot);
    root.number("sequence", f64::from(snapshot.sequence));
    root.string("reason", snapshot.reason.name());
    let mut boundaries = root.array("boundaries");
    for &boundary in snapshot.boundaries {
        boundaries.number(f64::from(boundary));
    }
    drop(boundaries);
    count(&mut root, "recording_nanos", moment.recording_nanos);
    count(&mut root, "period_bytes", moment.period.bytes());
    root.string("unwinder", &snapshot.facts.unwinder);
    let mut stacks = root.object("stacks");
    count(&mut stacks, "complete", counters.get(Counter::StacksComplete));
    count(&mut stacks, "truncated", counters.get(Counter::StacksTruncated));
    count(&mut stacks, "failed", counters.get(Counter::StacksFailed));
    drop(stacks);
    let mut dropped = root.object("dropped");
    for counter in LOSSES {
        count(&mut dropped, counter.name(), counters.get(counter));
    }
    count(&mut dropped, "snapshots_failed", moment.snapshots_failed);
    count(&mut dropped, "moved_during_snapshot", snapshot.live.moved());
    drop(dropped);
    if let Some(figures) = moment.allocator {
        allocator(&mut root.object("allocator"), figures);
    }
    let mut memory = root.object("memory");
    let figures = [
        ("rss", moment.memory.rss),
        ("cgroup_current", moment.memory.cgroup_current),
        ("cgroup_max", moment.memory.cgroup_max),
        ("host_total", moment.memory.host_total),
        ("host_available", moment.memory.host_available),
    ];
    for (name, bytes) in figures {
        if let Some(bytes) = bytes {
            count(&mut memory, name, bytes);
        }
    }
    drop(memory);
    recorder(&mut root.object("recorder"), snapshot);
    if !snapshot.counters.is_empty() {
        let mut counters = root.object("counters");
        for (name, &items) in snapshot.counters {
            count(&mut counters, name, items);
        }
    }
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

fn process(object: &mut Object<'_>, snapshot: &Snapshot<'_>) {
    let identity = &snapshot.facts.identity;
    object.string("boot_id", &identity.boot_id);
    object.number("pid", f64::from(identity.pid));
    count(object, "start_nanos", identity.start_nanos);
    object.string("recorder_id", &identity.recorder_id);
    object.string("program", &identity.program);
    if let Some(command_line) = &identity.command_line {
        let mut arguments = object.array("command_line");
        for argument in command_line {
            arguments.string(argument);
        }
    }
}

fn allocator(object: &mut Object<'_>, figures: AllocatorFigures) {
    object.string("name", "jemalloc");
    let figures = [
        ("allocated", figures.allocated),
        ("active", figures.active),
        ("resident", figures.resident),
        ("retained", figures.retained),
        ("mapped", figures.mapped),
        ("metadata", figures.metadata),
    ];
    for (name, bytes) in figures {
        count(object, name, bytes);
    }
}

fn recorder(object: &mut Object<'_>, snapshot: &Snapshot<'_>) {
    let recorder = snapshot.recorder;
    let (used, max) = recorder.bytes_used_and_max();
    count(object, "writer_cpu_nanos", snapshot.moment.writer_cpu_nanos);
    count(object, "samples", recorder.counters().get(Counter::Samples));
    count(object, "live_samples", snapshot.live.samples());
    count(object, "stacks", recorder.stacks().len());
    count(object, "table_bytes", used);
    count(object, "table_bytes_max", max);
}

/// JSON numbers are doubles here: exact to 2^53, and beyond that (a start time in nanoseconds) to within 256, equally
/// in every snapshot.
fn count(object: &mut Object<'_>, name: &str, value: u64) {
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    object.number(name, value as f64);
}
