//! The registers that a walk starts from.

/// Program counter, stack pointer and frame pointer at one moment of one thread, and on aarch64 the link register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Registers {
    /// Address of an instruction in the function whose caller is wanted first.
    pub instruction_pointer: u64,
    /// Stack pointer at that instruction.
    pub stack_pointer: u64,
    /// `rbp` or `x29` at that instruction, whatever it holds there.
    pub frame_pointer: u64,
    /// `x30`; 0 on x86-64, which keeps return addresses in memory.
    pub link_register: u64,
}
