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
