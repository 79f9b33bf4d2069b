//! Every row's values over a series.

use crate::amounts::{Amounts, period_bytes};
use crate::attribution::Attribution;
use crate::comparison::{EPOCH, Side};
use crate::diff::{DiffFigures, DiffRow};
use crate::frame::{FrameTable, StackId};
use crate::movement::{Moved, Trace};
use crate::overview::OverviewRow;
use crate::row_groups::Groups;
use crate::row_key::{DiffBy, RowKey, RowKeys};
use indexmap::IndexMap;
use std::ops::Range;

/// A row whose highs rose by less than this, in bytes, is not said to have grown: where every allocation is recorded, a
/// queue that doubles its buffer and a thread that starts are seen, and are no growth that anybody asks about.
const GROWTH_BYTES_MIN: i64 = 64 << 10;

/// What is too small to say anything about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowFloor {
    /// In bytes, because of sampling.
    pub(crate) bytes: Option<u64>,
    /// In the unit of the sample type, because it does not matter.
    pub(crate) value: i64,
}

/// The rows of a series, by line.
pub(crate) struct Trajectories<'a> {
    frames: &'a FrameTable,
    attribution: &'a Attribution,
    rows: IndexMap<RowKey, Trajectory>,
    /// Whether every snapshot's samples tell their epoch.
    has_epochs: bool,
    /// Whether values are bytes, so that [`Amounts::variance`] and [`RowFloor::bytes`] speak of them.
    is_bytes: bool,
    has_objects: bool,
    has_samples: bool,
}

/// One row over the series.
struct Trajectory {
    /// The stack that held most in any snapshot, and how much.
    chief: StackId,
    chief_value: u64,
    /// By snapshot.
    amounts: Vec<Amounts>,
    /// The part of each value that was there at the snapshot before.
    aged: Vec<i64>,
}

impl<'a> Trajectories<'a> {
    pub(crate) fn new(sides: &[Side<'_>], frames: &'a FrameTable, attribution: &'a Attribution) -> Self {
        let keys = RowKeys::new(&DiffBy::Line, frames, attribution);
        let mut rows: IndexMap<RowKey, Trajectory> = IndexMap::new();
        let mut has_epochs = true;
        for (at, side) in sides.iter().enumerate() {
            let previous = at.checked_sub(1).and_then(|before| sides.get(before)).and_then(sequence);
            let epoch_key = side.profile.strings.find(EPOCH);
            has_epochs &=
                side.columns.in_use && sequence(side).is_some() && crate::comparison::has_epochs(*side);
            let sums = sums_by_stack(side, frames.stack_count(), |sample| {
                let epoch = epoch_key.and_then(|key| side.profile.number_label_at(sample, key));
                previous.zip(epoch).is_some_and(|(previous, epoch)| epoch <= i64::from(previous))
            });
            for ((id, _), (sum, aged)) in frames.stacks().zip(sums) {
                let Some(key) = keys.of(id).filter(|_| !sum.is_zero()) else {
                    continue;
                };
                let row = rows.entry(key).or_insert_with(|| Trajectory::new(id, sides.len()));
                row.add(at, id, sum, aged, frames);
            }
        }
        let every = |has: fn(&Side<'_>) -> bool| sides.iter().all(has);
        Self {
            frames,
            attribution,
            rows,
            has_epochs,
            is_bytes: every(|side| side.columns.bytes == Some(side.columns.value)),
            has_objects: every(|side| side.columns.objects.is_some()),
            has_samples: every(|side| side.columns.samples.is_some()),
        }
    }

    /// The rows, judged over the snapshots from base to head, in no particular order.
    pub(crate) fn rows(
        &self,
        groups: &Groups<'_>,
        window: &Range<usize>,
        floor: RowFloor,
    ) -> Vec<OverviewRow> {
        let diffed: IndexMap<RowKey, DiffRow> = groups.keyed_rows().collect();
        let nothing = groups.nothing();
        let row = |(key, trajectory): (&RowKey, &Trajectory)| {
            self.row(trajectory, diffed.get(key), nothing, window, floor)
        };
        self.rows.iter().map(row).collect()
    }

    fn row(
        &self,
        trajectory: &Trajectory,
        diffed: Option<&DiffRow>,
        nothing: DiffFigures,
        window: &Range<usize>,
        floor: RowFloor,
    ) -> OverviewRow {
        let figures = diffed.map_or(nothing, |row| row.figures);
        let in_window = trajectory.amounts.get(window.clone()).unwrap_or_default();
        let values: Vec<_> = trajectory.amounts.iter().map(|amounts| amounts.value).collect();
        let moved = self.moved(trajectory, figures, window, floor);
        let peak = in_window.iter().map(|amounts| amounts.value).max().unwrap_or(0);
        let peak_in_window = in_window.iter().position(|amounts| amounts.value == peak).unwrap_or(0);
        let at_peak = in_window.get(peak_in_window).copied().unwrap_or_default();
        let stack = self.frames.stack(trajectory.chief);
        let attributed = self.attribution.of(stack);
        let shown: Vec<_> = self.attribution.shown(stack, attributed).collect();
        OverviewRow {
            frame: shown.first().copied().unwrap_or(crate::frame::FrameId::FIRST),
            via: attributed.via,
            stack: shown,
            whole_stack: trajectory.chief,
            movement: moved.movement,
            figures,
            values,
            peak,
            peak_at: window.start + peak_in_window,
            peak_objects: self.has_objects.then_some(at_peak.objects),
            peak_samples: self.has_samples.then(|| u64::try_from(at_peak.samples).unwrap_or(0)),
            rise: moved.rise,
        }
    }

    fn moved(
        &self,
        trajectory: &Trajectory,
        figures: DiffFigures,
        window: &Range<usize>,
        floor: RowFloor,
    ) -> Moved {
        let in_window = trajectory.amounts.get(window.clone()).unwrap_or_default();
        let values: Vec<_> = in_window.iter().map(|amounts| amounts.value).collect();
        let deviations: Vec<_> = in_window.iter().map(Amounts::value_deviation).collect();
        let aged = trajectory.aged.get(window.clone()).filter(|_| self.has_epochs);
        let unseen =
            floor.bytes.filter(|_| self.is_bytes).and_then(|bytes| i64::try_from(bytes).ok()).unwrap_or(0);
        let trace = Trace {
            values: &values,
            deviations: &deviations,
            aged,
            significant: figures.excludes_zero(),
            floor: floor.value.max(unseen),
            growth_floor: if self.is_bytes { GROWTH_BYTES_MIN } else { 0 },
        };
        trace.moved()
    }
}

impl Trajectory {
    fn new(chief: StackId, snapshots: usize) -> Self {
        Self { chief, chief_value: 0, amounts: vec![Amounts::default(); snapshots], aged: vec![0; snapshots] }
    }

    fn add(&mut self, at: usize, stack: StackId, sum: Amounts, aged: i64, frames: &FrameTable) {
        if let (Some(amounts), Some(of_aged)) = (self.amounts.get_mut(at), self.aged.get_mut(at)) {
            *amounts += sum;
            *of_aged = of_aged.saturating_add(aged);
        }
        let value = sum.value.unsigned_abs();
        let is_chief =
            value > self.chief_value || (value == self.chief_value && frames.is_before(stack, self.chief));
        if is_chief {
            (self.chief, self.chief_value) = (stack, value);
        }
    }
}

/// The values of one snapshot by stack, and the part of them for which `is_aged` holds.
fn sums_by_stack(
    side: &Side<'_>,
    stack_count: usize,
    is_aged: impl Fn(&crate::profile::Sample) -> bool,
) -> Vec<(Amounts, i64)> {
    let mut sums = vec![(Amounts::default(), 0_i64); stack_count];
    let period = period_bytes(side.profile);
    for (sample, stack) in side.profile.samples.iter().zip(&side.resolved.stacks) {
        let Some((sum, aged)) = stack.and_then(|stack| sums.get_mut(stack.index())) else { continue };
        let amounts = Amounts::of(sample, side.columns, period);
        *sum += amounts;
        if is_aged(sample) {
            *aged = aged.saturating_add(amounts.value);
        }
    }
    sums
}

fn sequence(side: &Side<'_>) -> Option<u32> {
    side.profile.metadata.as_ref().map(|metadata| metadata.sequence)
}
