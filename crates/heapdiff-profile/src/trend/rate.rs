//! How fast a row moves, with everything that makes that uncertain.

use super::report::TrendRow;
use super::shape::Outline;
use super::slope::Slope;
use super::track::Track;
use crate::diff::DiffFigures;
use crate::interval::Confidence;

/// A rate with its interval, in the unit of the row's values a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    /// The estimate.
    pub per_second: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// A rate by items that the program handles, such as requests, in the unit of the row's values an item.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ItemRate {
    /// The estimate.
    pub per_item: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// How much a row moves with each item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ItemRates {
    /// As [`TrendRow::rate`](super::TrendRow::rate).
    pub rate: ItemRate,
    /// As [`TrendRow::troughs`](super::TrendRow::troughs).
    pub troughs: Option<ItemRate>,
}

impl ItemRates {
    /// The rates of a row against what had been handled at each of its points, instead of against time. Whether it
    /// grows is judged by time: a program may grow while it handles nothing.
    pub(crate) fn of(
        track: &Track,
        outline: &Outline,
        items: &[f64],
        figures: &DiffFigures,
        confidence: Confidence,
    ) -> Self {
        let track = track.against(items);
        let (rate, _) = Rate::of(&track, outline, Some(figures), confidence);
        let troughs = Rate::of_troughs(&track, outline, confidence);
        // The seconds of that track are items.
        let by_item = |Rate { per_second, low, high }: Rate| ItemRate { per_item: per_second, low, high };
        Self { rate: by_item(rate), troughs: troughs.map(by_item) }
    }
}

impl Rate {
    /// The rate of a row. Where it rises and falls, that of its tops, or of tops and bottoms together if that is surer.
    ///
    /// Two things make it uncertain: that the program does not move evenly, which the points tell, and that the points
    /// are estimates, which the interval of the change from the first to the last tells. The wider of both counts.
    /// Without `figures` the variances of the points tell.
    pub(crate) fn of(
        track: &Track,
        outline: &Outline,
        figures: Option<&DiffFigures>,
        confidence: Confidence,
    ) -> (Self, f64) {
        let turns = outline.turns(track);
        let slope = if turns {
            let [tops, bottoms] = outline.lines(track);
            let both = Slope::of_lines(&[tops.clone(), bottoms], confidence);
            let of_tops = Slope::of_lines(&[tops], confidence);
            if of_tops.low >= both.low { of_tops } else { both }
        } else {
            Slope::of(&track.seconds(), &track.values(), confidence)
        };
        let (below, above) = if turns {
            let margin = confidence.deviations() * outline.deviation_of_tops(track);
            (margin, margin)
        } else {
            match figures {
                Some(figures) => sampling_margins(track, figures),
                None => {
                    let (deviation, duration) = (track.deviation(0, track.last()), track.duration());
                    let margin = confidence.deviations() * deviation / duration.max(f64::MIN_POSITIVE);
                    (margin, margin)
                }
            }
        };
        let rate = Self {
            per_second: slope.per_second,
            low: slope.low.min(slope.per_second - below),
            high: slope.high.max(slope.per_second + above),
        };
        (rate, slope.monotonicity)
    }

    /// The rate of a row's troughs, if it has three.
    pub(crate) fn of_troughs(track: &Track, outline: &Outline, confidence: Confidence) -> Option<Self> {
        let [_, bottoms] = outline.lines(track);
        (bottoms.len() >= TROUGHS_MIN).then(|| {
            let Slope { per_second, low, high, .. } = Slope::of_lines(&[bottoms], confidence);
            Self { per_second, low, high }
        })
    }
}

/// The rate of rows together. They are sampled one by one, so their errors add up as squares.
pub(crate) fn sum_of_rates(rows: &[&TrendRow]) -> Rate {
    let (mut per_second, mut below, mut above) = (0.0, 0.0_f64, 0.0_f64);
    for row in rows {
        per_second += row.rate.per_second;
        below = below.hypot(row.rate.per_second - row.rate.low);
        above = above.hypot(row.rate.high - row.rate.per_second);
    }
    Rate { per_second, low: per_second - below, high: per_second + above }
}

/// Two points have a slope, and nothing tells how sure it is.
const TROUGHS_MIN: usize = 3;

/// How far the rate may be off on either side because the row was sampled.
fn sampling_margins(track: &Track, figures: &DiffFigures) -> (f64, f64) {
    let duration = track.duration();
    let (Some(interval), Some(estimated)) = (figures.interval, figures.estimated_change()) else {
        return (0.0, 0.0);
    };
    if duration <= 0.0 {
        return (0.0, 0.0);
    }
    let delta = estimated.delta();
    let margin = |end: i64| (end.saturating_sub(delta)).unsigned_abs() as f64 / duration;
    // What the interval is not about is as uncertain, relative to itself.
    let unit = if delta == 0 { 1.0 } else { (figures.value.delta() as f64 / delta as f64).abs() };
    (margin(interval.low) * unit, margin(interval.high) * unit)
}
