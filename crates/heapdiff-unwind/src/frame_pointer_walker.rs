//! The walk along saved frame pointers: one to three nanoseconds a frame, where the code was built for it.
//!
//! ```text
//! frame pointer ──► [ caller's frame pointer ][ return address ]      the same on x86-64 and on aarch64
//! ```
//!
//! Needs `-C force-frame-pointers=yes` on x86-64; the aarch64 targets have them by default, and so has std.

use crate::frame_buffer::FrameBuffer;
use crate::registers::Registers;
use crate::walk::WalkEnd;

/// Return addresses below this are no code: the first page is never mapped.
const CODE_START: u64 = 4096;

/// Follows the chain of saved frame pointers.
#[derive(Clone, Copy, Debug, Default)]
pub struct FramePointerWalker;

impl FramePointerWalker {
    /// Walks up from `registers`, reading stack words with `read`, which answers `None` outside of the stack.
    ///
    /// The chain has no mark of its own for the root: a saved frame pointer of zero, or one that leaves the stack,
    /// counts as the root; one that does not ascend is a failure.
    pub fn walk(
        self,
        registers: &Registers,
        mut read: impl FnMut(u64) -> Option<u64>,
        into: &mut FrameBuffer,
    ) -> WalkEnd {
        let mut frame_pointer = registers.frame_pointer;
        if frame_pointer < registers.stack_pointer || !frame_pointer.is_multiple_of(8) {
            return WalkEnd::Failed;
        }
        loop {
            let words = (read(frame_pointer), frame_pointer.checked_add(8).and_then(&mut read));
            let (Some(caller), Some(return_address)) = words else { return WalkEnd::Root };
            if return_address == 0 {
                return WalkEnd::Root;
            }
            if return_address < CODE_START {
                return WalkEnd::Failed;
            }
            if !into.push(return_address) {
                return WalkEnd::Limit;
            }
            if caller == 0 {
                return WalkEnd::Root;
            }
            if caller <= frame_pointer || !caller.is_multiple_of(8) {
                return WalkEnd::Failed;
            }
            frame_pointer = caller;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::walk::STACK_DEPTH_MAX;

    /// A stack whose word at address 1000 + 8 i is `words[i]`.
    fn walk(words: &[u64], frame_pointer: u64) -> (Vec<u64>, WalkEnd) {
        let registers = Registers { stack_pointer: 1000, frame_pointer, ..Registers::default() };
        let mut frames = FrameBuffer::default();
        let read = |address: u64| words.get(usize::try_from(address.checked_sub(1000)? / 8).ok()?).copied();
        let end = FramePointerWalker.walk(&registers, read, &mut frames);
        (frames.frames().to_vec(), end)
    }

    #[test]
    fn follows_the_chain_to_a_zero_frame_pointer() {
        let stack = [7, 1024, 0x5000, 1040, 0x6000, 0, 0x7000];
        assert_eq!(walk(&stack, 1008), (vec![0x5000, 0x6000, 0x7000], WalkEnd::Root));
        assert_eq!(walk(&stack, 1024), (vec![0x6000, 0x7000], WalkEnd::Root));
    }

    #[test]
    fn a_chain_that_leaves_the_stack_ends_at_the_root() {
        assert_eq!(walk(&[1016, 0x5000, 99_992, 0x6000], 1000), (vec![0x5000, 0x6000], WalkEnd::Root));
    }

    #[test]
    fn descending_unaligned_and_circular_chains_fail() {
        assert_eq!(walk(&[1000, 0x5000], 1000), (vec![0x5000], WalkEnd::Failed));
        assert_eq!(walk(&[1017, 0x5000, 0, 0], 1000), (vec![0x5000], WalkEnd::Failed));
        assert_eq!(walk(&[0, 0], 992), (vec![], WalkEnd::Failed), "below the stack pointer");
        assert_eq!(walk(&[1016, 5], 1000), (vec![], WalkEnd::Failed), "no code at 5");
    }

    #[test]
    fn a_deep_stack_is_cut_at_the_limit() {
        let deep: Vec<u64> =
            (0..STACK_DEPTH_MAX as u64 + 10).flat_map(|n| [1000 + (n + 1) * 16, 0x5000 + n]).collect();
        let (frames, end) = walk(&deep, 1000);
        assert_eq!((frames.len(), end), (STACK_DEPTH_MAX, WalkEnd::Limit));
    }
}
