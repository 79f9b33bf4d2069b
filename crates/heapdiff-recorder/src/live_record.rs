//! What is known of a sampled block that is alive.

use crate::charge::Charge;
use crate::size_class::SizeClass;
use crate::stack_table::StackId;

/// What a record says about how its block was placed, for the allocator to know when it is freed, and about who asked
/// for it: `scope:6 flags:2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct BlockFlags(u8);

impl BlockFlags {
    /// Nothing special.
    pub const NONE: Self = Self(0);
    /// The block was asked for with a larger alignment than its layout has.
    pub const OVERALIGNED: Self = Self(1);

    const SCOPE_SHIFT: u32 = 2;

    /// Whether all flags of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These flags, with the scope that the block belongs to.
    #[must_use]
    pub const fn with_scope(self, scope: Scope) -> Self {
        Self(self.0 & ((1 << Self::SCOPE_SHIFT) - 1) | scope.0 << Self::SCOPE_SHIFT)
    }

    /// The scope that the block belongs to.
    #[must_use]
    pub const fn scope(self) -> Scope {
        Scope(self.0 >> Self::SCOPE_SHIFT)
    }

    pub(crate) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    pub(crate) const fn to_bits(self) -> u8 {
        self.0
    }
}

/// A stretch of the program whose blocks are told from all others while they live, such as one test of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Scope(u8);

impl Scope {
    /// No scope.
    pub const NONE: Self = Self(0);
    /// The largest number of a scope: what six bits hold.
    pub const NUMBER_MAX: u8 = (1 << 6) - 1;

    /// The scope of a number. `None` if it is 0, or above [`Self::NUMBER_MAX`].
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number == 0 || number > Self::NUMBER_MAX { None } else { Some(Self(number)) }
    }

    /// Its number; 0 for none.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Whether it is one.
    #[must_use]
    pub const fn is_some(self) -> bool {
        self.0 != 0
    }
}

/// The name of a record, as good as an index: its block may carry it, or an [`AddressIndex`](crate::AddressIndex).
///
/// Any number is safe to ask for. A record is only ever touched for the address that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SlotId(u32);

impl SlotId {
    /// The name that [`Self::to_bits`] wrote down.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The name as a number, to be written down.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0
    }
}

/// A sampled block that is alive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveRecord {
    /// Its size in bytes, as the program asked for it; below 2^48.
    pub size: u64,
    /// Where it was allocated.
    pub stack: StackId,
    /// The number of snapshots that had begun before it was allocated.
    pub epoch: u32,
    /// What it was charged, which says how much it stands for.
    pub charge: Charge,
    /// The row of the tally table that counts it.
    pub class: SizeClass,
    /// How it was placed, and in which scope it was allocated.
    pub flags: BlockFlags,
}

const SIZE_MASK: u64 = (1 << 48) - 1;

impl LiveRecord {
    /// `flags:8 class:8 size:48`.
    pub(crate) const fn size_word(&self) -> u64 {
        (self.flags.0 as u64) << 56 | (self.class.index() as u64) << 48 | self.size & SIZE_MASK
    }

    /// From the words of a slot: the size word, `stack:32 epoch:32` and `charge:32 version:32`.
    pub(crate) const fn from_words(size: u64, place: u64, charge: u64) -> Self {
        let [.., class, flags] = size.to_le_bytes();
        Self {
            size: size & SIZE_MASK,
            stack: StackId::from_bits(high(place)),
            epoch: low(place),
            charge: Charge::from_bits(high(charge)),
            class: SizeClass::from_index(class),
            flags: BlockFlags::from_bits(flags),
        }
    }
}

pub(crate) const fn low(word: u64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    let half = word as u32;
    half
}

pub(crate) const fn high(word: u64) -> u32 {
    low(word >> 32)
}

pub(crate) const fn halves(high: u32, low: u32) -> u64 {
    (high as u64) << 32 | low as u64
}
