//! From samples of addresses to stacks of frames, filtered.
//!
//! The first step of every report. The text of a frame is looked at once for each function and each location of the
//! profile, never for each sample: a profile of 100,000 stacks has some thousands of locations.

use crate::allocated_type::{TypeWitness, allocated_type, witnesses};
use crate::attribution::Attribution;
use crate::collapsed_names::CollapsedNames;
use crate::drop_frames::DropFrames;
use crate::error::AnalysisError;
use crate::filter::{Filters, FrameFilter};
use crate::frame::{FrameId, FrameTable, FunctionTexts, StackId};
use crate::frame_filter::FrameMatcher;
use crate::known_locations::{KnownLocations, LocationNumber, Named, Pruned, ResolvedLocation, place};
use crate::note::Note;
use crate::pool_chunk;
use crate::profile::{Location, Profile, Sample};
use crate::row_key::DiffBy;
use crate::sampling::is_of_tasks;
use crate::selection::{FrameVisibility, Selection};
use crate::tag_frames::TagFrames;
use crate::tags::TagText;
use std::collections::BTreeSet;

#[cfg(test)]
mod tests;

/// Resolves profiles, all into one table of frames.
#[derive(Debug)]
pub(crate) struct Resolver<'a> {
    selection: &'a Selection,
    pub(crate) frames: FrameTable,
    dropped: Vec<bool>,
    collapsed_names: CollapsedNames,
    matcher: FrameMatcher<'a>,
    tag_frames: TagFrames<'a>,
    /// Whether each of the filters of labels has matched a sample.
    matched_tags: [Vec<bool>; 2],
    row_label: RowLabel<'a>,
    known: KnownLocations,
    /// Whether addresses without lines are what they were in an earlier profile.
    is_series: bool,
    /// Whether stacks are those of tasks that wait.
    is_of_tasks: bool,
    pub(crate) notes: Vec<Note>,
}

/// The label that makes the rows, if one does.
#[derive(Debug, Default)]
struct RowLabel<'a> {
    /// What it may be called; nothing where no label makes the rows.
    wanted: Vec<&'a str>,
    /// What it is called.
    found: Option<&'a str>,
    /// The labels that there are.
    available: BTreeSet<String>,
    has_samples: bool,
    /// Whether the type that was allocated takes the place of a label.
    is_type: bool,
}

/// The stack of each sample of a profile, in the order of its samples; `None` for those that the filters leave out.
#[derive(Clone, Debug)]
pub(crate) struct ResolvedSamples {
    pub(crate) stacks: Vec<Option<StackId>>,
}

/// A frame of a stack that is being put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StackFrame {
    pub(crate) id: FrameId,
    /// Which filters match it.
    pub(crate) matches: FrameMatches,
    /// Whether it is the innermost of its location that filters leave: the next one that is begins another location.
    is_innermost: bool,
}

/// Which filters match a frame, by [`FrameFilter::index`].
pub(crate) type FrameMatches = [bool; FrameFilter::ALL.len()];

impl StackFrame {
    /// A frame that stands for itself.
    pub(crate) fn new(id: FrameId, matches: FrameMatches) -> Self {
        Self { id, matches, is_innermost: true }
    }

    fn is(&self, filter: FrameFilter) -> bool {
        self.matches.get(filter.index()).copied().unwrap_or(false)
    }
}

/// Room to put a stack together in.
#[derive(Debug)]
struct Scratch {
    /// What stands in for a stack without frames.
    no_stack: FrameId,
    stack: Vec<StackFrame>,
    ids: Vec<FrameId>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(selection: &'a Selection) -> Self {
        let filters = &selection.filters;
        Self {
            selection,
            frames: FrameTable::default(),
            dropped: Vec::new(),
            collapsed_names: CollapsedNames::default(),
            matcher: FrameMatcher::new(filters),
            tag_frames: TagFrames::new(selection),
            matched_tags: [&filters.tag_focus, &filters.tag_ignore].map(|tags| vec![false; tags.len()]),
            row_label: RowLabel::default(),
            known: KnownLocations::default(),
            is_series: false,
            is_of_tasks: false,
            notes: Vec::new(),
        }
    }

    /// Takes the profiles for a series in its order: an address without lines, in a file with a build ID, stands for
    /// what it stood for in an earlier profile that had lines for it. So each address need be named once a series.
    pub(crate) fn of_series(self) -> Self {
        Self { is_series: true, ..self }
    }

    /// Tells stacks apart by the label that makes the rows, if one does.
    pub(crate) fn rows_by(self, by: &'a DiffBy) -> Self {
        Self {
            row_label: RowLabel { wanted: by.labels(), is_type: *by == DiffBy::Type, ..RowLabel::default() },
            ..self
        }
    }

    /// # Errors
    /// If there were samples, but none had the label that makes the rows.
    pub(crate) fn check_row_label(&self) -> Result<(), AnalysisError> {
        let RowLabel { wanted, found, available, has_samples, .. } = &self.row_label;
        match (wanted.first(), found) {
            (Some(&wanted), None) if *has_samples => Err(AnalysisError::UnknownLabel {
                wanted: wanted.to_owned(),
                available: available.iter().cloned().collect(),
            }),
            _ => Ok(()),
        }
    }

    /// Resolves the samples of one profile.
    pub(crate) fn resolve(&mut self, profile: &Profile) -> ResolvedSamples {
        let numbers = self.locations(profile);
        self.row_label.look_in(profile);
        self.is_of_tasks |= is_of_tasks(profile);
        let no_stack = self.frames.intern(FrameTable::NO_STACK);
        // Where nothing but its locations says what a stack is, one that was met before need not be put together.
        let is_known_by_locations = self.row_label.is_unwanted() && self.tag_frames.is_empty();
        let (mut scratch, mut of_sample) =
            (Scratch { no_stack, stack: Vec::new(), ids: Vec::new() }, Vec::new());
        let mut stacks = Vec::with_capacity(profile.samples.len());
        for sample in &profile.samples {
            let is_wanted = self.is_wanted_by_labels(profile, sample);
            of_sample.clear();
            of_sample.extend(sample.stack.iter().filter_map(|id| numbers.get(id.index())));
            if !is_known_by_locations {
                let stack = self.stack(profile, sample, &of_sample, &mut scratch);
                stacks.push(stack.filter(|_| is_wanted));
                continue;
            }
            if !is_wanted {
                stacks.push(None);
                continue;
            }
            stacks.push(match self.known.stack(&of_sample) {
                Some(known) => known,
                None => {
                    let stack = self.stack(profile, sample, &of_sample, &mut scratch);
                    self.known.remember_stack(&of_sample, stack);
                    stack
                }
            });
        }
        pool_chunk::mark(profile, &stacks, &mut self.frames);
        ResolvedSamples { stacks }
    }

    /// Remembers the names that a profile gives, of whose samples nothing is asked.
    pub(crate) fn remember_names(&mut self, profile: &Profile) {
        self.locations(profile);
    }

    /// Puts the stack of a sample together; `None` if the filters of frames leave it out.
    fn stack(
        &mut self,
        profile: &Profile,
        sample: &Sample,
        locations: &[LocationNumber],
        scratch: &mut Scratch,
    ) -> Option<StackId> {
        let Scratch { no_stack, stack, ids } = scratch;
        stack.clear();
        self.tag_frames.push_leaf(profile, sample, &mut self.frames, &mut self.matcher, stack);
        let from = pruned_from_leaf(locations, &self.known);
        for location in locations.iter().skip(from).filter_map(|&number| self.known.get(number)) {
            stack.extend_from_slice(&location.frames);
        }
        self.tag_frames.push_root(profile, sample, &mut self.frames, &mut self.matcher, stack);
        if !self.apply(stack) {
            return None;
        }
        ids.clear();
        ids.extend(stack.iter().map(|frame| frame.id));
        if self.selection.collapse_generics {
            self.collapsed_names.collapse(ids, &mut self.frames);
        }
        if ids.is_empty() {
            if self.selection.filters.has_frame_filter() {
                return None;
            }
            ids.push(*no_stack);
        }
        Some(self.intern_stack(profile, sample, locations, ids))
    }

    /// Ends resolving: the frames, what is known of each, and what there is to note.
    pub(crate) fn finish(mut self) -> (FrameTable, Attribution, Vec<Note>) {
        self.matcher.note_unmatched(&mut self.notes);
        let Filters { tag_focus, tag_ignore, .. } = &self.selection.filters;
        let tags = [("tag-focus", tag_focus), ("tag-ignore", tag_ignore)];
        for ((filter, tags), matched) in tags.into_iter().zip(&self.matched_tags) {
            for (tag, _) in tags.iter().zip(matched).filter(|&(_, &matched)| !matched) {
                self.notes.push(Note::TagFilterMatchedNothing { filter, pattern: tag.source.clone() });
            }
        }
        self.tag_frames.note_unmatched(&mut self.notes);
        self.collapsed_names.carry_over(&mut self.dropped);
        let attribution =
            Attribution::new(&self.frames, self.dropped, self.selection.frames, self.is_of_tasks);
        (self.frames, attribution, self.notes)
    }

    fn intern_stack(
        &mut self,
        profile: &Profile,
        sample: &Sample,
        locations: &[LocationNumber],
        frames: &[FrameId],
    ) -> StackId {
        let value = match self.row_label.found {
            Some(key) => TagText::of(key, profile, sample),
            None if !self.row_label.is_type || profile.locations.is_empty() => None,
            None => {
                let of_stack = locations.iter().filter_map(|&number| self.known.get(number));
                allocated_type(&mut of_stack.flat_map(|location| &location.witnesses)).map(TagText::Words)
            }
        };
        let label = value.map(|value| self.frames.intern_label(value));
        self.frames.intern_labelled_stack(frames, label)
    }

    /// Whether the filters of labels let a sample through.
    fn is_wanted_by_labels(&mut self, profile: &Profile, sample: &Sample) -> bool {
        let Filters { tag_focus, tag_ignore, .. } = &self.selection.filters;
        let mut found = [false; 2];
        let filters = [tag_focus, tag_ignore];
        for ((found, tags), matched) in found.iter_mut().zip(filters).zip(&mut self.matched_tags) {
            for (tag, matched) in tags.iter().zip(matched) {
                let is_match = tag.is_match(profile, &sample.labels);
                *matched |= is_match;
                *found |= is_match;
            }
        }
        let [focused, ignored] = found;
        (focused || tag_focus.is_empty()) && !ignored
    }

    /// Applies the filters of frames to a stack, leaf first; `false` if the sample is left out.
    ///
    /// **Source:** the order is that of `applyFocus` of google/pprof.
    fn apply(&self, stack: &mut Vec<StackFrame>) -> bool {
        let filters = &self.selection.filters;
        let any = |filter| stack.iter().any(|frame| frame.is(filter));
        let lacks = |filter| filters.has(filter) && !any(filter);
        if lacks(FrameFilter::Focus) || lacks(FrameFilter::Match) || any(FrameFilter::Ignore) {
            return false;
        }
        stack.retain(|frame| !self.hides(frame));
        if filters.has(FrameFilter::ShowFrom) {
            let Some(highest) = stack.iter().rposition(|frame| frame.is(FrameFilter::ShowFrom)) else {
                return false;
            };
            stack.truncate(highest + 1);
        }
        if let Some(lowest) = stack.iter().position(|frame| frame.is(FrameFilter::PruneFrom)) {
            stack.drain(..lowest);
        }
        if self.selection.no_inlines {
            leave_out_inlined(stack);
        }
        true
    }

    /// Whether a frame is taken out of its stack.
    fn hides(&self, frame: &StackFrame) -> bool {
        frame.is(FrameFilter::Hide)
            || (self.selection.filters.has(FrameFilter::Show) && !frame.is(FrameFilter::Show))
    }

    /// Resolves every location of a profile.
    fn locations(&mut self, profile: &Profile) -> Vec<LocationNumber> {
        let takes_off = self.takes_off(profile);
        let drop_frames = DropFrames::of(profile, self.selection.frames, &mut self.notes);
        let rules = self.known.rules(profile, takes_off);
        let files = if self.is_series { self.known.files(profile) } else { Vec::new() };
        let (mut scratch, mut texts) = (Vec::new(), FunctionTexts::default());
        let mut numbers = Vec::with_capacity(profile.locations.len());
        for location in &profile.locations {
            let place = place(profile, location, &files);
            let named = place.filter(|_| location.lines.is_empty()).and_then(|place| self.known.named(place));
            scratch.clear();
            let witnesses = match named {
                Some(named) if named.rules == rules => {
                    numbers.push(named.number);
                    continue;
                }
                Some(named) => {
                    scratch.extend_from_slice(&named.frames);
                    named.witnesses.clone()
                }
                None => {
                    self.frames.intern_location_with(profile, location, &mut texts, &mut scratch);
                    self.row_label.witnesses(profile, location)
                }
            };
            let has_names = named.is_some() || !location.lines.is_empty();
            let names = place.filter(|_| has_names).map(|place| (place, scratch.clone()));
            let pruned = self.prune(takes_off, &drop_frames, &mut scratch);
            let mapping = location.mapping.and_then(|id| profile.mapping(id));
            let frames = self.stack_frames(&scratch, mapping.map_or("", |mapping| &mapping.file));
            let number = self.known.number(ResolvedLocation { frames, pruned, witnesses: witnesses.clone() });
            if let Some((place, frames)) = names {
                let named = Named { frames: frames.into(), witnesses, rules, number };
                self.known.remember_named(place, named);
            }
            numbers.push(number);
        }
        numbers
    }

    /// The frames of a location of `mapping`, with what filters say of them.
    fn stack_frames(&mut self, ids: &[FrameId], mapping: &str) -> Box<[StackFrame]> {
        let frame = |&id: &FrameId| {
            let matches = self.matcher.matches(self.frames.frame(id), mapping);
            StackFrame { id, matches, is_innermost: false }
        };
        let mut frames: Box<[StackFrame]> = ids.iter().map(frame).collect();
        if let Some(first) = frames.iter_mut().find(|frame| !self.hides(frame)) {
            first.is_innermost = true;
        }
        frames
    }

    /// Whether dropped frames are taken off, exactly as pprof does. In our own snapshots that are to be attributed they
    /// are only marked: a hidden frame can still say through what memory was allocated.
    fn takes_off(&self, profile: &Profile) -> bool {
        match self.selection.frames {
            FrameVisibility::AsPprof => true,
            FrameVisibility::Attributed => profile.metadata.is_none(),
            FrameVisibility::All => false,
        }
    }

    /// Takes a location's dropped frames off, or only marks them.
    fn prune(&mut self, takes_off: bool, drop_frames: &DropFrames, location: &mut Vec<FrameId>) -> Pruned {
        let dropped = drop_frames.of_location(location, &self.frames);
        let Some(outermost) = dropped.iter().rposition(|&dropped| dropped) else { return Pruned::Kept };
        if takes_off {
            if outermost + 1 == location.len() {
                return Pruned::Whole;
            }
            location.drain(..=outermost);
            return Pruned::Within;
        }
        self.dropped.resize(self.frames.frame_count(), false);
        for (frame, dropped) in location.iter().zip(dropped) {
            if let Some(of_frame) = self.dropped.get_mut(frame.index()) {
                *of_frame |= dropped;
            }
        }
        Pruned::Kept
    }
}

impl RowLabel<'_> {
    /// Whether nothing but their frames tells stacks apart.
    fn is_unwanted(&self) -> bool {
        self.wanted.is_empty() && !self.is_type
    }

    /// What a location says of the type that is allocated; nothing where that is not asked.
    fn witnesses(&self, profile: &Profile, location: &Location) -> Vec<TypeWitness> {
        if self.is_type { witnesses(profile, location) } else { Vec::new() }
    }

    /// Looks which labels a profile has.
    fn look_in(&mut self, profile: &Profile) {
        if self.wanted.is_empty() || self.found.is_some() {
            return;
        }
        self.has_samples |= !profile.samples.is_empty();
        let keys = profile.samples.iter().flat_map(|sample| &sample.labels).map(|label| label.key);
        let keys: BTreeSet<&str> =
            keys.collect::<BTreeSet<_>>().into_iter().map(|key| profile.strings.get(key)).collect();
        self.found = self.wanted.iter().copied().find(|wanted| keys.contains(wanted));
        self.available.extend(keys.into_iter().map(str::to_owned));
    }
}

/// Keeps the last frame of each location: the function that the others were inlined into.
fn leave_out_inlined(stack: &mut Vec<StackFrame>) {
    let begins: Vec<bool> = stack.iter().skip(1).map(|frame| frame.is_innermost).chain([true]).collect();
    let mut is_next_another = begins.into_iter();
    stack.retain(|_| is_next_another.next().unwrap_or(true));
}

/// The number of locations that `drop_frames` takes off the leaf of a stack: the root-most that it matches, below
/// one that it does not match at all. None where dropped frames are only marked.
///
/// **Source:** `Profile.Prune` of google/pprof.
fn pruned_from_leaf(stack: &[LocationNumber], known: &KnownLocations) -> usize {
    let pruned = |&number: &LocationNumber| known.get(number).map_or(Pruned::Kept, |of| of.pruned);
    let Some(kept) = stack.iter().rposition(|id| pruned(id) == Pruned::Kept) else { return 0 };
    let leafward = stack.get(..kept).unwrap_or_default();
    match leafward.iter().rposition(|id| pruned(id) != Pruned::Kept) {
        Some(at) if leafward.get(at).map(pruned) == Some(Pruned::Whole) => at + 1,
        Some(at) => at,
        None => 0,
    }
}
