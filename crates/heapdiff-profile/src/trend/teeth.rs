//! Rises and falls that are more than noise.

use super::track::Track;

/// A turn counts from this part of the move before it on.
const TURN_SHARE: f64 = 0.3;
/// And from this part of where it stands on: what wobbles by less stands still, or creeps.
const LEVEL_SHARE: f64 = 0.2;
/// Unless it wobbles by so much more than objects that come and go at random would make it.
const WOBBLE_SIGMAS: f64 = 7.0;
/// And from this many standard deviations of sampling on: among hundreds of pairs of points, three come by chance.
const TURN_SIGMAS: f64 = 4.0;
/// Of a row that is known to have teeth, smaller ones count from so many on, wherever they stand,
const TURN_SIGMAS_OF_TEETH: f64 = 3.0;
/// if they reach down to where the others do, but for this part of their height.
const TOOTH_FOOT_SHARE: f64 = 0.25;

/// Where a row turns, in order: peaks and troughs take turns.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Teeth {
    /// Points that were followed by a fall.
    pub(crate) peaks: Vec<usize>,
    /// Points that were followed by a rise; the first may come before the first peak.
    pub(crate) troughs: Vec<usize>,
    /// The highest point since the last trough, or the lowest since the last peak: a move that has not ended.
    pub(crate) open: Option<Open>,
}

/// The move that a row is in at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Open {
    Rise { top: usize },
    Fall { bottom: usize },
}

impl Teeth {
    /// Finds the turns of a row.
    ///
    /// Teeth that grow are small at first, and may rest on a few samples. So a row that has teeth is looked at again, for
    /// those that were not clear enough to tell that it has some.
    pub(crate) fn of(track: &Track) -> Self {
        let clear = Self::found(track, |from, to, before| is_move(track, from, to, before));
        if clear.peaks.len() < 2 || clear.troughs.is_empty() {
            return clear;
        }
        let lowest = clear.troughs.iter().map(|&low| track.value(low)).fold(track.value(0), f64::min);
        Self::found(track, |from, to, before| {
            is_move(track, from, to, before) || is_tooth(track, from, to, before, lowest)
        })
    }

    /// The turns between moves, of which a predicate tells: from which point, to which, after a move of what height.
    fn found(track: &Track, is_move: impl Fn(usize, usize, f64) -> bool) -> Self {
        let mut teeth = Self::default();
        let (mut low, mut high) = (0, 0);
        for at in 0..track.len() {
            let value = track.value(at);
            match teeth.open {
                None => {
                    if value < track.value(low) {
                        low = at;
                    }
                    if value > track.value(high) {
                        high = at;
                    }
                    if is_move(low, at, 0.0) {
                        teeth.troughs.push(low);
                        teeth.open = Some(Open::Rise { top: at });
                    } else if is_move(high, at, 0.0) {
                        teeth.peaks.push(high);
                        teeth.open = Some(Open::Fall { bottom: at });
                    }
                }
                Some(Open::Rise { top }) => {
                    let climbed =
                        track.value(top) - teeth.troughs.last().map_or(0.0, |&low| track.value(low));
                    if value >= track.value(top) {
                        teeth.open = Some(Open::Rise { top: at });
                    } else if is_move(top, at, climbed) {
                        teeth.peaks.push(top);
                        teeth.open = Some(Open::Fall { bottom: at });
                    }
                }
                Some(Open::Fall { bottom }) => {
                    let fallen =
                        teeth.peaks.last().map_or(0.0, |&top| track.value(top)) - track.value(bottom);
                    if value <= track.value(bottom) {
                        teeth.open = Some(Open::Fall { bottom: at });
                    } else if is_move(bottom, at, fallen) {
                        teeth.troughs.push(bottom);
                        teeth.open = Some(Open::Rise { top: at });
                    }
                }
            }
        }
        teeth
    }

    /// The peaks, and the last rise's top if it has outgrown the peak before: it can only grow further.
    pub(crate) fn peaks_so_far(&self, track: &Track) -> Vec<usize> {
        let mut peaks = self.peaks.clone();
        if let Some(Open::Rise { top }) = self.open
            && self.peaks.last().is_none_or(|&last| track.value(top) > track.value(last))
        {
            peaks.push(top);
        }
        peaks
    }
}

/// Whether a row moved between two points, after a move of `before`.
fn is_move(track: &Track, from: usize, to: usize, before: f64) -> bool {
    let moved = (track.value(to) - track.value(from)).abs();
    moved > track.floor()
        && moved > TURN_SIGMAS * track.deviation(from, to)
        && moved >= TURN_SHARE * before
        && (moved >= LEVEL_SHARE * track.value(from).abs().max(track.value(to).abs())
            || moved > WOBBLE_SIGMAS * track.wobble(from, to))
}

/// Whether a row with teeth moved along a side of one between two points, after a move of `before`.
fn is_tooth(track: &Track, from: usize, to: usize, before: f64, lowest: f64) -> bool {
    let moved = (track.value(to) - track.value(from)).abs();
    let foot = track.value(to).min(track.value(from)) - lowest;
    moved > track.floor()
        && moved > TURN_SIGMAS_OF_TEETH * track.deviation(from, to)
        && moved >= TURN_SHARE * before
        && foot <= TOOTH_FOOT_SHARE * moved
}

#[cfg(test)]
mod tests {
    use super::super::track::Point;
    use super::*;

    fn teeth(values: &[f64]) -> Teeth {
        let point = |(at, &value): (usize, &f64)| Point { second: at as f64, value, ..Point::default() };
        Teeth::of(&Track::new(values.iter().enumerate().map(point).collect(), false, 0.5))
    }

    #[test]
    fn turns_are_found_and_wobbles_are_none() {
        let found = teeth(&[0.0, 5.0, 10.0, 9.0, 10.0, 0.0, 1.0, 8.0, 20.0, 1.0, 9.0]);
        assert_eq!(found.peaks, [4, 8]);
        assert_eq!(found.troughs, [0, 5, 9]);
        assert_eq!(found.open, Some(Open::Rise { top: 10 }));
    }

    /// On a level of 100 single objects, a tooth of 15 is a wobble; beside bigger ones that reach down to the same level
    /// it is a tooth.
    #[test]
    fn small_teeth_count_beside_bigger_ones() {
        let peaks = |values: &[f64]| {
            let point = |(at, &value): (usize, &f64)| Point {
                second: at as f64,
                value,
                objects: value,
                ..Point::default()
            };
            Teeth::of(&Track::new(values.iter().enumerate().map(point).collect(), false, 0.5)).peaks
        };
        let small = [100.0, 107.0, 115.0, 100.0, 108.0, 116.0, 101.0];
        assert_eq!(peaks(&small), [0_usize; 0]);
        let bigger = [120.0, 140.0, 100.0, 125.0, 150.0, 100.0];
        assert_eq!(peaks(&bigger), [1, 4]);
        assert_eq!(peaks(&[&small[..], &bigger].concat()), [2, 5, 8, 11]);
    }

    #[test]
    fn a_row_that_only_rises_or_stands_has_no_peak() {
        assert_eq!(teeth(&[0.0, 1.0, 2.0, 3.0]).peaks, [0_usize; 0]);
        assert_eq!(teeth(&[3.0; 5]), Teeth::default());
        assert_eq!(teeth(&[]), Teeth::default());
    }
}
