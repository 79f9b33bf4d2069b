//! One row over a series: its values, their sampling error, and what of them is new.

use super::report::Cohort;

/// A row at one snapshot. All in the unit of the row's values, variances in its square.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Point {
    /// Seconds since the first snapshot of the series; they rise from point to point.
    pub(crate) second: f64,
    /// The estimate.
    pub(crate) value: f64,
    /// Its variance, taken alone; 0 where every allocation is recorded.
    pub(crate) variance: f64,
    /// Objects behind the value; 0 where they are not counted.
    pub(crate) objects: f64,
    /// The part of the value that was there at the point before, and its variance.
    pub(crate) aged: f64,
    pub(crate) aged_variance: f64,
    /// The part of [`Self::aged`] that was new at the point before.
    pub(crate) confirmed: f64,
    /// The part of the row's *last* value that was new at this point.
    pub(crate) kept: f64,
}

/// A series is told in so many cohorts at most.
const COHORTS_MAX: usize = 8;

/// A row over a series.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    points: Vec<Point>,
    /// Whether the parts of a point are known: samples tell their epoch.
    has_parts: bool,
    /// Whether the values are sums of samples, so that their variance tells what one of them stands for.
    of_samples: bool,
    /// What moves less than this does not matter.
    floor: f64,
    /// Sums, up to each point, over all that came and went: the variance of sampling, and the amount.
    moved: Vec<(f64, f64)>,
    /// The mean size of an object; 0 where objects are not counted.
    object: f64,
}

impl Track {
    /// The row of these points.
    pub(crate) fn new(points: Vec<Point>, has_parts: bool, floor: f64) -> Self {
        let mut moved = Vec::with_capacity(points.len());
        let mut sum = (0.0, 0.0);
        let mut previous: Option<&Point> = None;
        for point in &points {
            if let Some(previous) = previous {
                let came = point.variance - point.aged_variance;
                let went = previous.variance - point.aged_variance;
                sum.0 += came.max(0.0) + went.max(0.0);
                sum.1 += (point.value - point.aged).max(0.0) + (previous.value - point.aged).max(0.0);
            }
            moved.push(sum);
            previous = Some(point);
        }
        let total = |of: fn(&Point) -> f64| points.iter().map(of).sum::<f64>();
        let (values, objects) = (total(|point| point.value), total(|point| point.objects));
        let object = if objects > 0.0 { values / objects } else { 0.0 };
        Self { points, has_parts, of_samples: true, floor, moved, object }
    }

    /// A figure that is no sum of samples, though its values may err: what is left when an estimate is taken off.
    pub(crate) fn of_figure(points: Vec<Point>, floor: f64) -> Self {
        Self { of_samples: false, ..Self::new(points, false, floor) }
    }

    pub(crate) fn len(&self) -> usize {
        self.points.len()
    }

    pub(crate) fn floor(&self) -> f64 {
        self.floor
    }

    pub(crate) fn seconds(&self) -> Vec<f64> {
        self.points.iter().map(|point| point.second).collect()
    }

    pub(crate) fn values(&self) -> Vec<f64> {
        self.points.iter().map(|point| point.value).collect()
    }

    pub(crate) fn value(&self, at: usize) -> f64 {
        self.points.get(at).map_or(0.0, |point| point.value)
    }

    pub(crate) fn second(&self, at: usize) -> f64 {
        self.points.get(at).map_or(0.0, |point| point.second)
    }

    /// The last point's index; 0 for an empty row.
    pub(crate) fn last(&self) -> usize {
        self.points.len().saturating_sub(1)
    }

    /// From the first point to the last.
    pub(crate) fn duration(&self) -> f64 {
        self.second(self.last()) - self.second(0)
    }

    /// The standard deviation of the difference between two points. What is alive in both has one sampling decision,
    /// so that only what came and went between them errs, and never more than two independent estimates.
    pub(crate) fn deviation(&self, a: usize, b: usize) -> f64 {
        let variance = |at: usize| self.points.get(at).map_or(0.0, |point| point.variance);
        let apart = variance(a) + variance(b);
        if !self.has_parts {
            return apart.sqrt();
        }
        let moved = |at: usize| self.moved.get(at).map_or(0.0, |sums| sums.0);
        (moved(a) - moved(b)).abs().min(apart).sqrt()
    }

    /// The standard deviation of the difference between two points if objects came and went one by one, at random:
    /// sampling is not the only reason for a row to wobble.
    pub(crate) fn wobble(&self, a: usize, b: usize) -> f64 {
        let apart = self.value(a).abs() + self.value(b).abs();
        let moved = |at: usize| self.moved.get(at).map_or(0.0, |sums| sums.1);
        let moved = if self.has_parts { (moved(a) - moved(b)).abs().min(apart) } else { apart };
        self.deviation(a, b).hypot((moved * self.object).sqrt())
    }

    /// What one sample stands for, on average over the series; 0 where every allocation is recorded, and where the
    /// values are no sums of samples.
    pub(crate) fn weight(&self) -> f64 {
        if !self.of_samples {
            return 0.0;
        }
        let heaviest = self.points.iter().max_by(|a, b| a.value.total_cmp(&b.value));
        heaviest.filter(|point| point.value > 0.0).map_or(0.0, |point| point.variance / point.value)
    }

    /// What a rise rests on where every allocation is recorded: by how many objects the row rose, and at how many points
    /// objects that were there grew. `None` where samples tell, or objects are not counted.
    pub(crate) fn recorded_growth(&self) -> Option<f64> {
        if !self.of_samples || self.weight() > 0.0 || self.object <= 0.0 {
            return None;
        }
        let (first, last) = (self.points.first()?, self.points.last()?);
        let steps = self.points.iter().zip(self.points.iter().skip(1));
        // Whole numbers, but for the digits of a sum.
        let grew_in_place =
            |(a, b): &(&Point, &Point)| b.value > a.value && (b.objects - a.objects).abs() < 0.5;
        Some((last.objects - first.objects).max(0.0) + steps.filter(grew_in_place).count() as f64)
    }

    /// The part of what was new at a point, on average; `None` where that is not known.
    pub(crate) fn turnover(&self) -> Option<f64> {
        let later = self.points.get(1..).filter(|_| self.has_parts)?;
        let (value, aged) =
            later.iter().fold((0.0, 0.0), |(value, aged), point| (value + point.value, aged + point.aged));
        (value > 0.0).then(|| (1.0 - aged / value).clamp(0.0, 1.0))
    }

    /// Of what was new in the first half and still there at the point after, the part that is there at the end.
    pub(crate) fn survival(&self) -> Option<f64> {
        let half = self.points.get(..self.points.len().div_ceil(2)).filter(|_| self.has_parts)?;
        let kept: f64 = half.iter().map(|point| point.kept).sum();
        let after = self.points.get(1..=half.len())?;
        let confirmed: f64 = after.iter().map(|point| point.confirmed).sum();
        (confirmed > 0.0).then(|| (kept / confirmed).min(1.0))
    }

    /// What came in each part of the series, and how much of it is there at the end. Nothing where that is not known.
    pub(crate) fn cohorts(&self) -> Vec<Cohort> {
        // What came with the last point has not outlived one, and what was there at the first may be of any age.
        let (first, last) = (1, self.last());
        if !self.has_parts || last <= first {
            return Vec::new();
        }
        let count = last - first;
        let parts = count.min(COHORTS_MAX);
        let start = |part: usize| first + part * count / parts;
        let sum = |range: std::ops::Range<usize>, of: fn(&Point) -> f64| -> i64 {
            let sum: f64 = self.points.get(range).unwrap_or_default().iter().map(of).sum();
            #[expect(clippy::cast_possible_truncation, reason = "a sum of whole numbers; `as` saturates")]
            let sum = sum.round() as i64;
            sum
        };
        (0..parts)
            .map(|part| {
                let points = start(part)..start(part + 1);
                Cohort {
                    first: points.start,
                    last: points.end - 1,
                    came: sum(points.start + 1..points.end + 1, |point| point.confirmed),
                    kept: sum(points, |point| point.kept),
                }
            })
            .collect()
    }

    /// Of the first half of what a row rose by, the part that came while it rose so far and is there at the end. A
    /// leak keeps all of it; a load that grows replaces it.
    pub(crate) fn kept_of_rise(&self) -> Option<f64> {
        let rise = self.value(self.last()) - self.value(0);
        if !self.has_parts || rise <= 0.0 {
            return None;
        }
        let half = (0..self.len()).find(|&at| self.value(at) - self.value(0) >= rise / 2.0)?;
        let came: f64 = self.points.get(1..=half)?.iter().map(|point| point.kept).sum();
        // What was there at first and is bigger now grew in place.
        let grew = self.points.first().map_or(0.0, |first| first.kept - first.value).max(0.0);
        let kept = came + grew;
        let rose = self.value(half) - self.value(0);
        (rose > 0.0).then(|| (kept / rose).min(1.0))
    }

    /// The median increment between neighbours, and the standard deviation of the others about it, which a few
    /// outliers do not widen.
    pub(crate) fn increments(&self) -> (f64, f64) {
        let mut increments: Vec<f64> =
            self.points.iter().zip(self.points.iter().skip(1)).map(|(a, b)| b.value - a.value).collect();
        let middle = median(&mut increments);
        let mut off: Vec<f64> = increments.iter().map(|increment| (increment - middle).abs()).collect();
        (middle, 1.4826 * median(&mut off))
    }

    /// The part of all points at which something was new that is there at the end.
    pub(crate) fn spread(&self) -> Option<f64> {
        let points = self.points.get(1..).filter(|points| self.has_parts && !points.is_empty())?;
        let with_survivors = points.iter().filter(|point| point.kept > 0.0).count();
        Some(with_survivors as f64 / points.len() as f64)
    }

    /// The same row with `shift` taken off all points from `at` on.
    pub(crate) fn lowered_from(&self, at: usize, shift: f64) -> Self {
        let mut lowered = self.clone();
        for point in lowered.points.iter_mut().skip(at) {
            point.value -= shift;
        }
        lowered
    }

    /// A part of the row.
    pub(crate) fn part(&self, range: std::ops::Range<usize>) -> Self {
        let points = self.points.get(range).unwrap_or_default().to_vec();
        Self { of_samples: self.of_samples, ..Self::new(points, self.has_parts, self.floor) }
    }

    /// The same values against something else that rises from point to point, such as items that were handled.
    pub(crate) fn against(&self, positions: &[f64]) -> Self {
        let mut moved = self.clone();
        for (point, &position) in moved.points.iter_mut().zip(positions) {
            point.second = position;
        }
        moved
    }

    /// Upside down, so that a fall can be read as a rise.
    pub(crate) fn mirrored(&self) -> Self {
        let mut mirrored = self.clone();
        for point in &mut mirrored.points {
            point.value = -point.value;
        }
        mirrored
    }
}

fn median(numbers: &mut [f64]) -> f64 {
    let middle = numbers.len() / 2;
    if numbers.is_empty() { 0.0 } else { *numbers.select_nth_unstable_by(middle, f64::total_cmp).1 }
}
