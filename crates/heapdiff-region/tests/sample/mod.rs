//! A region as a process that is killed leaves it.

use heapdiff_recorder::{
    Allocation, AtomicU64, BlockFlags, Capacities, Charge, Period, Recorder, Region, Shard, State, Trace,
    TraceEnd,
};
use heapdiff_snapshot::{Facts, HeapEstimates, Identity, Mapping, Memory, Moment};
use std::sync::atomic::Ordering;

/// The name of its file without the extension.
pub(crate) const STEM: &str = "shop-20261120T110121Z-42";

/// A region of 100 blocks on 10 stacks and 20 seconds, as bytes.
pub(crate) fn region(state: State) -> Vec<u8> {
    region_with(state, (0..20).map(moment))
}

/// The same with other moments.
pub(crate) fn region_with(state: State, moments: impl Iterator<Item = Moment>) -> Vec<u8> {
    let words: Vec<AtomicU64> = (0..Capacities::TINY.words()).map(|_| AtomicU64::new(0)).collect();
    let region = Region::create(&words, &Capacities::TINY).unwrap();
    region.set_all_backed();
    let recorder = Recorder::new(&region);
    for n in 0..100_u64 {
        let (shard, frames) = (Shard::new(n), [0x5000 + n % 10, 0x6000, 0x7000]);
        let stack = recorder.intern(shard, Trace { frames: &frames, end: TraceEnd::Complete });
        let size = 100 + n;
        let allocation = Allocation {
            address: 0x10_0000 + n * 4096,
            size,
            charge: Charge::new(size, Period::EXACT),
            flags: BlockFlags::NONE,
            stack,
            end: TraceEnd::Complete,
        };
        recorder.allocated(shard, &allocation).unwrap();
    }
    recorder.begin_snapshot();
    let identity = Identity { program: "shop".to_owned(), pid: 42, ..Identity::default() };
    let mappings =
        vec![Mapping { range: 0x5000..0x8000, file: "/bin/shop".to_owned(), ..Mapping::default() }];
    let facts = Facts { identity, file_prefix: format!("{STEM}-"), mappings, ..Facts::default() };
    assert!(region.facts().write(&facts.to_bytes().unwrap()));
    moments.for_each(|moment| region.moments().push(moment.to_words()));
    region.set_state(state);
    words.iter().flat_map(|word| word.load(Ordering::Relaxed).to_ne_bytes()).collect()
}

/// The moment so many seconds after recording began.
pub(crate) fn moment(second: u64) -> Moment {
    Moment {
        time_nanos: 1_000_000_000 * (1_795_275_800 + second),
        recording_nanos: 1_000_000_000 * second,
        memory: Memory {
            rss: Some((100 + 20 * second) << 20),
            cgroup_current: Some((131 + 20 * second) << 20),
            cgroup_max: Some(512 << 20),
            host_total: Some(16 << 30),
            host_available: Some((6 << 30) - ((20 * second) << 20)),
        },
        allocator: None,
        heap: HeapEstimates {
            allocated_bytes: Some((50 + 200 * second) << 20),
            live_samples: Some(100),
            live_bytes: Some((80 + 20 * second) << 20),
        },
        period: Period::EXACT,
        snapshots_failed: 0,
        writer_cpu_nanos: 0,
    }
}
