//! The walk by unwind tables: works in any build that has them, which is every Rust build that can unwind.
//!
//! framehop evaluates `.eh_frame` and remembers the rule of each address, about 12 ns a frame once it has seen the
//! address. A walker is about 40 KiB; the caller keeps a few and gives each to one thread at a time.
//!
//! **Source:** System V ABI for AMD64 and DWARF 5, section 6.4, as framehop implements them.

use crate::frame_buffer::FrameBuffer;
use crate::module::{Module, SectionBytes};
use crate::registers::Registers;
use crate::walk::WalkEnd;
use framehop::{FrameAddress, MustNotAllocateDuringUnwind, Unwinder};

#[cfg(target_arch = "x86_64")]
type Arch = framehop::x86_64::UnwinderX86_64<SectionBytes, MustNotAllocateDuringUnwind>;
#[cfg(target_arch = "x86_64")]
type Cache = framehop::x86_64::CacheX86_64<MustNotAllocateDuringUnwind>;
#[cfg(target_arch = "aarch64")]
type Arch = framehop::aarch64::UnwinderAarch64<SectionBytes, MustNotAllocateDuringUnwind>;
#[cfg(target_arch = "aarch64")]
type Cache = framehop::aarch64::CacheAarch64<MustNotAllocateDuringUnwind>;

/// Unwinds through the tables of a list of modules.
pub struct TableWalker {
    unwinder: Arch,
    cache: Cache,
}

impl std::fmt::Debug for TableWalker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableWalker").finish_non_exhaustive()
    }
}

impl TableWalker {
    /// A walker through `modules`. Allocates everything that it will ever need.
    #[must_use]
    #[expect(single_use_lifetimes, reason = "it cannot be elided in an associated type yet")]
    pub fn new<'m>(modules: impl IntoIterator<Item = &'m Module>) -> Self {
        let mut unwinder = Arch::new();
        for module in modules {
            unwinder.add_module(module.to_framehop());
        }
        Self { unwinder, cache: Cache::new_in() }
    }

    /// Another walker through the same modules, with a cache of its own. Allocates.
    #[must_use]
    pub fn sibling(&self) -> Self {
        Self { unwinder: self.unwinder.clone(), cache: Cache::new_in() }
    }

    /// Replaces the modules by those of `other`. Frees memory.
    pub fn adopt_modules(&mut self, other: &Self) {
        self.unwinder = other.unwinder.clone();
    }

    /// Walks up from `registers`, reading stack words with `read`, which answers `None` outside of the stack.
    /// Allocates nothing.
    pub fn walk(
        &mut self,
        registers: &Registers,
        mut read: impl FnMut(u64) -> Option<u64>,
        into: &mut FrameBuffer,
    ) -> WalkEnd {
        let mut unwind_registers = framehop_registers(registers);
        let mut read = |address| read(address).ok_or(());
        let mut frame = FrameAddress::from_instruction_pointer(registers.instruction_pointer);
        loop {
            match self.unwinder.unwind_frame(frame, &mut unwind_registers, &mut self.cache, &mut read) {
                Ok(None) => return WalkEnd::Root,
                Err(_) => return WalkEnd::Failed,
                Ok(Some(return_address)) => {
                    // A return address of zero is how glibc ends the stack of a thread that it started.
                    let Some(next) = FrameAddress::from_return_address(return_address) else {
                        return WalkEnd::Root;
                    };
                    if !into.push(return_address) {
                        return WalkEnd::Limit;
                    }
                    frame = next;
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn framehop_registers(registers: &Registers) -> framehop::x86_64::UnwindRegsX86_64 {
    framehop::x86_64::UnwindRegsX86_64::new(
        registers.instruction_pointer,
        registers.stack_pointer,
        registers.frame_pointer,
    )
}

#[cfg(target_arch = "aarch64")]
fn framehop_registers(registers: &Registers) -> framehop::aarch64::UnwindRegsAarch64 {
    framehop::aarch64::UnwindRegsAarch64::new(
        registers.link_register,
        registers.stack_pointer,
        registers.frame_pointer,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without a module that knows the address, framehop falls back on frame pointers.
    #[test]
    fn code_without_tables_is_walked_by_frame_pointers() {
        let words = [1016, 0x5000, 1032, 0x6000, 0, 0];
        let read = |address: u64| words.get(usize::try_from(address.checked_sub(1000)? / 8).ok()?).copied();
        let registers = Registers {
            instruction_pointer: 0x4000,
            stack_pointer: 1000,
            frame_pointer: 1000,
            link_register: 0x5000,
        };
        let mut frames = FrameBuffer::default();
        let mut walker = TableWalker::new([]);
        let end = walker.walk(&registers, read, &mut frames);
        assert_eq!((frames.frames(), end), (&[0x5000, 0x6000][..], WalkEnd::Root));
        frames.clear();
        assert_eq!(walker.sibling().walk(&registers, |_| None, &mut frames), WalkEnd::Failed);
        assert_eq!(frames.frames(), []);
    }
}
