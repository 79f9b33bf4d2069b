//! The calling thread's stack trace, for what is no allocation.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use crate::lanes::Lane;
use crate::recording::{self, Tables};
use crate::sys::registers;
use crate::thread;
use heapdiff_recorder::StackId;

/// Where the caller is. The calling thread is muted.
#[inline(never)]
pub(crate) fn here(tables: &Tables) -> StackId {
    let registers = registers::capture();
    let own_stack = thread::stack(registers.stack_pointer);
    let mut lane = tables.lanes.take();
    Lane::trace(lane.as_deref_mut(), &tables.recorder, thread::shard(), &registers, own_stack.as_ref()).0
}

/// Where the caller is, up to the function whose stack pointer is `base`. The calling thread is muted.
#[inline(never)]
pub(crate) fn below(tables: &Tables, base: u64) -> StackId {
    let registers = registers::capture();
    let Some(whole) = thread::stack(registers.stack_pointer) else { return StackId::UNKNOWN };
    let part = whole.below(base);
    let mut lane = tables.lanes.take();
    Lane::trace(lane.as_deref_mut(), &tables.recorder, thread::shard(), &registers, Some(&part)).0
}

/// The return addresses of a stack trace, leaf first; empty where it is not known.
pub(crate) fn addresses(stack: StackId) -> Vec<u64> {
    let tables = recording::tables();
    let frames = tables.and_then(|tables| tables.recorder.stacks().get(stack));
    frames.map_or(Vec::new(), |(_, frames)| frames.collect())
}
