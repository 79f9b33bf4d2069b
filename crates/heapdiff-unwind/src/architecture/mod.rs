//! What differs between the architectures. Both are compiled and tested everywhere; [`Native`] is the one that runs.

#[cfg(any(test, target_arch = "aarch64"))]
pub(crate) mod aarch64;
#[cfg(any(test, target_arch = "x86_64"))]
pub(crate) mod x86_64;

use crate::module::SectionBytes;
use crate::state::State;
use framehop::Unwinder;

#[cfg(target_arch = "x86_64")]
pub(crate) type Native = x86_64::X86_64;
#[cfg(target_arch = "aarch64")]
pub(crate) type Native = aarch64::Aarch64;

/// One architecture, as framehop and the shape of its frames have it.
pub(crate) trait Architecture {
    /// framehop's registers.
    type Registers;
    /// framehop's cache of rules, with all the memory that it ever needs.
    type Cache;
    /// framehop's unwinder.
    type Unwinder: Unwinder<UnwindRegs = Self::Registers, Cache = Self::Cache, Module = framehop::Module<SectionBytes>>
        + Default;

    /// Whether a frame whose CFA follows from the frame pointer must hand its caller a higher one. framehop asks that
    /// on aarch64, where every frame pointer is one; on x86-64 the caller may use the register for anything.
    const CHAIN_ASCENDS: bool;

    /// An empty cache. Allocates.
    fn new_cache() -> Self::Cache;

    /// How often the cache knew the rule.
    fn hits(cache: &Self::Cache) -> u64;

    /// A frame's registers as framehop takes them.
    fn registers(state: &State, code_mask: u64) -> Self::Registers;

    /// The stack and the frame pointer among framehop's registers.
    fn stack_and_frame_pointer(registers: &Self::Registers) -> (u64, u64);

    /// The bits of an address of code, given the highest known address of the process.
    fn code_mask(highest_address: u64) -> u64;

    /// A return address without what the processor may have mixed into it.
    fn code_address(word: u64, code_mask: u64) -> u64;
}
