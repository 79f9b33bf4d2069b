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
    pub(crate) fn of(track: &Track) -> Self {
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
                    if is_move(track, low, at, 0.0) {
                        teeth.troughs.push(low);
                        teeth.open = Some(Open::Rise { top: at });
                    } else if is_move(track, high, at, 0.0) {
                        teeth.peaks.push(high);
                        teeth.open = Some(Open::Fall { bottom: at });
                    }
                }
                Some(Open::Rise { top }) => {
                    let climbed =
                        track.value(top) - teeth.troughs.last().map_or(0.0, |&low| track.value(low));
                    if value >= track.value(top) {
                        teeth.open = Some(Open::Rise { top: at });
                    } else if is_move(track, top, at, climbed) {
                        teeth.peaks.push(top);
                        teeth.open = Some(Open::Fall { bottom: at });
                    }
                }
                Some(Open::Fall { bottom }) => {
                    let fallen =
                        teeth.peaks.last().map_or(0.0, |&top| track.value(top)) - track.value(bottom);
                    if value <= track.value(bottom) {
                        teeth.open = Some(Open::Fall { bottom: at });
                    } else if is_move(track, bottom, at, fallen) {
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

    #[test]
    fn a_row_that_only_rises_or_stands_has_no_peak() {
        assert_eq!(teeth(&[0.0, 1.0, 2.0, 3.0]).peaks, [0_usize; 0]);
        assert_eq!(teeth(&[3.0; 5]), Teeth::default());
        assert_eq!(teeth(&[]), Teeth::default());
    }
}
