//! x86-64: a call pushes the return address, and `rbp` is the frame pointer only in code that was built for it.

use super::Architecture;
use crate::module::SectionBytes;
use crate::state::State;
use framehop::MustNotAllocateDuringUnwind;
use framehop::x86_64::{CacheX86_64, UnwindRegsX86_64, UnwinderX86_64};

#[derive(Debug)]
pub(crate) enum X86_64 {}

impl Architecture for X86_64 {
    type Registers = UnwindRegsX86_64;
    type Cache = CacheX86_64<MustNotAllocateDuringUnwind>;
    type Unwinder = UnwinderX86_64<SectionBytes, MustNotAllocateDuringUnwind>;

    const CHAIN_ASCENDS: bool = false;

    fn new_cache() -> Self::Cache {
        CacheX86_64::new_in()
    }

    fn hits(cache: &Self::Cache) -> u64 {
        cache.stats().hit_count
    }

    fn registers(state: &State, _code_mask: u64) -> Self::Registers {
        UnwindRegsX86_64::new(state.address, state.stack_pointer, state.frame_pointer)
    }

    fn stack_and_frame_pointer(registers: &Self::Registers) -> (u64, u64) {
        (registers.sp(), registers.bp())
    }

    fn code_mask(_highest_address: u64) -> u64 {
        u64::MAX
    }

    #[inline]
    fn code_address(word: u64, _code_mask: u64) -> u64 {
        word
    }
}
