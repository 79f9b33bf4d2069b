//! The answer for a series: what grew, what kind of growth it is, and how much of it nobody can explain.

use crate::comparison::{Comparison, Side};
use crate::diff::{DiffFigures, DiffTotal, Pairing};
use crate::error::AnalysisError;
use crate::frame::{FrameId, FrameTable, StackId};
use crate::frame_order::FrameOrder;
use crate::interval::Confidence;
use crate::memory_split::RowsGrown;
use crate::metadata::{
    AllocatorFigures, Metadata, Process, RecorderCost, SnapshotReason, StackQuality, Unwinder,
};
use crate::note::Note;
use crate::profile::{Profile, ValueType};
use crate::resolve::Resolver;
use crate::row_groups::Groups;
use crate::row_key::DiffBy;
use crate::sample_type::{Columns, common_columns};
use crate::selection::Selection;
use crate::series::{NamedProfile, Series};
use crate::significance::{judge_alone, judge_together};
use crate::trajectory::{RowFloor, Trajectories};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How to sum up a series.
#[derive(Clone, Debug, Default)]
pub struct OverviewOptions {
    /// Which snapshot growth is counted from, as an index into the series. Default: the first.
    pub base: Option<usize>,
    /// Which snapshot growth is counted up to, as an index into the series; not before the base. Default: the last.
    pub head: Option<usize>,
    /// Which values, samples and frames. The sample type must be one of memory in use for growth to make sense.
    pub selection: Selection,
}

/// The summary of a series.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The frames that the rows name.
    pub frames: FrameTable,
    /// What the rows' values count.
    pub sample_type: ValueType,
    /// The process; `None` for profiles of other producers.
    pub process: Option<Process>,
    /// What is known of the recording, at the newest snapshot; `None` for profiles of other producers.
    pub recording: Option<Recording>,
    /// Figures of every snapshot that has the sample type, oldest first.
    pub points: Vec<SnapshotPoint>,
    /// The snapshot that growth is counted from, as an index into [`Self::points`].
    pub base: usize,
    /// The snapshot that growth is counted up to.
    pub head: usize,
    /// The snapshot with the most live memory from base to head, as an index into [`Self::points`].
    pub peak: usize,
    /// How base and head relate.
    pub pairing: Pairing,
    /// Which kind of growth this is.
    pub headline: Headline,
    /// The growth of one stack, in bytes, that may go unseen: see [`crate::DiffReport::resolution_bytes`].
    pub resolution_bytes: Option<u64>,
    /// How often intervals hold the truth: see [`crate::DiffReport::confidence`].
    pub confidence: Confidence,
    /// By [`Movement`], and what moved most first.
    pub rows: Vec<OverviewRow>,
    /// Sums over all rows between base and head.
    pub total: DiffTotal,
    /// What a reader must know.
    pub notes: Vec<Note>,
}

/// How a series was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Mean bytes between samples; 1 recorded every allocation.
    pub period_bytes: u64,
    /// How stacks were walked.
    pub unwinder: Unwinder,
    /// How many stack traces are whole.
    pub stacks: StackQuality,
    /// Losses by name, since recording began: only those that happened.
    pub dropped: BTreeMap<String, u64>,
    /// What recording cost.
    pub cost: RecorderCost,
}

/// What is known at one snapshot. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotPoint {
    /// The name that the reader gave it.
    pub name: String,
    /// Its sequence number; `None` for profiles of other producers.
    pub sequence: Option<u32>,
    /// Why it was taken.
    pub reason: SnapshotReason,
    /// When it was taken, in nanoseconds since 1970 UTC; 0 where it is not known.
    pub time_nanos: i64,
    /// Time since recording began, in nanoseconds.
    pub recording_nanos: Option<u64>,
    /// Estimated value of all samples of the overview's sample type, before filters: live bytes by default.
    pub live: i64,
    /// Estimated live bytes, whatever the sample type. `None` where the profile does not count them.
    pub live_bytes: Option<i64>,
    /// Estimated live objects.
    pub live_objects: Option<i64>,
    /// Sampled allocations alive.
    pub live_samples: Option<u64>,
    /// Resident set size of the process.
    pub rss: Option<u64>,
    /// The allocator's own figures.
    pub allocator: Option<AllocatorFigures>,
    /// Where the resident memory goes; `None` where the resident set size or the live bytes are not known.
    pub split: Option<MemorySplit>,
}

/// The resident set size of a process in parts that add up to it. All in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemorySplit {
    /// Live heap: the estimate from samples.
    pub live: i64,
    /// What the allocator holds resident beyond the live heap: freed pages that it keeps, the unused rest of size
    /// classes and pages, its bookkeeping, and the error of the estimate. An upper bound: jemalloc counts pages as
    /// resident that were never touched, so at most what is left of the resident set size counts. Negative where
    /// live memory was never touched. `None` where the allocator says nothing, and then it is part of
    /// [`Self::outside`].
    pub retained: Option<i64>,
    /// What remains: resident memory that the allocator knows nothing of, which is the program's code and data,
    /// thread stacks and memory that was mapped directly. `None` where the allocator claims all that is left and more:
    /// then it is part of [`Self::retained`], and how much of it nobody can tell.
    pub outside: Option<i64>,
    /// What the recorder's tables have touched.
    pub recorder: i64,
}

/// Which kind of growth a series shows from base to head, with the figures that it rests on. All in bytes; `None` where
/// a snapshot lacks the figure. It speaks of the whole process, whatever the overview counts or leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headline {
    /// The kind: of those that grew, the one whose highs rose most.
    pub kind: GrowthKind,
    /// How far the highs of that kind rose; 0 if there is none.
    pub rise: i64,
    /// The change from base to head of what keeps growing in the live heap: less than [`Self::rise`] where the last
    /// snapshot was taken in a trough. `None` where nothing there grew.
    pub rows_delta: Option<i64>,
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

/// What grew from base to head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrowthKind {
    /// The live heap: at least one row grew.
    LiveHeap,
    /// Memory that the allocator keeps although the program has freed it.
    RetainedByAllocator,
    /// Memory that did not come from the allocator.
    OutsideAllocator,
    /// Nothing beyond what chance explains.
    None,
}

/// How a row moved over a series. A word for what was seen, not a verdict: nothing here says that it goes on.
///
/// Rows are listed in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Movement {
    /// Its highs keep rising, and what it gained outlives the time between two snapshots.
    Grew,
    /// It ends higher than it began, but that is all: it levelled off early, or what it gained is too young to tell.
    Higher,
    /// It was at least twice as big at its peak as it is at the end.
    CameBack,
    /// It ends lower than it began.
    Shrank,
    /// It moved no more than chance explains, or too little to matter.
    WithinNoise,
}

/// One row: a function and line, over the whole series.
#[derive(Clone, Debug, PartialEq)]
pub struct OverviewRow {
    /// The frame that it is attributed to, with file and line.
    pub frame: FrameId,
    /// As [`crate::DiffRow::via`].
    pub via: Option<FrameId>,
    /// As [`crate::DiffRow::stack`].
    pub stack: Vec<FrameId>,
    /// As [`crate::DiffRow::whole_stack`].
    pub whole_stack: StackId,
    /// How it moved.
    pub movement: Movement,
    /// The change from base to head.
    pub figures: DiffFigures,
    /// Its value at each snapshot, in the order of [`Overview::points`].
    pub values: Vec<i64>,
    /// The biggest of [`Self::values`].
    pub peak: i64,
    /// The snapshot of the peak, as an index into [`Overview::points`]: the first of equals.
    pub peak_at: usize,
    /// Objects at the peak.
    pub peak_objects: Option<i64>,
    /// Sampled allocations alive at the peak.
    pub peak_samples: Option<u64>,
    /// What rows are ranked by: how far its highs rose, in the unit of [`Overview::sample_type`].
    pub rise: i64,
}

/// What moves less than this part of the biggest live heap does not matter.
const RELEVANT_SHARE: i64 = 200;

/// Sums up a series.
///
/// # Errors
/// If the series has no snapshot with the sample type that was asked for, or not the snapshots that the options name.
pub fn overview(series: &Series, options: &OverviewOptions) -> Result<Overview, AnalysisError> {
    let selection = &options.selection;
    let Chosen { mut notes, sample_type, snapshots, base, head } = Chosen::of(series, options)?;
    let mut resolver = Resolver::new(selection);
    let resolved: Vec<_> = snapshots.iter().map(|(named, _)| resolver.resolve(&named.profile)).collect();
    let (frames, attribution, filter_notes) = resolver.finish();
    notes.extend(filter_notes);
    let sides: Vec<_> = snapshots
        .iter()
        .zip(&resolved)
        .map(|((named, columns), resolved)| Side { profile: &named.profile, resolved, columns: *columns })
        .collect();
    let expected = AnalysisError::TooFewSnapshots { count: sides.len(), expected: head + 1 };
    let (Some(&of_base), Some(&of_head)) = (sides.get(base), sides.get(head)) else { return Err(expected) };
    let comparison = Comparison::new(of_base, of_head, frames.stack_count(), false, &mut notes)
        .with_confidence(selection.confidence);
    let trajectories = Trajectories::new(&sides, &frames, &attribution);

    let points: Vec<_> = snapshots
        .iter()
        .map(|(named, columns)| SnapshotPoint::of_profile(named.name.clone(), &named.profile, *columns))
        .collect();
    let window = base..head + 1;
    let in_window = points.get(window.clone()).unwrap_or_default();
    let live_peak = in_window.iter().map(|point| point.live).max().unwrap_or(0);
    let peak = base + in_window.iter().position(|point| point.live == live_peak).unwrap_or(0);
    let floor = RowFloor { bytes: comparison.resolution_bytes(), value: live_peak / RELEVANT_SHARE };
    let groups = Groups::new(&frames, &attribution, &comparison, &DiffBy::Line);
    let mut total = comparison.figures(&groups.total());
    judge_alone(&mut total, selection.confidence);
    let mut rows = trajectories.rows(&groups, &window, floor);
    judge_together(rows.iter_mut().map(|row| &mut row.figures).collect(), selection.confidence);
    sort_rows(&mut rows, &FrameOrder::of(&frames));
    let of_memory = match selection.filters.is_empty() && is_memory_in_use(&sample_type.kind) {
        true => None,
        false => headline_of_memory(series, options, &snapshots),
    };
    let headline = of_memory.unwrap_or_else(|| {
        let grown = RowsGrown::of(&rows).filter(|_| is_memory_in_use(&sample_type.kind));
        Headline::of(in_window, grown, comparison.resolution_bytes())
    });
    let unfiltered = comparison.unfiltered();
    Ok(Overview {
        headline,
        sample_type,
        process: series.process.clone(),
        recording: snapshots.last().and_then(|(named, _)| named.profile.metadata.as_ref()).map(Recording::of),
        base,
        head,
        peak,
        pairing: comparison.pairing(),
        resolution_bytes: comparison.resolution_bytes(),
        confidence: selection.confidence,
        rows,
        total: DiffTotal { shown: total, unfiltered },
        notes,
        points,
        frames,
    })
}

/// Sample types that are bytes in use: heapdiff's and Go's, and that of older producers.
const MEMORY_IN_USE: [&str; 2] = ["inuse_space", "space"];

fn is_memory_in_use(kind: &str) -> bool {
    MEMORY_IN_USE.contains(&kind)
}

/// The headline of a report that counts something else, or that leaves something out: what kind of growth this is does
/// not depend on what is looked at. `None` where memory in use is not counted.
fn headline_of_memory(
    series: &Series,
    options: &OverviewOptions,
    snapshots: &[(&NamedProfile, Columns)],
) -> Option<Headline> {
    let (newest, _) = snapshots.last()?;
    let kind = MEMORY_IN_USE.into_iter().find(|kind| newest.profile.sample_type_index(kind).is_some())?;
    let selection = Selection { sample_type: Some(kind.to_owned()), ..Selection::default() };
    let options = OverviewOptions { selection, ..options.clone() };
    overview(series, &options).ok().map(|overview| overview.headline)
}

/// The snapshots that have the sample type, and which of them are compared.
struct Chosen<'a> {
    notes: Vec<Note>,
    sample_type: ValueType,
    snapshots: Vec<(&'a NamedProfile, Columns)>,
    base: usize,
    head: usize,
}

impl<'a> Chosen<'a> {
    fn of(series: &'a Series, options: &OverviewOptions) -> Result<Self, AnalysisError> {
        let count = series.snapshots.len();
        let last = count.checked_sub(1).ok_or(AnalysisError::TooFewSnapshots { count, expected: 1 })?;
        let (from, to) = (options.base.unwrap_or(0), options.head.unwrap_or(last));
        let newest = series.snapshots.get(to.max(from));
        let newest = newest.ok_or(AnalysisError::TooFewSnapshots { count, expected: to.max(from) + 1 })?;
        let wanted = options.selection.sample_type.as_deref();
        let (sample_type, ..) = common_columns(&newest.profile, &newest.profile, wanted)?;
        let mut notes = series.notes.clone();
        let mut snapshots = Vec::with_capacity(count);
        let (mut base, mut head) = (None, None);
        for (at, named) in series.snapshots.iter().enumerate() {
            let of_newest = common_columns(&named.profile, &newest.profile, Some(&sample_type.kind));
            let Ok((_, columns, _)) = of_newest else { continue };
            if at >= from {
                base = base.or(Some(snapshots.len()));
            }
            if at <= to {
                head = Some(snapshots.len());
            }
            snapshots.push((named, columns));
        }
        if snapshots.len() < count {
            notes.push(Note::SnapshotsWithoutSampleType { count: count - snapshots.len() });
        }
        let (base, head) = (base.unwrap_or(0), head.unwrap_or(0));
        Ok(Self { notes, sample_type, snapshots, base: base.min(head), head })
    }
}

impl Recording {
    fn of(metadata: &Metadata) -> Self {
        let happened = metadata.dropped.iter().filter(|&(_, &count)| count > 0);
        Self {
            period_bytes: metadata.period_bytes,
            unwinder: metadata.unwinder,
            stacks: metadata.stacks,
            dropped: happened.map(|(name, &count)| (name.clone(), count)).collect(),
            cost: metadata.recorder,
        }
    }
}

impl SnapshotPoint {
    /// What one profile knows.
    pub(crate) fn of_profile(name: String, profile: &Profile, columns: Columns) -> Self {
        let metadata = profile.metadata.as_ref();
        let in_use = MEMORY_IN_USE.iter().find_map(|kind| profile.sample_type_index(kind));
        let of_memory = in_use.map(|column| Columns::around(profile, column));
        let sum = |column: Option<usize>| column.map(|column| profile.sum_of(column));
        let live_bytes = sum(of_memory.and_then(|columns| columns.bytes));
        Self {
            name,
            sequence: metadata.map(|metadata| metadata.sequence),
            reason: metadata.map_or(SnapshotReason::Unknown, |metadata| metadata.reason),
            time_nanos: profile.time_nanos,
            recording_nanos: metadata.map(|metadata| metadata.recording_nanos),
            live: profile.sum_of(columns.value),
            live_bytes,
            live_objects: sum(of_memory.and_then(|columns| columns.objects)),
            live_samples: sum(of_memory.and_then(|columns| columns.samples))
                .and_then(|sum| u64::try_from(sum).ok()),
            rss: metadata.and_then(|metadata| metadata.memory.rss),
            allocator: metadata.and_then(|metadata| metadata.allocator.clone()),
            split: metadata.zip(live_bytes).and_then(|(metadata, live)| MemorySplit::of(metadata, live)),
        }
    }
}

/// By movement; within one, what moved most first.
fn sort_rows(rows: &mut [OverviewRow], order: &FrameOrder) {
    rows.sort_by(|a, b| {
        let key = |row: &OverviewRow| {
            let value = row.figures.value;
            let moved = match row.movement {
                Movement::Grew => row.rise,
                Movement::Higher => value.delta(),
                Movement::CameBack => row.peak.saturating_sub(value.head),
                Movement::Shrank | Movement::WithinNoise => value.delta().saturating_abs(),
            };
            (row.movement, Reverse(moved), Reverse(row.peak))
        };
        key(a).cmp(&key(b)).then_with(|| order.compare_stacks(&a.stack, &b.stack))
    });
}
