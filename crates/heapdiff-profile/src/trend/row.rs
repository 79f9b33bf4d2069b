//! From the sums of stacks to the rows of a trend.

use super::cell::Cell;
use super::rate::{ItemRates, Rate};
use super::report::TrendRow;
use super::shape::judge;
use super::track::{Point, Track};
use super::verdict::{Reason, Verdict};
use crate::attribution::Attribution;
use crate::diff::DiffFigures;
use crate::frame::{FrameId, FrameTable, StackId};
use crate::frame_order::FrameOrder;
use crate::interval::Confidence;
use crate::row_groups::Groups;
use crate::row_key::{RowKey, RowTitle};
use indexmap::IndexMap;

/// Everything that rows are made of.
pub(super) struct Rows<'a> {
    pub(super) frames: &'a FrameTable,
    pub(super) attribution: &'a Attribution,
    pub(super) cells: &'a [Vec<Cell>],
    pub(super) kept: &'a [Vec<(u32, i64)>],
    pub(super) seconds: &'a [f64],
    pub(super) items: Option<&'a [f64]>,
    pub(super) has_parts: bool,
    pub(super) floor: i64,
    pub(super) confidence: Confidence,
}

/// Stacks that make a row.
struct Members {
    stacks: Vec<StackId>,
    /// The one that held most in any snapshot, and how much.
    chief: StackId,
    chief_value: u64,
}

impl Rows<'_> {
    /// The rows, in the order of the report.
    pub(super) fn all(&self, groups: &Groups<'_>) -> Vec<TrendRow> {
        let order = FrameOrder::of(self.frames);
        let figures: IndexMap<RowKey, DiffFigures> = groups.keyed_figures().collect();
        let mut members: IndexMap<RowKey, Members> = IndexMap::new();
        for (id, stack) in self.frames.stacks() {
            let Some(peak) = self.peak(id) else { continue };
            let Some(key) = groups.keys().of(id) else { continue };
            let row = members.entry(key).or_insert_with(|| Members {
                stacks: Vec::new(),
                chief: id,
                chief_value: peak,
            });
            row.stacks.push(id);
            let is_before = || order.compare_stacks(stack, self.frames.stack(row.chief)).is_lt();
            if peak > row.chief_value || (peak == row.chief_value && is_before()) {
                (row.chief, row.chief_value) = (id, peak);
            }
        }
        let nothing = groups.nothing();
        let mut rows: Vec<TrendRow> = members
            .iter()
            .map(|(&key, members)| TrendRow {
                title: groups.keys().title(key),
                ..self.row(members, figures.get(&key).copied().unwrap_or(nothing))
            })
            .collect();
        rows.sort_by(|a, b| {
            a.judgement
                .verdict
                .cmp(&b.judgement.verdict)
                .then_with(|| b.rate.low.total_cmp(&a.rate.low))
                .then_with(|| b.rate.per_second.total_cmp(&a.rate.per_second))
                .then_with(|| b.values.last().cmp(&a.values.last()))
                .then_with(|| order.compare_stacks(&a.stack, &b.stack))
                .then_with(|| {
                    order.compare_stacks(self.frames.stack(a.whole_stack), self.frames.stack(b.whole_stack))
                })
                .then_with(|| a.title.cmp(&b.title))
        });
        rows
    }

    /// The most that a stack holds in any snapshot; `None` if it never holds anything.
    fn peak(&self, stack: StackId) -> Option<u64> {
        self.cells.get(stack.index())?.iter().map(|cell| cell.value.unsigned_abs()).max()
    }

    /// All stacks as one row.
    pub(super) fn total(&self, figures: DiffFigures) -> TrendRow {
        let stacks: Vec<StackId> = self.frames.stacks().map(|(id, _)| id).collect();
        let chief = stacks.first().copied().unwrap_or(StackId::FIRST);
        self.row(&Members { stacks, chief, chief_value: 0 }, figures)
    }

    fn row(&self, members: &Members, figures: DiffFigures) -> TrendRow {
        let (track, values) = self.track(&members.stacks);
        let (mut judgement, outline) = judge(&track);
        let (rate, monotonicity) = Rate::of(&track, &outline, Some(&figures), self.confidence);
        // No verdict of growth without a rate that is surely above zero.
        if judgement.verdict == Verdict::LeakLike && rate.low <= 0.0 {
            (judgement.verdict, judgement.reason) = (Verdict::Inconclusive, Reason::RateUncertain);
        }
        let stack = self.frames.stack(members.chief);
        let attributed = self.attribution.of(stack);
        let shown: Vec<_> = self.attribution.shown(stack, attributed).collect();
        TrendRow {
            title: RowTitle::Frame,
            frame: shown.first().copied().unwrap_or(FrameId::FIRST),
            via: attributed.via,
            stack: shown,
            whole_stack: members.chief,
            stacks: members.stacks.len(),
            values,
            rate,
            per_item: self
                .items
                .map(|items| ItemRates::of(&track, &outline, items, &figures, self.confidence)),
            judgement,
            figures,
            monotonicity,
            survival: track.survival(),
            spread: track.spread(),
            turnover: track.turnover(),
            cohorts: track.cohorts(),
            troughs: Rate::of_troughs(&track, &outline, self.confidence),
            change_points: outline.change_points(),
            steps: outline.steps(&track, self.confidence),
        }
    }

    /// The values of some stacks together.
    fn track(&self, stacks: &[StackId]) -> (Track, Vec<i64>) {
        let point = |&second: &f64| Point { second, ..Point::default() };
        let mut points: Vec<Point> = self.seconds.iter().map(point).collect();
        let mut values = vec![0_i64; points.len()];
        for stack in stacks {
            for cell in self.cells.get(stack.index()).map_or(&[][..], Vec::as_slice) {
                let at = cell.snapshot as usize;
                let (Some(point), Some(value)) = (points.get_mut(at), values.get_mut(at)) else { continue };
                *value = value.saturating_add(cell.value);
                point.value += cell.value as f64;
                point.objects += f64::from(cell.objects);
                point.variance += f64::from(cell.variance);
                point.aged += cell.aged as f64;
                point.aged_variance += f64::from(cell.aged_variance);
                point.confirmed += cell.confirmed as f64;
            }
            for &(at, kept) in self.kept.get(stack.index()).map_or(&[][..], Vec::as_slice) {
                if let Some(point) = points.get_mut(at as usize) {
                    point.kept += kept as f64;
                }
            }
        }
        (Track::new(points, self.has_parts, self.floor as f64), values)
    }
}
