//! What the samples stand for, at one moment.

use heapdiff_recorder::Recorder;

/// What the recorder's samples stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapEstimates {
    /// Bytes allocated since recording began.
    pub allocated_bytes: Option<u64>,
    /// Sampled blocks that are alive.
    pub live_samples: Option<u64>,
    /// Bytes that are alive.
    pub live_bytes: Option<u64>,
}

/// With more live samples than this their bytes are not summed up every second: it takes a millisecond for so many.
const LIVE_SAMPLES_MAX: u64 = 1 << 16;

impl HeapEstimates {
    /// Sums up what is cheap to sum up.
    #[must_use]
    pub fn read(recorder: &Recorder<'_>) -> Self {
        let live_samples = recorder.live_samples();
        let live_bytes = (live_samples <= LIVE_SAMPLES_MAX).then(|| {
            let mut sum = 0.0;
            // No snapshot is begun for it: blocks of every epoch count.
            recorder.visit_live(u32::MAX - 1, |block| sum += block.charge.bytes_estimate(block.size));
            whole(sum)
        });
        let allocated: f64 = recorder.tallies().map(|tally| tally.bytes_estimate).sum();
        Self { allocated_bytes: Some(whole(allocated)), live_samples: Some(live_samples), live_bytes }
    }
}

fn whole(estimate: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, at zero too")]
    let whole = estimate.round() as u64;
    whole
}
