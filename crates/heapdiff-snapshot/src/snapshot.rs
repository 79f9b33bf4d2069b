//! A snapshot as a pprof profile.
//!
//! Cumulative figures are on one row for each (stack trace, size class), in-use figures on one for each (stack trace,
//! size class, epoch): the size of the file follows from stacks and live samples, not from time. Rows are sums of the
//! weights of single samples; they are rounded once, here.

use crate::comment;
use crate::facts::Facts;
use crate::live_rows::LiveRows;
use crate::moment::Moment;
use crate::places::Places;
use crate::pools::PoolFigures;
use crate::reason::Reason;
use heapdiff_pprof::{Label, LabelValue, ValueType, WriteError, Writer};
use heapdiff_recorder::{Recorder, Tally};
use std::collections::BTreeMap;
use std::io::Write;

/// All that a snapshot is made of.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// The tables.
    pub recorder: &'a Recorder<'a>,
    /// The snapshot's number, from [`Recorder::begin_snapshot`].
    pub sequence: u32,
    /// Why it is taken.
    pub reason: Reason,
    /// Sequence numbers of the snapshots that still exist, ascending.
    pub boundaries: &'a [u32],
    /// The live blocks, read with the same number and boundaries.
    pub live: &'a LiveRows,
    /// What is known about the process.
    pub facts: &'a Facts,
    /// What was measured when the snapshot was taken.
    pub moment: &'a Moment,
    /// What the program counts, by name.
    pub counters: &'a BTreeMap<String, u64>,
    /// The pools that the program has told of, by the numbers that the live blocks were read with.
    pub pools: &'a [PoolFigures],
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

impl Snapshot<'_> {
    /// Writes the snapshot, compressed, and gives the sink back, not flushed.
    ///
    /// # Errors
    /// If the sink fails.
    pub fn write<W: Write>(&self, sink: W) -> Result<W, WriteError> {
        let mut writer = Writer::gzip(sink)?;
        for (kind, unit) in SAMPLE_TYPES {
            writer.sample_type(ValueType { kind, unit })?;
        }
        writer.default_sample_type("inuse_space")?;
        writer.period_type(ValueType { kind: "space", unit: "bytes" })?;
        writer.period(self.moment.period.bytes().cast_signed())?;
        writer.time_nanos(self.moment.time_nanos.cast_signed())?;
        writer.drop_frames(DROP_FRAMES)?;
        writer.comment(&comment::text(self))?;

        let mut places = Places::new(self.recorder);
        self.write_cumulative(&mut writer, &mut places)?;
        self.write_in_use(&mut writer, &mut places)?;
        places.write(&self.facts.mappings, &mut writer)?;
        writer.finish_gzip()
    }

    fn write_cumulative<W: Write>(
        &self,
        writer: &mut Writer<W>,
        places: &mut Places<'_>,
    ) -> Result<(), WriteError> {
        // A block that shrank and grew into another class leaves the bytes that it had shrunk by, without a sample.
        let is_row = |tally: &Tally| tally.samples > 0 || whole(tally.bytes_estimate) > 0;
        let mut tallies: Vec<Tally> = self.recorder.tallies().filter(is_row).collect();
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
            writer.sample(
                places.of(tally.stack),
                &values,
                &[number("bytes", tally.class.bytes(), "bytes")],
            )?;
        }
        Ok(())
    }

    fn write_in_use<W: Write>(
        &self,
        writer: &mut Writer<W>,
        places: &mut Places<'_>,
    ) -> Result<(), WriteError> {
        for (&(stack, class, epoch, pool), row) in &self.live.rows {
            let values = [0, row.samples, 0, 0, whole(row.objects_estimate), whole(row.bytes_estimate)];
            let mut labels =
                vec![number("bytes", class.bytes(), "bytes"), number("epoch", u64::from(epoch), "count")];
            labels.extend(pool.and_then(|pool| self.pools.get(pool)).map(|pool| text("pool", &pool.name)));
            writer.sample(places.of(stack), &values, &labels)?;
        }
        Ok(())
    }
}

pub(crate) fn number<'a>(key: &'a str, value: u64, unit: &'a str) -> Label<&'a str> {
    Label { key, value: LabelValue::Number { value: value.cast_signed(), unit } }
}

pub(crate) fn text<'a>(key: &'a str, text: &'a str) -> Label<&'a str> {
    Label { key, value: LabelValue::Text(text) }
}

/// An estimate as a whole number, never below zero.
fn whole(estimate: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "saturates far above any sum")]
    let whole = estimate.max(0.0).round() as i64;
    whole
}
