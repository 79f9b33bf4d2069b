//! Old snapshots are thinned, and the epochs between those that remain merge.

use crate::support::{Case, Ran};

/// 30 snapshots with a block between each two, five files kept.
pub(crate) const THINNED: Case = Case {
    name: "snapshots_are_thinned_and_their_epochs_merge",
    environment: &[],
    inside: || {
        let builder = heapdiff::Profiler::builder().dir("profiles").period(1).keep(5, u64::MAX);
        let profiler = builder.every(std::time::Duration::from_secs(3600)).start().unwrap();
        let mut kept = Vec::with_capacity(30);
        for _ in 0..30 {
            kept.push(between_snapshots());
            profiler.snapshot().unwrap();
        }
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        assert_eq!(snapshots.len(), 5);
        let sequences: Vec<u32> = snapshots.iter().map(|s| s.metadata().sequence).collect();
        assert_eq!((sequences[0], sequences[4]), (0, 30), "{sequences:?}");
        // Epochs of the last but one: each is the one after a snapshot that was there when it was written.
        let snapshot = &snapshots[3];
        let boundaries = &snapshot.metadata().boundaries;
        assert!(boundaries.len() <= 5, "{boundaries:?}");
        let mut epochs: Vec<u32> = snapshot
            .0
            .samples
            .iter()
            .filter(|sample| snapshot.frames(sample).iter().any(|name| name.ends_with("between_snapshots")))
            .filter_map(|sample| snapshot.0.number_label(sample, "epoch"))
            .map(|epoch| u32::try_from(epoch).unwrap())
            .collect();
        epochs.sort_unstable();
        let expected: Vec<u32> = std::iter::once(0).chain(boundaries.iter().map(|b| b + 1)).collect();
        assert_eq!(epochs, expected);
        assert_eq!(
            snapshot.of("between_snapshots").inuse_objects,
            i64::from(snapshot.metadata().sequence) + 1
        );
    },
};

#[inline(never)]
fn between_snapshots() -> Box<[u8; 256]> {
    std::hint::black_box(Box::new([1; 256]))
}
