//! Where a row that rises does so: all along, or in a few jumps.

use super::track::Track;
use statrs::distribution::{ChiSquared, ContinuousCDF as _};

/// There are jumps if they make up this part of the rise,
const JUMPED_SHARE: f64 = 0.8;
/// and are at most this part of all increments.
const JUMPS_SHARE_MAX: f64 = 0.3;
/// A jump is at least this part of the rise,
const JUMP_SHARE_MIN: f64 = 0.04;
/// and stands out of the other increments by this many of their standard deviations.
const JUMP_SIGMAS: f64 = 4.0;
/// Samples of an even rise fall unevenly, too: it is said to jump if chance does so less often than this.
const CHANCE_MAX: f64 = 1e-3;
/// Chance is judged over stretches in which an even rise has at least so many samples.
const SAMPLES_A_STRETCH: f64 = 4.0;

/// Consecutive increments that make one jump: the points before it and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Jump {
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// The jumps of a row that rises, in order; none if it rises all along.
pub(crate) fn jumps(track: &Track) -> Vec<Jump> {
    let rise = track.value(track.last()) - track.value(0);
    let increments: Vec<(usize, f64)> =
        (1..track.len()).map(|at| (at, track.value(at) - track.value(at - 1))).collect();
    let (usual, spread) = track.increments();
    let stands_out =
        |increment: f64| increment - usual > JUMP_SIGMAS * spread && increment >= JUMP_SHARE_MIN * rise;
    let chosen: Vec<_> = increments.into_iter().filter(|&(_, increment)| stands_out(increment)).collect();
    let jumped: f64 = chosen.iter().map(|(_, increment)| increment).sum();
    let few = (JUMPS_SHARE_MAX * (track.len() as f64 - 1.0)).max(1.0);
    if jumped < JUMPED_SHARE * rise || chosen.len() as f64 > few || is_even(track) {
        return Vec::new();
    }
    chosen
        .chunk_by(|a, b| b.0 - a.0 <= 1)
        .filter_map(|run| Some(Jump { from: run.first()?.0 - 1, to: run.last()?.0 }))
        .collect()
}

/// Whether samples of an even rise would often fall as unevenly as these.
fn is_even(track: &Track) -> bool {
    let weight = track.weight();
    let (rise, duration) = (track.value(track.last()) - track.value(0), track.duration());
    if weight <= 0.0 || rise <= 0.0 || duration <= 0.0 {
        return false;
    }
    let samples = rise / weight;
    let (mut statistic, mut stretches, mut from) = (0.0, 0.0, 0);
    for to in 1..track.len() {
        let expected = samples * (track.second(to) - track.second(from)) / duration;
        if expected < SAMPLES_A_STRETCH {
            continue;
        }
        let found = (track.value(to) - track.value(from)) / weight;
        let replaced = (track.deviation(from, to) / weight).powi(2);
        statistic += (found - expected).powi(2) / expected.max(replaced);
        stretches += 1.0;
        from = to;
    }
    let freedom = f64::max(stretches - 1.0, 1.0);
    stretches < 2.0 || ChiSquared::new(freedom).is_ok_and(|of| of.sf(statistic) > CHANCE_MAX)
}
