//! One step of a walk, from a frame to its caller.

use crate::rule::Rule;
use crate::state::State;
use crate::walk::WalkEnd;

/// A step that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The caller's return address, stack pointer and frame pointer.
    pub(crate) caller: State,
    /// The rule that makes the same step again; [`Rule::OPAQUE`] if only framehop can.
    pub(crate) rule: Rule,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stepped {
    To(Step),
    Ended(WalkEnd),
}
