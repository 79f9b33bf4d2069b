//! Where a walk stands: the registers of one frame, as far as unwinding needs them.

use crate::registers::Registers;

/// The registers at one frame.
///
/// What framehop answers follows from these, the modules, and the words that it reads: it recovers no other register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// An instruction in the frame's function: the instruction pointer in the first frame, a return address in others.
    pub(crate) address: u64,
    pub(crate) stack_pointer: u64,
    pub(crate) frame_pointer: u64,
    /// aarch64's `x30`; only the first frame may still have its return address there.
    pub(crate) link_register: u64,
    pub(crate) is_first: bool,
}

impl State {
    /// Where a walk begins.
    pub(crate) const fn first(registers: &Registers) -> Self {
        Self {
            address: registers.instruction_pointer,
            stack_pointer: registers.stack_pointer,
            frame_pointer: registers.frame_pointer,
            link_register: registers.link_register,
            is_first: true,
        }
    }

    /// The state of a caller.
    pub(crate) const fn caller(return_address: u64, stack_pointer: u64, frame_pointer: u64) -> Self {
        Self {
            address: return_address,
            stack_pointer,
            frame_pointer,
            link_register: return_address,
            is_first: false,
        }
    }
}
