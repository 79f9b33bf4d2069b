//! How to get from a frame to its caller, for the ordinary kinds of frame, in eight bytes.
//!
//! ```text
//!                 fp slot     return slot
//!                    ▼            ▼
//! ─── sp ── ··· ── [caller's fp][return address] ── CFA = caller's sp ───────► root
//! ```
//!
//! The canonical frame address (CFA) is the stack or frame pointer plus a constant; the return address and, where the
//! function saved it, the caller's frame pointer lie at constant distances from the CFA. All rules that framehop caches
//! are of this kind, on both architectures.

use crate::architecture::Architecture;
use crate::state::State;

/// Bytes of a word.
const WORD: i64 = 8;

/// From a frame to its caller, in one word, since it is copied with every step.
///
/// ```text
/// bit 0          16                 32                       48
/// │ base to CFA   │ CFA to return    │ CFA to frame pointer   │ flags │      distances in words of 8 bytes
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rule(u64);

/// What a rule is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RuleParts {
    /// The CFA is counted from the frame pointer, else from the stack pointer.
    pub(crate) is_from_frame_pointer: bool,
    /// From that register up to the CFA, in bytes.
    pub(crate) cfa_offset: u64,
    /// From the CFA to the return address, in bytes; `None` if it is still in the link register.
    pub(crate) return_offset: Option<i64>,
    /// From the CFA to the caller's frame pointer, in bytes; `None` if the register still holds it.
    pub(crate) frame_pointer_offset: Option<i64>,
    /// The caller's frame pointer has to be above the frame's, where the one is found through the other.
    pub(crate) must_ascend: bool,
}

impl Rule {
    const FROM_FRAME_POINTER: u64 = 1 << 48;
    const LOADS_FRAME_POINTER: u64 = 1 << 49;
    const FROM_LINK_REGISTER: u64 = 1 << 50;
    const IS_ROOT: u64 = 1 << 51;
    const MUST_ASCEND: u64 = 1 << 52;
    const IS_OPAQUE: u64 = 1 << 53;

    /// The stack ends with this frame.
    pub(crate) const ROOT: Self = Self(Self::IS_ROOT);

    /// A step that only framehop can make. What it does to the frame pointer is its own affair: no step after it gets at
    /// the one before it.
    pub(crate) const OPAQUE: Self = Self(Self::IS_OPAQUE | Self::LOADS_FRAME_POINTER);

    /// The frame record that frame pointers chain, the same on x86-64 and on aarch64.
    pub(crate) const FRAME_RECORD: Self =
        Self::packed(2, -1, -2, Self::FROM_FRAME_POINTER | Self::LOADS_FRAME_POINTER);

    const fn packed(cfa: u16, return_address: i16, frame_pointer: i16, flags: u64) -> Self {
        Self(
            cfa as u64
                | (return_address.cast_unsigned() as u64) << 16
                | (frame_pointer.cast_unsigned() as u64) << 32
                | flags,
        )
    }

    /// The rule of these parts; `None` for distances that do not fit, or are no whole words.
    pub(crate) fn new(parts: &RuleParts) -> Option<Self> {
        let words = |bytes: i64| if bytes % WORD == 0 { i16::try_from(bytes / WORD).ok() } else { None };
        let mut flags = 0;
        if parts.is_from_frame_pointer {
            flags |= Self::FROM_FRAME_POINTER;
        }
        if parts.frame_pointer_offset.is_some() {
            flags |= Self::LOADS_FRAME_POINTER;
        }
        if parts.return_offset.is_none() {
            flags |= Self::FROM_LINK_REGISTER;
        }
        if parts.must_ascend && parts.is_from_frame_pointer && parts.frame_pointer_offset.is_some() {
            flags |= Self::MUST_ASCEND;
        }
        if !parts.cfa_offset.is_multiple_of(WORD.unsigned_abs()) {
            return None;
        }
        Some(Self::packed(
            u16::try_from(parts.cfa_offset / WORD.unsigned_abs()).ok()?,
            words(parts.return_offset.unwrap_or(0))?,
            words(parts.frame_pointer_offset.unwrap_or(0))?,
            flags,
        ))
    }

    pub(crate) const fn is_root(self) -> bool {
        self.0 & Self::IS_ROOT != 0
    }

    pub(crate) const fn is_opaque(self) -> bool {
        self.0 & Self::IS_OPAQUE != 0
    }

    /// Whether the CFA depends on the frame pointer.
    pub(crate) const fn needs_frame_pointer(self) -> bool {
        self.0 & Self::FROM_FRAME_POINTER != 0
    }

    /// Whether the caller's frame pointer comes from the stack.
    pub(crate) const fn loads_frame_pointer(self) -> bool {
        self.0 & Self::LOADS_FRAME_POINTER != 0
    }

    /// Whether the return address comes from the link register.
    pub(crate) const fn needs_link_register(self) -> bool {
        self.0 & Self::FROM_LINK_REGISTER != 0
    }

    /// Whether the rule holds only if the caller's frame pointer is above the frame's.
    pub(crate) const fn must_ascend(self) -> bool {
        self.0 & Self::MUST_ASCEND != 0
    }

    /// From the base register up to the CFA, in bytes.
    const fn cfa_offset(self) -> u64 {
        (self.0 & 0xffff) * WORD.unsigned_abs()
    }

    /// The signed distance that begins at bit `at`, in bytes.
    const fn offset(self, at: u32) -> i64 {
        (self.0 << (48 - at)).cast_signed() >> 48 << 3
    }

    /// Where the return address lies in a frame that ends at `cfa`.
    pub(crate) const fn return_slot(self, cfa: u64) -> u64 {
        cfa.wrapping_add_signed(self.offset(16))
    }

    /// Where the caller's frame pointer lies in a frame that ends at `cfa`.
    pub(crate) const fn frame_pointer_slot(self, cfa: u64) -> u64 {
        cfa.wrapping_add_signed(self.offset(32))
    }

    /// The caller of the frame at `state`; `None` if anything about it is out of the ordinary. Then framehop decides
    /// what that means: this does nothing but what framehop would have done.
    #[inline]
    pub(crate) fn apply<A: Architecture>(
        self,
        state: State,
        code_mask: u64,
        mut read: impl FnMut(u64) -> Option<u64>,
    ) -> Option<State> {
        let base = if self.needs_frame_pointer() { state.frame_pointer } else { state.stack_pointer };
        let cfa = base.checked_add(self.cfa_offset())?;
        let return_address = if self.needs_link_register() {
            if !state.is_first || cfa < state.stack_pointer {
                return None;
            }
            state.link_register
        } else {
            if cfa <= state.stack_pointer {
                return None;
            }
            read(self.return_slot(cfa))?
        };
        let return_address = A::code_address(return_address, code_mask);
        if return_address == 0 {
            return None;
        }
        let frame_pointer = if self.loads_frame_pointer() {
            let loaded = read(self.frame_pointer_slot(cfa))?;
            if self.must_ascend() && loaded <= state.frame_pointer {
                return None;
            }
            loaded
        } else {
            state.frame_pointer
        };
        Some(State::caller(return_address, cfa, frame_pointer))
    }
}
