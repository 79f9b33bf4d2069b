//! An order of frames that depends on what they say, not on where they were first seen: so that reports do not change
//! when the samples of a profile come in another order.

use crate::frame::{FrameId, FrameTable};
use std::cmp::Ordering;

/// The rank of every frame of a table by function, file and line.
#[derive(Clone, Debug)]
pub(crate) struct FrameOrder {
    ranks: Vec<usize>,
}

impl FrameOrder {
    pub(crate) fn of(frames: &FrameTable) -> Self {
        let mut sorted: Vec<_> = frames.frames().enumerate().collect();
        sorted.sort_unstable_by_key(|&(_, frame)| frame);
        let mut ranks = vec![0; sorted.len()];
        for (rank, (index, _)) in sorted.into_iter().enumerate() {
            if let Some(place) = ranks.get_mut(index) {
                *place = rank;
            }
        }
        Self { ranks }
    }

    pub(crate) fn compare(&self, a: FrameId, b: FrameId) -> Ordering {
        self.rank(a).cmp(&self.rank(b))
    }

    /// Compares frame by frame, in the order in which they are given.
    pub(crate) fn compare_stacks(&self, a: &[FrameId], b: &[FrameId]) -> Ordering {
        a.iter().map(|&frame| self.rank(frame)).cmp(b.iter().map(|&frame| self.rank(frame)))
    }

    fn rank(&self, frame: FrameId) -> usize {
        self.ranks.get(frame.index()).copied().unwrap_or(usize::MAX)
    }
}
