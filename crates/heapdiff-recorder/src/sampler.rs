//! The countdown of one thread: which allocation is the next sample.
//!
//! The hook's fast path subtracts the size of every allocation from [`Sampler::remaining`] and looks at the sign;
//! everything else happens here, once in a while. All events share that one threshold:
//!
//! ```text
//!            first allocation of the thread: remaining is 0
//!                     │
//!   Fresh ──trip──► recording off? ──► Off: look again after OFF_RECHECK_BYTES
//!                     │ on                    │ trip
//!                     ▼                       ▼
//!                   Armed: a fresh draw of the period, applied to this very allocation
//!                     │ trip
//!                     ├── draw not used up (it is handed out in parts): re-arm; a fresh draw if the period has changed
//!                     └── used up: SAMPLE, with the period of that draw, and a fresh draw
//! ```
//!
//! A thread's first allocation is neither always nor never a sample: the draw decides, or short-lived threads would
//! be over- or under-counted.

use crate::charge::Period;
use crate::rng::Rng;

/// What a trip of the countdown means for the allocation that caused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// It is a sample, drawn with this period.
    Sample(Period),
    /// It is none.
    Pass,
}

/// The countdown of one thread. All zero is a valid state: that of a thread that has not allocated yet.
#[derive(Clone, Copy, Debug)]
pub struct Sampler {
    /// Bytes that may be allocated before somebody has to look; negative after the allocation that tripped.
    pub remaining: i64,
    /// The part of the draw that is not handed out to `remaining` yet.
    beyond: i64,
    /// Period of the draw that is running, in bytes; 0 while the thread is fresh or recording is off.
    period: u64,
    /// State of the generator; 0 until the thread's first trip.
    rng: u64,
}

impl Sampler {
    /// While recording is off a thread looks again after this many bytes: a cost of some nanoseconds each 16 KiB,
    /// and so much of a thread's allocation may pass before it notices that recording was switched on.
    pub const OFF_RECHECK_BYTES: i64 = 16 * 1024;
    /// A draw is handed out in parts of at most this many bytes, so that a thread notices a changed period, or that
    /// recording stopped, after so much allocation.
    pub const ON_RECHECK_BYTES: i64 = 1024 * 1024;
    /// What [`Self::remaining`] is while the hook itself runs: nothing that it might call can trip it.
    pub const MUTED: i64 = i64::MAX / 2;

    /// The countdown of a thread that has not allocated yet.
    pub const FRESH: Self = Self { remaining: 0, beyond: 0, period: 0, rng: 0 };

    /// The period of the draw that is running: what is allocated now is charged with it. `None` while nothing is drawn.
    #[must_use]
    pub const fn period(&self) -> Option<Period> {
        if self.period == 0 { None } else { Some(Period::new(self.period)) }
    }

    /// Decides about the allocation of `bytes` that made [`Self::remaining`] negative, and re-arms the countdown.
    ///
    /// `setting` is the period in force, `None` while recording is off. `seed` is used once a thread and must differ
    /// from thread to thread.
    #[inline]
    pub fn trip(&mut self, bytes: u64, setting: Option<Period>, seed: impl FnOnce() -> u64) -> Draw {
        let Some(period) = setting else {
            (self.remaining, self.beyond, self.period) = (Self::OFF_RECHECK_BYTES, 0, 0);
            return Draw::Pass;
        };
        if self.rng == 0 {
            self.rng = seed();
        }
        let mut rng = Rng::new(self.rng);
        if self.period == 0 {
            // The first draw of the thread, or since recording was switched on, decides about this very allocation.
            let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
            (self.remaining, self.beyond) = (period.draw(&mut rng).saturating_sub(bytes), 0);
            self.period = period.bytes();
        }
        // Whatever the period is now: what was allocated up to here was up to the draw that is running, and weighs what
        // its period says.
        let drawn_with = Period::new(self.period);
        let left = self.remaining.saturating_add(self.beyond);
        let draw = if left < 0 { Draw::Sample(drawn_with) } else { Draw::Pass };
        // What is left of an exponential is exponential again, so a draw of another period may take its place at any time.
        let left = if left < 0 || drawn_with != period { period.draw(&mut rng) } else { left };
        self.period = period.bytes();
        self.remaining = left.min(Self::ON_RECHECK_BYTES);
        self.beyond = left - self.remaining;
        self.rng = rng.state();
        draw
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charge::Charge;
    use crate::rng::Rng;
    use proptest::prelude::*;

    /// Runs `sizes` through one thread's countdown, and returns the estimated objects and bytes.
    fn estimate(
        sampler: &mut Sampler,
        sizes: impl Iterator<Item = u64>,
        period: Period,
        seed: u64,
    ) -> (f64, f64) {
        let (mut objects, mut bytes) = (0.0, 0.0);
        for size in sizes {
            sampler.remaining -= size.cast_signed();
            if sampler.remaining < 0
                && let Draw::Sample(drawn_with) = sampler.trip(size, Some(period), || seed)
            {
                let charge = Charge::new(size, drawn_with);
                objects += charge.objects_estimate();
                bytes += charge.bytes_estimate(size);
            }
        }
        (objects, bytes)
    }

    /// 400 seeded runs of 64 MiB in sizes from 16 bytes to 3 MiB: the mean errors of objects and bytes are inside 3
    /// standard errors of zero, so a right sampler fails with probability 0.5 %, once and for all since seeds are fixed.
    #[test]
    fn bytes_and_objects_are_unbiased_over_mixed_sizes() {
        const RUNS: usize = 400;
        let sizes: std::vec::Vec<u64> =
            [(16u64, 40_000), (700, 20_000), (9_000, 1_500), (400_000, 40), (3_000_000, 7)]
                .iter()
                .flat_map(|&(size, n)| core::iter::repeat_n(size, n))
                .collect();
        let truth = (sizes.len() as f64, sizes.iter().sum::<u64>() as f64);
        for fresh_threads in [false, true] {
            let mut errors = (std::vec::Vec::new(), std::vec::Vec::new());
            for run in 0..RUNS as u64 {
                let mut sampler = Sampler::FRESH;
                let (mut objects, mut bytes) = (0.0, 0.0);
                // Short-lived threads of 50 allocations each must estimate as well as one long one.
                for (part, chunk) in sizes.chunks(if fresh_threads { 50 } else { sizes.len() }).enumerate() {
                    if fresh_threads {
                        sampler = Sampler::FRESH;
                    }
                    let seed = Rng::new(run << 32 | part as u64).next_u64();
                    let (o, b) = estimate(&mut sampler, chunk.iter().copied(), Period::DEFAULT, seed);
                    (objects, bytes) = (objects + o, bytes + b);
                }
                errors.0.push(objects - truth.0);
                errors.1.push(bytes - truth.1);
            }
            for errors in [errors.0, errors.1] {
                let mean = errors.iter().sum::<f64>() / RUNS as f64;
                let variance = errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (RUNS - 1) as f64;
                let standard_error = (variance / RUNS as f64).sqrt();
                assert!(mean.abs() < 3.0 * standard_error, "mean {mean}, standard error {standard_error}");
            }
        }
    }

    #[test]
    fn a_changed_period_is_noticed_within_the_recheck() {
        let mut sampler = Sampler::FRESH;
        let far = Period::new(1 << 40);
        sampler.remaining -= 1;
        let _ = sampler.trip(1, Some(far), || 3);
        let mut allocated = 0;
        let noticed = loop {
            sampler.remaining -= 4096;
            allocated += 4096;
            if sampler.remaining < 0
                && sampler.trip(4096, Some(Period::EXACT), || 3) == Draw::Sample(Period::EXACT)
            {
                break allocated;
            }
        };
        assert!(noticed <= Sampler::ON_RECHECK_BYTES + 2 * 4096, "{noticed}");
    }

    /// 400 seeded runs in which the period changes at random moments, also to and from exact mode: each allocation weighs
    /// what the draw that decided about it says, so objects and bytes stay within 3 standard errors of the truth.
    #[test]
    fn estimates_stay_unbiased_when_the_period_changes() {
        const RUNS: u64 = 400;
        let mut errors = (std::vec::Vec::new(), std::vec::Vec::new());
        for run in 0..RUNS {
            let mut sampler = Sampler::FRESH;
            let mut rng = Rng::new(run);
            let (mut period, mut truth, mut seen) = (Period::new(50_000), (0.0, 0.0), (0.0, 0.0));
            for _ in 0..4000 {
                if rng.next_u64().is_multiple_of(100) {
                    let periods = [1, 700, 5_000, 50_000, 400_000];
                    period = Period::new(periods[(rng.next_u64() % 5) as usize]);
                }
                // From 16 bytes to beyond the recheck.
                let size = 16u64 << (rng.next_u64() % 64).leading_zeros().saturating_sub(58).pow(2).min(17);
                truth = (truth.0 + 1.0, truth.1 + size as f64);
                let change = estimate(&mut sampler, core::iter::once(size), period, run + 1);
                seen = (seen.0 + change.0, seen.1 + change.1);
            }
            errors.0.push(seen.0 - truth.0);
            errors.1.push(seen.1 - truth.1);
        }
        for errors in [errors.0, errors.1] {
            let n = errors.len() as f64;
            let mean = errors.iter().sum::<f64>() / n;
            let variance = errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (n - 1.0);
            let standard_error = (variance / n).sqrt();
            assert!(mean.abs() < 3.0 * standard_error, "mean {mean}, standard error {standard_error}");
        }
    }

    #[test]
    fn switching_off_and_on_is_noticed() {
        let mut sampler = Sampler::FRESH;
        sampler.remaining -= 10;
        assert_eq!(sampler.trip(10, None, || 1), Draw::Pass);
        assert_eq!(sampler.remaining, Sampler::OFF_RECHECK_BYTES);
        sampler.remaining = -1;
        assert_eq!(sampler.trip(10, Some(Period::EXACT), || 1), Draw::Sample(Period::EXACT));
        sampler.remaining -= 1;
        assert!(sampler.remaining < 0, "exact mode samples the next one too");
        assert_eq!(sampler.trip(1, None, || 1), Draw::Pass);
    }

    proptest! {
        /// Whatever the size, the first allocation of a thread is a sample exactly if the draw is less than it.
        #[test]
        fn the_draw_decides_about_the_first_allocation(size in 1u64..1 << 30, seed in 1u64.., period in 2u64..1 << 30) {
            let period = Period::new(period);
            let draw = period.draw(&mut Rng::new(seed));
            let mut sampler = Sampler { remaining: -size.cast_signed(), ..Sampler::FRESH };
            let sampled = sampler.trip(size, Some(period), || seed) == Draw::Sample(period);
            prop_assert_eq!(sampled, draw < size.cast_signed());
            prop_assert!(sampler.remaining >= 0 && sampler.remaining <= Sampler::ON_RECHECK_BYTES);
        }
    }
}
