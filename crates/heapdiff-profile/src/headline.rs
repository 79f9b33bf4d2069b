//! Which kind of growth a series shows: the live heap, what the allocator keeps, memory outside of it, or things that
//! weigh next to nothing.

use crate::snapshot_point::{MemorySplit, SnapshotPoint};
use crate::tendency::Tendency;
use crate::trend::{
    Judgement, Part, Rate, Reason, SNAPSHOTS_MIN, Shape, TrendReport, TrendRow, Verdict, sum_of_rates,
};

/// The part of the biggest resident set size that a part of it must have grown by to be worth a headline: the
/// allocator's and the kernel's own bookkeeping moves that much.
const HEADLINE_SHARE: i64 = 20;
/// Less growth than this, in bytes, is no headline: a thread's stack, a loaded library.
const HEADLINE_BYTES_MIN: i64 = 1 << 20;

/// Which kind of growth a series shows, with the figures that it rests on. All in bytes; `None` where a snapshot lacks
/// the figure. It speaks of the whole process, whatever the overview counts or leaves out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Headline {
    /// The kind: of those with the gravest verdict, the one whose highs rose most.
    pub kind: GrowthKind,
    /// What that kind does. [`Verdict::Inconclusive`] for any growth in a series that is too short for verdicts.
    pub verdict: Verdict,
    /// The form of that kind's curve. `None` where lines of the live heap decide, each of which has its own, of tasks and
    /// resources, and in a series that is too short for verdicts.
    pub shape: Option<Shape>,
    /// Why it is judged so; `None` as for [`Self::shape`].
    pub reason: Option<Reason>,
    /// How far the highs of that kind rose; 0 if there is none.
    pub rise: i64,
    /// How fast it moves. For the live heap, the sum over the lines that look like leaks. `None` where nothing keeps
    /// growing.
    pub rate: Option<Rate>,
    /// Lines of the live heap that look like leaks; in a series too short for verdicts, lines that grew.
    pub growing: usize,
    /// Lines of the live heap that may be growing.
    pub undecided: usize,
    /// How resident memory changed.
    pub rss_delta: Option<i64>,
    /// How the live heap changed.
    pub live_delta: Option<i64>,
    /// How much more the allocator keeps beyond the live heap.
    pub retained_delta: Option<i64>,
    /// How resident memory outside the allocator changed, less the recorder's own: the remainder that nobody can
    /// explain.
    pub outside_delta: Option<i64>,
}

/// What grew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrowthKind {
    /// The live heap: at least one row.
    LiveHeap,
    /// Memory that the allocator keeps although the program has freed it.
    RetainedByAllocator,
    /// Memory that did not come from the allocator.
    OutsideAllocator,
    /// Tasks: [`Overview::things`](crate::Overview::things) has them. They rise by no bytes.
    Tasks,
    /// Open resources, likewise.
    Resources,
    /// Nothing beyond what chance explains.
    None,
}

/// A kind of growth that there may be.
struct Candidate {
    kind: GrowthKind,
    verdict: Verdict,
    /// The judgement of its curve, if the verdict is its own.
    judgement: Option<Judgement>,
    rise: i64,
    rate: Option<Rate>,
}

impl Candidate {
    /// A kind whose curve was judged.
    const fn judged(kind: GrowthKind, judgement: Judgement, rise: i64, rate: Option<Rate>) -> Self {
        Self { kind, verdict: judgement.verdict, judgement: Some(judgement), rise, rate }
    }

    /// A kind of which something else than its curve decides.
    const fn unjudged(kind: GrowthKind, verdict: Verdict, rise: i64, rate: Option<Rate>) -> Self {
        Self { kind, verdict, judgement: None, rise, rate }
    }
}

impl Headline {
    /// Says what grew. `of_memory` whether the rows of the report are of memory in use, and of all of it.
    pub(crate) fn of(report: &TrendReport, of_memory: bool) -> Self {
        let points = &report.points;
        let part = |of: fn(&MemorySplit) -> Option<i64>| -> Vec<i64> {
            points.iter().filter_map(|point| point.split.as_ref().and_then(of)).collect()
        };
        let (retained, outside) = (part(|split| split.retained), part(|split| split.outside));
        let counted =
            |verdict: Verdict| report.rows.iter().filter(move |row| row.judgement.verdict == verdict);
        let is_short = points.len() < SNAPSHOTS_MIN;
        let grew = |row: &&TrendRow| Tendency::of(&row.values, &row.figures, report.floor) == Tendency::Grew;
        let growing = match (of_memory, is_short) {
            (false, _) => 0,
            (true, true) => report.rows.iter().filter(grew).count(),
            (true, false) => counted(Verdict::LeakLike).count(),
        };
        let undecided = if of_memory && !is_short { counted(Verdict::Inconclusive).count() } else { 0 };
        let candidates = [
            live_heap(report).filter(|_| of_memory),
            retained_by_allocator(report, &retained),
            beside(report, GrowthKind::OutsideAllocator, &exact(&outside), outside_rise(points)),
        ];
        let gravest = candidates.into_iter().flatten().min_by_key(|found| (found.verdict, -found.rise));
        let Candidate { kind, verdict, judgement, rise, rate } =
            gravest.unwrap_or_else(|| nothing(report, of_memory));
        let rss: Vec<_> =
            points.iter().filter_map(|point| point.rss.and_then(|rss| i64::try_from(rss).ok())).collect();
        let live: Vec<_> = points.iter().filter_map(|point| point.live_bytes).collect();
        let delta_of = |values: &[i64]| match (values.first(), values.last()) {
            (Some(first), Some(last)) if values.len() == points.len() => Some(last.saturating_sub(*first)),
            _ => None,
        };
        Self {
            kind,
            verdict,
            shape: judgement.and_then(|judgement| judgement.shape),
            reason: judgement.map(|judgement| judgement.reason),
            rise,
            rate,
            growing,
            undecided,
            rss_delta: delta_of(&rss),
            live_delta: delta_of(&live),
            retained_delta: delta_of(&retained),
            outside_delta: delta_of(&outside),
        }
    }
}

/// Nothing whose highs rose from the earlier half of the series to the later. What rose before and stopped, or came back,
/// is no chance all the same.
fn nothing(report: &TrendReport, of_memory: bool) -> Candidate {
    let stopped = |row: &TrendRow| {
        use Reason::{CameBack, JumpedOnce, Stopped, TeethStay};
        matches!(row.judgement.reason, CameBack | JumpedOnce | Stopped | TeethStay)
    };
    let ends = report.points.first().zip(report.points.last());
    let resident = |point: &SnapshotPoint| i64::try_from(point.rss?).ok();
    let rss_rose = ends.is_some_and(|(first, last)| {
        let rose = resident(first).zip(resident(last)).map(|(first, last)| last.saturating_sub(first));
        rose.is_some_and(|rose| rose > least(report))
    });
    let is_short = report.points.len() < SNAPSHOTS_MIN;
    let has_risen = !is_short && (rss_rose || (of_memory && report.rows.iter().any(stopped)));
    let verdict = if has_risen { Verdict::Bounded } else { Verdict::Noise };
    Candidate::unjudged(GrowthKind::None, verdict, 0, None)
}

/// The growth of the live heap: its sum goes up and down with the work in flight, so that lines decide, and the sum
/// only where none of them does.
fn live_heap(report: &TrendReport) -> Option<Candidate> {
    let sum_of =
        |rows: &[&TrendRow]| rows.iter().fold(0_i64, |sum, row| sum.saturating_add(rise(&row.values)));
    let found = |verdict, rows: &[&TrendRow], rate| {
        let candidate = Candidate::unjudged(GrowthKind::LiveHeap, verdict, sum_of(rows).max(0), rate);
        (!rows.is_empty()).then_some(candidate)
    };
    let of = |verdict: Verdict| -> Vec<&TrendRow> {
        report.rows.iter().filter(|row| row.judgement.verdict == verdict).collect()
    };
    if report.points.len() < SNAPSHOTS_MIN {
        let grew = |row: &&TrendRow| Tendency::of(&row.values, &row.figures, report.floor) == Tendency::Grew;
        return found(Verdict::Inconclusive, &report.rows.iter().filter(grew).collect::<Vec<_>>(), None);
    }
    let leaks = of(Verdict::LeakLike);
    let total = &report.total;
    let rose = rise(&total.values);
    found(Verdict::LeakLike, &leaks, Some(sum_of_rates(&leaks)))
        .or_else(|| found(Verdict::Inconclusive, &of(Verdict::Inconclusive), None))
        .or_else(|| {
            let is_bounded = total.judgement.verdict == Verdict::Bounded && rose > least(report);
            is_bounded.then_some(Candidate::judged(GrowthKind::LiveHeap, total.judgement, rose, None))
        })
}

/// The growth of memory beside the live heap: one that rose, judged as a row is.
fn beside(report: &TrendReport, kind: GrowthKind, values: &[(i64, f64)], rise: i64) -> Option<Candidate> {
    let least = least(report);
    if rise <= least {
        return None;
    }
    // What is not known in every snapshot is too little for a verdict.
    if values.len() != report.points.len() || values.len() < SNAPSHOTS_MIN {
        return Some(Candidate::unjudged(kind, Verdict::Inconclusive, rise, None));
    }
    let Part { judgement, rate } = Part::of(&report.seconds, values, least, report.confidence);
    let candidate = |judgement, rate| Some(Candidate::judged(kind, judgement, rise, rate));
    match judgement.verdict {
        Verdict::LeakLike if rate.low > 0.0 => candidate(judgement, Some(rate)),
        Verdict::LeakLike => {
            let reason = Reason::RateUncertain;
            candidate(Judgement { verdict: Verdict::Inconclusive, reason, ..judgement }, None)
        }
        Verdict::Noise => candidate(Judgement { verdict: Verdict::Bounded, ..judgement }, None),
        Verdict::Bounded | Verdict::Inconclusive => candidate(judgement, None),
    }
}

/// The growth of what the allocator keeps. It keeps what the live heap needed at its highest, so that it has more whenever
/// that falls: only what it holds beyond the highest so far can grow without end, and the less grave verdict of both holds.
fn retained_by_allocator(report: &TrendReport, retained: &[i64]) -> Option<Candidate> {
    let kind = GrowthKind::RetainedByAllocator;
    let found = beside(
        report,
        kind,
        &with_errors_of_live(report, retained),
        retained_rise(&report.points, retained),
    )?;
    let mut highest = i64::MIN;
    let beyond = report.points.iter().filter_map(|point| {
        highest = highest.max(point.live_bytes?);
        let resident = point.claimed_beyond_live()?.saturating_add(point.live_bytes?);
        Some(resident.saturating_sub(highest))
    });
    let beyond: Vec<i64> = beyond.collect();
    let judged = |judgement: Judgement| Candidate::judged(kind, judgement, found.rise, None);
    match beside(report, kind, &with_errors_of_live(report, &beyond), rise(&beyond)) {
        _ if report.points.len() < SNAPSHOTS_MIN => Some(found),
        None => {
            let shape = found.judgement.and_then(|judgement| judgement.shape);
            let within = Judgement { shape, verdict: Verdict::Bounded, reason: Reason::WithinPeak };
            Some(if found.verdict < Verdict::Bounded { judged(within) } else { found })
        }
        Some(Candidate { verdict, judgement: Some(judgement), .. }) if verdict > found.verdict => {
            Some(judged(judgement))
        }
        Some(_) => Some(found),
    }
}

/// Values that were measured.
fn exact(values: &[i64]) -> Vec<(i64, f64)> {
    values.iter().map(|&value| (value, 0.0)).collect()
}

/// Values that are what is left when the estimate of the live heap is taken off, with the variance that this brings:
/// period times bytes, which no mix of sizes exceeds.
fn with_errors_of_live(report: &TrendReport, values: &[i64]) -> Vec<(i64, f64)> {
    // The resolution is the period times the logarithm of 20.
    let period = report.resolution_bytes.unwrap_or(0) as f64 / 20.0_f64.ln();
    let live = report.points.iter().map(|point| point.live_bytes.unwrap_or(0).max(0) as f64);
    values.iter().zip(live).map(|(&value, live)| (value, period * live)).collect()
}

/// What a part of the memory must have risen by, in bytes, to be worth a word.
fn least(report: &TrendReport) -> i64 {
    let peak = report.points.iter().filter_map(|point| point.rss).max().unwrap_or(0);
    let share = i64::try_from(peak).unwrap_or(i64::MAX) / HEADLINE_SHARE;
    let resolution = i64::try_from(report.resolution_bytes.unwrap_or(0)).unwrap_or(i64::MAX);
    share.max(resolution).max(HEADLINE_BYTES_MIN)
}

/// Where the retained part is no more than what is left of the resident set size, it grows with whatever grows outside.
/// Then the allocator's own claim must have grown as well. A part that is not known everywhere cannot be said to have
/// grown.
fn retained_rise(points: &[SnapshotPoint], retained: &[i64]) -> i64 {
    let claimed: Vec<i64> = points.iter().filter_map(SnapshotPoint::claimed_beyond_live).collect();
    let of = |values: &[i64]| if values.len() == points.len() { rise(values) } else { 0 };
    of(retained).min(of(&claimed))
}

/// Where what is outside cannot be told apart it is something between nothing and all that the allocator claims.
fn outside_rise(points: &[SnapshotPoint]) -> i64 {
    let part = |of: fn(&MemorySplit) -> Option<i64>| -> Vec<i64> {
        points.iter().filter_map(|point| point.split.as_ref().and_then(of)).collect()
    };
    let early = part(|split| split.outside.or(split.retained));
    let late = part(|split| Some(split.outside.unwrap_or(0)));
    if early.len() == points.len() && late.len() == points.len() { rise_between(&early, &late) } else { 0 }
}

fn rise(values: &[i64]) -> i64 {
    rise_between(values, values)
}

/// How far the high of the later half of `late` lies above that of the earlier half of `early`, which is as long.
fn rise_between(early: &[i64], late: &[i64]) -> i64 {
    let half = (early.len() / 2).max(1);
    let high = |part: Option<&[i64]>| part.and_then(|part| part.iter().copied().max()).unwrap_or(0);
    high(late.get(late.len().saturating_sub(half)..)).saturating_sub(high(early.get(..half)))
}
