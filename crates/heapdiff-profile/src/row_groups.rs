//! Stacks gathered into the rows of a diff.

use crate::attribution::{Attributed, Attribution};
use crate::comparison::Comparison;
use crate::diff::{DiffFigures, DiffRow};
use crate::frame::{FrameId, FrameTable, StackId};
use crate::frame_order::FrameOrder;
use crate::gathered::Gathered;
use crate::row_key::{DiffBy, RowKey, RowKeys};
use indexmap::IndexMap;
use std::cmp::{Ordering, Reverse};

/// The rows of a diff, before they are sorted.
pub(crate) struct Groups<'a> {
    frames: &'a FrameTable,
    attribution: &'a Attribution,
    comparison: &'a Comparison,
    order: FrameOrder,
    keys: RowKeys,
    groups: IndexMap<RowKey, Group>,
}

/// Stacks that make one row.
struct Group {
    gathered: Gathered,
    stacks: usize,
    /// The stack that changed most, and how far it did.
    chief: StackId,
    chief_change: (u64, i64),
}

/// A row that is to be, with what decides its place.
struct Ranked<'g> {
    /// Rows that grew or shrank alike: those that hold more first, then by what they say.
    rank: (Reverse<i64>, Reverse<i64>),
    /// The frame that its values are put to, and how that was found.
    frame: FrameId,
    attributed: Attributed,
    key: RowKey,
    group: &'g Group,
}

impl<'a> Groups<'a> {
    pub(crate) fn new(
        frames: &'a FrameTable,
        attribution: &'a Attribution,
        comparison: &'a Comparison,
        by: &DiffBy,
    ) -> Self {
        let (order, keys) = (FrameOrder::of(frames), RowKeys::new(by, frames, attribution));
        let mut groups = Self { frames, attribution, comparison, order, keys, groups: IndexMap::new() };
        for (id, _) in frames.stacks() {
            let Some(gathered) = comparison.gather(id) else { continue };
            if let Some(key) = groups.keys.of(id) {
                groups.add(key, id, gathered);
            }
        }
        groups
    }

    /// Leaves out the rows that shrank.
    pub(crate) fn drop_negative(&mut self) {
        self.groups.retain(|_, group| group.gathered.delta() >= 0);
    }

    /// The row of every stack.
    pub(crate) fn keys(&self) -> &RowKeys {
        &self.keys
    }

    /// The sum of all rows.
    ///
    /// Stacks that only a label tells apart are one here: what makes the rows does not change the total, nor how sure
    /// it is.
    pub(crate) fn total(&self) -> Gathered {
        let mut total = Gathered::default();
        if !self.frames.has_labels() {
            self.groups.values().for_each(|group| total += group.gathered);
            return total;
        }
        let mut stacks: IndexMap<&[FrameId], Vec<StackId>> = IndexMap::new();
        for (id, stack) in self.frames.stacks() {
            if self.keys.of(id).is_some_and(|key| self.groups.contains_key(&key)) {
                stacks.entry(stack).or_default().push(id);
            }
        }
        stacks.values().filter_map(|alike| self.comparison.gather_as_one(alike)).for_each(|of| total += of);
        total
    }

    /// The figures of a row without stacks on either side.
    pub(crate) fn nothing(&self) -> DiffFigures {
        self.comparison.figures(&Gathered::default())
    }

    /// The rows, biggest grower first.
    pub(crate) fn into_rows(self) -> Vec<DiffRow> {
        // A row is big: what is sorted is less.
        let mut ranked: Vec<Ranked<'_>> =
            self.groups.iter().map(|(&key, group)| self.ranked(key, group)).collect();
        ranked.sort_by(|a, b| self.compare_rows(a, b));
        ranked.iter().map(|ranked| self.row(ranked)).collect()
    }

    /// The figures of each row, with the key that it was gathered by, in no particular order.
    pub(crate) fn keyed_figures(&self) -> impl Iterator<Item = (RowKey, DiffFigures)> + '_ {
        self.groups.iter().map(|(&key, group)| (key, self.comparison.figures(&group.gathered)))
    }

    fn add(&mut self, key: RowKey, stack: StackId, gathered: Gathered) {
        let change = gathered.magnitude();
        let order = &self.order;
        let frames = self.frames;
        let group = self.groups.entry(key).or_insert(Group {
            gathered: Gathered::default(),
            stacks: 0,
            chief: stack,
            chief_change: (0, i64::MIN),
        });
        group.gathered += gathered;
        group.stacks += 1;
        let is_chief = change
            .cmp(&group.chief_change)
            .then_with(|| order.compare_stacks(frames.stack(group.chief), frames.stack(stack)));
        if is_chief == Ordering::Greater {
            (group.chief, group.chief_change) = (stack, change);
        }
    }

    fn ranked<'g>(&self, key: RowKey, group: &'g Group) -> Ranked<'g> {
        let stack = self.frames.stack(group.chief);
        let attributed = self.attribution.of(stack);
        let head = group.gathered.value().head;
        Ranked {
            rank: (Reverse(group.gathered.delta()), Reverse(head.saturating_abs())),
            frame: stack.get(attributed.index).copied().unwrap_or(FrameId::FIRST),
            attributed,
            key,
            group,
        }
    }

    fn row(&self, &Ranked { frame, attributed, key, group, .. }: &Ranked<'_>) -> DiffRow {
        DiffRow {
            title: self.keys.title(key),
            frame,
            via: attributed.via,
            stack: self.attribution.shown(self.frames.stack(group.chief), attributed).collect(),
            whole_stack: group.chief,
            stacks: group.stacks,
            figures: self.comparison.figures(&group.gathered),
        }
    }

    fn compare_rows(&self, a: &Ranked<'_>, b: &Ranked<'_>) -> Ordering {
        a.rank.cmp(&b.rank).then_with(|| self.order.compare(a.frame, b.frame)).then_with(|| {
            let (of_a, of_b) = (self.frames.stack(a.group.chief), self.frames.stack(b.group.chief));
            self.order
                .compare_stacks(of_a, of_b)
                .then_with(|| self.keys.title(a.key).cmp(&self.keys.title(b.key)))
        })
    }
}
