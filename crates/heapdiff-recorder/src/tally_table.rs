//! Everything that was ever allocated, by stack trace and size class.
//!
//! ```text
//! row    [ stack:32 class+1:8 next:24 ][ samples ][ objects ][ bytes ]      rows follow each other without a gap
//!                              │
//! head (a word of the trace) ──┴─► row ─► row ─► ...                        the rows of one chain, the newest first
//! ```
//!
//! A row is found through its stack trace, whose few size classes form some chains; nothing is hashed, and a reader
//! goes through as many rows as there are. A new row is written first and then put in front of its chain by one
//! compare-and-swap. A thread that loses that race looks for its class among the rows that came in; if it is there, its
//! own row is left over, empty, and skipped by everybody.
//!
//! Figures are fixed-point numbers, because estimates are fractions and the hook adds them with one atomic
//! instruction each: bytes in 1/64, objects in 1/4096. A rounding error of 2^-7 bytes a sample is nothing beside
//! the sampling error, and in exact mode there is none. A row overflows at 10^17 bytes or 2·10^15 objects: half a year of
//! 10 GB/s on one stack trace, and two of 50 million blocks a second.

use crate::charge::Charge;
use crate::growing_area::GrowingArea;
use crate::live_record::{halves, high, low};
use crate::size_class::SizeClass;
use crate::stack_table::StackId;
use crate::sync::{AtomicU64, Ordering};

/// What was allocated on one stack trace in one size class, since recording began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tally {
    /// The stack trace.
    pub stack: StackId,
    /// The size class.
    pub class: SizeClass,
    /// Sampled allocations.
    pub samples: u64,
    /// Objects that they stand for.
    pub objects_estimate: f64,
    /// Bytes that they stand for.
    pub bytes_estimate: f64,
}

/// One or more allocations, as they are added to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Figures {
    samples: u64,
    objects: u64,
    bytes: u64,
}

const ROW_WORDS: usize = 4;
const BYTES_SHIFT: u32 = 6;
const OBJECTS_SHIFT: u32 = 12;
const NEXT_MASK: u32 = (1 << 24) - 1;
/// Rows in one chain: one for each class. A longer one is in a file that was altered.
const CHAIN_MAX: usize = 256;

/// The table; see the module page.
#[derive(Clone, Copy, Debug)]
pub struct TallyTable<'a>(GrowingArea<'a>);

impl<'a> TallyTable<'a> {
    /// Words of a row.
    pub const ROW_WORDS: usize = ROW_WORDS;
    /// Rows of the largest table.
    pub const ROWS_MAX: usize = NEXT_MASK as usize - 1;

    /// A table in `area`, all zero at first.
    #[must_use]
    pub const fn new(area: GrowingArea<'a>) -> Self {
        Self(area)
    }

    /// Words of rows in use.
    #[must_use]
    pub fn words_used(&self) -> u64 {
        self.0.used_words()
    }

    /// Adds a sampled allocation of `size` bytes on `stack`, whose chain of rows begins at `head`.
    ///
    /// `false` if it needs a row and there is no room for one.
    #[inline]
    pub fn add(&self, head: &AtomicU64, stack: StackId, class: SizeClass, size: u64, charge: Charge) -> bool {
        self.find_or_append(head, stack, class).is_some_and(|row| {
            Figures::of(size, charge).add_to(row);
            true
        })
    }

    /// Takes a block back that [`Self::add`] put to this row, because it grows into another. `false` if there is no such
    /// row.
    pub fn retract(&self, head: &AtomicU64, class: SizeClass, size: u64, charge: Charge) -> bool {
        // Acquire: pairs with the push of the first row.
        self.find(low(head.load(Ordering::Acquire)), 0, class).is_some_and(|row| {
            Figures::of(size, charge).negated().add_to(row);
            true
        })
    }

    /// The rows, in the order in which they came in.
    pub fn iter(&self) -> impl Iterator<Item = Tally> + use<'a> {
        let (rows, _) = self.0.used().as_chunks::<ROW_WORDS>();
        rows.iter().filter_map(|[key, samples, objects, bytes]| {
            // Relaxed: a row that is not there yet has nothing in it; and sums, ordered with nothing.
            let key = key.load(Ordering::Relaxed);
            Some(Tally {
                stack: StackId::from_bits(high(key)),
                class: class_of(key)?,
                // A block may be taken back from a row that came in too late for it, if that was the last one.
                samples: samples.load(Ordering::Relaxed).cast_signed().max(0).cast_unsigned(),
                objects_estimate: real(objects.load(Ordering::Relaxed), OBJECTS_SHIFT),
                bytes_estimate: real(bytes.load(Ordering::Relaxed), BYTES_SHIFT),
            })
        })
    }

    #[inline]
    fn find_or_append(
        &self,
        head: &AtomicU64,
        stack: StackId,
        class: SizeClass,
    ) -> Option<&'a [AtomicU64; ROW_WORDS]> {
        // Acquire: pairs with the push of the first row, and through it with those of all that follow.
        let mut first = head.load(Ordering::Acquire);
        if let Some(row) = self.find(low(first), 0, class) {
            return Some(row);
        }
        let index = self.0.append(ROW_WORDS)? / ROW_WORDS;
        let own = self.row(index)?;
        let [key, ..] = own;
        let number = u32::try_from(index + 1).ok().filter(|number| *number <= NEXT_MASK)?;
        let fields = (u32::from(class.index()) + 1) << 24;
        loop {
            // Relaxed: published by the head.
            key.store(halves(stack.to_bits(), fields | low(first) & NEXT_MASK), Ordering::Relaxed);
            // Release: publishes the row. Acquire on failure: reads those that came in. Every push is a
            // read-modify-write, so a later one carries on what earlier ones released.
            match head.compare_exchange(first, u64::from(number), Ordering::Release, Ordering::Acquire) {
                Ok(_) => return Some(own),
                Err(found) => {
                    if let Some(row) = self.find(low(found), low(first), class) {
                        // Relaxed: it was in nobody's chain.
                        key.store(0, Ordering::Relaxed);
                        return Some(row);
                    }
                    first = found;
                }
            }
        }
    }

    /// The row of a class in the chain from the row `number` to before the row `until`; 0 is the end.
    #[inline]
    fn find(&self, mut number: u32, until: u32, class: SizeClass) -> Option<&'a [AtomicU64; ROW_WORDS]> {
        let (rows, _) = self.0.used().as_chunks::<ROW_WORDS>();
        for _ in 0..CHAIN_MAX {
            if number == until {
                return None;
            }
            let row = rows.get((number as usize).checked_sub(1)?)?;
            let [key, ..] = row;
            // Relaxed: acquired through the head.
            let key = key.load(Ordering::Relaxed);
            if class_of(key) == Some(class) {
                return Some(row);
            }
            number = low(key) & NEXT_MASK;
        }
        None
    }

    #[inline]
    fn row(&self, index: usize) -> Option<&'a [AtomicU64; ROW_WORDS]> {
        self.0.used().as_chunks::<ROW_WORDS>().0.get(index)
    }
}

impl Figures {
    #[inline]
    fn of(size: u64, charge: Charge) -> Self {
        if charge.is_certain() {
            return Self { samples: 1, objects: 1 << OBJECTS_SHIFT, bytes: size.wrapping_shl(BYTES_SHIFT) };
        }
        let objects = charge.objects_estimate();
        Self {
            samples: 1,
            objects: fixed(objects, OBJECTS_SHIFT),
            bytes: fixed(objects * Charge::bytes_as_f64(size), BYTES_SHIFT),
        }
    }

    /// As two's complement, which an addition takes off.
    const fn negated(self) -> Self {
        Self {
            samples: self.samples.wrapping_neg(),
            objects: self.objects.wrapping_neg(),
            bytes: self.bytes.wrapping_neg(),
        }
    }

    #[inline]
    fn add_to(self, [_, samples, objects, bytes]: &[AtomicU64; ROW_WORDS]) {
        // Relaxed: sums, ordered with nothing.
        samples.fetch_add(self.samples, Ordering::Relaxed);
        objects.fetch_add(self.objects, Ordering::Relaxed);
        bytes.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

fn class_of(key: u64) -> Option<SizeClass> {
    let [class, ..] = low(key).to_be_bytes();
    class.checked_sub(1).map(SizeClass::from_index)
}

/// A figure that is not negative, rounded.
fn fixed(value: f64, shift: u32) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and saturates far above any sum"
    )]
    let whole = (value * unit(shift) + 0.5) as u64;
    whole
}

fn real(word: u64, shift: u32) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits of an estimate are plenty")]
    let value = word.cast_signed() as f64;
    value / unit(shift)
}

fn unit(shift: u32) -> f64 {
    f64::from(1u32 << shift)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::charge::Period;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::vec::Vec;

    /// Room for `rows` rows and the heads of `stacks` chains.
    struct Room(Vec<AtomicU64>);

    impl Room {
        fn new(rows: usize) -> Self {
            let words: Vec<AtomicU64> = (0..10 + rows * ROW_WORDS).map(|_| AtomicU64::new(0)).collect();
            words[1].store(u64::MAX, Ordering::Relaxed);
            Self(words)
        }

        fn table(&self) -> TallyTable<'_> {
            TallyTable::new(GrowingArea::new(&self.0[10..], &self.0[0], &self.0[1]))
        }

        fn head(&self, stack: u32) -> &AtomicU64 {
            &self.0[2 + stack as usize]
        }
    }

    proptest! {
        /// Against a map: rows add up by (stack, class), each is there once, and taking back is exact.
        #[test]
        fn behaves_like_a_map_of_sums(
            steps in prop::collection::vec((0u32..8, 1u64..3000, any::<bool>()), 1..400),
            period in prop::sample::select(std::vec![1u64, 3, 1000, 1 << 19]),
        ) {
            let room = Room::new(400);
            let table = room.table();
            let mut model: BTreeMap<(u32, SizeClass), (u64, u64, f64)> = BTreeMap::new();
            for (stack, size, is_taken_back) in steps {
                let (class, charge) = (SizeClass::of(size), Charge::new(size, Period::new(period)));
                prop_assert!(table.add(room.head(stack), StackId::from_bits(stack), class, size, charge));
                let row = model.entry((stack, class)).or_default();
                if is_taken_back {
                    prop_assert!(table.retract(room.head(stack), class, size, charge));
                } else {
                    *row = (row.0 + 1, row.1 + size, row.2 + charge.bytes_estimate(size));
                }
            }
            let rows: Vec<Tally> = table.iter().collect();
            prop_assert_eq!(rows.len(), model.len());
            for row in rows {
                let (samples, bytes, estimate) = model[&(row.stack.to_bits(), row.class)];
                prop_assert_eq!(row.samples, samples);
                prop_assert!((row.bytes_estimate - estimate).abs() <= samples as f64 / 128.0);
                if period == 1 {
                    prop_assert_eq!((row.bytes_estimate, row.objects_estimate), (bytes as f64, samples as f64));
                }
            }
        }
    }

    #[test]
    fn a_full_table_refuses_and_rows_that_exist_go_on_counting() {
        let room = Room::new(4);
        let table = room.table();
        let charge = Charge::new(8, Period::EXACT);
        let add = |stack| table.add(room.head(stack), StackId::from_bits(stack), SizeClass::of(8), 8, charge);
        assert_eq!((0..8).filter(|&stack| add(stack)).count(), 4);
        assert!(add(0));
        assert!(!table.retract(room.head(7), SizeClass::of(8), 8, charge));
        assert_eq!(table.iter().map(|row| row.samples).collect::<Vec<_>>(), [2, 1, 1, 1]);
    }

    #[test]
    fn a_chain_in_a_circle_ends() {
        let room = Room::new(4);
        let table = room.table();
        let charge = Charge::new(8, Period::EXACT);
        assert!(table.add(room.head(0), StackId::from_bits(0), SizeClass::of(8), 8, charge));
        let key = &room.0[10];
        key.store(key.load(Ordering::Relaxed) | 1, Ordering::Relaxed);
        assert!(!table.retract(room.head(0), SizeClass::of(900), 900, charge));
        assert_eq!(table.iter().count(), 1);
    }
}
