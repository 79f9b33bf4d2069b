//! aarch64: a call leaves the return address in `x30`, which a function that calls others saves, as a rule together with
//! the frame pointer `x29`.
//!
//! With pointer authentication (`paciasp` and the like), the saved return address carries a signature in the bits that
//! an address does not use.

use super::Architecture;
use crate::module::SectionBytes;
use crate::state::State;
use framehop::MustNotAllocateDuringUnwind;
use framehop::aarch64::{CacheAarch64, PtrAuthMask, UnwindRegsAarch64, UnwinderAarch64};

#[derive(Debug)]
pub(crate) enum Aarch64 {}

impl Architecture for Aarch64 {
    type Registers = UnwindRegsAarch64;
    type Cache = CacheAarch64<MustNotAllocateDuringUnwind>;
    type Unwinder = UnwinderAarch64<SectionBytes, MustNotAllocateDuringUnwind>;

    const CHAIN_ASCENDS: bool = true;

    fn new_cache() -> Self::Cache {
        CacheAarch64::new_in()
    }

    fn hits(cache: &Self::Cache) -> u64 {
        cache.stats().hit_count
    }

    fn registers(state: &State, code_mask: u64) -> Self::Registers {
        UnwindRegsAarch64::new_with_ptr_auth_mask(
            PtrAuthMask(code_mask),
            state.link_register,
            state.stack_pointer,
            state.frame_pointer,
        )
    }

    fn stack_and_frame_pointer(registers: &Self::Registers) -> (u64, u64) {
        (registers.sp(), registers.fp())
    }

    /// Signatures lie above the bits of an address, which are 39, 48 or 52 on Linux. The kernel does not say which in a
    /// way that is free, but it puts stacks and libraries at the top of what there is.
    fn code_mask(highest_address: u64) -> u64 {
        u64::MAX.checked_shr(highest_address.leading_zeros()).unwrap_or(u64::MAX)
    }

    #[inline]
    fn code_address(word: u64, code_mask: u64) -> u64 {
        word & code_mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The upper bits of a return address that `paciasp` has signed, in address spaces of 48 and 39 bits.
    #[test]
    fn signatures_are_taken_off_return_addresses() {
        let mask = Aarch64::code_mask(0x0000_aaaa_b54f_7000 | 0x0000_ffff_e320_6000);
        assert_eq!(Aarch64::code_address(0x2f36_aaaa_b54f_7123, mask), 0x0000_aaaa_b54f_7123);
        let mask = Aarch64::code_mask(0x0000_007f_a320_6000);
        assert_eq!(Aarch64::code_address(0x003c_e87f_a320_1010, mask), 0x0000_007f_a320_1010);
        assert_eq!(Aarch64::code_mask(0), u64::MAX);
    }
}
