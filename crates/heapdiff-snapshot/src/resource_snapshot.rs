//! The open resources of one type as a pprof profile, beside the snapshot of the heap that was taken with them.
//!
//! A row is a stack trace with an epoch, an age class, and the last thing that was said about the resource. The types of
//! its values are `samples`, `count` and `space`; the latter two are estimates where not every resource is kept, and the
//! exact numbers are in the comment. What was done to open resources is on rows of its own, of the type `accesses`.

use crate::age_class::age_class;
use crate::comment;
use crate::live_rows::epoch_label;
use crate::places::Places;
use crate::snapshot::{Snapshot, number, text};
use heapdiff_pprof::{ValueType, WriteError, Writer};
use heapdiff_recorder::StackId;
use std::collections::BTreeMap;
use std::io::Write;

/// What is known of all resources of a type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceFacts {
    /// What the type's files are called.
    pub name: String,
    /// How much is kept of each resource, as `HEAPDIFF_RESOURCES` has it.
    pub level: String,
    /// Of how many resources one has a stack trace; 0 if none has.
    pub one_in: u32,
    /// Acquired since the program started.
    pub acquired: u64,
    /// Released of these.
    pub released: u64,
    /// Lost of these: dropped although they had to be closed.
    pub unclosed: u64,
    /// Bytes of those that are not released.
    pub open_bytes: u64,
    /// Resources of which nothing is kept because the table is full.
    pub refused: u64,
    /// Accesses to open resources that are not kept.
    pub accesses_dropped: u64,
    /// What the table takes, in bytes.
    pub table_bytes: u64,
}

/// One open resource or several of one place, as a snapshot sees them.
#[derive(Clone, Copy, Debug)]
pub struct OpenResource<'a> {
    /// Where it was acquired.
    pub stack: StackId,
    /// The number of snapshots that had begun before.
    pub epoch: u32,
    /// How many are seen.
    pub samples: u64,
    /// For how many they stand.
    pub count: u64,
    /// For how many bytes.
    pub bytes: u64,
    /// How long they have been open, in seconds.
    pub age_seconds: u64,
    /// Whether they were lost: nobody will release them.
    pub is_unclosed: bool,
    /// Number of the task that acquired them; 0 if none did, or several.
    pub task: u64,
    /// What was said of it last; empty if nothing was.
    pub hint: &'a str,
}

/// The rows of a snapshot of resources.
#[derive(Clone, Debug, Default)]
pub struct ResourceRows {
    rows: BTreeMap<RowKey, Sums>,
    accesses: BTreeMap<AccessKey, u64>,
    /// Resources of which nothing but their number is known: those that are open, and of these those that were lost.
    rest: [Sums; 2],
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct AccessKey {
    stack: StackId,
    when: When,
    hint: String,
}

/// Which access of its resource it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// The first of several.
    First,
    /// Neither the first nor the last.
    Between,
    /// The last, or the only one.
    Last,
}

impl When {
    /// The value of the label `when`.
    const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Between => "between",
            Self::Last => "last",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RowKey {
    stack: StackId,
    epoch: u32,
    age_seconds: u64,
    is_unclosed: bool,
    hint: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    samples: u64,
    count: u64,
    bytes: u64,
    /// Number of the task that acquired all of them; 0 if there is none.
    task: u64,
}

/// Rows that differ in nothing but the hint are no more than this; what is beyond has none.
const HINTS_MAX: usize = 10_000;

impl ResourceRows {
    /// Adds a resource to the snapshot `sequence`, unless it was acquired after that had begun. `boundaries` are as in
    /// [`LiveRows::read`](crate::LiveRows::read).
    pub fn add(&mut self, open: &OpenResource<'_>, sequence: u32, boundaries: &[u32]) {
        if open.epoch > sequence {
            return;
        }
        let mut key = RowKey {
            stack: open.stack,
            epoch: epoch_label(open.epoch, boundaries),
            age_seconds: age_class(open.age_seconds),
            is_unclosed: open.is_unclosed,
            hint: open.hint.to_owned(),
        };
        if self.rows.len() >= HINTS_MAX && !self.rows.contains_key(&key) {
            key.hint.clear();
        }
        let sums = self.rows.entry(key).or_insert(Sums { task: open.task, ..Sums::default() });
        sums.samples = sums.samples.saturating_add(open.samples);
        sums.count = sums.count.saturating_add(open.count);
        sums.bytes = sums.bytes.saturating_add(open.bytes);
        if sums.task != open.task {
            sums.task = 0;
        }
    }

    /// Has all that is open have a row where only counts are kept: what is in no row has one without a stack trace.
    ///
    /// Such rows have no epoch and no age, for nobody knows which of the resources are left.
    pub fn add_rest(&mut self, facts: &ResourceFacts) {
        if facts.one_in != 0 {
            return;
        }
        let known = |is_unclosed: bool| {
            let rows = self.rows.iter().filter(move |(key, _)| key.is_unclosed == is_unclosed);
            rows.fold((0_u64, 0_u64), |(count, bytes), (_, sums)| {
                (count.saturating_add(sums.count), bytes.saturating_add(sums.bytes))
            })
        };
        let ((open, open_bytes), (lost, lost_bytes)) = (known(false), known(true));
        let lost_rest = facts.unclosed.saturating_sub(lost);
        let all = facts.acquired.saturating_sub(facts.released);
        let open_rest = all.saturating_sub(open).saturating_sub(lost).saturating_sub(lost_rest);
        let bytes = facts.open_bytes.saturating_sub(open_bytes).saturating_sub(lost_bytes);
        // Their sizes are not told apart: all are taken for equally big.
        let lost_bytes = share(bytes, lost_rest, open_rest.saturating_add(lost_rest));
        let sums = |count: u64, bytes: u64| Sums { samples: count, count, bytes, task: 0 };
        self.rest = [sums(open_rest, bytes.saturating_sub(lost_bytes)), sums(lost_rest, lost_bytes)];
    }

    /// Adds an access to a resource that is open.
    pub fn add_access(&mut self, stack: StackId, when: When, hint: &str) {
        let mut key = AccessKey { stack, when, hint: hint.to_owned() };
        if self.accesses.len() >= HINTS_MAX && !self.accesses.contains_key(&key) {
            key.hint.clear();
        }
        *self.accesses.entry(key).or_default() += 1;
    }
}

/// The open resources of a type at the moment of a snapshot of the heap.
#[derive(Clone, Copy, Debug)]
pub struct ResourceSnapshot<'a> {
    /// The snapshot of the heap that was taken at the same moment.
    pub heap: &'a Snapshot<'a>,
    /// The type.
    pub facts: &'a ResourceFacts,
    /// What is open.
    pub rows: &'a ResourceRows,
}

/// Frames that viewers hide: those that count resources.
const DROP_FRAMES: &str = r"<?heapdiff::(resource|trace|thread|slot_table)::.*";

const SAMPLE_TYPES: [(&str, &str); 4] =
    [("accesses", "count"), ("samples", "count"), ("count", "count"), ("space", "bytes")];

impl ResourceSnapshot<'_> {
    /// Writes it, compressed, and gives the sink back, not flushed.
    ///
    /// # Errors
    /// If the sink fails.
    pub fn write<W: Write>(&self, sink: W) -> Result<W, WriteError> {
        let mut writer = Writer::gzip(sink)?;
        for (kind, unit) in SAMPLE_TYPES {
            writer.sample_type(ValueType { kind, unit })?;
        }
        writer.default_sample_type("count")?;
        writer.period_type(ValueType { kind: "resources", unit: "count" })?;
        // Where nothing is kept but counts, these are exact.
        writer.period(i64::from(self.facts.one_in.max(1)))?;
        writer.time_nanos(self.heap.moment.time_nanos.cast_signed())?;
        writer.drop_frames(DROP_FRAMES)?;
        writer.comment(&comment::of_resource(self.heap, self.facts))?;
        let mut places = Places::new(self.heap.recorder);
        self.write_rows(&mut writer, &mut places)?;
        places.write(&self.heap.facts.mappings, &mut writer)?;
        writer.finish_gzip()
    }

    fn write_rows<W: Write>(
        &self,
        writer: &mut Writer<W>,
        places: &mut Places<'_>,
    ) -> Result<(), WriteError> {
        let whole = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        for (key, &count) in &self.rows.accesses {
            let labels = [text("hint", &key.hint), text("when", key.when.name())];
            writer.sample(places.of(key.stack), &[whole(count), 0, 0, 0], &labels)?;
        }
        for (key, sums) in &self.rows.rows {
            let values = [0, whole(sums.samples), whole(sums.count), whole(sums.bytes)];
            let mut labels = vec![
                number("epoch", u64::from(key.epoch), "count"),
                number("age", key.age_seconds, "seconds"),
            ];
            if !key.hint.is_empty() {
                labels.push(text("hint", &key.hint));
            }
            if sums.task != 0 {
                labels.push(number("task", sums.task, "count"));
            }
            if key.is_unclosed {
                labels.push(text("state", "unclosed"));
            }
            writer.sample(places.of(key.stack), &values, &labels)?;
        }
        let labels = [&[][..], &[text("state", "unclosed")]];
        for (sums, labels) in self.rows.rest.iter().zip(labels).filter(|(sums, _)| sums.count > 0) {
            let values = [0, whole(sums.samples), whole(sums.count), whole(sums.bytes)];
            writer.sample(places.of(StackId::UNKNOWN), &values, labels)?;
        }
        Ok(())
    }
}

/// `part` of `all` of so many bytes.
fn share(bytes: u64, part: u64, all: u64) -> u64 {
    let bytes = u128::from(bytes) * u128::from(part) / u128::from(all.max(1));
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_resources_are_one_row_and_later_ones_none() {
        let open = OpenResource {
            stack: StackId::UNKNOWN,
            epoch: 3,
            samples: 1,
            count: 128,
            bytes: 1280,
            age_seconds: 5,
            is_unclosed: false,
            task: 7,
            hint: "queued",
        };
        let mut rows = ResourceRows::default();
        for _ in 0..10_000 {
            rows.add(&open, 3, &[0, 3]);
        }
        rows.add(&OpenResource { epoch: 4, ..open }, 3, &[0, 3]);
        let sums = Sums { samples: 10_000, count: 1_280_000, bytes: 12_800_000, task: 7 };
        assert_eq!(rows.rows.values().collect::<Vec<_>>(), [&sums]);
        rows.add(&OpenResource { task: 8, ..open }, 3, &[0, 3]);
        assert_eq!(rows.rows.values().next().map(|sums| sums.task), Some(0), "of several tasks");
        let key = rows.rows.keys().next().unwrap();
        assert_eq!(
            (key.epoch, key.age_seconds),
            (1, 4),
            "merged with the epochs after snapshot 0; 4 to 7 seconds"
        );
    }

    #[test]
    fn what_is_only_counted_has_a_row_for_those_that_are_open_and_one_for_those_that_were_lost() {
        let facts = ResourceFacts {
            acquired: 120,
            released: 20,
            unclosed: 30,
            open_bytes: 1000,
            ..ResourceFacts::default()
        };
        let open = OpenResource {
            stack: StackId::UNKNOWN,
            epoch: 0,
            samples: 10,
            count: 10,
            bytes: 100,
            age_seconds: 5,
            is_unclosed: false,
            task: 0,
            hint: "",
        };
        let mut rows = ResourceRows::default();
        rows.add(&open, 0, &[]);
        rows.add_rest(&facts);
        let sums = |count, bytes| Sums { samples: count, count, bytes, task: 0 };
        assert_eq!(rows.rest, [sums(60, 600), sums(30, 300)]);
        let mut rows = ResourceRows::default();
        rows.add_rest(&ResourceFacts { one_in: 1, ..facts });
        assert_eq!(rows.rest, [Sums::default(); 2], "each has a row of its own");
    }
}
