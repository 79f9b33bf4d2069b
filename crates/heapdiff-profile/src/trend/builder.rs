//! From snapshots, one after the other, to the trend of every row.
//!
//! Of each snapshot only sums are kept, so a series may be longer than memory has room for profiles.

use super::cell::Cell;
use super::continuity::Continuity;
use super::headroom::Headroom;
use super::report::{TrendOptions, TrendReport};
use super::row::Rows;
use super::timeline::{is_of_the_end, seconds};
use crate::base_scale::Scaling;
use crate::comparison::Comparison;
use crate::diff::Estimated;
use crate::error::AnalysisError;
use crate::frame::FrameTable;
use crate::note::Note;
use crate::per_item::ItemSeries;
use crate::profile::{Profile, ValueType};
use crate::relation::{EPOCH, has_epochs};
use crate::resolve::{ResolvedSamples, Resolver};
use crate::row_groups::Groups;
use crate::row_key::DiffBy;
use crate::sample_type::{Columns, common_columns};
use crate::sampling::Sampling;
use crate::series::NamedProfile;
use crate::side::Side;
use crate::side_notes::note_programs;
use crate::significance::{judge_alone, judge_together};
use crate::snapshot_point::SnapshotPoint;

/// A row that moved by less than this part of the biggest live heap does not matter.
const RELEVANT_SHARE: i64 = 1000;
/// Nor one that moved by less than this, in bytes: a queue that doubles its buffer, a thread that starts.
const RELEVANT_BYTES_MIN: i64 = 64 << 10;

/// Takes the snapshots of one process in order, and says what their rows do.
#[derive(Debug)]
pub struct TrendBuilder<'a> {
    options: &'a TrendOptions,
    resolver: Resolver<'a>,
    sample_type: Option<ValueType>,
    first: Option<Kept>,
    before_last: Option<Kept>,
    last: Option<Kept>,
    points: Vec<SnapshotPoint>,
    /// By stack, then in the order of the snapshots.
    cells: Vec<Vec<Cell>>,
    /// Whether every snapshot tells what was there at the one before.
    has_parts: bool,
    left_out: usize,
    continuity: Continuity,
}

/// A snapshot that is still needed whole.
#[derive(Debug)]
struct Kept {
    profile: Profile,
    resolved: ResolvedSamples,
    columns: Columns,
    sequence: Option<u32>,
}

impl<'a> TrendBuilder<'a> {
    /// A series without snapshots.
    #[must_use]
    pub fn new(options: &'a TrendOptions) -> Self {
        Self {
            options,
            resolver: Resolver::new(&options.selection).rows_by(&options.by).of_series(),
            sample_type: None,
            first: None,
            before_last: None,
            last: None,
            points: Vec::new(),
            cells: Vec::new(),
            has_parts: true,
            left_out: 0,
            continuity: Continuity::default(),
        }
    }

    /// Adds the next snapshot.
    ///
    /// An address without lines, in a mapping with a build ID, stands for the frames that an earlier snapshot gave it:
    /// each address need be symbolized once a series.
    ///
    /// # Errors
    /// If the first has no sample type, or not the one that was asked for. Later ones without it are left out.
    pub fn add(&mut self, named: NamedProfile) -> Result<(), AnalysisError> {
        self.add_and_look(named, |_, _, _| Ok(()))
    }

    /// As [`Self::add`], with a look at the stacks of a snapshot that is not left out.
    pub(crate) fn add_and_look(
        &mut self,
        named: NamedProfile,
        look: impl FnOnce(&Profile, &ResolvedSamples, &FrameTable) -> Result<(), AnalysisError>,
    ) -> Result<(), AnalysisError> {
        let NamedProfile { name, profile } = named;
        let wanted = match &self.sample_type {
            None => self.options.selection.sample_type.as_deref(),
            Some(sample_type) => Some(sample_type.kind.as_str()),
        };
        let reference = self.first.as_ref().map_or(&profile, |first| &first.profile);
        let columns = match common_columns(&profile, reference, wanted) {
            Ok((sample_type, columns, _)) => {
                self.sample_type.get_or_insert(sample_type);
                columns
            }
            Err(error) if self.first.is_none() => return Err(error),
            Err(_) => {
                self.resolver.remember_names(&profile);
                self.left_out += 1;
                return Ok(());
            }
        };
        if !self.continuity.add(&profile) {
            return Ok(());
        }
        let resolved = self.resolver.resolve(&profile);
        look(&profile, &resolved, &self.resolver.frames)?;
        let sequence = profile.metadata.as_ref().map(|metadata| metadata.sequence);
        let snapshot = self.points.len();
        self.sum(snapshot, &profile, &resolved, columns);
        self.points.push(SnapshotPoint::of_profile(name, &profile, columns));
        let kept = Kept { profile, resolved, columns, sequence };
        if self.first.is_none() {
            self.first = Some(kept);
        } else {
            self.before_last = self.last.replace(kept);
        }
        Ok(())
    }

    /// The snapshot that was added last.
    fn newest(&self) -> Option<&Kept> {
        self.last.as_ref().or(self.first.as_ref())
    }

    /// Sums up a snapshot by stack.
    fn sum(&mut self, snapshot: usize, profile: &Profile, resolved: &ResolvedSamples, columns: Columns) {
        let side = Side { profile, resolved, columns };
        let previous = self.newest().and_then(|kept| kept.sequence);
        let before_previous = self.points.len().checked_sub(2).and_then(|at| self.points.get(at));
        let before_previous = before_previous.and_then(|point| point.sequence);
        let tells_previous = |metadata: &crate::metadata::Metadata| {
            previous.is_some_and(|previous| {
                metadata.boundaries.contains(&previous) || metadata.sequence == previous
            })
        };
        self.has_parts &= columns.in_use
            && has_epochs(side)
            && (snapshot == 0 || profile.metadata.as_ref().is_some_and(tells_previous));
        let epoch_key = profile.strings.find(EPOCH);
        let sampling = Sampling::of(profile);
        let snapshot = u32::try_from(snapshot).unwrap_or(u32::MAX);
        for (sample, stack) in profile.samples.iter().zip(&resolved.stacks) {
            let Some(stack) = *stack else { continue };
            let amounts = Sampling::amounts(sampling, sample, columns);
            if self.cells.len() <= stack.index() {
                self.cells.resize_with(stack.index() + 1, Vec::new);
            }
            let Some(cells) = self.cells.get_mut(stack.index()) else { continue };
            if cells.last().is_none_or(|cell| cell.snapshot != snapshot) {
                cells.push(Cell { snapshot, ..Cell::default() });
            }
            let Some(cell) = cells.last_mut() else { continue };
            let epoch = epoch_key.and_then(|key| profile.number_label_at(sample, key));
            let was_there =
                |at: Option<u32>| at.zip(epoch).is_some_and(|(sequence, epoch)| epoch <= i64::from(sequence));
            cell.add(&amounts, was_there(previous), was_there(before_previous));
        }
    }

    /// The trend of what was added.
    ///
    /// # Errors
    /// If nothing was added, if no sample has the label that makes the rows, or if there are no items to divide by.
    pub fn finish(mut self) -> Result<TrendReport, AnalysisError> {
        let (Some(first), Some(sample_type)) = (self.first.take(), self.sample_type.take()) else {
            return Err(AnalysisError::TooFewSnapshots { count: 0, expected: 1 });
        };
        self.resolver.check_row_label()?;
        let (frames, attribution, mut notes) = self.resolver.finish();
        if is_of_the_end(&self.points) {
            // Rows do not look beyond the points that are left.
            self.points.pop();
            self.last = self.before_last.take();
            notes.push(Note::SnapshotOfTheEnd);
        }
        if self.left_out > 0 {
            notes.push(Note::SnapshotsWithoutSampleType { count: self.left_out });
        }
        let head = self.last.as_ref().unwrap_or(&first);
        let confidence = self.options.selection.confidence;
        note_programs(&first.profile, &head.profile, &mut notes);
        let comparison =
            Comparison::new(first.side(), head.side(), frames.stack_count(), Scaling::AsIs, &mut notes)
                .with_confidence(confidence);
        let (seconds, has_times) = seconds(&self.points);
        let per = self.options.per.as_ref();
        let items = per.map(|per| ItemSeries::of(per, &self.points, &seconds)).transpose()?;
        notes.extend(self.continuity.notes(has_times || self.points.len() < 2));
        let floor = floor(&self.points, first.columns, &comparison);
        let kept = kept_by_stack(head, &self.points, frames.stack_count());
        let rows = Rows {
            frames: &frames,
            attribution: &attribution,
            cells: &self.cells,
            kept: &kept,
            seconds: &seconds,
            items: items.as_ref().map(|series| series.items.as_slice()),
            has_parts: self.has_parts && self.points.len() > 1,
            floor,
            confidence,
        };
        let memory = head.profile.metadata.as_ref().map(|metadata| metadata.memory).filter(|_| has_times);
        let headroom = memory.and_then(|memory| Headroom::of(memory, &seconds, &self.points, confidence));
        let groups = Groups::new(&frames, &attribution, &comparison, &self.options.by);
        if self.options.by == DiffBy::Type && groups.keys().has_unknown_types() {
            notes.push(Note::UnknownTypes);
        }
        let mut total = rows.total(comparison.figures(&groups.total()));
        judge_alone(&mut total.figures, confidence);
        let mut rows = rows.all(&groups);
        judge_together(rows.iter_mut().map(|row| &mut row.figures).collect(), confidence);
        Ok(TrendReport {
            by: self.options.by.clone(),
            sample_type,
            process: first.profile.metadata.as_ref().map(|metadata| metadata.process.clone()),
            pairing: comparison.pairing(),
            resolution_bytes: comparison.resolution_bytes(),
            confidence,
            floor,
            rows,
            total,
            headroom,
            items,
            notes,
            points: self.points,
            seconds,
            has_times,
            frames,
        })
    }
}

impl Kept {
    fn side(&self) -> Side<'_> {
        Side { profile: &self.profile, resolved: &self.resolved, columns: self.columns }
    }
}

/// What of the last snapshot was new at which, by stack.
fn kept_by_stack(head: &Kept, points: &[SnapshotPoint], stacks: usize) -> Vec<Vec<(u32, i64)>> {
    let mut kept = vec![Vec::new(); stacks];
    let Some(key) = head.profile.strings.find(EPOCH) else { return kept };
    let sequences: Vec<i64> = points.iter().map(|point| point.sequence.map_or(i64::MAX, i64::from)).collect();
    for (sample, stack) in head.profile.samples.iter().zip(&head.resolved.stacks) {
        let Some(of_stack) = stack.and_then(|stack| kept.get_mut(stack.index())) else { continue };
        let Some(epoch) = head.profile.number_label_at(sample, key) else { continue };
        let value = sample.values.get(head.columns.value).copied().unwrap_or(0);
        let at = u32::try_from(sequences.partition_point(|&sequence| sequence < epoch)).unwrap_or(u32::MAX);
        of_stack.push((at, value));
    }
    kept
}

/// What moves less than this does not matter.
fn floor(points: &[SnapshotPoint], columns: Columns, comparison: &Comparison) -> i64 {
    let peak = points.iter().map(|point| point.live).max().unwrap_or(0);
    let share = peak / RELEVANT_SHARE;
    let is_of_bytes = columns.bytes == Some(columns.value);
    if !is_of_bytes && comparison.estimated() == Estimated::Bytes {
        return share;
    }
    let unseen = comparison.resolution().and_then(|resolution| i64::try_from(resolution).ok()).unwrap_or(0);
    share.max(unseen).max(if is_of_bytes { RELEVANT_BYTES_MIN } else { 0 })
}
