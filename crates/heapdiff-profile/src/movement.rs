//! The word for how a row moved over a series, and the figures behind it.
//!
//! A row is judged by its **highs**: the biggest value in the later half of the series against the biggest in the
//! earlier half. A leak that drops its memory from time to time, and is caught in a trough at the end, still has rising
//! highs; a pool that is busy in one snapshot and idle in the next has not. Two more things must hold before a row is
//! said to have grown: the rise is more than sampling error, and what was gained is older than one interval between
//! snapshots. The latter tells memory that is kept from work in flight, which is always young.

use crate::overview::Movement;

/// Rises of the highs that are less than this many standard deviations of their difference are put down to sampling.
/// The highs are maxima, which is why it is more than the 1.96 of a single difference.
const RISE_SIGMAS: f64 = 2.5;
/// Without epochs, a rise must be this many times the median step between snapshots.
const RISE_STEPS: i64 = 2;

/// The values of a row over a series, from base to head.
#[derive(Clone, Debug)]
pub(crate) struct Trace<'a> {
    /// At least one.
    pub(crate) values: &'a [i64],
    /// Standard deviation of each value; 0 where values are exact or their error is not known.
    pub(crate) deviations: &'a [f64],
    /// The part of each value that was there at the snapshot before. `None` where samples do not tell their epoch.
    pub(crate) aged: Option<&'a [i64]>,
    /// Whether the change from base to head is more than chance explains, where that is known.
    pub(crate) significant: Option<bool>,
    /// What moves less than this does not matter.
    pub(crate) floor: i64,
    /// What rises less than this is not worth the word.
    pub(crate) growth_floor: i64,
}

/// How a row moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) movement: Movement,
    /// How far the highs rose; negative if they fell.
    pub(crate) rise: i64,
}

impl Trace<'_> {
    /// Finds the word.
    pub(crate) fn moved(&self) -> Moved {
        let (early, late) = self.highs();
        let rise = self.value(late).saturating_sub(self.value(early));
        Moved { movement: self.movement(early, late, rise), rise }
    }

    fn movement(&self, early: usize, late: usize, rise: i64) -> Movement {
        let (Some(&first), Some(&last)) = (self.values.first(), self.values.last()) else {
            return Movement::WithinNoise;
        };
        let peak = self.values.iter().copied().max().unwrap_or(0);
        let low = self.values.iter().copied().min().unwrap_or(0);
        if peak.saturating_sub(low) <= self.floor {
            return Movement::WithinNoise;
        }
        if self.grew(early, late, rise) {
            return Movement::Grew;
        }
        let came_down = peak.saturating_sub(first.max(last));
        if came_down > self.floor && peak / 2 >= first.max(last) {
            return Movement::CameBack;
        }
        // Ups and downs are no change: it must stay above, or below, where it began all through the later half.
        let later = self.values.get(self.later_from()..).unwrap_or_default();
        let stays_above = later.iter().all(|value| value.saturating_sub(first) > self.floor);
        let stays_below = later.iter().all(|value| first.saturating_sub(*value) > self.floor);
        match self.significant {
            Some(false) => Movement::WithinNoise,
            _ if stays_above => Movement::Higher,
            _ if stays_below => Movement::Shrank,
            _ => Movement::WithinNoise,
        }
    }

    fn grew(&self, early: usize, late: usize, rise: i64) -> bool {
        let deviation = self.deviation(early).hypot(self.deviation(late));
        if rise <= self.floor.max(self.growth_floor) || rise as f64 <= RISE_SIGMAS * deviation {
            return false;
        }
        match self.aged {
            // Between two snapshots everything that was gained is young.
            _ if self.values.len() < 3 => self.significant != Some(false),
            Some(aged) => aged.get(late).copied().unwrap_or(0) >= rise / 2,
            None => self.never_falls() || rise > RISE_STEPS.saturating_mul(self.median_step()),
        }
    }

    /// Where the earlier and the later half have their biggest values: the first of equals early, the last late. The
    /// snapshot in the middle of an odd number belongs to neither.
    fn highs(&self) -> (usize, usize) {
        let later = self.later_from();
        let half = self.values.len() - later;
        let mut early = 0;
        let mut late = later;
        for (at, &value) in self.values.iter().enumerate() {
            if at < half && value > self.value(early) {
                early = at;
            }
            if at >= later && value >= self.value(late) {
                late = at;
            }
        }
        (early, late)
    }

    /// Where the later half begins.
    fn later_from(&self) -> usize {
        self.values.len().saturating_sub((self.values.len() / 2).max(1))
    }

    fn value(&self, at: usize) -> i64 {
        self.values.get(at).copied().unwrap_or(0)
    }

    fn deviation(&self, at: usize) -> f64 {
        self.deviations.get(at).copied().unwrap_or(0.0)
    }

    fn steps(&self) -> impl Iterator<Item = i64> + '_ {
        self.values.iter().zip(self.values.iter().skip(1)).map(|(from, to)| to.saturating_sub(*from))
    }

    fn never_falls(&self) -> bool {
        self.steps().all(|step| step >= 0)
    }

    fn median_step(&self) -> i64 {
        let mut steps: Vec<_> = self.steps().map(i64::saturating_abs).collect();
        let middle = steps.len() / 2;
        if steps.is_empty() { 0 } else { *steps.select_nth_unstable(middle).1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: i64 = 1 << 20;

    /// The movement of values in MiB, of which `young` MiB are always younger than one snapshot.
    fn movement(values: &[i64], young: Option<i64>) -> Movement {
        let values: Vec<_> = values.iter().map(|value| value * MIB).collect();
        let aged: Option<Vec<_>> =
            young.map(|young| values.iter().map(|value| (value - young * MIB).max(0)).collect());
        let deviations = vec![0.0; values.len()];
        let (aged, floor) = (aged.as_deref(), MIB / 2);
        Trace {
            values: &values,
            deviations: &deviations,
            aged,
            significant: Some(true),
            floor,
            growth_floor: MIB,
        }
        .moved()
        .movement
    }

    #[test]
    fn a_word_for_every_shape() {
        for (name, values, expected) in [
            ("linear", &[0, 10, 20, 30, 40, 50][..], Movement::Grew),
            (
                "sawtooth with growing teeth, caught in a trough",
                &[2, 20, 40, 1, 30, 60, 1, 45, 90, 3],
                Movement::Grew,
            ),
            ("the same, lower at the end than at the start", &[9, 20, 1, 30, 2, 45, 5], Movement::Grew),
            ("two snapshots", &[0, 8], Movement::Grew),
            ("a step and no more", &[0, 30, 30, 30, 30, 30], Movement::Higher),
            ("filled up during start", &[0, 20, 30, 30, 29, 30, 30, 30], Movement::Higher),
            ("freed before the end", &[0, 10, 0], Movement::CameBack),
            ("a burst", &[0, 0, 0, 70, 0, 0, 0, 0], Movement::CameBack),
            ("shrank", &[50, 50, 40, 30, 20, 20], Movement::Shrank),
            ("flat", &[50, 50, 50, 50], Movement::WithinNoise),
            ("busy at first and idle at last", &[3, 0, 2, 3, 0, 3, 0], Movement::WithinNoise),
            ("idle at first and busy at last", &[0, 3, 2, 3, 0, 3, 3], Movement::WithinNoise),
            ("a rise too small for the word", &[10, 10, 10, 11, 11, 11], Movement::Higher),
            ("one snapshot", &[50], Movement::WithinNoise),
            ("nothing", &[], Movement::WithinNoise),
        ] {
            assert_eq!(movement(values, Some(2)), expected, "{name}");
        }
    }

    #[test]
    fn work_in_flight_did_not_grow_however_it_falls() {
        // 0 to 14 blocks of 1 MiB, all allocated since the snapshot before, in every order that a generator gives.
        let mut state = 1_u64;
        for length in 3..40 {
            for _ in 0..50 {
                let values: Vec<_> = (0..length)
                    .map(|_| {
                        state = state
                            .wrapping_mul(6_364_136_223_846_793_005)
                            .wrapping_add(1_442_695_040_888_963_407);
                        i64::try_from(state >> 33).unwrap() % 15
                    })
                    .collect();
                assert_ne!(movement(&values, Some(14)), Movement::Grew, "{values:?}");
            }
        }
    }

    #[test]
    fn without_epochs_a_rise_must_stand_out_of_the_steps() {
        assert_eq!(movement(&[0, 10, 20, 30, 40, 50], None), Movement::Grew);
        assert_eq!(movement(&[5, 9, 4, 10, 5, 11, 6, 12], None), Movement::WithinNoise);
        assert_eq!(
            movement(&[9, 20, 1, 30, 2, 45, 5], None),
            Movement::CameBack,
            "too few snapshots to tell"
        );
    }

    #[test]
    fn a_rise_within_sampling_error_is_none() {
        let values = [100 * MIB, 104 * MIB, 98 * MIB, 108 * MIB];
        let deviations = [7e6; 4];
        let trace = Trace {
            values: &values,
            deviations: &deviations,
            aged: Some(&values),
            significant: Some(false),
            floor: MIB,
            growth_floor: 0,
        };
        assert_eq!(trace.moved(), Moved { movement: Movement::WithinNoise, rise: 4 * MIB });
    }
}
