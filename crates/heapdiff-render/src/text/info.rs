//! `heapdiff info`: everything that a file says about itself.

use super::TextOptions;
use super::losses;
use super::wrapping::wrapped;
use crate::elide;
use crate::quantity::{self, Unit};
use heapdiff_profile::{
    Metadata, PoolFigures, Profile, ProfileSummary, ResourceFigures, SnapshotReason, Unwinder,
};
use std::io::{self, Write};

/// Columns of the names on the left.
const TITLE_COLUMNS: usize = 20;

/// All metadata of a profile.
#[derive(Clone, Copy, Debug)]
pub struct InfoText<'a> {
    /// The file, as the user would type it.
    pub name: &'a str,
    /// Its size in bytes, compressed as it is; `None` where that is not known.
    pub file_bytes: Option<u64>,
    /// What it holds.
    pub profile: &'a Profile,
    /// The same in counts.
    pub summary: &'a ProfileSummary,
}

impl InfoText<'_> {
    /// Writes the list.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let mut list = List { options, out };
        let size = self.file_bytes.map_or(String::new(), |size| format!(" ({})", quantity::bytes(size)));
        list.item("file", &format!("{}{size}", self.name))?;
        self.write_profile(&mut list)?;
        match &self.profile.metadata {
            Some(metadata) => write_metadata(metadata, &mut list)?,
            None => list.item("written by", "another profiler, or merged: no figures of a process")?,
        }
        self.write_values(&mut list)?;
        self.write_mappings(&mut list)
    }

    fn write_profile(&self, list: &mut List<'_>) -> io::Result<()> {
        let profile = self.profile;
        if let Some(moment) = quantity::moment(profile.time_nanos) {
            list.item("taken", &moment)?;
        }
        if let Ok(nanos @ 1..) = u64::try_from(profile.duration_nanos) {
            list.item("covers", &quantity::duration(nanos))?;
        }
        if let Some(period_type) = &profile.period_type {
            let unit = Unit::from_name(&period_type.unit);
            let meaning =
                if profile.period == 1 { " (everything is recorded)" } else { " between samples on average" };
            list.item(
                "period",
                &format!("{} of {}{meaning}", unit.format(profile.period), period_type.kind),
            )?;
        }
        for comment in &profile.comments {
            list.item("comment", comment)?;
        }
        if let Some(url) = &profile.doc_url {
            list.item("explained at", url)?;
        }
        for (title, pattern) in [("hidden frames", &profile.drop_frames), ("but not", &profile.keep_frames)] {
            if let Some(pattern) = pattern {
                list.item(title, pattern)?;
            }
        }
        Ok(())
    }

    fn write_values(&self, list: &mut List<'_>) -> io::Result<()> {
        list.section("totals")?;
        let default = self.profile.default_sample_type.as_deref();
        for (sample_type, total) in &self.summary.totals {
            let unit = Unit::from_name(&sample_type.unit);
            let shown = if default == Some(sample_type.kind.as_str()) { "  (shown by default)" } else { "" };
            list.item(&sample_type.kind, &format!("{}{shown}", unit.format(*total)))?;
        }
        list.section("contents")?;
        let counts = |value: usize| quantity::count(value as u64);
        list.item("rows of values", &counts(self.summary.samples))?;
        let deepest =
            quantity::counted(self.summary.depth_max as u64, "address").replace("addresss", "addresses");
        list.item("stacks", &format!("{}, the deepest of {deepest}", counts(self.summary.stacks)))?;
        list.item(
            "addresses",
            &format!(
                "{}, {} of them with a function",
                counts(self.summary.locations),
                counts(self.summary.locations_symbolized)
            ),
        )?;
        list.item("functions", &counts(self.summary.functions))
    }

    fn write_mappings(&self, list: &mut List<'_>) -> io::Result<()> {
        list.section("mapped files (build ID, file)")?;
        for mapping in &self.profile.mappings {
            let build_id = if mapping.build_id.is_empty() { "-" } else { mapping.build_id.as_str() };
            let file = if mapping.file.is_empty() { "-" } else { mapping.file.as_str() };
            writeln!(
                list.out,
                "  {build_id}  {}",
                elide::printable(&elide::start(
                    file,
                    list.options.width.saturating_sub(elide::width(build_id) + 4)
                ))
            )?;
        }
        Ok(())
    }
}

fn write_metadata(metadata: &Metadata, list: &mut List<'_>) -> io::Result<()> {
    write_process(metadata, list)?;
    write_recording(metadata, list)?;
    write_memory(metadata, list)?;
    if let Some(figures) = &metadata.resource {
        write_resource(figures, list)?;
    }
    if let Some(figures) = metadata.tasks {
        list.section("tasks")?;
        list.item("found no room", &quantity::count(figures.refused))?;
        list.item("detector's memory", &quantity::bytes(figures.table_bytes))?;
    }
    if !metadata.pools.is_empty() {
        write_pools(&metadata.pools, list)?;
    }
    if !metadata.counters.is_empty() {
        list.section("counted by the program")?;
    }
    metadata
        .counters
        .iter()
        .try_for_each(|(name, &items)| list.item(&elide::printable(name), &quantity::count(items)))
}

fn write_process(metadata: &Metadata, list: &mut List<'_>) -> io::Result<()> {
    let process = &metadata.process;
    list.section("process")?;
    list.item("program", &format!("{} (pid {})", process.program, process.pid))?;
    if let Some(started) = i64::try_from(process.start_nanos).ok().and_then(quantity::moment) {
        list.item("started", &started)?;
    }
    let command_line = process.command_line.as_ref().map(|arguments| arguments.join(" "));
    list.item("command line", command_line.as_deref().unwrap_or("(redacted)"))?;
    list.item("boot", &process.boot_id)?;
    list.item("recorder", &process.recorder_id)?;
    let earlier: Vec<String> = metadata.boundaries.iter().map(u32::to_string).collect();
    list.item(
        "snapshot",
        &format!(
            "{}, {} into the recording{}",
            metadata.sequence,
            quantity::duration(metadata.recording_nanos),
            why(metadata.reason)
        ),
    )?;
    list.item(
        "exact bases",
        &if earlier.is_empty() { "none: this is the first".to_owned() } else { earlier.join(" ") },
    )
}

/// Why a snapshot was taken, as the end of a sentence.
fn why(reason: SnapshotReason) -> &'static str {
    match reason {
        SnapshotReason::Interval => ", as it was time",
        SnapshotReason::Request => ", as the program asked",
        SnapshotReason::Signal => ", as a signal asked",
        SnapshotReason::Stop => ", as recording ended",
        SnapshotReason::Exit => ", as the process ended",
        SnapshotReason::Outside => ", by another process",
        SnapshotReason::Death => ", after its death",
        SnapshotReason::Unknown => "",
    }
}

fn write_recording(metadata: &Metadata, list: &mut List<'_>) -> io::Result<()> {
    list.section("recording")?;
    list.item("schema", &metadata.schema)?;
    list.item(
        "stacks walked by",
        match metadata.unwinder {
            Unwinder::FramePointers => "frame pointers",
            Unwinder::UnwindTables => "unwind tables",
            Unwinder::None => "nothing: neither frame pointers nor unwind tables worked",
            Unwinder::Unknown => "a way that this version does not know",
        },
    )?;
    let stacks = metadata.stacks;
    list.item(
        "stack traces",
        &format!(
            "{} complete, {} truncated, {} failed",
            quantity::count(stacks.complete),
            quantity::count(stacks.truncated),
            quantity::count(stacks.failed)
        ),
    )?;
    let dropped = metadata
        .dropped
        .iter()
        .filter(|(_, lost)| **lost > 0)
        .map(|(name, lost)| format!("{} {name}", quantity::count(*lost)));
    let dropped: Vec<String> = dropped.collect();
    list.item("lost", &if dropped.is_empty() { "nothing".to_owned() } else { dropped.join(", ") })?;
    for line in losses::lines(&metadata.dropped, stacks, metadata.unwinder, metadata.period_bytes) {
        list.item("missing", &line)?;
    }
    let cost = metadata.recorder;
    list.item(
        "samples taken",
        &format!("{}, {} alive", quantity::count(cost.samples), quantity::count(cost.live_samples)),
    )?;
    list.item("distinct stacks", &quantity::count(cost.stacks))?;
    list.item("writer's CPU time", &quantity::duration(cost.writer_cpu_nanos))?;
    list.item(
        "recorder's memory",
        &format!(
            "{} of at most {}",
            quantity::bytes(cost.table_bytes),
            quantity::bytes(cost.table_bytes_max)
        ),
    )
}

fn write_memory(metadata: &Metadata, list: &mut List<'_>) -> io::Result<()> {
    list.section("memory of the process")?;
    let or_unknown = |value: Option<u64>| value.map_or("not known".to_owned(), quantity::bytes);
    list.item("RSS", &or_unknown(metadata.memory.rss))?;
    list.item("cgroup", &or_unknown(metadata.memory.cgroup_current))?;
    list.item("cgroup's limit", &metadata.memory.cgroup_max.map_or("none".to_owned(), quantity::bytes))?;
    if let Some((total, available)) = metadata.memory.host_total.zip(metadata.memory.host_available) {
        let words = format!("{} of {}", quantity::bytes(available), quantity::bytes(total));
        list.item("available on host", &words)?;
    }
    let Some(allocator) = &metadata.allocator else {
        return list.item("allocator", "says nothing about itself");
    };
    list.item("allocator", &allocator.name)?;
    for (title, value) in [
        ("allocated", allocator.allocated),
        ("active", allocator.active),
        ("resident", allocator.resident),
        ("retained", allocator.retained),
        ("mapped", allocator.mapped),
        ("metadata", allocator.metadata),
    ] {
        list.item(&format!("  {title}"), &quantity::bytes(value))?;
    }
    Ok(())
}

/// What is known exactly of all resources of a type.
fn write_resource(figures: &ResourceFigures, list: &mut List<'_>) -> io::Result<()> {
    list.section("resources of the type")?;
    list.item("name", &elide::printable(&figures.name))?;
    list.item("level", &elide::printable(&figures.level))?;
    let open = figures.acquired.saturating_sub(figures.released);
    list.item("open", &format!("{}, {}", quantity::count(open), quantity::bytes(figures.open_bytes)))?;
    for (title, count) in [
        ("acquired", figures.acquired),
        ("released", figures.released),
        ("never closed", figures.unclosed),
        ("found no room", figures.refused),
        ("accesses not kept", figures.accesses_dropped),
    ] {
        list.item(title, &quantity::count(count))?;
    }
    list.item("detector's memory", &quantity::bytes(figures.table_bytes))
}

fn write_pools(pools: &[PoolFigures], list: &mut List<'_>) -> io::Result<()> {
    list.section("pools")?;
    for pool in pools {
        let chunks = quantity::counted(pool.chunks, "chunk");
        let bytes = quantity::bytes(pool.chunk_bytes);
        let (used, free) = (quantity::count(pool.used), quantity::count(pool.free));
        list.item(&elide::printable(&pool.name), &format!("{used} used, {free} free, {chunks} of {bytes}"))?;
    }
    Ok(())
}

/// Lines of a title and what it says.
struct List<'a> {
    options: &'a TextOptions,
    out: &'a mut dyn Write,
}

impl List<'_> {
    fn section(&mut self, title: &str) -> io::Result<()> {
        writeln!(self.out, "\n{}", self.options.theme.heading(title))
    }

    /// The value goes on below where it does not fit; nothing of it is left out.
    fn item(&mut self, title: &str, value: &str) -> io::Result<()> {
        let value = elide::printable(value);
        let room = self.options.width.saturating_sub(TITLE_COLUMNS + 4).max(20);
        let mut lines = wrapped(&value, room).into_iter();
        let first = lines.next().unwrap_or_default();
        let title = format!("{title:TITLE_COLUMNS$}");
        writeln!(self.out, "  {}  {first}", self.options.theme.faint(title))?;
        lines.try_for_each(|line| writeln!(self.out, "  {:TITLE_COLUMNS$}  {line}", ""))
    }
}
