//! The samples of a profile: stacks in one arena, values in one matrix.

use super::entities::LocationId;
use super::label_sets::LabelSetId;

/// A stack with its values and labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample<'s> {
    /// Locations, leaf first.
    pub stack: &'s [LocationId],
    /// One value for each sample type.
    pub values: &'s [i64],
    /// What else is known about it.
    pub labels: LabelSetId,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    stack_start: usize,
    stack_len: u32,
    labels: LabelSetId,
}

impl Row {
    fn stack<'a>(&self, arena: &'a [LocationId]) -> &'a [LocationId] {
        let end = self.stack_start.saturating_add(self.stack_len as usize);
        arena.get(self.stack_start..end).unwrap_or(&[])
    }
}

/// All samples. Cutting a stack at either end, or dropping a sample, moves no stack.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    arena: Vec<LocationId>,
    rows: Vec<Row>,
    values: Vec<i64>,
    value_count: usize,
}

impl Samples {
    /// No samples yet, of as many values each as there are sample types.
    #[must_use]
    pub fn new(value_count: usize) -> Self {
        Self { value_count, ..Self::default() }
    }

    /// Makes room.
    pub fn reserve(&mut self, samples: usize, locations: usize) {
        self.rows.reserve_exact(samples);
        self.values.reserve_exact(samples.saturating_mul(self.value_count));
        self.arena.reserve_exact(locations);
    }

    /// Makes room for more. The first time exactly as much, for most often nothing more comes.
    pub(crate) fn reserve_more(&mut self, samples: usize, locations: usize) {
        if self.rows.is_empty() {
            self.reserve(samples, locations);
        }
    }

    /// Adds a sample. `values` that are missing are 0, and superfluous ones are ignored.
    pub fn push(&mut self, stack: &[LocationId], values: &[i64], labels: LabelSetId) {
        let stack_start = self.arena.len();
        let stack_len = u32::try_from(stack.len()).unwrap_or(u32::MAX);
        self.arena.extend_from_slice(stack);
        self.rows.push(Row { stack_start, stack_len, labels });
        self.values.extend(values.iter().take(self.value_count));
        self.values.resize(self.rows.len().saturating_mul(self.value_count), 0);
    }

    /// How many samples there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many locations their stacks have together.
    #[must_use]
    pub fn location_count(&self) -> usize {
        self.rows.iter().map(|row| row.stack_len as usize).sum()
    }

    /// How many values each sample has.
    #[must_use]
    pub fn value_count(&self) -> usize {
        self.value_count
    }

    /// The sample at a place.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Sample<'_>> {
        let row = self.rows.get(index)?;
        let start = index.checked_mul(self.value_count)?;
        let values = self.values.get(start..start.checked_add(self.value_count)?)?;
        Some(Sample { stack: row.stack(&self.arena), values, labels: row.labels })
    }

    /// All samples in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Sample<'_>> {
        const NOTHING: Sample<'static> = Sample { stack: &[], values: &[], labels: LabelSetId::EMPTY };
        (0..self.rows.len()).map(|index| self.get(index).unwrap_or(NOTHING))
    }

    /// The values of one sample, to be changed.
    pub fn values_mut(&mut self, index: usize) -> &mut [i64] {
        let start = index.saturating_mul(self.value_count);
        self.values.get_mut(start..start.saturating_add(self.value_count)).unwrap_or_default()
    }

    /// Replaces the labels of every sample.
    pub fn map_labels(&mut self, mut map: impl FnMut(LabelSetId) -> LabelSetId) {
        self.rows.iter_mut().for_each(|row| row.labels = map(row.labels));
    }

    /// Keeps the samples for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(Sample<'_>) -> bool) {
        self.cut(|sample| keep(sample).then_some(0..sample.stack.len()));
    }

    /// Keeps of each sample a part of its stack, or drops it where `part` gives none.
    pub fn cut(&mut self, mut part: impl FnMut(Sample<'_>) -> Option<std::ops::Range<usize>>) {
        let mut kept = 0;
        for index in 0..self.rows.len() {
            let Some(sample) = self.get(index) else { continue };
            let Some(range) = part(sample) else { continue };
            let Some(mut row) = self.rows.get(index).copied() else { continue };
            let start = range.start.min(row.stack_len as usize);
            let end = range.end.clamp(start, row.stack_len as usize);
            row.stack_start += start;
            row.stack_len = u32::try_from(end - start).unwrap_or(u32::MAX);
            if let Some(slot) = self.rows.get_mut(kept) {
                *slot = row;
            }
            let from = index * self.value_count;
            self.values.copy_within(from..from + self.value_count, kept * self.value_count);
            kept += 1;
        }
        self.rows.truncate(kept);
        self.values.truncate(kept * self.value_count);
    }

    /// Gives each sample another stack, or drops it: `change` fills the empty vector and says whether to keep it.
    pub fn replace_stacks(&mut self, mut change: impl FnMut(Sample<'_>, &mut Vec<LocationId>) -> bool) {
        let mut changed = Self::new(self.value_count);
        changed.reserve(self.len(), self.location_count());
        let mut stack = Vec::new();
        for sample in self.iter() {
            stack.clear();
            if change(sample, &mut stack) {
                changed.push(&stack, sample.values, sample.labels);
            }
        }
        *self = changed;
    }

    /// Picks, for each sample, the values at `columns` in that order.
    pub fn select_columns(&mut self, columns: &[usize]) {
        let values = self
            .values
            .chunks(self.value_count.max(1))
            .flat_map(|row| columns.iter().map(|&column| row.get(column).copied().unwrap_or(0)))
            .collect();
        self.values = values;
        self.value_count = columns.len();
    }
}
