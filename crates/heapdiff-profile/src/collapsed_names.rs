//! Monomorphisations of one function as one frame.

use crate::frame::{Frame, FrameId, FrameTable};
use crate::function_name::Names;

/// The frame that stands for each frame when generic arguments do not count: that of the collapsed name, file and
/// line. Filters are applied before, so that they can still ask for the arguments.
#[derive(Clone, Debug, Default)]
pub(crate) struct CollapsedNames {
    /// By [`FrameId::index`]; `None` for what no stack has named yet.
    stand_ins: Vec<Option<FrameId>>,
}

impl CollapsedNames {
    /// Puts its stand-in in place of each frame of a stack.
    pub(crate) fn collapse(&mut self, stack: &mut [FrameId], frames: &mut FrameTable) {
        for frame in stack {
            *frame = self.stand_in(*frame, frames);
        }
    }

    fn stand_in(&mut self, id: FrameId, frames: &mut FrameTable) -> FrameId {
        if let Some(known) = self.stand_ins.get(id.index()).copied().flatten() {
            return known;
        }
        let Frame { function, file, line } = frames.frame(id);
        let (function, file) = (Names::Generics.of(function).into_owned(), file.to_owned());
        let stand_in = frames.intern(Frame { function: &function, file: &file, line });
        if self.stand_ins.len() <= id.index() {
            self.stand_ins.resize(id.index() + 1, None);
        }
        if let Some(place) = self.stand_ins.get_mut(id.index()) {
            *place = Some(stand_in);
        }
        stand_in
    }

    /// Marks the stand-in of each frame that is marked.
    pub(crate) fn carry_over(&self, marks: &mut Vec<bool>) {
        for (index, stand_in) in self.stand_ins.iter().enumerate() {
            let Some(stand_in) = stand_in.filter(|_| marks.get(index).copied().unwrap_or(false)) else {
                continue;
            };
            if marks.len() <= stand_in.index() {
                marks.resize(stand_in.index() + 1, false);
            }
            marks.get_mut(stand_in.index()).into_iter().for_each(|mark| *mark = true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame_kind::FrameKind;

    #[test]
    fn a_frame_stays_whose_it_was() {
        for function in [
            "<alloc::vec::Vec<my::T> as my::Trait<u8>>::f",
            "<alloc::vec::Vec<my::T> as core::clone::Clone>::clone",
            "<my::T<alloc::string::String> as core::iter::Extend<u8>>::extend",
            "<T as alloc::slice::hack::ConvertVec>::to_vec::<u8>",
            "<&mut tokio::runtime::Core<S> as core::future::future::Future>::poll",
            "core::ptr::drop_in_place<my::T>",
            "hashbrown::map::HashMap<K,V>::insert",
            "std::thread::Builder::spawn<F, T>::{{closure}}",
            "tcmalloc::Allocate<int>",
            "my::run<T>",
        ] {
            let mut frames = FrameTable::default();
            let frame = frames.intern(Frame { function, file: "", line: 0 });
            let mut stack = [frame];
            CollapsedNames::default().collapse(&mut stack, &mut frames);
            let kind = |id| FrameKind::of(frames.frame(id));
            assert_eq!(kind(stack[0]), kind(frame), "{function}");
            assert_ne!(frames.function(stack[0]), function);
        }
    }

    #[test]
    fn marks_go_over_to_what_stands_in() {
        let mut frames = FrameTable::default();
        let marked = frames.intern(Frame { function: "drop<u8>", file: "", line: 0 });
        let other = frames.intern(Frame { function: "keep<u8>", file: "", line: 0 });
        let mut stack = [marked, other];
        let mut names = CollapsedNames::default();
        names.collapse(&mut stack, &mut frames);
        let mut marks = vec![true];
        names.carry_over(&mut marks);
        let is_marked = |id: FrameId| marks.get(id.index()).copied().unwrap_or(false);
        assert_eq!(stack.map(is_marked), [true, false]);
    }
}
