//! What is alive, by stack trace, size class and epoch.

use crate::pools::Chunks;
use heapdiff_recorder::{Recorder, SizeClass, StackId};
use std::collections::BTreeMap;

/// In-use figures of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct InUse {
    pub(crate) samples: i64,
    pub(crate) objects_estimate: f64,
    pub(crate) bytes_estimate: f64,
}

/// The live blocks that belong to a snapshot, summed up by row.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveRows {
    pub(crate) rows: BTreeMap<LiveKey, InUse>,
    moved: u64,
}

/// Stack trace, size class, epoch, and the number of the pool that the blocks are chunks of.
type LiveKey = (StackId, SizeClass, u32, Option<usize>);

impl LiveRows {
    /// Reads the live blocks of the snapshot `sequence` while the program goes on.
    ///
    /// `boundaries` are the sequence numbers of the snapshots that still exist, ascending: epochs between two of them
    /// merge. `chunks` are those of the pools that the program has told of.
    #[must_use]
    pub fn read(recorder: &Recorder<'_>, sequence: u32, boundaries: &[u32], chunks: &Chunks) -> Self {
        let mut rows: BTreeMap<_, InUse> = BTreeMap::new();
        let moved = recorder.visit_live(sequence, |block| {
            let pool = chunks.pool_at(block.address, block.size);
            let key = (block.stack, SizeClass::of(block.size), epoch_label(block.epoch, boundaries), pool);
            let row = rows.entry(key).or_default();
            row.samples += 1;
            row.objects_estimate += block.charge.objects_estimate();
            row.bytes_estimate += block.charge.bytes_estimate(block.size);
        });
        Self { rows, moved }
    }

    /// Blocks whose thread was stopped in the middle of a change of their size: they may be seen with the one from
    /// before.
    #[must_use]
    pub const fn moved(&self) -> u64 {
        self.moved
    }

    /// Sampled blocks that are alive.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.rows.values().map(|row| row.samples.unsigned_abs()).sum()
    }

    /// Estimate of the bytes that are alive.
    #[must_use]
    pub fn bytes_estimate(&self) -> f64 {
        self.rows.values().map(|row| row.bytes_estimate).sum()
    }
}

/// The epoch that a row shows: epochs between two snapshots that still exist merge into the oldest of them.
///
/// Epoch e means that e snapshots had begun before. For a base b among the boundaries, "e <= b" has the same answer for
/// all epochs that merge.
#[must_use]
pub fn epoch_label(epoch: u32, boundaries: &[u32]) -> u32 {
    let before = boundaries.partition_point(|&boundary| boundary < epoch);
    before.checked_sub(1).and_then(|last| boundaries.get(last)).map_or(0, |boundary| boundary + 1)
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
