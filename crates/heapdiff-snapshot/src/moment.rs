//! What was measured at one moment, and its form as words of the region's ring.
//!
//! ```text
//! word  0 time   1 recording   2 RSS   3 cgroup current   4 cgroup maximum
//!       5 allocated   6 active   7 resident   8 retained   9 mapped   10 metadata       (the allocator's own)
//!      11 bytes ever allocated   12 live samples   13 live bytes                        (the recorder's estimates)
//!      14 period   15 failed snapshots   16 CPU time of the writer
//!      17 the host's memory   18 what of it is available
//! ```
//!
//! Bytes, nanoseconds and counts as they are; all ones where a figure is not known. Words may be added at the end: they
//! are 0 in a region of a recorder that does not know them, so what is added says nothing with a 0. Bump the region's
//! version for any other change.

use crate::heap_estimates::HeapEstimates;
use heapdiff_recorder::Period;

/// What was measured at one moment of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Nanoseconds since 1970 UTC.
    pub time_nanos: u64,
    /// Nanoseconds since recording began, of a clock that does not jump.
    pub recording_nanos: u64,
    /// The kernel's figures.
    pub memory: Memory,
    /// The allocator's own figures, if the program allocates from one that has any.
    pub allocator: Option<AllocatorFigures>,
    /// The recorder's estimates.
    pub heap: HeapEstimates,
    /// The period in force.
    pub period: Period,
    /// Snapshots that could not be written, so far.
    pub snapshots_failed: u64,
    /// CPU time of the writer thread so far, in nanoseconds.
    pub writer_cpu_nanos: u64,
}

/// Memory of the process, of its cgroup and of the machine, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Resident set size of the process.
    pub rss: Option<u64>,
    /// Memory that the cgroup uses which, of the process's own and those above it, has least left; its own if none is
    /// limited.
    pub cgroup_current: Option<u64>,
    /// The limit of that cgroup; `None` where there is none.
    pub cgroup_max: Option<u64>,
    /// Memory of the machine that all its programs share; not 0.
    pub host_total: Option<u64>,
    /// The part of it that programs can have without swapping; not known where [`Self::host_total`] is not.
    pub host_available: Option<u64>,
}

/// jemalloc's own figures, in bytes, under the names of its manual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AllocatorFigures {
    /// Bytes in blocks that the program holds, each rounded up to its size class.
    pub allocated: u64,
    /// Bytes in pages that hold such blocks.
    pub active: u64,
    /// Bytes in pages that are mapped and may be resident.
    pub resident: u64,
    /// Address space kept for later use, not resident.
    pub retained: u64,
    /// Bytes in mapped extents.
    pub mapped: u64,
    /// Bytes of the allocator's own bookkeeping.
    pub metadata: u64,
}

/// A figure that is not known.
const UNKNOWN: u64 = u64::MAX;

impl Moment {
    /// Words of a moment.
    pub const WORDS: usize = 19;

    /// The moment as words.
    #[must_use]
    pub fn to_words(&self) -> [u64; Self::WORDS] {
        let known = |figure: Option<u64>| figure.unwrap_or(UNKNOWN);
        let allocator = |figure: fn(AllocatorFigures) -> u64| known(self.allocator.map(figure));
        [
            self.time_nanos,
            self.recording_nanos,
            known(self.memory.rss),
            known(self.memory.cgroup_current),
            known(self.memory.cgroup_max),
            allocator(|figures| figures.allocated),
            allocator(|figures| figures.active),
            allocator(|figures| figures.resident),
            allocator(|figures| figures.retained),
            allocator(|figures| figures.mapped),
            allocator(|figures| figures.metadata),
            known(self.heap.allocated_bytes),
            known(self.heap.live_samples),
            known(self.heap.live_bytes),
            self.period.bytes(),
            self.snapshots_failed,
            self.writer_cpu_nanos,
            known(self.memory.host_total),
            known(self.memory.host_available),
        ]
    }

    /// The moment in words that [`Self::to_words`] made. Any words are some moment.
    #[must_use]
    pub fn from_words(words: &[u64; Self::WORDS]) -> Self {
        let &[
            time_nanos,
            recording_nanos,
            rss,
            cgroup_current,
            cgroup_max,
            allocated,
            active,
            resident,
            retained,
            mapped,
            metadata,
            allocated_bytes,
            live_samples,
            live_bytes,
            period,
            snapshots_failed,
            writer_cpu_nanos,
            host_total,
            host_available,
        ] = words;
        let known = |word: u64| (word != UNKNOWN).then_some(word);
        let host_total = known(host_total).filter(|&total| total > 0);
        let figures = AllocatorFigures { allocated, active, resident, retained, mapped, metadata };
        Self {
            time_nanos,
            recording_nanos,
            memory: Memory {
                rss: known(rss),
                cgroup_current: known(cgroup_current),
                cgroup_max: known(cgroup_max),
                host_total,
                host_available: host_total.and(known(host_available)),
            },
            allocator: known(allocated).map(|_| figures),
            heap: HeapEstimates {
                allocated_bytes: known(allocated_bytes),
                live_samples: known(live_samples),
                live_bytes: known(live_bytes),
            },
            period: Period::new(period),
            snapshots_failed,
            writer_cpu_nanos,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Any words are a moment, and its own words mean the same moment.
        #[test]
        fn a_moment_comes_back_as_it_was(words in any::<[u64; 19]>()) {
            let moment = Moment::from_words(&words);
            prop_assert_eq!(Moment::from_words(&moment.to_words()), moment);
        }
    }

    #[test]
    fn what_is_not_known_stays_unknown() {
        let moment = Moment {
            time_nanos: 1,
            recording_nanos: 2,
            memory: Memory { rss: Some(0), ..Memory::default() },
            allocator: None,
            heap: HeapEstimates { live_bytes: Some(7), ..HeapEstimates::default() },
            period: Period::MAX,
            snapshots_failed: 3,
            writer_cpu_nanos: 4,
        };
        assert_eq!(Moment::from_words(&moment.to_words()), moment);
        // A recorder that knew nothing of the host left its words at 0.
        let mut words = moment.to_words();
        words[17..].fill(0);
        assert_eq!(Moment::from_words(&words), moment);
    }

    #[test]
    fn a_host_without_available_memory_is_known() {
        let memory = Memory { host_total: Some(1 << 34), host_available: Some(0), ..Memory::default() };
        let mut words = [u64::MAX; Moment::WORDS];
        words[17..].copy_from_slice(&[1 << 34, 0]);
        assert_eq!(Moment::from_words(&words).memory, memory);
    }
}
