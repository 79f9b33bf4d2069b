//! What a snapshot says beside its stacks: one comment, `#heapdiff ` and a JSON object.
//!
//! The names are those of `heapdiff_profile::Metadata`, which reads it; a test of the recorder holds the two together.

use crate::moment::AllocatorFigures;
use crate::pools::PoolFigures;
use crate::resource_snapshot::ResourceFacts;
use crate::snapshot::Snapshot;
use crate::task_snapshot::TaskFacts;
use heapdiff_recorder::Counter;
use write_json::Object;

const SCHEMA: &str = "heapdiff/snapshot/v1";

/// The comment of a snapshot.
pub(crate) fn text(snapshot: &Snapshot<'_>) -> String {
    let mut json = "#heapdiff ".to_owned();
    write(&mut write_json::object(&mut json), snapshot);
    json
}

/// The comment of a snapshot of resources: that of the heap's, and what is known of the type.
pub(crate) fn of_resource(snapshot: &Snapshot<'_>, facts: &ResourceFacts) -> String {
    let mut json = "#heapdiff ".to_owned();
    let mut root = write_json::object(&mut json);
    write(&mut root, snapshot);
    let mut resource = root.object("resource");
    resource.string("name", &facts.name);
    resource.string("level", &facts.level);
    count(&mut resource, "one_in", u64::from(facts.one_in));
    let figures = [
        ("acquired", facts.acquired),
        ("released", facts.released),
        ("unclosed", facts.unclosed),
        ("open_bytes", facts.open_bytes),
        ("refused", facts.refused),
        ("accesses_dropped", facts.accesses_dropped),
        ("table_bytes", facts.table_bytes),
    ];
    for (name, figure) in figures {
        count(&mut resource, name, figure);
    }
    drop(resource);
    drop(root);
    json
}

/// The comment of a snapshot of tasks: that of the heap's, and what is known of all tasks.
pub(crate) fn of_tasks(snapshot: &Snapshot<'_>, facts: TaskFacts) -> String {
    let mut json = "#heapdiff ".to_owned();
    let mut root = write_json::object(&mut json);
    write(&mut root, snapshot);
    let mut tasks = root.object("tasks");
    count(&mut tasks, "refused", facts.refused);
    count(&mut tasks, "table_bytes", facts.table_bytes);
    drop(tasks);
    drop(root);
    json
}

fn write(root: &mut Object<'_>, snapshot: &Snapshot<'_>) {
    let (moment, counters) = (snapshot.moment, snapshot.recorder.counters());
    root.string("schema", SCHEMA);
    process(&mut root.object("process"), snapshot);
    root.number("sequence", f64::from(snapshot.sequence));
    root.string("reason", snapshot.reason.name());
    let mut boundaries = root.array("boundaries");
    for &boundary in snapshot.boundaries {
        boundaries.number(f64::from(boundary));
    }
    drop(boundaries);
    count(root, "recording_nanos", moment.recording_nanos);
    count(root, "period_bytes", moment.period.bytes());
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
    if !snapshot.pools.is_empty() {
        let mut pools = root.array("pools");
        snapshot.pools.iter().for_each(|figures| pool(&mut pools.object(), figures));
    }
}

fn pool(object: &mut Object<'_>, pool: &PoolFigures) {
    object.string("name", &pool.name);
    object.string("resource", &pool.resource);
    let figures = [
        ("used", pool.used),
        ("free", pool.free),
        ("chunks", pool.chunks),
        ("chunk_bytes", pool.chunk_bytes),
    ];
    for (name, figure) in figures {
        count(object, name, figure);
    }
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
