//! Stacks gathered into the rows of a diff.

use crate::attribution::Attribution;
use crate::comparison::{Comparison, Gathered};
use crate::diff::{DiffFigures, DiffRow};
use crate::frame::{FrameId, FrameTable, StackId};
use crate::frame_order::FrameOrder;
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
        let mut rows: Vec<_> = self.groups.iter().map(|(&key, group)| self.row(key, group)).collect();
        rows.sort_by(|a, b| self.compare_rows(a, b));
        rows
    }

    /// The rows with the key that each was gathered by, in no particular order.
    pub(crate) fn keyed_rows(&self) -> impl Iterator<Item = (RowKey, DiffRow)> + '_ {
        self.groups.iter().map(|(&key, group)| (key, self.row(key, group)))
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

    fn row(&self, key: RowKey, group: &Group) -> DiffRow {
        let stack = self.frames.stack(group.chief);
        let attributed = self.attribution.of(stack);
        let shown: Vec<_> = self.attribution.shown(stack, attributed).collect();
        DiffRow {
            title: self.keys.title(key),
            frame: shown.first().copied().unwrap_or(FrameId::FIRST),
            via: attributed.via,
            stack: shown,
            whole_stack: group.chief,
            stacks: group.stacks,
            figures: self.comparison.figures(&group.gathered),
        }
    }

    fn compare_rows(&self, a: &DiffRow, b: &DiffRow) -> Ordering {
        // Rows that grew or shrank alike: those that hold more first, then by what they say.
        let by_change = |row: &DiffRow| {
            let value = row.figures.value;
            (Reverse(value.delta()), Reverse(value.head.saturating_abs()))
        };
        by_change(a).cmp(&by_change(b)).then_with(|| self.order.compare(a.frame, b.frame)).then_with(|| {
            self.order
                .compare_stacks(self.frames.stack(a.whole_stack), self.frames.stack(b.whole_stack))
                .then_with(|| a.title.cmp(&b.title))
        })
    }
}
