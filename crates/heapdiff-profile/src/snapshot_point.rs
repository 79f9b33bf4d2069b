//! What is known of a process at one snapshot, and where its resident memory goes.

use crate::metadata::{AllocatorFigures, Metadata, SnapshotReason};
use crate::profile::Profile;
use crate::sample_type::Columns;
use crate::sampling::is_of_things;
use std::collections::BTreeMap;

/// Sample types that are bytes in use: heapdiff's and Go's, and that of older producers.
pub(crate) const MEMORY_IN_USE: [&str; 2] = ["inuse_space", "space"];

/// What is known at one snapshot. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotPoint {
    /// The name that the reader gave it.
    pub name: String,
    /// Its sequence number; `None` for profiles of other producers.
    pub sequence: Option<u32>,
    /// Why it was taken.
    pub reason: SnapshotReason,
    /// When it was taken, in nanoseconds since 1970 UTC; 0 where it is not known.
    pub time_nanos: i64,
    /// Time since recording began, in nanoseconds.
    pub recording_nanos: Option<u64>,
    /// Estimated value of all samples of the overview's sample type, before filters: live bytes by default.
    pub live: i64,
    /// Estimated live bytes, whatever the sample type. `None` where the profile does not count them.
    pub live_bytes: Option<i64>,
    /// Estimated live objects.
    pub live_objects: Option<i64>,
    /// Sampled allocations alive.
    pub live_samples: Option<u64>,
    /// In a snapshot of resources: how many are open, exactly.
    pub open: Option<i64>,
    /// In a snapshot of tasks or resources: how many of them are not shown since the program started, for there was no
    /// room.
    pub refused: u64,
    /// Resident set size of the process.
    pub rss: Option<u64>,
    /// The allocator's own figures.
    pub allocator: Option<AllocatorFigures>,
    /// What the program counted, by name: items since it started.
    pub counters: BTreeMap<String, u64>,
    /// Where the resident memory goes; `None` where the resident set size or the live bytes are not known.
    pub split: Option<MemorySplit>,
}

/// The resident set size of a process in parts that add up to it. All in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemorySplit {
    /// Live heap: the estimate from samples.
    pub live: i64,
    /// What the allocator holds resident beyond the live heap: freed pages that it keeps, the unused rest of size
    /// classes and pages, its bookkeeping, and the error of the estimate. An upper bound: jemalloc counts pages as
    /// resident that were never touched, so at most what is left of the resident set size counts. Negative where
    /// live memory was never touched. `None` where the allocator says nothing, and then it is part of
    /// [`Self::outside`].
    pub retained: Option<i64>,
    /// What remains: resident memory that the allocator knows nothing of, which is the program's code and data,
    /// thread stacks and memory that was mapped directly. `None` where the allocator claims all that is left and more:
    /// then it is part of [`Self::retained`], and how much of it nobody can tell.
    pub outside: Option<i64>,
    /// What the recorder's tables have touched.
    pub recorder: i64,
}

impl SnapshotPoint {
    /// What one profile knows.
    pub(crate) fn of_profile(name: String, profile: &Profile, columns: Columns) -> Self {
        let metadata = profile.metadata.as_ref();
        let in_use = MEMORY_IN_USE.iter().find_map(|kind| profile.sample_type_index(kind));
        // What things weigh is part of the live heap, which their profiles do not count.
        let in_use = in_use.filter(|_| !is_of_things(profile));
        let of_memory = in_use.map(|column| Columns::around(profile, column));
        let sum = |column: Option<usize>| column.map(|column| profile.sum_of(column));
        let live_bytes = sum(of_memory.and_then(|columns| columns.bytes));
        Self {
            name,
            sequence: metadata.map(|metadata| metadata.sequence),
            reason: metadata.map_or(SnapshotReason::Unknown, |metadata| metadata.reason),
            time_nanos: profile.time_nanos,
            recording_nanos: metadata.map(|metadata| metadata.recording_nanos),
            live: profile.sum_of(columns.value),
            live_bytes,
            live_objects: sum(of_memory.and_then(|columns| columns.objects)),
            live_samples: sum(of_memory.and_then(|columns| columns.samples))
                .and_then(|sum| u64::try_from(sum).ok()),
            open: metadata.and_then(|metadata| metadata.resource.as_ref()).map(|figures| {
                i64::try_from(figures.acquired.saturating_sub(figures.released)).unwrap_or(i64::MAX)
            }),
            refused: metadata.map_or(0, |metadata| {
                let of_resources = metadata.resource.as_ref().map(|figures| figures.refused);
                of_resources.or(metadata.tasks.map(|figures| figures.refused)).unwrap_or(0)
            }),
            rss: metadata.and_then(|metadata| metadata.memory.rss),
            allocator: metadata.and_then(|metadata| metadata.allocator.clone()),
            counters: metadata.map(|metadata| metadata.counters.clone()).unwrap_or_default(),
            split: metadata.zip(live_bytes).and_then(|(metadata, live)| MemorySplit::of(metadata, live)),
        }
    }

    /// What the allocator says it holds resident beyond the live heap.
    pub(crate) fn claimed_beyond_live(&self) -> Option<i64> {
        let resident = i64::try_from(self.allocator.as_ref()?.resident).unwrap_or(i64::MAX);
        Some(resident.saturating_sub(self.live_bytes?))
    }
}

impl MemorySplit {
    /// Splits the resident set size, if it is known.
    pub(crate) fn of(metadata: &Metadata, live: i64) -> Option<Self> {
        let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        let rss = signed(metadata.memory.rss?);
        let recorder = signed(metadata.recorder.table_bytes);
        let left = rss.saturating_sub(recorder).saturating_sub(live);
        let resident = metadata.allocator.as_ref().map(|allocator| signed(allocator.resident));
        let claimed = resident.map(|resident| resident.saturating_sub(live));
        let retained = claimed.map(|claimed| claimed.min(left));
        let outside = match claimed {
            // The allocator claims all that is left, so some of its claim was never touched, and what is outside may be
            // any part of the rest.
            Some(claimed) if claimed >= left => None,
            _ => Some(left.saturating_sub(retained.unwrap_or(0))),
        };
        Some(Self { live, retained, outside, recorder })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::AllocatorFigures;

    const MIB: i64 = 1 << 20;

    /// The split of a process of `rss` MiB with these MiB live, resident in the allocator, and in the recorder's
    /// tables.
    fn split(rss: u64, live: i64, resident: Option<u64>, recorder: u64) -> MemorySplit {
        let mut metadata = Metadata::default();
        metadata.memory.rss = Some(rss << 20);
        metadata.recorder.table_bytes = recorder << 20;
        metadata.allocator = resident
            .map(|resident| AllocatorFigures { resident: resident << 20, ..AllocatorFigures::default() });
        MemorySplit::of(&metadata, live * MIB).unwrap()
    }

    #[test]
    fn the_parts_add_up_to_the_resident_set_size() {
        for (name, found, expected) in [
            ("all known", split(100, 40, Some(60), 5), (40, Some(20), Some(35), 5)),
            ("an allocator that says nothing", split(100, 40, None, 5), (40, None, Some(55), 5)),
            (
                "an allocator that claims more than there is",
                split(50, 40, Some(60), 5),
                (40, Some(5), None, 5),
            ),
            ("live memory that was never touched", split(100, 400, Some(410), 5), (400, Some(-305), None, 5)),
        ] {
            let (live, retained, outside, recorder) = expected;
            let retained = retained.map(|retained: i64| retained * MIB);
            let outside = outside.map(|outside: i64| outside * MIB);
            let expected = MemorySplit { live: live * MIB, retained, outside, recorder: recorder * MIB };
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!(MemorySplit::of(&Metadata::default(), 0), None, "without a resident set size");
    }
}
