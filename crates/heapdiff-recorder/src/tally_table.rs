//! Everything that was ever allocated, by stack trace and size class.
//!
//! Figures are fixed-point numbers, because estimates are fractions and the hook adds them with one atomic
//! instruction each: bytes in 1/256, objects in 1/65536. A rounding error of 2^-9 bytes a sample is nothing beside
//! the sampling error, and in exact mode there is none.

use crate::charge::Charge;
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

const SLOT_WORDS: usize = 4;
const PROBES_MAX: usize = 64;
const BYTES_ONE: f64 = 256.0;
const OBJECTS_ONE: f64 = 65_536.0;

/// The table: open addressing, a slot is `[key][samples][objects][bytes]`, and a key once set stays.
#[derive(Debug)]
pub struct TallyTable<'a> {
    words: &'a [AtomicU64],
    len: &'a AtomicU64,
}

impl<'a> TallyTable<'a> {
    /// Words of a slot.
    pub const SLOT_WORDS: usize = SLOT_WORDS;

    /// A table in `words`, four for each of a power of two of slots, counting its rows in `len`; all zero at first.
    #[must_use]
    pub const fn new(words: &'a [AtomicU64], len: &'a AtomicU64) -> Self {
        Self { words, len }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len.load(Ordering::Relaxed)
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a sampled allocation of `size` bytes. `false` if the table is full.
    pub fn add(&self, stack: StackId, class: SizeClass, size: u64, charge: Charge) -> bool {
        self.change(stack, class, 1, charge.objects_estimate(), charge.bytes_estimate(size))
    }

    /// Takes a block back that [`Self::add`] put to this row, because it grows into another.
    pub fn retract(&self, stack: StackId, class: SizeClass, size: u64, charge: Charge) -> bool {
        self.change(stack, class, -1, -charge.objects_estimate(), -charge.bytes_estimate(size))
    }

    fn change(&self, stack: StackId, class: SizeClass, samples: i64, objects: f64, bytes: f64) -> bool {
        let Some([_, sample_word, object_word, byte_word]) = self.slot(stack, class) else { return false };
        // Relaxed: sums, ordered with nothing. A negative number is added as its two's complement.
        sample_word.fetch_add(samples.cast_unsigned(), Ordering::Relaxed);
        object_word.fetch_add(fixed(objects * OBJECTS_ONE), Ordering::Relaxed);
        byte_word.fetch_add(fixed(bytes * BYTES_ONE), Ordering::Relaxed);
        true
    }

    fn slot(&self, stack: StackId, class: SizeClass) -> Option<&[AtomicU64; SLOT_WORDS]> {
        let key = 1 << 63 | u64::from(stack.to_bits()) << 8 | u64::from(class.index());
        let mask = (self.words.len() / SLOT_WORDS).checked_sub(1)?;
        let (slots, _) = self.words.as_chunks::<SLOT_WORDS>();
        let hash = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) as usize;
        for probe in 0..PROBES_MAX {
            let slot = slots.get(hash.wrapping_add(probe) & mask)?;
            let [slot_key, ..] = slot;
            // Relaxed: the key is all that is read through it, and the counters of a slot begin at zero.
            let mut found = slot_key.load(Ordering::Relaxed);
            if found == 0 {
                match slot_key.compare_exchange(0, key, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => {
                        self.len.fetch_add(1, Ordering::Relaxed);
                        return Some(slot);
                    }
                    Err(winner) => found = winner,
                }
            }
            if found == key {
                return Some(slot);
            }
        }
        None
    }

    /// The rows, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = Tally> + use<'a> {
        let (slots, _) = self.words.as_chunks::<SLOT_WORDS>();
        slots.iter().filter_map(|[key, samples, objects, bytes]| {
            let key = key.load(Ordering::Relaxed);
            if key == 0 {
                return None;
            }
            #[expect(clippy::cast_possible_truncation, reason = "the fields of the key")]
            let (stack, class) = (StackId::from_bits((key >> 8) as u32), SizeClass::from_index(key as u8));
            Some(Tally {
                stack,
                class,
                samples: samples.load(Ordering::Relaxed),
                objects_estimate: real(objects.load(Ordering::Relaxed)) / OBJECTS_ONE,
                bytes_estimate: real(bytes.load(Ordering::Relaxed)) / BYTES_ONE,
            })
        })
    }
}

fn fixed(value: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, reason = "saturates far above any sum")]
    let whole = libm::round(value) as i64;
    whole.cast_unsigned()
}

fn real(word: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits of an estimate are plenty")]
    let value = word.cast_signed() as f64;
    value
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::charge::Period;
    use std::vec::Vec;

    #[test]
    fn adds_up_by_row_and_takes_back_exactly() {
        let words: Vec<AtomicU64> = (0..4 * 64 + 1).map(|_| AtomicU64::new(0)).collect();
        let table = TallyTable::new(&words[1..], &words[0]);
        let (stack, period) = (StackId::from_bits(5), Period::new(1000));
        for size in [100, 110, 100_000] {
            assert!(table.add(stack, SizeClass::of(size), size, Charge::new(size, period)));
        }
        assert!(table.retract(stack, SizeClass::of(100), 100, Charge::new(100, period)));
        let mut rows: Vec<Tally> = table.iter().collect();
        rows.sort_by_key(|row| row.class);
        assert_eq!((rows.len(), table.len()), (2, 2));
        assert_eq!((rows[0].samples, rows[1].samples), (1, 1));
        let expected = Charge::new(110, period).bytes_estimate(110);
        assert!((rows[0].bytes_estimate - expected).abs() < 0.02, "{} {expected}", rows[0].bytes_estimate);
        assert_eq!(rows[1].bytes_estimate, 100_000.0);
    }

    #[test]
    fn a_full_table_refuses() {
        let words: Vec<AtomicU64> = (0..4 * 4 + 1).map(|_| AtomicU64::new(0)).collect();
        let table = TallyTable::new(&words[1..], &words[0]);
        let charge = Charge::new(8, Period::EXACT);
        let added =
            (0..10).filter(|&n| table.add(StackId::from_bits(n), SizeClass::of(8), 8, charge)).count();
        assert_eq!(added, 4);
        assert!(
            table.add(StackId::from_bits(0), SizeClass::of(8), 8, charge),
            "rows that exist go on counting"
        );
    }
}
