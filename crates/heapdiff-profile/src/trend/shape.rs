//! From a row to its shape and verdict.
//!
//! The questions are asked in this order. Did it move at all, more than sampling explains and more than matters? Does it
//! come back: once, or again and again, and if so, do its teeth grow? If it only rises: in how many jumps, or all along,
//! or ever slower? What is left after a jump or a warm-up is asked the same questions again, because a leak may hide
//! behind it.

use super::report::Step;
use super::slope::Slope;
use super::steps::{Jump, jumps};
use super::teeth::{Open, Teeth};
use super::track::Track;
use super::verdict::{Judgement, Reason, Shape, Verdict};
use crate::interval::Confidence;
use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// A verdict takes this many snapshots: five rising ones come by chance in 1 of 120 orders.
pub(crate) const SNAPSHOTS_MIN: usize = 5;
/// Growth takes this many samples, or objects where all are recorded, before it is called a leak. With ten, the rate is
/// known to within its half.
const SAMPLES_MIN: u32 = 10;
/// The difference of the highest and the lowest of many points is more than this many standard deviations, or nothing.
const RANGE_SIGMAS: f64 = 4.0;
/// A net change is more than this many standard deviations, or nothing.
const CHANGE_SIGMAS: f64 = 3.0;
/// The same for a row of few samples that stood still by all other signs: births alone, which chance seldom makes.
const FEW_SAMPLES_SIGMAS: f64 = 2.4;
/// A rise is monotone if its score lies so many standard deviations above that of no trend.
const MONOTONE_SIGMAS: f64 = 3.0;
/// A row whose error is a bigger part of it than this is noise, not something that stands still.
const NOISY_SHARE: f64 = 0.25;
/// A rise has stopped, or slows down, if its last third is smaller than the first by so many standard deviations.
const STOPPED_SIGMAS: f64 = 3.0;
const SLOWING_SIGMAS: f64 = 2.0;
/// Replaced within one snapshot, a part of this size of a row is churn.
const CHURN_TURNOVER: f64 = 0.1;
/// A row that came back holds at most this part of what it had risen by.
const CAME_BACK_SHARE: f64 = 0.3;
/// Teeth grow if chance brings such a rise of their tops less often than this.
const TEETH_CHANCE_MAX: f64 = 0.007;
/// And if the last top is higher than the first by this part of its height at least.
const TOOTH_SHARE: f64 = 0.2;
/// Teeth grow for sure if each of four is so many times as high as the one before,
const TOP_RATIO: f64 = 1.15;
/// or each of three.
const TOP_RATIO_OF_THREE: f64 = 1.35;
/// or each of five as high as the second before it.
const TOP_RATIO_OF_TWO: f64 = 1.3;
/// or if all but one pair of tops are in order, and the last is higher than the first by this part of its height.
const RISE_SHARE_MUCH: f64 = 0.55;
/// The last third of a rise that has stopped holds less than this part of the first third's.
const STOPPED_SHARE: f64 = 0.2;
/// And of a rise that may be about to stop, less than this.
const SLOWING_SHARE: f64 = 0.6;
/// What follows a jump or a warm-up must not slow down by more than this to be growth of its own.
const STEADY_SHARE: f64 = 0.6;
/// A jump is overdue after this many times the usual wait.
const OVERDUE: f64 = 3.0;
/// Of what it has risen by, a leak keeps at least this part.
const KEPT_SHARE: f64 = 0.5;

/// Where a row changes its ways.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outline {
    teeth: Teeth,
    jumps: Vec<Jump>,
}

impl Outline {
    fn of(track: &Track) -> Self {
        let teeth = Teeth::of(track);
        let jumps = if teeth.peaks.is_empty() { jumps(track) } else { Vec::new() };
        Self { teeth, jumps }
    }

    /// Whether it rises and falls, so that it has tops to compare.
    pub(crate) fn turns(&self, track: &Track) -> bool {
        !self.teeth.troughs.is_empty() && self.teeth.peaks_so_far(track).len() > 1
    }

    /// Its tops and its bottoms, by second.
    pub(crate) fn lines(&self, track: &Track) -> [Vec<(f64, f64)>; 2] {
        let point = |&at: &usize| (track.second(at), track.value(at));
        let tops = self.teeth.peaks_so_far(track);
        [tops.iter().map(point).collect(), self.teeth.troughs.iter().map(point).collect()]
    }

    /// The standard deviation of the rate from the first top to the last, because they are estimates.
    pub(crate) fn deviation_of_tops(&self, track: &Track) -> f64 {
        let tops = self.teeth.peaks_so_far(track);
        let (Some(&first), Some(&last)) = (tops.first(), tops.last()) else { return 0.0 };
        let seconds = track.second(last) - track.second(first);
        if seconds > 0.0 { track.deviation(first, last) / seconds } else { 0.0 }
    }

    /// Its jumps, with the error of sampling.
    pub(crate) fn steps(&self, track: &Track, confidence: Confidence) -> Vec<Step> {
        let step = |jump: &Jump| {
            let size = track.value(jump.to) - track.value(jump.from);
            let margin = confidence.deviations() * track.deviation(jump.from, jump.to);
            #[expect(clippy::cast_possible_truncation, reason = "rounds; `as` saturates")]
            let [size, low, high] = [size, size - margin, size + margin].map(|end| end.round() as i64);
            Step { from: jump.from, to: jump.to, size, low, high }
        };
        self.jumps.iter().map(step).collect()
    }

    /// The points at which it turns, or before and after which it jumps, in order.
    pub(crate) fn change_points(&self) -> Vec<usize> {
        let turns = self.teeth.peaks.iter().chain(&self.teeth.troughs).copied();
        let mut points: Vec<usize> =
            turns.chain(self.jumps.iter().map(|jump| jump.to)).filter(|&at| at > 0).collect();
        points.sort_unstable();
        points.dedup();
        points
    }
}

/// The words for a row, and where it changes.
pub(crate) fn judge(track: &Track) -> (Judgement, Outline) {
    if track.len() < SNAPSHOTS_MIN {
        let reason = Reason::TooFewSnapshots { needed: SNAPSHOTS_MIN };
        return (Judgement { shape: None, verdict: Verdict::Inconclusive, reason }, Outline::default());
    }
    let outline = Outline::of(track);
    (judgement(track, &outline), outline)
}

fn judgement(track: &Track, outline: &Outline) -> Judgement {
    let teeth = &outline.teeth;
    if teeth.open.is_none() {
        return if creeps(track) { rising(track, true) } else { still(track) };
    }
    if teeth.peaks.is_empty() {
        return rising(track, true);
    }
    if teeth.troughs.is_empty() {
        let shape = rising(&track.mirrored(), false).shape;
        return Judgement { shape, verdict: Verdict::Bounded, reason: Reason::Shrinks };
    }
    turning(track, teeth)
}

/// Whether a row that does not move far rises all the same.
fn creeps(track: &Track) -> bool {
    let rise = track.value(track.last()) - track.value(0);
    let (_, spread) = track.increments();
    let least = track.floor().max(RANGE_SIGMAS * track.wobble(0, track.last()).max(spread));
    // Most rows end here, before thousands of slopes are sorted.
    if rise <= least {
        return false;
    }
    let slope = Slope::of(&track.seconds(), &track.values(), Confidence::default());
    slope.per_second * track.duration() > least && slope.low > 0.0 && slope.monotonicity > MONOTONE_SIGMAS
}

/// A row that did not move beyond noise, or not beyond what matters.
fn still(track: &Track) -> Judgement {
    let (rise, deviation) = net(track);
    // Few samples, all of them births: a rise, but not one to build on.
    if rise > track.floor() && rise > FEW_SAMPLES_SIGMAS * deviation && few_samples(track, rise) {
        return Judgement::new(Shape::Linear, Verdict::Inconclusive, too_few_samples());
    }
    let level = track.values().iter().fold(0.0_f64, |a, &b| a.max(b));
    let deviation = (1..track.len()).map(|at| track.deviation(0, at)).fold(0.0_f64, f64::max);
    let (verdict, reason) = if deviation > NOISY_SHARE * level {
        (Verdict::Noise, Reason::WithinNoise)
    } else {
        (Verdict::Bounded, Reason::StandsStill)
    };
    Judgement::new(still_shape(track), verdict, reason)
}

fn still_shape(track: &Track) -> Shape {
    if track.turnover().is_some_and(|turnover| turnover >= CHURN_TURNOVER) {
        Shape::Churn
    } else {
        Shape::Plateau
    }
}

/// How far it is from the first point to the last, and the standard deviation of that.
fn net(track: &Track) -> (f64, f64) {
    (track.value(track.last()) - track.value(0), track.deviation(0, track.last()))
}

fn few_samples(track: &Track, rise: f64) -> bool {
    let weight = track.weight();
    weight > 0.0 && rise < f64::from(SAMPLES_MIN) * weight
}

/// Whether a rise of which everything is recorded rests on fewer objects than a verdict takes.
fn few_objects(track: &Track) -> bool {
    track.recorded_growth().is_some_and(|growth| growth < f64::from(SAMPLES_MIN))
}

fn too_few_samples() -> Reason {
    Reason::TooFewSamples { needed: u64::from(SAMPLES_MIN) }
}

/// A row that rises and never comes back. `looks_behind` whether what is left after a jump is judged as well.
fn rising(track: &Track, looks_behind: bool) -> Judgement {
    let (rise, deviation) = net(track);
    if rise <= CHANGE_SIGMAS * deviation || rise <= track.floor() {
        if few_samples(track, rise) && rise > 2.0 * deviation {
            return Judgement::new(Shape::Linear, Verdict::Inconclusive, too_few_samples());
        }
        return Judgement::new(still_shape(track), Verdict::Noise, Reason::WithinNoise);
    }
    let jumps = jumps(track);
    let found = match jumps.as_slice() {
        [] => steady(track),
        [jump] => after_one_jump(track, *jump),
        jumps => after_jumps(track, jumps),
    };
    if looks_behind && found.verdict != Verdict::LeakLike && grows_behind(track, &jumps) {
        return Judgement::new(Shape::Linear, Verdict::LeakLike, Reason::GrowsAfterwards);
    }
    if found.verdict == Verdict::LeakLike {
        // One buffer that doubles is a few jumps of one object: they are its evidence.
        let is_little = few_objects(track) && found.shape != Some(Shape::Doubling);
        if few_samples(track, rise) || is_little {
            return Judgement { verdict: Verdict::Inconclusive, reason: too_few_samples(), ..found };
        }
        let is_replaced = track.kept_of_rise().is_some_and(|kept| kept < KEPT_SHARE);
        // A buffer that is moved as it grows is born anew each time.
        if is_replaced && found.shape != Some(Shape::Doubling) {
            return Judgement { verdict: Verdict::Inconclusive, reason: Reason::Replaced, ..found };
        }
    }
    found
}

/// A rise without jumps: steady, or ever slower.
fn steady(track: &Track) -> Judgement {
    let [first, _, last] = thirds(track);
    let share = if first.0 > 0.0 { last.0 / first.0 } else { f64::INFINITY };
    let sigmas = (first.0 - last.0) / first.1.hypot(last.1).max(f64::MIN_POSITIVE);
    if share < STOPPED_SHARE && sigmas > STOPPED_SIGMAS {
        return Judgement::new(Shape::Saturating, Verdict::Bounded, Reason::Stopped);
    }
    if share < SLOWING_SHARE && sigmas > SLOWING_SIGMAS {
        return Judgement::new(Shape::Saturating, Verdict::Inconclusive, Reason::Slowing);
    }
    Judgement::new(Shape::Linear, Verdict::LeakLike, Reason::KeepsGrowing)
}

/// The rise in each third of the time, with its standard deviation.
fn thirds(track: &Track) -> [(f64, f64); 3] {
    let start = track.second(0);
    let nearest = |part: f64| {
        let wanted = start + part * track.duration();
        let distance = |&at: &usize| (track.second(at) - wanted).abs();
        (0..track.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
    };
    let bounds = [0, nearest(1.0 / 3.0), nearest(2.0 / 3.0), track.last()];
    let rise = |from: usize, to: usize| (track.value(to) - track.value(from), track.wobble(from, to));
    let [a, b, c, d] = bounds;
    [rise(a, b), rise(b, c), rise(c, d)]
}

/// A row whose rise is one jump.
fn after_one_jump(track: &Track, jump: Jump) -> Judgement {
    let since = track.second(track.last()) - track.second(jump.to);
    let points_since = track.last() - jump.to;
    let width = track.second(jump.to) - track.second(jump.from);
    if points_since < 3 || since < 0.1 * track.duration() {
        return Judgement::new(Shape::Step, Verdict::Inconclusive, Reason::JumpedLately);
    }
    let is_ramp = jump.to - jump.from > 2 && width > 0.05 * track.duration();
    let (shape, reason) =
        if is_ramp { (Shape::Saturating, Reason::Stopped) } else { (Shape::Step, Reason::JumpedOnce) };
    Judgement::new(shape, Verdict::Bounded, reason)
}

/// A row whose rise is several jumps.
fn after_jumps(track: &Track, jumps: &[Jump]) -> Judgement {
    let shape = if is_doubling(track, jumps) { Shape::Doubling } else { Shape::Staircase };
    let at: Vec<f64> = jumps.iter().map(|jump| track.second(jump.to)).collect();
    let (first, last) = (at.first().copied().unwrap_or(0.0), at.last().copied().unwrap_or(0.0));
    let since = track.second(track.last()) - last;
    let wait = if shape == Shape::Doubling {
        // Each wait is twice the one before it if what fills the buffer does not change.
        let before_last = at.len().checked_sub(2).and_then(|at_index| at.get(at_index)).copied();
        2.0 * (last - before_last.unwrap_or(first))
    } else {
        (last - first) / (at.len() as f64 - 1.0).max(1.0)
    };
    if since > OVERDUE * wait {
        return Judgement::new(Shape::Saturating, Verdict::Bounded, Reason::Stopped);
    }
    if jumps.len() < 3 {
        return Judgement::new(shape, Verdict::Inconclusive, Reason::FewJumps);
    }
    Judgement::new(shape, Verdict::LeakLike, Reason::KeepsGrowing)
}

/// Whether jumps double the row, all but one of them at least.
fn is_doubling(track: &Track, jumps: &[Jump]) -> bool {
    let doubles = |jump: &&Jump| {
        let (before, after) = (track.value(jump.from), track.value(jump.to));
        before > 0.0 && (1.7..2.4).contains(&(after / before))
    };
    jumps.len() >= 2 && jumps.iter().filter(doubles).count() + 1 >= jumps.len()
}

/// Whether a row grows apart from its jumps, or after its warm-up.
fn grows_behind(track: &Track, jumps: &[Jump]) -> bool {
    if jumps.len() > 1 {
        return false;
    }
    let rest = match jumps.first() {
        Some(jump) => {
            let shift = track.value(jump.to) - track.value(jump.from);
            if track.last() - jump.to >= SNAPSHOTS_MIN {
                track.part(jump.to..track.len())
            } else {
                track.lowered_from(jump.to, shift)
            }
        }
        None => track.part(track.len() / 2..track.len()),
    };
    if rest.len() < SNAPSHOTS_MIN {
        return false;
    }
    let rise = rest.value(rest.last()) - rest.value(0);
    let wobble = rest.wobble(0, rest.last());
    let [first, middle, last] = thirds(&rest);
    let earlier = if jumps.is_empty() { first.0.max(middle.0) } else { f64::midpoint(first.0, middle.0) };
    let slope = Slope::of(&rest.seconds(), &rest.values(), Confidence::default());
    rise > rest.floor()
        && rise > RANGE_SIGMAS * wobble
        && !few_samples(&rest, rise)
        && !few_objects(&rest)
        && last.0 >= STEADY_SHARE * earlier + last.1
        && slope.low > 0.0
        && slope.monotonicity > MONOTONE_SIGMAS
        && self::jumps(&rest).is_empty()
}

/// A row that rises and falls.
fn turning(track: &Track, teeth: &Teeth) -> Judgement {
    let peaks = teeth.peaks_so_far(track);
    if let Some(burst) = burst(track, teeth) {
        return burst;
    }
    let tops: Vec<(f64, f64)> = peaks.iter().map(|&at| (track.second(at), track.value(at))).collect();
    let bottoms: Vec<(f64, f64)> =
        teeth.troughs.iter().map(|&at| (track.second(at), track.value(at))).collect();
    // Fewer points than this between two turns: what happens in between is not seen.
    let points_a_tooth = track.len() as f64 / tops.len().max(1) as f64;
    let shape = if points_a_tooth < 3.0 { Shape::Churn } else { Shape::Sawtooth };
    let lowest = bottoms.iter().map(|bottom| bottom.1).fold(track.value(0), f64::min);
    if teeth_grow(&tops, &bottoms, lowest, track.floor()) {
        return Judgement::new(shape, Verdict::LeakLike, Reason::TeethGrow);
    }
    if tops.len() < 4 && grew_since_first_peak(track, &tops) {
        let reason = Reason::TooFewTeeth { needed: 4 };
        return Judgement::new(shape, Verdict::Inconclusive, reason);
    }
    Judgement::new(shape, Verdict::Bounded, Reason::TeethStay)
}

/// One rise that came back, if that is all there is.
fn burst(track: &Track, teeth: &Teeth) -> Option<Judgement> {
    let ([peak], Some(Open::Fall { .. })) = (teeth.peaks.as_slice(), teeth.open) else { return None };
    let before = teeth.troughs.first().map_or(track.value(0), |&at| track.value(at));
    let height = track.value(*peak) - before;
    let left = track.value(track.last()) - before;
    (left <= CAME_BACK_SHARE * height).then_some(Judgement::new(
        Shape::Burst,
        Verdict::Bounded,
        Reason::CameBack,
    ))
}

fn grew_since_first_peak(track: &Track, tops: &[(f64, f64)]) -> bool {
    let last = tops.last().map_or(0.0, |top| top.1);
    tops.first().is_some_and(|first| last > first.1 + track.floor())
}

/// Whether teeth grow. Three ways to tell: each top is much higher than the one before; the tops, or their logarithms,
/// lie on a rising line; tops and bottoms lie on two lines that rise alike.
fn teeth_grow(tops: &[(f64, f64)], bottoms: &[(f64, f64)], lowest: f64, floor: f64) -> bool {
    let (Some(first), Some(last)) = (tops.first(), tops.last()) else { return false };
    let rise = last.1 - first.1;
    if rise < floor.max(TOOTH_SHARE * (last.1 - lowest)) || falls(bottoms, floor) {
        return false;
    }
    let times_higher = if tops.len() >= 4 { TOP_RATIO } else { TOP_RATIO_OF_THREE };
    let each_is_higher =
        tops.iter().zip(tops.iter().skip(1)).all(|(a, b)| b.1 - lowest >= times_higher * (a.1 - lowest));
    // Where few samples make tops uncertain, each is compared with the one before the last.
    let every_other_is_higher =
        tops.iter().zip(tops.iter().skip(2)).all(|(a, b)| b.1 - lowest >= TOP_RATIO_OF_TWO * (a.1 - lowest));
    if (tops.len() >= 3 && each_is_higher) || (tops.len() >= 5 && every_other_is_higher) {
        return true;
    }
    let is_much_higher = rise >= RISE_SHARE_MUCH * (last.1 - lowest);
    if tops.len() >= 4 && is_much_higher && inversions(tops) <= 1 {
        return true;
    }
    let logarithms: Vec<(f64, f64)> =
        tops.iter().zip(0..).map(|(top, at)| (f64::from(at), (top.1 - lowest).max(1.0).ln())).collect();
    [&[tops][..], &[&logarithms], &[tops, bottoms]]
        .iter()
        .any(|lines| chance_of_rise(lines) < TEETH_CHANCE_MAX)
}

/// Pairs of points of which the later one is lower.
fn inversions(points: &[(f64, f64)]) -> usize {
    let below =
        |(at, from): (usize, &(f64, f64))| points.iter().skip(at + 1).filter(|to| to.1 <= from.1).count();
    points.iter().enumerate().map(below).sum()
}

fn falls(points: &[(f64, f64)], floor: f64) -> bool {
    let mirrored: Vec<(f64, f64)> = points.iter().map(|point| (point.0, -point.1)).collect();
    let fell = points.first().zip(points.last()).is_some_and(|(first, last)| last.1 < first.1 - floor);
    fell && chance_of_rise(&[&mirrored]) < TEETH_CHANCE_MAX
}

/// The chance that points without a trend rise as these do: of least-squares lines with one slope, by Student's t.
fn chance_of_rise(lines: &[&[(f64, f64)]]) -> f64 {
    let count: usize = lines.iter().map(|points| points.len()).sum();
    let freedom = count as f64 - lines.len() as f64 - 1.0;
    if freedom < 1.0 || lines.iter().any(|points| points.len() < 2) {
        return 1.0;
    }
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for points in lines {
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / points.len() as f64;
        let (x, y) = (mean(|point| point.0), mean(|point| point.1));
        for point in *points {
            xx += (point.0 - x).powi(2);
            xy += (point.0 - x) * (point.1 - y);
            yy += (point.1 - y).powi(2);
        }
    }
    if xx <= 0.0 || xy <= 0.0 {
        return 1.0;
    }
    let slope = xy / xx;
    let error = ((yy - slope * xy).max(0.0) / freedom / xx).sqrt();
    // Teeth are never quite alike: a line through three of them is no proof however well it fits.
    let error = error.max(slope / 200.0);
    StudentsT::new(0.0, 1.0, freedom).map_or(1.0, |student| student.sf(slope / error))
}
