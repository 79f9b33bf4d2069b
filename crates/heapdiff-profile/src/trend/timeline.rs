//! When the snapshots of a series were taken, and whether the last one is of the program's end.

use super::shape::SNAPSHOTS_MIN;
use crate::metadata::SnapshotReason;
use crate::snapshot_point::SnapshotPoint;

/// A snapshot came out of turn if less than this part of the usual time had passed.
const OUT_OF_TURN: f64 = 0.9;
/// So many snapshots tell what is usual.
const ENDED_POINTS_MIN: usize = 4;

/// Whether the last snapshot is of a program that was ending, and had begun to free what it held. Ends of programs say
/// nothing of leaks. One that says so of itself is left out unless it is needed for a verdict and most of the memory is
/// still there. Of one that does not say, it is guessed: it came out of turn, and most of the memory had gone.
pub(super) fn is_of_the_end(points: &[SnapshotPoint]) -> bool {
    let Some([before, last]) = points.last_chunk() else { return false };
    let has_gone = last.live < before.live / 2;
    match last.reason {
        SnapshotReason::Stop | SnapshotReason::Exit => {
            points.len() > SNAPSHOTS_MIN || (has_gone && points.len() > 2)
        }
        SnapshotReason::Unknown => has_gone && points.len() >= ENDED_POINTS_MIN && is_out_of_turn(points),
        _ => false,
    }
}

/// Whether the last snapshot came sooner after the one before than snapshots usually do.
fn is_out_of_turn(points: &[SnapshotPoint]) -> bool {
    let times: Option<Vec<u64>> = points.iter().map(|point| point.recording_nanos).collect();
    let Some(times) = times else { return false };
    let mut steps: Vec<u64> =
        times.iter().zip(times.iter().skip(1)).map(|(a, b)| b.saturating_sub(*a)).collect();
    let Some(last_step) = steps.pop() else { return false };
    let middle = steps.len() / 2;
    let usual = *steps.select_nth_unstable(middle).1;
    (last_step as f64) < OUT_OF_TURN * usual as f64
}

/// Seconds from the first snapshot, by the recorder's own clock, else by the wall clock; where both fail, numbers.
pub(super) fn seconds(points: &[SnapshotPoint]) -> (Vec<f64>, bool) {
    let since_first = |times: Vec<i128>| -> Option<Vec<f64>> {
        let first = *times.first()?;
        let rises = times.iter().zip(times.iter().skip(1)).all(|(a, b)| a < b);
        rises.then(|| times.iter().map(|time| (time - first) as f64 / 1e9).collect())
    };
    let recorded: Option<Vec<i128>> =
        points.iter().map(|point| point.recording_nanos.map(i128::from)).collect();
    let wall = || points.iter().map(|point| i128::from(point.time_nanos)).collect();
    match recorded.and_then(since_first).or_else(|| since_first(wall())) {
        Some(seconds) => (seconds, points.len() > 1),
        None => ((0..points.len()).map(|at| at as f64).collect(), false),
    }
}
