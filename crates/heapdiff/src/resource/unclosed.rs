//! Resources that were dropped although they had to be closed. They never go, so they are kept as sums: a row for each place.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::access::Accesses;
use super::open_table::Open;
#[cfg(feature = "test")]
use heapdiff_recorder::Scope;
use heapdiff_recorder::StackId;
use std::collections::BTreeMap;

/// Rows; what is lost at other places is one row of no place for each epoch.
const ROWS_MAX: usize = 4096;
/// The accesses of one resource of a row are kept for so many rows.
const ROWS_WITH_ACCESSES_MAX: usize = 256;

/// What those of one row have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UnclosedKey {
    /// Where they were acquired.
    pub(crate) stack: StackId,
    /// The number of snapshots that had begun before.
    pub(crate) epoch: u32,
    /// The scope that they were acquired in, for as long as that goes on.
    #[cfg(feature = "test")]
    pub(crate) scope: Scope,
}

/// The sums of a row.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnclosedRow {
    /// Of which more is known than that they are there, the ones that are kept for a scope alone included.
    pub(crate) kept: u64,
    pub(crate) kept_bytes: u64,
    /// Those that were chosen.
    pub(crate) samples: u64,
    /// For how many they stand.
    pub(crate) count: u64,
    /// For how many bytes.
    pub(crate) bytes: u64,
    /// When the first of them was acquired.
    pub(crate) since: u64,
    /// The task that acquired them; 0 if none did, or several.
    pub(crate) task: u64,
    /// What happened to the last one.
    pub(crate) last: Option<Box<Accesses>>,
    /// Accesses of the others, and those of the last one that it has dropped itself.
    pub(crate) accesses_dropped: u64,
}

/// The rows of a type.
#[derive(Debug, Default)]
pub(crate) struct UnclosedRows(BTreeMap<UnclosedKey, UnclosedRow>);

impl UnclosedRows {
    pub(crate) fn add(&mut self, open: &Open) {
        let mut key = UnclosedKey {
            stack: open.stack,
            epoch: open.epoch,
            #[cfg(feature = "test")]
            scope: open.scope,
        };
        if self.0.len() >= ROWS_MAX && !self.0.contains_key(&key) {
            key.stack = StackId::UNKNOWN;
        }
        let keeps_accesses =
            self.0.len() < ROWS_WITH_ACCESSES_MAX || self.0.get(&key).is_some_and(|row| row.last.is_some());
        let weight = u64::from(open.weight);
        let mut row = UnclosedRow {
            kept: 1,
            kept_bytes: open.bytes,
            samples: u64::from(weight > 0),
            count: weight,
            bytes: weight.saturating_mul(open.bytes),
            since: open.since,
            task: open.task,
            accesses_dropped: open.accesses.as_ref().map_or(0, |accesses| accesses.dropped()),
            last: open.accesses.clone(),
        };
        if !keeps_accesses {
            row.drop_accesses();
        }
        self.merge(key, row);
    }

    fn merge(&mut self, key: UnclosedKey, mut newer: UnclosedRow) {
        if let Some(older) = self.0.get_mut(&key) {
            if newer.last.is_some() {
                older.drop_accesses();
            }
            newer.kept = newer.kept.saturating_add(older.kept);
            newer.kept_bytes = newer.kept_bytes.saturating_add(older.kept_bytes);
            newer.samples = newer.samples.saturating_add(older.samples);
            newer.count = newer.count.saturating_add(older.count);
            newer.bytes = newer.bytes.saturating_add(older.bytes);
            newer.since = newer.since.min(older.since);
            newer.task = if newer.task == older.task { newer.task } else { 0 };
            newer.accesses_dropped = newer.accesses_dropped.saturating_add(older.accesses_dropped);
            newer.last = newer.last.or_else(|| older.last.take());
            *older = newer;
        } else {
            let _ = self.0.insert(key, newer);
        }
    }

    /// Changes the keys. Rows whose keys are the same then are one.
    pub(crate) fn change_keys(&mut self, change: impl Fn(&mut UnclosedKey)) {
        for (mut key, row) in std::mem::take(&mut self.0) {
            change(&mut key);
            self.merge(key, row);
        }
    }

    pub(crate) fn visit(&self, mut visit: impl FnMut(&UnclosedKey, &UnclosedRow)) {
        self.0.iter().for_each(|(key, row)| visit(key, row));
    }

    /// What they take, in bytes, without what the map adds.
    pub(crate) fn bytes(&self) -> u64 {
        let accesses = self.0.values().filter_map(|row| row.last.as_ref()).map(|last| last.bytes());
        (self.0.len() * size_of::<(UnclosedKey, UnclosedRow)>()) as u64 + accesses.sum::<u64>()
    }
}

impl UnclosedRow {
    fn drop_accesses(&mut self) {
        if let Some(last) = self.last.take() {
            self.accesses_dropped = self.accesses_dropped.saturating_add(last.kept().len() as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::access::Access;
    use heapdiff_recorder::Rng;

    fn open(stack: u32, epoch: u32) -> Open {
        let mut accesses = Accesses::default();
        let mut rng = Rng::new(1);
        for nanos in 0..3 {
            let (stack, hint) = (StackId::UNKNOWN, "queued".into());
            accesses.add(Access { hint, stack, thread: 1, task: 0, nanos }, &mut rng);
        }
        Open {
            stack: StackId::from_bits(stack),
            epoch,
            bytes: 10,
            weight: 2,
            scope: Scope::NONE,
            task: 7,
            since: 100 - u64::from(epoch),
            accesses: Some(Box::new(accesses)),
        }
    }

    #[test]
    fn many_of_one_place_are_one_row_of_one_size() {
        let mut rows = UnclosedRows::default();
        rows.add(&open(1, 0));
        let bytes_of_one = rows.bytes();
        (1..10_000).for_each(|_| rows.add(&open(1, 0)));
        assert_eq!(rows.bytes(), bytes_of_one);
        let row = rows.0.values().next().unwrap();
        assert_eq!((row.kept, row.samples, row.count, row.bytes), (10_000, 10_000, 20_000, 200_000));
        assert_eq!((row.task, row.last.as_ref().unwrap().kept().len()), (7, 3));
        assert_eq!(row.accesses_dropped, 9_999 * 3, "each is kept or counted");
    }

    #[test]
    fn epochs_that_merge_are_one_row_of_the_first_age() {
        let mut rows = UnclosedRows::default();
        (0..10).for_each(|epoch| rows.add(&open(1, epoch)));
        rows.change_keys(|key| key.epoch = key.epoch.min(1));
        let sums: Vec<_> = rows.0.iter().map(|(key, row)| (key.epoch, row.kept, row.since)).collect();
        assert_eq!(sums, [(0, 1, 100), (1, 9, 91)]);
    }

    #[test]
    fn memory_is_bounded_however_many_places_there_are() {
        let mut rows = UnclosedRows::default();
        let count = 3 * u32::try_from(ROWS_MAX).unwrap();
        (1..=count).for_each(|stack| rows.add(&open(stack, 0)));
        assert_eq!(rows.0.len(), ROWS_MAX + 1);
        assert_eq!(rows.0.values().map(|row| row.kept).sum::<u64>(), u64::from(count), "all are counted");
        assert_eq!(rows.0.values().filter(|row| row.last.is_some()).count(), ROWS_WITH_ACCESSES_MAX);
        assert!(rows.bytes() < 2 << 20, "{} bytes", rows.bytes());
    }
}
