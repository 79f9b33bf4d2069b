//! Which frames of a stack are shown, and which one its value is put to.

use crate::frame::{FrameId, FrameTable};
use crate::frame_kind::FrameKind;
use crate::selection::FrameVisibility;

/// What is known of every frame of a [`FrameTable`], so that stacks are attributed without looking at text.
#[derive(Clone, Debug)]
pub(crate) struct Attribution {
    visibility: FrameVisibility,
    kinds: Vec<FrameKind>,
    /// Frames that a profile's own `drop_frames` names. As pprof shows stacks, they are gone already.
    dropped: Vec<bool>,
}

/// Where the shown part of a stack begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attributed {
    /// Index into the stack of the frame that the value is put to.
    pub(crate) index: usize,
    /// The hidden frame next to it on the leaf side, unless that only allocates or starts a thread.
    pub(crate) via: Option<FrameId>,
}

impl Attribution {
    /// Looks at every frame once. `dropped` says which of them a profile's `drop_frames` names; what it is too short
    /// for is not.
    ///
    /// With `is_of_tasks` stacks are those of tasks that wait: what they wait in is machinery too.
    pub(crate) fn new(
        frames: &FrameTable,
        mut dropped: Vec<bool>,
        visibility: FrameVisibility,
        is_of_tasks: bool,
    ) -> Self {
        dropped.resize(frames.frame_count(), false);
        let kind = if is_of_tasks { FrameKind::of_waiting } else { FrameKind::of };
        let kinds = match visibility {
            FrameVisibility::Attributed => frames.frames().map(kind).collect(),
            FrameVisibility::AsPprof | FrameVisibility::All => Vec::new(),
        };
        Self { visibility, kinds, dropped }
    }

    /// Finds the frame that a stack's value is put to.
    pub(crate) fn of(&self, stack: &[FrameId]) -> Attributed {
        if self.visibility != FrameVisibility::Attributed {
            return Attributed { index: 0, via: None };
        }
        let start = self.dropped_from_leaf(stack);
        let program = (start..stack.len()).find(|&index| self.is_shown_at(stack, index));
        // A stack of nothing but machinery, such as what a runtime allocates for itself, goes to the first frame that
        // says what for, or else to the first that says more than that memory was allocated.
        let first_of = |is_wanted: fn(FrameKind) -> bool| {
            (start..stack.len()).find(|&index| is_wanted(self.kind_at(stack, index)))
        };
        let index = program
            .or_else(|| first_of(|kind| matches!(kind, FrameKind::Runtime | FrameKind::Executor)))
            .or_else(|| first_of(|kind| kind != FrameKind::Allocator));
        let index = index.unwrap_or(start);
        let via = index.checked_sub(1).filter(|&next| {
            matches!(self.kind_at(stack, next), FrameKind::Library | FrameKind::Runtime | FrameKind::Executor)
        });
        Attributed { index, via: via.and_then(|next| stack.get(next)).copied() }
    }

    /// The shown frames of a stack, leaf first: the first is the one that the value is put to.
    pub(crate) fn shown<'a>(
        &'a self,
        stack: &'a [FrameId],
        attributed: Attributed,
    ) -> impl Iterator<Item = FrameId> + 'a {
        let everything = self.visibility != FrameVisibility::Attributed;
        (attributed.index..stack.len())
            .filter(move |&index| everything || index == attributed.index || self.is_shown_at(stack, index))
            .filter_map(|index| stack.get(index).copied())
    }

    /// The number of frames that `drop_frames` takes off the leaf: the root-most match and all leafward of it. A match
    /// with no other frame rootward of it takes nothing off, or whole stacks would vanish.
    ///
    /// **Source:** `Profile.Prune` of google/pprof.
    fn dropped_from_leaf(&self, stack: &[FrameId]) -> usize {
        let is_dropped = |frame: &FrameId| self.dropped.get(frame.index()).copied().unwrap_or(false);
        let Some(root_most_kept) = stack.iter().rposition(|frame| !is_dropped(frame)) else { return 0 };
        let leafward = stack.get(..root_most_kept).unwrap_or_default();
        leafward.iter().rposition(is_dropped).map_or(0, |dropped| dropped + 1)
    }

    fn kind_at(&self, stack: &[FrameId], index: usize) -> FrameKind {
        let kind = stack.get(index).and_then(|frame| self.kinds.get(frame.index()));
        kind.copied().unwrap_or(FrameKind::Program)
    }

    fn is_shown_at(&self, stack: &[FrameId], index: usize) -> bool {
        self.kind_at(stack, index) == FrameKind::Program
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;

    const LIBRARY: &str = "/rustc/0/library/alloc/src/vec/mod.rs";

    /// The shown functions of a stack of (function, file), the first frame's via, with frames called `dropped`
    /// dropped by the profile.
    fn shown(visibility: FrameVisibility, stack: &[(&str, &str)]) -> (Vec<String>, Option<String>) {
        let mut frames = FrameTable::default();
        let ids: Vec<_> =
            stack.iter().map(|&(function, file)| frames.intern(Frame { function, file, line: 1 })).collect();
        let dropped = frames.frames().map(|frame| frame.function.starts_with("dropped")).collect();
        let attribution = Attribution::new(&frames, dropped, visibility, false);
        let attributed = attribution.of(&ids);
        let names = attribution.shown(&ids, attributed).map(|id| frames.function(id).to_owned());
        (names.collect(), attributed.via.map(|id| frames.function(id).to_owned()))
    }

    #[test]
    fn the_first_frame_of_the_program_is_blamed() {
        let stack = [
            ("__rust_alloc", ""),
            ("alloc::vec::Vec<T>::reserve", LIBRARY),
            ("app::fill", "src/main.rs"),
            ("core::iter::Iterator::for_each", "/rustc/0/library/core/src/iter.rs"),
            ("app::main", "src/main.rs"),
            ("std::rt::lang_start", ""),
        ];
        let (names, via) = shown(FrameVisibility::Attributed, &stack);
        assert_eq!(names, ["app::fill", "app::main"]);
        assert_eq!(via.as_deref(), Some("alloc::vec::Vec<T>::reserve"));
        assert_eq!(shown(FrameVisibility::All, &stack).0.len(), 6);
    }

    #[test]
    fn a_frame_that_only_allocates_is_not_worth_a_via() {
        let stack = [("__rust_alloc", ""), ("app::fill", "src/main.rs")];
        assert_eq!(shown(FrameVisibility::Attributed, &stack), (vec!["app::fill".to_owned()], None));
    }

    #[test]
    fn a_stack_of_machinery_goes_to_what_is_no_allocator() {
        let stack = [("malloc", ""), ("std::sys::thread_local::register", ""), ("start_thread", "")];
        assert_eq!(shown(FrameVisibility::Attributed, &stack).0, ["std::sys::thread_local::register"]);
        let stack = [
            ("malloc", ""),
            ("alloc::boxed::Box<T>::new", LIBRARY),
            ("std::io::stdio::stdout", ""),
            ("_start", ""),
        ];
        assert_eq!(shown(FrameVisibility::Attributed, &stack).0, ["std::io::stdio::stdout"]);
        let allocators = [("malloc", ""), ("__rust_alloc", "")];
        assert_eq!(shown(FrameVisibility::Attributed, &allocators).0, ["malloc"]);
    }

    #[test]
    fn drop_frames_take_off_the_leaf_side_below_a_frame_that_stays() {
        let stack = [("leaf", "a"), ("dropped", "a"), ("middle", "a"), ("dropped again", "a"), ("root", "a")];
        assert_eq!(shown(FrameVisibility::Attributed, &stack).0, ["root"]);
        let root_dropped = [("leaf", "a"), ("dropped", "a")];
        assert_eq!(shown(FrameVisibility::Attributed, &root_dropped).0, ["leaf", "dropped"]);
        let both = [("leaf", "a"), ("dropped", "a"), ("kept", "a"), ("dropped at the root", "a")];
        assert_eq!(shown(FrameVisibility::Attributed, &both).0, ["kept", "dropped at the root"]);
    }
}
