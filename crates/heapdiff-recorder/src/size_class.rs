//! Size classes: rows of a snapshot are kept apart by the size of their blocks.
//!
//! Four classes a doubling, as jemalloc has them, so a class is at most 25 % wider than the smallest block in it
//! (from 64 bytes on) and its name is the block size that the allocator would hand out. The classes are part of what
//! a snapshot means: two snapshots are compared class by class.

/// A class of block sizes; classes are ordered by size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SizeClass(u8);

impl SizeClass {
    /// The smallest class that holds `size` bytes.
    ///
    /// ```
    /// # use heapdiff_recorder::SizeClass;
    /// assert_eq!(SizeClass::of(1).bytes(), 8);
    /// assert_eq!(SizeClass::of(65).bytes(), 80);
    /// assert_eq!(SizeClass::of(1 << 20).bytes(), 1 << 20);
    /// assert_eq!(SizeClass::of((1 << 20) + 1).bytes(), (1 << 20) + (1 << 18));
    /// ```
    #[must_use]
    #[inline]
    pub const fn of(size: u64) -> Self {
        if size <= 8 {
            return Self(0);
        }
        if size <= 64 {
            #[expect(clippy::cast_possible_truncation, reason = "at most 4")]
            return Self(((size - 1) >> 4) as u8 + 1);
        }
        // With 2^k < size <= 2^(k+1) the class is one of four steps of 2^(k-2).
        let exponent = 63 - (size - 1).leading_zeros();
        let step = (size - 1 - (1 << exponent)) >> (exponent - 2);
        #[expect(clippy::cast_possible_truncation, reason = "at most 5 + 57 * 4 + 3, below 256")]
        let class = 5 + ((exponent - 6) * 4) as u8 + step as u8;
        Self(class)
    }

    /// The largest size in the class, in bytes; what the `bytes` label of a row says.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        match self.0 {
            0 => 8,
            small @ 1..=4 => small as u64 * 16,
            large => {
                let (exponent, step) = ((large as u64 - 5) / 4 + 6, (large as u64 - 5) % 4 + 1);
                (1u64 << exponent).saturating_add(step << (exponent - 2))
            }
        }
    }

    /// The class as a number below 256.
    #[must_use]
    pub const fn index(self) -> u8 {
        self.0
    }

    /// The class that [`Self::index`] named; the largest class for a number that names none, as in a broken file.
    #[must_use]
    pub const fn from_index(index: u8) -> Self {
        let largest = Self::of(u64::MAX);
        if index > largest.0 { largest } else { Self(index) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_that_names_no_class_is_the_largest() {
        let largest = SizeClass::from_index(u8::MAX);
        assert_eq!((largest, largest.bytes()), (SizeClass::of(u64::MAX), u64::MAX));
    }

    proptest! {
        #[test]
        fn a_class_holds_its_sizes_and_no_other(size in 1u64..1 << 47) {
            let class = SizeClass::of(size);
            prop_assert!(size <= class.bytes());
            prop_assert_eq!(SizeClass::of(class.bytes()), class);
            prop_assert_eq!(SizeClass::of(class.bytes() + 1).index(), class.index() + 1);
            prop_assert!(size < 64 || class.bytes() <= size + size / 4 + 1);
            prop_assert_eq!(SizeClass::from_index(class.index()), class);
        }
    }
}
