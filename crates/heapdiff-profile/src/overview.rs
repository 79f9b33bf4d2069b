//! The answer for a series: which kind of growth it shows, what keeps growing, and how much of it nobody can explain.

use crate::cell_series::CellSeries;
use crate::error::AnalysisError;
use crate::frame_order::FrameOrder;
use crate::headline::{GrowthKind, Headline};
use crate::metadata::{Metadata, RecorderCost, StackQuality, Unwinder};
use crate::profile::Profile;
use crate::sampling::{is_of_tasks, is_of_things};
use crate::selection::Selection;
use crate::series::NamedProfile;
use crate::snapshot_point::MEMORY_IN_USE;
use crate::tendency::Tendency;
use crate::things::{ThingKind, Things};
use crate::trend::{SNAPSHOTS_MIN, TrendBuilder, TrendOptions, TrendReport, TrendRow};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How to sum up a series.
#[derive(Clone, Debug)]
pub struct OverviewOptions {
    shown: TrendOptions,
    /// The memory in use of the whole process, by each name that it goes by.
    whole: [TrendOptions; MEMORY_IN_USE.len()],
    cells: TrendOptions,
}

impl OverviewOptions {
    /// The overview of these values, samples and frames.
    #[must_use]
    pub fn new(selection: Selection) -> Self {
        let whole = MEMORY_IN_USE.map(|kind| TrendOptions {
            selection: Selection { sample_type: Some(kind.to_owned()), ..Selection::default() },
            ..TrendOptions::default()
        });
        let mut cells = CellSeries::options();
        cells.selection.confidence = selection.confidence;
        Self { shown: TrendOptions { selection, ..TrendOptions::default() }, whole, cells }
    }
}

impl Default for OverviewOptions {
    fn default() -> Self {
        Self::new(Selection::default())
    }
}

/// The summary of a series.
#[derive(Clone, Debug)]
pub struct Overview {
    /// What each row does, and what is known at each snapshot. In a series too short for verdicts, rows are sorted by
    /// [`Tendency`].
    pub trend: TrendReport,
    /// What is known of the recording, at the newest snapshot; `None` for profiles of other producers.
    pub recording: Option<Recording>,
    /// The snapshot with the most live memory, as an index into the points of [`Self::trend`].
    pub peak: usize,
    /// Which kind of growth this is.
    pub headline: Headline,
    /// What is counted beside the heap.
    pub things: Vec<Things>,
    /// Whether the series is one of things itself: then these are all that there is to say, and they are in
    /// [`Self::things`] too.
    pub is_of_things: bool,
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

impl Overview {
    /// Whether there are too few snapshots for verdicts, so that only first and last can be compared.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.trend.points.len() < SNAPSHOTS_MIN
    }

    /// The same with what is counted beside the heap. Where that grows and nothing of the memory is sure to, it is the
    /// kind of growth.
    #[must_use]
    pub fn with_things(mut self, mut things: Vec<Things>) -> Self {
        things.append(&mut self.things);
        let tasks = things.iter().find(|things| things.kind == ThingKind::Tasks);
        let spawned = tasks.map(|tasks| tasks.spawned.clone()).unwrap_or_default();
        let less =
            |of: Things| if of.kind == ThingKind::TaskCells { of.without_tracked(&spawned) } else { of };
        let mut things: Vec<Things> = things.into_iter().map(less).collect();
        // One snapshot says nothing of growth, and cells of tracked tasks alone say nothing new.
        things.retain(|things| {
            let is_cells = things.kind == ThingKind::TaskCells;
            (things.trend.points.len() > 1 || self.is_of_things)
                && !(is_cells && things.trend.rows.is_empty())
        });
        let gravest = things.iter().min_by_key(|things| things.verdict());
        if let Some(gravest) = gravest.filter(|things| things.verdict() < self.headline.verdict) {
            let kind = match gravest.kind {
                ThingKind::Tasks | ThingKind::TaskCells => GrowthKind::Tasks,
                ThingKind::Resources(_) => GrowthKind::Resources,
            };
            let verdict = gravest.verdict();
            self.headline =
                Headline { kind, verdict, shape: None, reason: None, rise: 0, rate: None, ..self.headline };
        }
        Self { things, ..self }
    }

    /// How a row moved, if the series is too short for a verdict.
    #[must_use]
    pub fn tendency(&self, row: &TrendRow) -> Option<Tendency> {
        self.is_short().then(|| Tendency::of(&row.values, &row.figures, self.trend.floor))
    }
}

/// Takes the snapshots of one process in order, and sums them up. As for a trend, only sums are kept of most.
#[derive(Debug)]
pub struct OverviewBuilder<'a> {
    options: &'a OverviewOptions,
    shown: TrendBuilder<'a>,
    /// The memory in use of the whole process, where the rows show something else: what kind of growth this is does not
    /// depend on what is looked at.
    whole: Option<TrendBuilder<'a>>,
    /// The tasks that nobody tracks.
    cells: CellSeries<'a>,
    recording: Option<Recording>,
    has_begun: bool,
    /// What is counted, in a series of things.
    kind: Option<ThingKind>,
}

impl<'a> OverviewBuilder<'a> {
    /// A series without snapshots.
    #[must_use]
    pub fn new(options: &'a OverviewOptions) -> Self {
        let shown = TrendBuilder::new(&options.shown);
        let cells = CellSeries::new(&options.cells, options.cells.selection.confidence);
        Self { options, shown, whole: None, cells, recording: None, has_begun: false, kind: None }
    }

    /// Adds the next snapshot.
    ///
    /// # Errors
    /// As [`TrendBuilder::add`].
    pub fn add(&mut self, named: NamedProfile) -> Result<(), AnalysisError> {
        if !self.has_begun {
            self.whole = self.whole_of(&named.profile).map(TrendBuilder::new);
            self.has_begun = true;
            self.kind = thing_kind(&named.profile);
        }
        self.recording = named.profile.metadata.as_ref().map(Recording::of).or(self.recording.take());
        let cells = &mut self.cells;
        // Filters do not hide tasks.
        if let Some(whole) = &mut self.whole {
            whole
                .add_and_look(named.clone(), |profile, stacks, frames| cells.add(profile, stacks, frames))?;
            return self.shown.add(named);
        }
        self.shown.add_and_look(named, |profile, stacks, frames| cells.add(profile, stacks, frames))
    }

    /// What the whole process is looked at by, if the rows do not show just that.
    fn whole_of(&self, profile: &Profile) -> Option<&'a TrendOptions> {
        let selection = &self.options.shown.selection;
        let shown = selection.sample_type.as_deref().or(profile.default_sample_type.as_deref());
        let shows_all = selection.filters.is_empty() && shown.is_none_or(is_memory_in_use);
        let mut named = MEMORY_IN_USE.iter().zip(&self.options.whole);
        let (_, options) = named.find(|(kind, _)| profile.sample_type_index(kind).is_some())?;
        if is_of_things(profile) {
            return None;
        }
        (!shows_all).then_some(options)
    }

    /// The summary of what was added.
    ///
    /// # Errors
    /// If nothing was added.
    pub fn finish(self) -> Result<Overview, AnalysisError> {
        let mut trend = self.shown.finish()?;
        let headline = match self.whole {
            Some(whole) => Headline::of(&whole.finish()?, true),
            None => Headline::of(&trend, is_memory_in_use(&trend.sample_type.kind)),
        };
        if trend.points.len() < SNAPSHOTS_MIN {
            sort_by_tendency(&mut trend);
        }
        let most = trend.points.iter().map(|point| point.live).max();
        let peak = trend.points.iter().position(|point| Some(point.live) == most).unwrap_or(0);
        let own = self.kind.map(|kind| Things::new(kind, trend.clone()));
        let is_of_things = own.is_some();
        let recording = self.recording;
        let overview = Overview { trend, recording, peak, headline, things: Vec::new(), is_of_things };
        Ok(overview.with_things(own.into_iter().chain(self.cells.finish()?).collect()))
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

fn thing_kind(profile: &Profile) -> Option<ThingKind> {
    let resource = || profile.metadata.as_ref().and_then(|metadata| metadata.resource.as_ref());
    match profile {
        _ if is_of_tasks(profile) => Some(ThingKind::Tasks),
        _ if is_of_things(profile) => {
            Some(ThingKind::Resources(resource().map_or(String::new(), |figures| figures.name.clone())))
        }
        _ => None,
    }
}

fn is_memory_in_use(kind: &str) -> bool {
    MEMORY_IN_USE.contains(&kind)
}

/// By tendency; within one, what moved most first.
fn sort_by_tendency(trend: &mut TrendReport) {
    let order = FrameOrder::of(&trend.frames);
    let floor = trend.floor;
    trend.rows.sort_by(|a, b| {
        let key = |row: &TrendRow| {
            let tendency = Tendency::of(&row.values, &row.figures, floor);
            let peak = row.values.iter().copied().max().unwrap_or(0);
            let moved = match tendency {
                Tendency::CameBack => peak.saturating_sub(row.figures.value.head),
                _ => row.figures.value.delta().saturating_abs(),
            };
            (tendency, Reverse(moved), Reverse(peak))
        };
        key(a).cmp(&key(b)).then_with(|| order.compare_stacks(&a.stack, &b.stack))
    });
}
