//! Stacks gathered into the rows of a diff.

use crate::attribution::{Attributed, Attribution};
use crate::comparison::{Comparison, Gathered};
use crate::diff::{DiffBy, DiffFigures, DiffRow};
use crate::frame::{FrameId, FrameTable, StackId};
use crate::frame_order::FrameOrder;
use crate::string_table::StringId;
use indexmap::IndexMap;
use std::cmp::{Ordering, Reverse};

/// What stacks of one row have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RowKey {
    Function(StringId, StringId),
    Line(FrameId),
    Stack(StackId),
}

/// The rows of a diff, before they are sorted.
pub(crate) struct Groups<'a> {
    frames: &'a FrameTable,
    attribution: &'a Attribution,
    comparison: &'a Comparison,
    order: FrameOrder,
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

impl RowKey {
    /// The row that a stack belongs to.
    pub(crate) fn of(by: DiffBy, frames: &FrameTable, stack: StackId, frame: FrameId) -> Self {
        match by {
            DiffBy::Function => {
                let (function, file) = frames.function_key(frame);
                Self::Function(function, file)
            }
            DiffBy::Line => Self::Line(frame),
            DiffBy::Stack => Self::Stack(stack),
        }
    }
}

impl<'a> Groups<'a> {
    pub(crate) fn new(
        frames: &'a FrameTable,
        attribution: &'a Attribution,
        comparison: &'a Comparison,
        by: DiffBy,
    ) -> Self {
        let mut groups =
            Self { frames, attribution, comparison, order: FrameOrder::of(frames), groups: IndexMap::new() };
        for (id, stack) in frames.stacks() {
            let Some(gathered) = comparison.gather(id) else { continue };
            let Attributed { index, .. } = attribution.of(stack);
            if let Some(&frame) = stack.get(index) {
                groups.add(RowKey::of(by, frames, id, frame), id, gathered);
            }
        }
        groups
    }

    /// Leaves out the rows that shrank.
    pub(crate) fn drop_negative(&mut self) {
        self.groups.retain(|_, group| group.gathered.delta() >= 0);
    }

    /// The sum of all rows.
    pub(crate) fn total(&self) -> Gathered {
        self.groups.values().fold(Gathered::default(), |mut sum, group| {
            sum += group.gathered;
            sum
        })
    }

    /// The figures of a row without stacks on either side.
    pub(crate) fn nothing(&self) -> DiffFigures {
        self.comparison.figures(&Gathered::default())
    }

    /// The rows, biggest grower first.
    pub(crate) fn into_rows(self) -> Vec<DiffRow> {
        let mut rows: Vec<_> = self.groups.values().map(|group| self.row(group)).collect();
        rows.sort_by(|a, b| self.compare_rows(a, b));
        rows
    }

    /// The rows with the key that each was gathered by, in no particular order.
    pub(crate) fn keyed_rows(&self) -> impl Iterator<Item = (RowKey, DiffRow)> + '_ {
        self.groups.iter().map(|(&key, group)| (key, self.row(group)))
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

    fn row(&self, group: &Group) -> DiffRow {
        let stack = self.frames.stack(group.chief);
        let attributed = self.attribution.of(stack);
        let shown: Vec<_> = self.attribution.shown(stack, attributed).collect();
        DiffRow {
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
            self.order.compare_stacks(self.frames.stack(a.whole_stack), self.frames.stack(b.whole_stack))
        })
    }
}
