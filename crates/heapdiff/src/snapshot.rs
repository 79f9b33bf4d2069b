//! A snapshot as a pprof profile.
//!
//! Cumulative figures are on one row for each (stack trace, size class), in-use figures on one for each (stack trace,
//! size class, epoch): the size of the file follows from stacks and live samples, not from time. Rows are sums of the
//! weights of single samples; they are rounded once, here.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use crate::comment;
use crate::loaded_files::LoadedFiles;
use crate::process::{AllocatorFigures, Identity, Memory};
use crate::recording::Tables;
use heapdiff_pprof::{Function, Label, LabelValue, Line, Location, Mapping, ValueType, WriteError, Writer};
use heapdiff_recorder::{Period, Recorder, SizeClass, StackId, Tally};
use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, SystemTime};

/// What a snapshot is made of, beside the tables.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) sequence: u32,
    /// Sequence numbers of the snapshots that still exist, ascending.
    pub(crate) boundaries: &'a [u32],
    pub(crate) time: SystemTime,
    pub(crate) recording: Duration,
    pub(crate) period: Period,
    pub(crate) identity: &'a Identity,
    pub(crate) has_command_line: bool,
    pub(crate) memory: Memory,
    pub(crate) allocator: Option<AllocatorFigures>,
    pub(crate) snapshots_failed: u64,
    pub(crate) writer_cpu: Duration,
    /// Sampled blocks that changed their size while the live table was read.
    pub(crate) moved_meanwhile: u64,
}

/// In-use figures of a row.
#[derive(Clone, Copy, Debug, Default)]
struct InUse {
    samples: i64,
    objects_estimate: f64,
    bytes_estimate: f64,
}

/// The live blocks that belong to a snapshot, summed up by row.
#[derive(Debug)]
pub(crate) struct LiveRows(BTreeMap<(StackId, SizeClass, u32), InUse>);

impl LiveRows {
    /// Reads the live table while the program goes on.
    pub(crate) fn read(recorder: &Recorder<'_>, sequence: u32, boundaries: &[u32]) -> Self {
        let mut rows: BTreeMap<_, InUse> = BTreeMap::new();
        recorder.visit_live(sequence, |block| {
            let key = (block.stack, SizeClass::of(block.size), epoch_label(block.epoch, boundaries));
            let row = rows.entry(key).or_default();
            row.samples += 1;
            row.objects_estimate += block.charge.objects_estimate();
            row.bytes_estimate += block.charge.bytes_estimate(block.size);
        });
        Self(rows)
    }
}

/// The epoch that a row shows: epochs between two snapshots that still exist merge into the oldest of them.
///
/// Epoch e means that e snapshots had begun before. For a base b among the boundaries, "e <= b" has the same answer for
/// all epochs that merge.
fn epoch_label(epoch: u32, boundaries: &[u32]) -> u32 {
    let before = boundaries.partition_point(|&boundary| boundary < epoch);
    before.checked_sub(1).and_then(|last| boundaries.get(last)).map_or(0, |boundary| boundary + 1)
}

/// Frames that viewers hide: the allocator's own, and std's on the way to it.
///
/// pprof matches `^(...)$` against names that it cuts at the first parenthesis. Only functions that are called by an
/// allocation are named: pprof drops everything leafward of a match, so a name such as `<alloc::boxed::Box as FnOnce>`,
/// which stands near the root of every thread, would hide whole stacks.
const DROP_FRAMES: &str = r"(__rustc::)?__rust_(alloc|alloc_zeroed|realloc)|(__rustc::)?__r[gd]l?_(alloc|alloc_zeroed|realloc)|_?alloc::alloc::(__rust_)?(alloc|alloc_zeroed|realloc|exchange_malloc|Global::.*)|<?alloc::alloc::Global.*|<?alloc::raw_vec::.*|<?heapdiff::hook::.*|<?heapdiff::Allocator.*";

/// The sample types, in the order of every row: counts of samples, then Go's four.
const SAMPLE_TYPES: [(&str, &str); 6] = [
    ("alloc_samples", "count"),
    ("inuse_samples", "count"),
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_objects", "count"),
    ("inuse_space", "bytes"),
];

/// Name of the frame that stands for a stack trace of which nothing is known.
const NO_STACK: &str = "[no stack trace]";

/// Writes a snapshot, compressed, and gives the sink back, not flushed.
pub(crate) fn write<W: Write>(
    tables: &Tables,
    files: &LoadedFiles,
    live: &LiveRows,
    facts: &Facts<'_>,
    sink: W,
) -> Result<W, WriteError> {
    let mut writer = Writer::gzip(sink)?;
    for (kind, unit) in SAMPLE_TYPES {
        writer.sample_type(ValueType { kind, unit })?;
    }
    writer.default_sample_type("inuse_space")?;
    writer.period_type(ValueType { kind: "space", unit: "bytes" })?;
    writer.period(facts.period.bytes().cast_signed())?;
    writer.time_nanos(crate::process::unix_nanos(facts.time).cast_signed())?;
    writer.drop_frames(DROP_FRAMES)?;
    writer.comment(&comment::text(tables, live_samples(live), facts))?;

    let mut places =
        Places { recorder: &tables.recorder, ids: BTreeMap::new(), stack: (StackId::UNKNOWN, Vec::new()) };
    write_cumulative(&mut writer, &mut places)?;
    for (&(stack, class, epoch), row) in &live.0 {
        let values = [0, row.samples, 0, 0, whole(row.objects_estimate), whole(row.bytes_estimate)];
        let labels = [number("bytes", class.bytes(), "bytes"), number("epoch", u64::from(epoch), "count")];
        writer.sample(places.of(stack), &values, &labels)?;
    }
    write_places(&mut writer, files, &places)?;
    writer.finish_gzip()
}

fn live_samples(live: &LiveRows) -> u64 {
    live.0.values().map(|row| row.samples.unsigned_abs()).sum()
}

fn write_cumulative<W: Write>(writer: &mut Writer<W>, places: &mut Places<'_>) -> Result<(), WriteError> {
    // A block that shrank and grew into another class leaves the bytes that it had shrunk by, without a sample.
    let is_row = |tally: &Tally| tally.samples > 0 || whole(tally.bytes_estimate) > 0;
    let mut tallies: Vec<Tally> = places.recorder.tallies().filter(is_row).collect();
    tallies.sort_by_key(|tally| (tally.stack, tally.class));
    for tally in tallies {
        let values = [
            tally.samples.cast_signed(),
            0,
            whole(tally.objects_estimate),
            whole(tally.bytes_estimate),
            0,
            0,
        ];
        writer.sample(places.of(tally.stack), &values, &[number("bytes", tally.class.bytes(), "bytes")])?;
    }
    Ok(())
}

fn number<'a>(key: &'a str, value: u64, unit: &'a str) -> Label<&'a str> {
    Label { key, value: LabelValue::Number { value: value.cast_signed(), unit } }
}

/// An estimate as a whole number, never below zero.
fn whole(estimate: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "saturates far above any sum")]
    let whole = estimate.max(0.0).round() as i64;
    whole
}

/// The locations of the profile: one for each return address, numbered as they come.
struct Places<'a> {
    recorder: &'a Recorder<'static>,
    /// Location ids by lookup address, which is the return address - 1.
    ids: BTreeMap<u64, u64>,
    /// The stack asked for last, and its locations: rows come sorted by stack.
    stack: (StackId, Vec<u64>),
}

/// Location of [`NO_STACK`].
const NO_STACK_ID: u64 = 1;

impl Places<'_> {
    fn of(&mut self, stack: StackId) -> &[u64] {
        if self.stack.0 != stack || self.stack.1.is_empty() {
            self.stack.0 = stack;
            self.stack.1.clear();
            if let Some((_, frames)) = self.recorder.stacks().get(stack) {
                for frame in frames {
                    let next = NO_STACK_ID + 1 + self.ids.len() as u64;
                    self.stack.1.push(*self.ids.entry(frame.saturating_sub(1)).or_insert(next));
                }
            }
            if self.stack.1.is_empty() {
                self.stack.1.push(NO_STACK_ID);
            }
        }
        &self.stack.1
    }
}

fn write_places<W: Write>(
    writer: &mut Writer<W>,
    files: &LoadedFiles,
    places: &Places<'_>,
) -> Result<(), WriteError> {
    for ((file, segment), id) in files.segments().zip(1..) {
        writer.mapping(&Mapping {
            id,
            memory_start: segment.range.start,
            memory_limit: segment.range.end,
            file_offset: segment.file_offset,
            file: &file.path,
            build_id: &file.build_id,
            ..Mapping::default()
        })?;
    }
    writer.function(&Function { id: 1, name: NO_STACK, system_name: NO_STACK, file: "", start_line: 0 })?;
    let lines = [Line { function_id: 1, ..Line::default() }];
    writer.location(&Location { id: NO_STACK_ID, lines: &lines, ..Location::default() })?;
    for (&address, &id) in &places.ids {
        let mapping = files.segments().zip(1..).find(|((_, segment), _)| segment.range.contains(&address));
        let mapping_id = mapping.map_or(0, |(_, id)| id);
        writer.location(&Location { id, mapping_id, address, ..Location::default() })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_merge_between_the_snapshots_that_remain() {
        let all: Vec<u32> = (0..9).collect();
        assert!((0..9).all(|epoch| epoch_label(epoch, &all) == epoch), "nothing merges while all remain");
        let thinned = [0, 4, 8];
        let labels: Vec<u32> = (0..=9).map(|epoch| epoch_label(epoch, &thinned)).collect();
        assert_eq!(labels, [0, 1, 1, 1, 1, 5, 5, 5, 5, 9]);
        for base in thinned {
            for epoch in 0..=9 {
                assert_eq!(epoch <= base, epoch_label(epoch, &thinned) <= base, "epoch {epoch}, base {base}");
            }
        }
        assert_eq!(epoch_label(7, &[]), 0);
    }
}
