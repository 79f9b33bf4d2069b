//! The tasks of a series that nobody tracks, told from their cells on the heap.

use crate::error::AnalysisError;
use crate::frame::{Frame, FrameId, FrameTable};
use crate::interval::{Confidence, Interval};
use crate::profile::{
    Function, FunctionId, Label, LabelValue, Line, Location, LocationId, Profile, Sample, ValueType, Values,
};
use crate::relation::EPOCH;
use crate::resolve::ResolvedSamples;
use crate::sampling::is_of_things;
use crate::series::NamedProfile;
use crate::task_cells::{CellColumns, CellFinder, CellSums};
use crate::things::{ThingKind, Things};
use crate::trend::{TrendBuilder, TrendOptions, TrendReport};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// Tasks that are known by their cells alone, of one spawn site, in the last snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellSite {
    /// Where their number lies.
    pub interval: Interval,
    /// Cells that were sampled.
    pub samples: i64,
    /// Tasks of the profile of tasks that may be among them, since the same function has spawned them.
    pub tracked: i64,
}

/// Function, file and line of a spawn.
pub(crate) type SpawnKey = (String, String, i64);

/// Takes snapshots of the heap in order, and keeps of each what is cells of tasks.
#[derive(Debug)]
pub(crate) struct CellSeries<'a> {
    confidence: Confidence,
    finder: CellFinder,
    builder: TrendBuilder<'a>,
    /// Sums by spawn site of each of the last two snapshots: the last one may be left out.
    last: [Counted; 2],
    count: usize,
    has_any: bool,
}

/// A snapshot, by its number, and its period.
#[derive(Debug, Default)]
struct Counted {
    number: usize,
    period: i64,
    sites: BTreeMap<SpawnKey, CellSums>,
}

impl<'a> CellSeries<'a> {
    /// Options to give to [`Self::new`].
    pub(crate) fn options() -> TrendOptions {
        let mut options = TrendOptions::default();
        options.selection.sample_type = Some(OBJECTS.to_owned());
        options
    }

    pub(crate) fn new(options: &'a TrendOptions, confidence: Confidence) -> Self {
        Self {
            confidence,
            finder: CellFinder::default(),
            builder: TrendBuilder::new(options),
            last: Default::default(),
            count: 0,
            has_any: false,
        }
    }

    /// Adds the next snapshot.
    pub(crate) fn add(
        &mut self,
        profile: &Profile,
        resolved: &ResolvedSamples,
        frames: &FrameTable,
    ) -> Result<(), AnalysisError> {
        let Some(columns) = CellColumns::of(profile).ok().filter(|_| !is_of_things(profile)) else {
            return Ok(());
        };
        let mut counted = Counted { number: self.count, period: profile.period, sites: BTreeMap::new() };
        let mut cells = CellProfile::like(profile);
        let epoch_key = profile.strings.find(EPOCH);
        for (sample, stack) in profile.samples.iter().zip(&resolved.stacks) {
            let Some(stack) = *stack else { continue };
            let Some(at) = self.finder.spawn_in(frames, stack) else { continue };
            let Some(sums) = columns.sums(profile, sample) else { continue };
            let rootward = frames.stack(stack).get(at..).unwrap_or_default();
            let Some(&spawn) = rootward.first() else { continue };
            let Frame { function, file, line } = frames.frame(spawn);
            counted.sites.entry((function.to_owned(), file.to_owned(), line)).or_default().add(sums);
            let epoch = epoch_key.and_then(|key| profile.number_label_at(sample, key));
            cells.add(rootward.iter().map(|&id| frames.frame(id)), sums, epoch);
        }
        self.has_any |= !counted.sites.is_empty();
        self.last.rotate_left(1);
        if let Some(newest) = self.last.last_mut() {
            *newest = counted;
        }
        self.count += 1;
        self.builder.add(NamedProfile { name: String::new(), profile: cells.profile })
    }

    /// The tasks; `None` if no snapshot has any.
    pub(crate) fn finish(self) -> Result<Option<Things>, AnalysisError> {
        if !self.has_any {
            return Ok(None);
        }
        let trend = self.builder.finish()?;
        let newest = trend.points.len().saturating_sub(1);
        let counted = self.last.into_iter().find(|counted| counted.number == newest).unwrap_or_default();
        let sites = trend.rows.iter().map(|row| {
            let sums = counted.sites.get(&key_of(&trend, row.frame)).copied().unwrap_or_default();
            let interval = sums.interval(counted.period, self.confidence);
            CellSite { interval, samples: sums.samples, tracked: 0 }
        });
        let cells = sites.collect();
        Ok(Some(Things { cells, ..Things::new(ThingKind::TaskCells, trend) }))
    }
}

impl Things {
    /// Takes off the places of which no task is left, and the cells that are, surely or perhaps, those of the profile of
    /// tasks: where a site has spawned as many tracked tasks as there may be cells, nothing says that there are others.
    pub(crate) fn without_tracked(mut self, spawned: &[(SpawnKey, i64)]) -> Self {
        let (mut rows, mut cells) = (Vec::new(), Vec::new());
        let sites: Vec<SpawnKey> = self.trend.rows.iter().map(|row| key_of(&self.trend, row.frame)).collect();
        for ((row, cell), site) in self.trend.rows.drain(..).zip(self.cells).zip(&sites) {
            // A wrapped future may be written on another line than its spawn; a line that has cells stands for itself.
            let may_be_here = |spawn: &SpawnKey| {
                spawn == site || ((&spawn.0, &spawn.1) == (&site.0, &site.1) && !sites.contains(spawn))
            };
            let here = spawned.iter().filter(|(spawn, _)| may_be_here(spawn));
            let tracked = here.fold(0_i64, |sum, (_, count)| sum.saturating_add(*count));
            let is_there = row.values.last().is_some_and(|&last| last > 0);
            if is_there && (tracked == 0 || cell.interval.low > tracked) {
                rows.push(row);
                cells.push(CellSite { tracked, ..cell });
            }
        }
        self.trend.rows = rows;
        self.cells = cells;
        self
    }
}

/// What tells a spawn site apart.
pub(crate) fn key_of(trend: &TrendReport, frame: FrameId) -> SpawnKey {
    let Frame { function, file, line } = trend.frames.frame(frame);
    (function.to_owned(), file.to_owned(), line)
}

const OBJECTS: &str = "inuse_objects";
const TYPES: [(&str, &str); 3] = [("inuse_samples", "count"), (OBJECTS, "count"), ("inuse_space", "bytes")];

/// A profile of the cells alone, all of whose frames have names.
struct CellProfile<'a> {
    profile: Profile,
    frames: BTreeMap<Frame<'a>, LocationId>,
    rows: BTreeMap<(Vec<LocationId>, Option<i64>), usize>,
}

impl<'a> CellProfile<'a> {
    /// One without cells, of the moment and the process of `heap`.
    fn like(heap: &Profile) -> Self {
        let value_type =
            |(kind, unit): (&str, &str)| ValueType { kind: kind.to_owned(), unit: unit.to_owned() };
        let profile = Profile {
            sample_types: TYPES.into_iter().map(value_type).collect(),
            default_sample_type: Some(OBJECTS.to_owned()),
            time_nanos: heap.time_nanos,
            period_type: heap.period_type.clone(),
            period: heap.period,
            metadata: heap.metadata.clone(),
            ..Profile::default()
        };
        Self { profile, frames: BTreeMap::new(), rows: BTreeMap::new() }
    }

    fn add(&mut self, stack: impl Iterator<Item = Frame<'a>>, sums: CellSums, epoch: Option<i64>) {
        let stack: Vec<LocationId> = stack.filter_map(|frame| self.location(frame)).collect();
        let values = [sums.samples, sums.objects, sums.bytes];
        let next = self.profile.samples.len();
        let row = *self.rows.entry((stack.clone(), epoch)).or_insert(next);
        if let Some(row) = self.profile.samples.get_mut(row) {
            row.values.iter_mut().zip(values).for_each(|(sum, value)| *sum = sum.saturating_add(value));
            return;
        }
        let strings = &mut self.profile.strings;
        let label = epoch.map(|value| Label {
            key: strings.intern(EPOCH),
            value: LabelValue::Number { value, unit: strings.intern("") },
        });
        let labels: SmallVec<_> = label.into_iter().collect();
        self.profile.samples.push(Sample { stack, values: Values::from_slice(&values), labels });
    }

    fn location(&mut self, frame: Frame<'a>) -> Option<LocationId> {
        if let Some(&known) = self.frames.get(&frame) {
            return Some(known);
        }
        let Profile { strings, functions, locations, .. } = &mut self.profile;
        let id = LocationId::from_index(locations.len())?;
        let function = FunctionId::from_index(functions.len())?;
        let name = strings.intern(frame.function);
        functions.push(Function { name, system_name: name, file: strings.intern(frame.file), start_line: 0 });
        let line = Line { function, line: frame.line, column: 0 };
        let address = locations.len() as u64;
        locations.push(Location { mapping: None, address, lines: vec![line], is_folded: false });
        self.frames.insert(frame, id);
        Some(id)
    }
}
