//! From samples of addresses to stacks of frames, filtered.
//!
//! The first step of every report. The text of a frame is looked at once for each function and each location of the
//! profile, never for each sample: a profile of 100,000 stacks has some thousands of locations.

use crate::attribution::Attribution;
use crate::filter::Filters;
use crate::frame::{Frame, FrameId, FrameTable, StackId};
use crate::note::Note;
use crate::profile::{Location, LocationId, Profile};
use crate::selection::FrameVisibility;
use regex::Regex;

/// Resolves profiles, all into one table of frames.
#[derive(Debug)]
pub(crate) struct Resolver<'a> {
    filters: &'a Filters,
    visibility: FrameVisibility,
    pub(crate) frames: FrameTable,
    dropped: Vec<bool>,
    /// Whether focus, ignore and hide have matched anything.
    matched: [bool; 3],
    pub(crate) notes: Vec<Note>,
}

/// The stack of each sample of a profile, in the order of its samples; `None` for those that the filters leave out.
#[derive(Clone, Debug)]
pub(crate) struct ResolvedSamples {
    pub(crate) stacks: Vec<Option<StackId>>,
}

/// A location's frames after `hide`, and what the other filters say of it.
struct ResolvedLocation {
    frames: std::ops::Range<usize>,
    focused: bool,
    ignored: bool,
    pruned: Pruned,
}

/// What `drop_frames` says of a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pruned {
    /// None of its frames is dropped.
    Kept,
    /// Some of its inlined frames are, but not the function that they were inlined into.
    Within,
    /// All of it.
    Whole,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(filters: &'a Filters, visibility: FrameVisibility) -> Self {
        let frames = FrameTable::default();
        Self { filters, visibility, frames, dropped: Vec::new(), matched: [false; 3], notes: Vec::new() }
    }

    /// Resolves the samples of one profile.
    pub(crate) fn resolve(&mut self, profile: &Profile) -> ResolvedSamples {
        let (locations, frames) = self.locations(profile);
        let no_stack = [self.frames.intern(FrameTable::NO_STACK)];
        let mut stack = Vec::new();
        let stacks = profile.samples.iter().map(|sample| {
            stack.clear();
            let (mut focused, mut ignored) = (false, false);
            let from = Self::pruned_from_leaf(&sample.stack, &locations);
            for location in sample.stack.iter().skip(from).filter_map(|id| locations.get(id.index())) {
                focused |= location.focused;
                ignored |= location.ignored;
                stack.extend_from_slice(frames.get(location.frames.clone()).unwrap_or_default());
            }
            if ignored || (self.filters.focus.is_some() && !focused) {
                return None;
            }
            if stack.is_empty() {
                return self.filters.is_empty().then(|| self.frames.intern_stack(&no_stack));
            }
            Some(self.frames.intern_stack(&stack))
        });
        ResolvedSamples { stacks: stacks.collect() }
    }

    /// Ends resolving: the frames, what is known of each, and what there is to note.
    pub(crate) fn finish(mut self) -> (FrameTable, Attribution, Vec<Note>) {
        let filters =
            [("focus", &self.filters.focus), ("ignore", &self.filters.ignore), ("hide", &self.filters.hide)];
        for ((filter, pattern), matched) in filters.into_iter().zip(self.matched) {
            if let Some(pattern) = pattern.as_ref().filter(|_| !matched) {
                let pattern = pattern.as_str().to_owned();
                self.notes.push(Note::FilterMatchedNothing { filter, pattern });
            }
        }
        let attribution = Attribution::new(&self.frames, self.dropped, self.visibility);
        (self.frames, attribution, self.notes)
    }

    /// Resolves every location of a profile, and the frames that they all name.
    fn locations(&mut self, profile: &Profile) -> (Vec<ResolvedLocation>, Vec<FrameId>) {
        let takes_off = self.takes_off(profile);
        let drop_frames = DropFrames::of(profile, self.visibility, &mut self.notes);
        let mut frames = Vec::new();
        let mut scratch = Vec::new();
        let mut locations = Vec::with_capacity(profile.locations.len());
        for location in &profile.locations {
            scratch.clear();
            self.frames.intern_location(profile, location, &mut scratch);
            let pruned = self.prune(takes_off, &drop_frames, &mut scratch);
            let [focus, ignore, hide] = self.match_location(profile, location, &scratch);
            let start = frames.len();
            frames.extend(scratch.iter().zip(hide).filter(|&(_, hidden)| !hidden).map(|(&frame, _)| frame));
            locations.push(ResolvedLocation {
                frames: start..frames.len(),
                focused: focus.contains(&true),
                ignored: ignore.contains(&true),
                pruned,
            });
        }
        (locations, frames)
    }

    /// Which frames of a location focus, ignore and hide match. The mapped file counts for all of its frames.
    fn match_location(
        &mut self,
        profile: &Profile,
        location: &Location,
        frames: &[FrameId],
    ) -> [Vec<bool>; 3] {
        let mapping = location.mapping.and_then(|id| profile.mapping(id)).map_or("", |mapping| &mapping.file);
        let Filters { focus, ignore, hide } = self.filters;
        let matches = |pattern: &Option<Regex>| -> Vec<bool> {
            let Some(pattern) = pattern else { return vec![false; frames.len()] };
            let of_mapping = pattern.is_match(mapping) && !mapping.is_empty();
            let of_frame = |&id: &FrameId| {
                let Frame { function, file, .. } = self.frames.frame(id);
                of_mapping || pattern.is_match(function) || (!file.is_empty() && pattern.is_match(file))
            };
            frames.iter().map(of_frame).collect()
        };
        let all = [matches(focus), matches(ignore), matches(hide)];
        for (matched, of_filter) in self.matched.iter_mut().zip(&all) {
            *matched |= of_filter.contains(&true);
        }
        all
    }

    /// Whether dropped frames are taken off, exactly as pprof does. In our own snapshots that are to be attributed they
    /// are only marked: a hidden frame can still say through what memory was allocated.
    fn takes_off(&self, profile: &Profile) -> bool {
        match self.visibility {
            FrameVisibility::AsPprof => true,
            FrameVisibility::Attributed => profile.metadata.is_none(),
            FrameVisibility::All => false,
        }
    }

    /// Takes a location's dropped frames off, or only marks them.
    fn prune(&mut self, takes_off: bool, drop_frames: &DropFrames, location: &mut Vec<FrameId>) -> Pruned {
        let dropped: Vec<_> =
            location.iter().map(|&frame| drop_frames.matches(self.frames.function(frame))).collect();
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

    /// The number of locations that `drop_frames` takes off the leaf of a stack: the root-most that it matches, below
    /// one that it does not match at all. None where dropped frames are only marked.
    ///
    /// **Source:** `Profile.Prune` of google/pprof.
    fn pruned_from_leaf(stack: &[LocationId], locations: &[ResolvedLocation]) -> usize {
        let pruned = |id: &LocationId| locations.get(id.index()).map_or(Pruned::Kept, |of| of.pruned);
        let Some(kept) = stack.iter().rposition(|id| pruned(id) == Pruned::Kept) else { return 0 };
        let leafward = stack.get(..kept).unwrap_or_default();
        match leafward.iter().rposition(|id| pruned(id) != Pruned::Kept) {
            Some(at) if leafward.get(at).map(pruned) == Some(Pruned::Whole) => at + 1,
            Some(at) => at,
            None => 0,
        }
    }
}

/// The frames that a profile itself wants hidden.
struct DropFrames {
    drop: Option<Regex>,
    keep: Option<Regex>,
}

impl DropFrames {
    fn of(profile: &Profile, visibility: FrameVisibility, notes: &mut Vec<Note>) -> Self {
        let mut compile = |pattern: &Option<String>| {
            let pattern = pattern.as_deref().filter(|pattern| !pattern.is_empty())?;
            let compiled = Regex::new(&format!("^(?:{pattern})$"));
            if compiled.is_err() {
                let note = Note::UnreadableFramePattern { pattern: pattern.to_owned() };
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
            compiled.ok()
        };
        if visibility == FrameVisibility::All {
            return Self { drop: None, keep: None };
        }
        Self { drop: compile(&profile.drop_frames), keep: compile(&profile.keep_frames) }
    }

    fn matches(&self, function: &str) -> bool {
        let Some(drop) = &self.drop else { return false };
        let name = without_arguments(function);
        drop.is_match(name) && !self.keep.as_ref().is_some_and(|keep| keep.is_match(name))
    }
}

/// A function's name up to its argument list, as pprof takes it before it compares it with `drop_frames`.
///
/// **Source:** `simplifyFunc` of google/pprof.
fn without_arguments(function: &str) -> &str {
    const NO_ARGUMENTS: [&str; 2] = ["(anonymous namespace)", "operator()"];
    let name = function.strip_prefix('.').unwrap_or(function);
    let mut from = 0;
    while let Some(at) = name.get(from..).and_then(|rest| rest.find('(')).map(|at| from + at) {
        let reserved = NO_ARGUMENTS.iter().find_map(|reserved| {
            let start = at.checked_sub(reserved.find('(')?)?;
            name.get(start..)?.starts_with(reserved).then_some(start + reserved.len())
        });
        match reserved {
            Some(end) => from = end,
            None => return name.get(..at).unwrap_or(name),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::FilterPatterns;
    use crate::profile_builder::ProfileBuilder;

    /// The stacks of a profile after filters, as text.
    fn stacks(profile: &Profile, patterns: FilterPatterns<'_>) -> (Vec<String>, Vec<Note>) {
        let filters = Filters::new(patterns).unwrap();
        let mut resolver = Resolver::new(&filters, FrameVisibility::All);
        let resolved = resolver.resolve(profile);
        let (frames, _, notes) = resolver.finish();
        let text = |stack: &StackId| {
            let functions: Vec<_> = frames.stack(*stack).iter().map(|&id| frames.function(id)).collect();
            functions.join(";")
        };
        (resolved.stacks.iter().flatten().map(text).collect(), notes)
    }

    fn profile() -> Profile {
        ProfileBuilder::with_types(&[("space", "bytes")])
            .sample(&["leaf src/leaf.rs:1 <- middle src/middle.rs:2", "root src/root.rs:3"], &[1], &[])
            .sample(&["other lib/other.rs:1", "root src/root.rs:3"], &[1], &[])
            .sample(&["0x1234"], &[1], &[])
            .sample(&[], &[1], &[])
            .build()
    }

    #[test]
    fn inlined_frames_are_expanded_and_what_has_no_symbols_says_where_it_lies() {
        let (found, notes) = stacks(&profile(), FilterPatterns::default());
        assert_eq!(found, ["leaf;middle;root", "other;root", "app+0x1234", "[no stack]"]);
        assert_eq!(notes, []);
    }

    #[test]
    fn filters_match_names_files_and_mapped_files_anywhere() {
        for (patterns, expected) in [
            (FilterPatterns { focus: Some("eaf"), ..Default::default() }, vec!["leaf;middle;root"]),
            (FilterPatterns { focus: Some("^lib/"), ..Default::default() }, vec!["other;root"]),
            (
                FilterPatterns { focus: Some("bin/app$"), ..Default::default() },
                vec!["leaf;middle;root", "other;root", "app+0x1234"],
            ),
            (
                FilterPatterns { ignore: Some("middle"), ..Default::default() },
                vec!["other;root", "app+0x1234"],
            ),
            (
                FilterPatterns { hide: Some("middle|root"), ..Default::default() },
                vec!["leaf", "other", "app+0x1234"],
            ),
            (
                FilterPatterns { hide: Some("other|root"), ..Default::default() },
                vec!["leaf;middle", "app+0x1234"],
            ),
            (
                FilterPatterns { focus: Some("root"), ignore: Some("other"), hide: Some("root") },
                vec!["leaf;middle"],
            ),
            (FilterPatterns { focus: Some("0x1234"), ..Default::default() }, vec!["app+0x1234"]),
        ] {
            let (found, notes) = stacks(&profile(), patterns);
            assert_eq!(found, expected, "{patterns:?}");
            assert_eq!(notes, [], "{patterns:?}");
        }
    }

    #[test]
    fn a_filter_that_matches_nothing_is_noted() {
        let patterns = FilterPatterns { focus: Some("nowhere"), hide: Some("never"), ..Default::default() };
        let (found, notes) = stacks(&profile(), patterns);
        assert!(found.is_empty());
        let notes: Vec<_> = notes.iter().map(ToString::to_string).collect();
        assert_eq!(notes, ["`--focus nowhere` matched no frame", "`--hide never` matched no frame"]);
    }

    #[test]
    fn a_filter_that_is_no_regular_expression_is_refused() {
        let error = Filters::new(FilterPatterns { hide: Some("("), ..Default::default() }).unwrap_err();
        assert_eq!(error.to_string(), "`--hide` is not a regular expression");
    }

    #[test]
    fn unrolled_copies_of_a_line_are_one_stack() {
        let mut profile =
            ProfileBuilder::with_types(&[("space", "bytes")]).sample(&["f src/f.rs:1"], &[1], &[]).build();
        let mut copy = profile.locations[0].clone();
        copy.address += 64;
        profile.locations.push(copy);
        let mut sample = profile.samples[0].clone();
        sample.stack = vec![LocationId::from_index(1).unwrap()];
        profile.samples.push(sample);
        let filters = Filters::default();
        let mut resolver = Resolver::new(&filters, FrameVisibility::All);
        let resolved = resolver.resolve(&profile);
        assert_eq!(resolved.stacks[0], resolved.stacks[1]);
    }

    #[test]
    fn dropped_frames_of_another_producer_are_taken_off_by_location() {
        let profile = ProfileBuilder::with_types(&[("space", "bytes")])
            .drop_frames("malloc|new.*")
            .sample(&["leaf", "malloc m.c:1 <- walk w.c:1", "root r.c:1"], &[1], &[])
            .sample(&["new m.c:1 <- walk w.c:1", "malloc m.c:2 <- main r.c:1"], &[1], &[])
            .sample(&["malloc", "new thing"], &[1], &[])
            .sample(&["leaf", "malloc", "root r.c:1", "new thing"], &[1], &[])
            .build();
        let filters = Filters::default();
        for visibility in [FrameVisibility::AsPprof, FrameVisibility::Attributed] {
            let mut resolver = Resolver::new(&filters, visibility);
            let resolved = resolver.resolve(&profile);
            let (frames, ..) = resolver.finish();
            let stacks: Vec<_> = resolved
                .stacks
                .iter()
                .flatten()
                .map(|&id| {
                    frames.stack(id).iter().map(|&id| frames.function(id)).collect::<Vec<_>>().join(";")
                })
                .collect();
            assert_eq!(stacks, ["walk;root", "walk;main", "malloc;new thing", "root;new thing"]);
        }
    }

    #[test]
    fn argument_lists_are_cut_off_but_for_reserved_names() {
        for (name, cut) in [
            (".foo(int)", "foo"),
            ("(anonymous namespace)::bar(int)", "(anonymous namespace)::bar"),
            ("a::operator()(int)", "a::operator()"),
            ("alloc::vec::Vec<T>::push", "alloc::vec::Vec<T>::push"),
            ("net/http.(*conn).serve", "net/http."),
        ] {
            assert_eq!(without_arguments(name), cut);
        }
    }
}
