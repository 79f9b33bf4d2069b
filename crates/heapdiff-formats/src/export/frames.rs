//! The frames of a profile's stacks, each distinct one once.

use heapdiff_profile::{FrameId, FrameTable, LocationId, Profile, Sample};
use indexmap::IndexSet;
use std::cmp::Ordering;
use std::ops::Range;

/// The frames of every location of one profile.
#[derive(Debug)]
pub(super) struct Frames<'p> {
    profile: &'p Profile,
    pub(super) table: FrameTable,
    /// Innermost inlined function first.
    frames: Vec<FrameId>,
    /// By location, a range of `frames`.
    of_location: Vec<Range<usize>>,
    /// What stands for the frame of a sample without a stack, if there is such a sample.
    no_stack: Option<FrameId>,
}

impl<'p> Frames<'p> {
    pub(super) fn of(profile: &'p Profile) -> Self {
        let mut table = FrameTable::default();
        let mut frames = Vec::new();
        let of_location = profile.locations.iter().map(|location| {
            let start = frames.len();
            table.intern_location(profile, location, &mut frames);
            start..frames.len()
        });
        let of_location = of_location.collect();
        let no_stack = profile.samples.iter().any(|sample| sample.stack.is_empty());
        let no_stack = no_stack.then(|| table.intern(FrameTable::NO_STACK));
        Self { profile, table, frames, of_location, no_stack }
    }

    /// The frames of a stack, **root first**, inlined ones expanded; at least one.
    pub(super) fn root_first(&self, stack: &'p [LocationId]) -> impl Iterator<Item = FrameId> + '_ {
        let no_stack = self.no_stack.filter(|_| stack.is_empty());
        no_stack.into_iter().chain(stack.iter().rev().flat_map(|&id| self.at(id).iter().rev().copied()))
    }

    /// The frame that a stack's value belongs to.
    pub(super) fn leaf(&self, stack: &'p [LocationId]) -> Option<FrameId> {
        stack.first().and_then(|&id| self.at(id).first()).copied().or(self.no_stack)
    }

    /// The frames of each location, in the order of the locations.
    pub(super) fn by_location(&self) -> impl Iterator<Item = &[FrameId]> {
        self.of_location.iter().map(|range| self.frames.get(range.clone()).unwrap_or_default())
    }

    fn at(&self, id: LocationId) -> &[FrameId] {
        let range = self.of_location.get(id.index()).cloned().unwrap_or_default();
        self.frames.get(range).unwrap_or_default()
    }

    /// The samples of each stack of frames, in the order of the frames from the root on.
    pub(super) fn by_stack(&self) -> Groups<'p> {
        Groups::new(self.profile, |a, b| self.root_first(&a.stack).cmp(self.root_first(&b.stack)))
    }

    /// The samples of each stack of functions, whatever the lines, in the order of the functions from the root on.
    pub(super) fn by_functions(&self) -> Groups<'p> {
        let mut names = IndexSet::new();
        let of_frame: Vec<usize> =
            self.table.frames().map(|frame| names.insert_full(frame.function).0).collect();
        let functions = |stack: &'p [LocationId]| {
            self.root_first(stack).map(|frame| of_frame.get(frame.index()).copied())
        };
        Groups::new(self.profile, |a, b| functions(&a.stack).cmp(functions(&b.stack)))
    }

    /// The samples of each stack of frames and set of labels, in the same order.
    pub(super) fn by_row(&self) -> Groups<'p> {
        Groups::new(self.profile, |a, b| {
            let stacks = self.root_first(&a.stack).cmp(self.root_first(&b.stack));
            stacks.then_with(|| a.labels.cmp(&b.labels))
        })
    }
}

/// Samples that belong together.
#[derive(Debug)]
pub(super) struct Groups<'p> {
    /// Those of a group lie side by side.
    sorted: Vec<&'p Sample>,
    /// Where each group ends.
    ends: Vec<usize>,
}

impl<'p> Groups<'p> {
    fn new(profile: &'p Profile, compare: impl Fn(&'p Sample, &'p Sample) -> Ordering) -> Self {
        let mut sorted: Vec<&Sample> = profile.samples.iter().collect();
        sorted.sort_by(|a, b| compare(a, b));
        let mut ends = Vec::new();
        for (index, pair) in sorted.windows(2).enumerate() {
            if let [a, b] = pair
                && compare(a, b).is_ne()
            {
                ends.push(index + 1);
            }
        }
        ends.extend(Some(sorted.len()).filter(|&count| count > 0));
        Self { sorted, ends }
    }

    /// The groups, none of them empty.
    pub(super) fn iter(&self) -> impl Iterator<Item = Group<'_, 'p>> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        let ranges = starts.zip(&self.ends);
        ranges.filter_map(|(start, &end)| {
            let samples = self.sorted.get(start..end)?;
            Some(Group { first: samples.first()?, samples })
        })
    }
}

/// Samples of one stack, or of one stack and set of labels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group<'g, 'p> {
    pub(super) first: &'p Sample,
    samples: &'g [&'p Sample],
}

impl Group<'_, '_> {
    /// The sum of a column.
    pub(super) fn sum(&self, column: usize) -> i64 {
        let values = self.samples.iter().filter_map(|sample| sample.values.get(column));
        values.fold(0, |sum, &value| sum.saturating_add(value))
    }
}
