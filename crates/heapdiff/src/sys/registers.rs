//! The registers from which a stack is walked.

use heapdiff_unwind::Registers;

/// Registers of the function that this is inlined into.
///
/// All are read in one piece of assembly, so that the stack pointer is the one at that very instruction, which is what
/// the unwind table's rule for it expects.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn capture() -> Registers {
    let (instruction_pointer, stack_pointer, frame_pointer);
    // SAFETY: the three instructions only read registers: no memory is touched, no flag changed, nothing pushed, which
    // is what the options promise ("nomem", "nostack", "preserves_flags" of the Reference, "Inline assembly").
    unsafe {
        std::arch::asm!(
            "lea {ip}, [rip]",
            "mov {sp}, rsp",
            "mov {fp}, rbp",
            ip = out(reg) instruction_pointer,
            sp = out(reg) stack_pointer,
            fp = out(reg) frame_pointer,
            options(nomem, nostack, preserves_flags),
        );
    }
    Registers { instruction_pointer, stack_pointer, frame_pointer, link_register: 0 }
}

/// Registers of the function that this is inlined into.
///
/// The link register is read from the frame record, where the targets keep it: a function that has called another no
/// longer holds its return address in the register.
#[cfg(target_arch = "aarch64")]
#[inline(always)]
pub(crate) fn capture() -> Registers {
    let (instruction_pointer, stack_pointer, frame_pointer, link_register);
    // SAFETY: the instructions only read registers: no memory is touched, no flag changed, nothing pushed, which is
    // what the options promise ("nomem", "nostack", "preserves_flags" of the Reference, "Inline assembly").
    unsafe {
        std::arch::asm!(
            "adr {ip}, .",
            "mov {sp}, sp",
            "mov {fp}, x29",
            "mov {lr}, x30",
            ip = out(reg) instruction_pointer,
            sp = out(reg) stack_pointer,
            fp = out(reg) frame_pointer,
            lr = out(reg) link_register,
            options(nomem, nostack, preserves_flags),
        );
    }
    Registers { instruction_pointer, stack_pointer, frame_pointer, link_register }
}
