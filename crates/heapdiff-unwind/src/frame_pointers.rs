//! Steps along saved frame pointers: one to three nanoseconds a frame, where the code was built for it.
//!
//! ```text
//! frame pointer ──► [ caller's frame pointer ][ return address ]      the same on x86-64 and on aarch64
//! ```
//!
//! Needs `-C force-frame-pointers=yes` on x86-64; the aarch64 targets have them by default, and so has std.

use crate::architecture::Architecture;
use crate::rule::Rule;
use crate::state::State;
use crate::step::{Step, Stepped};
use crate::walk::WalkEnd;

/// Return addresses below this are no code: the first page is never mapped.
const CODE_START: u64 = 4096;

/// From the frame at `state` to its caller, if nothing about it is out of the ordinary. Then [`step`] decides.
#[inline]
pub(crate) fn ordinary_step<A: Architecture>(
    state: State,
    code_mask: u64,
    read: impl FnMut(u64) -> Option<u64>,
) -> Option<Step> {
    let rule = Rule::FRAME_RECORD;
    let caller = rule.apply::<A>(state, code_mask, read)?;
    let is_in_place = state.frame_pointer >= state.stack_pointer && state.frame_pointer.is_multiple_of(8);
    (is_in_place && caller.address >= CODE_START).then_some(Step { caller, rule })
}

/// From the frame at `state` to its caller, along the chain of frame pointers alone.
///
/// The chain has no mark of its own for the root: a saved frame pointer of zero, or one that leaves the stack, counts as
/// the root; one that does not ascend is a failure.
#[inline]
pub(crate) fn step<A: Architecture>(
    state: State,
    code_mask: u64,
    mut read: impl FnMut(u64) -> Option<u64>,
) -> Stepped {
    if state.frame_pointer == 0 && !state.is_first {
        return Stepped::Ended(WalkEnd::Root);
    }
    if state.frame_pointer < state.stack_pointer || !state.frame_pointer.is_multiple_of(8) {
        return Stepped::Ended(WalkEnd::Failed);
    }
    let Some(cfa) = state.frame_pointer.checked_add(16) else { return Stepped::Ended(WalkEnd::Root) };
    let (Some(frame_pointer), Some(word)) =
        (read(state.frame_pointer), read(Rule::FRAME_RECORD.return_slot(cfa)))
    else {
        return Stepped::Ended(WalkEnd::Root);
    };
    match A::code_address(word, code_mask) {
        0 => Stepped::Ended(WalkEnd::Root),
        1..CODE_START => Stepped::Ended(WalkEnd::Failed),
        return_address => Stepped::To(Step {
            caller: State::caller(return_address, cfa, frame_pointer),
            rule: Rule::FRAME_RECORD,
        }),
    }
}
