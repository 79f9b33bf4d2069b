//! The steps of the walk that is under way.

use crate::rule::Rule;
use crate::step::Step;
use crate::walk::STACK_DEPTH_MAX;

/// What is kept of a step, besides the return address that it found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trace {
    /// The caller's stack pointer.
    pub(crate) stack_pointer: u64,
    /// The caller's frame pointer.
    pub(crate) frame_pointer: u64,
    /// How the step was made.
    pub(crate) rule: Rule,
}

/// Return addresses and traces, leaf first.
#[derive(Debug)]
pub(crate) struct Trail {
    frames: Box<[u64; STACK_DEPTH_MAX]>,
    traces: Box<[Trace; STACK_DEPTH_MAX]>,
    len: usize,
}

impl Trail {
    /// An empty trail. Allocates all of it.
    pub(crate) fn new() -> Self {
        Self {
            frames: Box::new([0; STACK_DEPTH_MAX]),
            traces: Box::new([Trace::default(); STACK_DEPTH_MAX]),
            len: 0,
        }
    }

    pub(crate) const fn clear(&mut self) {
        self.len = 0;
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn frames(&self) -> &[u64] {
        self.frames.get(..self.len).unwrap_or_default()
    }

    pub(crate) fn traces(&self) -> &[Trace] {
        self.traces.get(..self.len).unwrap_or_default()
    }

    /// Adds a step. `false` if there is no room.
    #[inline]
    pub(crate) fn push(&mut self, step: &Step) -> bool {
        let (Some(frame), Some(trace)) = (self.frames.get_mut(self.len), self.traces.get_mut(self.len))
        else {
            return false;
        };
        *frame = step.caller.address;
        *trace = Trace {
            stack_pointer: step.caller.stack_pointer,
            frame_pointer: step.caller.frame_pointer,
            rule: step.rule,
        };
        self.len += 1;
        true
    }
}
