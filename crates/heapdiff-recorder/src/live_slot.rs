//! One slot of the live pool: how a record is written, changed and read while others look.
//!
//! ```text
//! word 0  key       0 never used, ffff_ffff:next free, else the block's address
//! word 1  size      [ flags:8  class:8  size:48 ]
//! word 2  place     [ stack:32          epoch:32 ]     epoch ff......: not known yet
//! word 3  charge    [ charge:32         version:32 ]   odd version: being changed
//!
//!            fill: key last                 remove: key first
//!   free ────────────────────► record ───────────────────────► free
//!                               │  ▲
//!                               └──┘ change: version odd, words, version even
//! ```
//!
//! The owner of the block is the only one that fills, changes or frees the slot; any thread, and any process that maps
//! the region, may read meanwhile.
//!
//! # Epochs
//! A snapshot with number n must hold exactly the blocks that were recorded before it began, and those that come
//! later must carry an epoch above n. So an inserter first makes its record visible with the epoch still pending,
//! *then* reads the epoch; the visitor first raises the epoch, *then* looks. A sequentially consistent fence between the
//! two steps on either side makes sure that either the inserter sees the raised epoch or the visitor sees the record.
//!
//! A visitor that meets a pending epoch waits for nobody (the inserter may be preempted for long, or dead). It settles it
//! itself: it reads the epoch that is in force now and puts that there, if the inserter has not been faster. That epoch
//! is above every snapshot whose visitor has missed the record: such a visitor raised the epoch before it looked, and it
//! looked before the record was visible, which was before this one saw it. Pending epochs carry a part of the version, so
//! that a late settlement cannot hit the slot's next record.
//!
//! # Consistent reads
//! The version makes a record readable as it was at one moment: a reader that finds the same even version and the same
//! key before and after the other words has read words that belong together. Who changes a word first stores an odd
//! version (or, to fill, has stored a key that is no address), then a release fence, then the word: a reader that has
//! acquired the word therefore sees the odd version, or the key, when it looks again.

use crate::live_record::{LiveRecord, halves, high, low};
use crate::sync::{AtomicU64, Ordering, fence, spin_loop};

/// Words of a slot.
pub(crate) const SLOT_WORDS: usize = 4;

/// The largest epoch; snapshots beyond that many share it.
pub(crate) const EPOCH_MAX: u32 = PENDING - 1;
/// An epoch that is not known yet; its low bits are those of the version.
const PENDING: u32 = 0xff00_0000;

/// High half of the key of a free slot, above every address that a program can have.
const FREE: u32 = u32::MAX;

/// How often a visitor looks again at slots that are changing, at one of them and at all together. A thread that was
/// stopped must not keep it, and a file may have any number of slots in which one was.
#[derive(Debug)]
pub(crate) struct Patience {
    looks: usize,
}

impl Patience {
    const LOOKS_AT_ONE: usize = 1000;
    const LOOKS_AT_ALL: usize = 100_000;

    pub(crate) const fn new() -> Self {
        Self { looks: Self::LOOKS_AT_ALL }
    }

    fn looks(&mut self) -> impl Iterator<Item = ()> {
        // The first one is free.
        let (looks, mut is_first) = (&mut self.looks, true);
        core::iter::from_fn(move || {
            if !core::mem::take(&mut is_first) {
                *looks = looks.checked_sub(1)?;
            }
            Some(())
        })
        .take(Self::LOOKS_AT_ONE)
    }
}

/// What a reader finds in a slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Found {
    /// No record.
    Nothing,
    /// A record as it was at one moment.
    Record(u64, LiveRecord),
    /// A record whose owner was stopped while it changed it: its size, its charge and its address may be those from before
    /// or after.
    Changing(u64, LiveRecord),
}

/// A slot; see the module page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot<'a>(pub(crate) &'a [AtomicU64; SLOT_WORDS]);

/// Whether a key is the address of a block.
pub(crate) const fn is_address(key: u64) -> bool {
    key != 0 && high(key) != FREE
}

impl Slot<'_> {
    /// Whether the slot has the record of the block at `address`; for the thread that owns that block.
    pub(crate) fn belongs_to(self, address: u64) -> bool {
        // Relaxed: who owns the block has synchronized with who recorded it. For any other address no order matters, since
        // nothing is read.
        is_address(address) && self.0[0].load(Ordering::Relaxed) == address
    }

    /// The record, for the thread that owns its block.
    #[inline]
    pub(crate) fn read(self) -> LiveRecord {
        let [_, size, place, charge] = self.0;
        // Relaxed: as in `belongs_to`.
        LiveRecord::from_words(
            size.load(Ordering::Relaxed),
            place.load(Ordering::Relaxed),
            charge.load(Ordering::Relaxed),
        )
    }

    /// The successor in a list of free slots, if the slot is free.
    #[inline]
    pub(crate) fn next_free(self) -> Option<u32> {
        // Relaxed: the list's head has acquired it.
        let key = self.0[0].load(Ordering::Relaxed);
        (high(key) == FREE).then_some(low(key))
    }

    /// Empties the slot, which is the caller's; `next` is its successor in a list of free slots.
    #[inline]
    pub(crate) fn set_free(self, next: u32) {
        // Relaxed: published by the head of the list.
        self.0[0].store(halves(FREE, next), Ordering::Relaxed);
    }

    /// Writes the record of the block at `address` into the slot, which is the caller's and empty, with the epoch that is
    /// in force.
    #[inline]
    pub(crate) fn fill(self, address: u64, record: &LiveRecord, epoch: &AtomicU64) {
        let [key, size, place, charge] = self.0;
        // Relaxed: whoever had the slot before has given it away with Release. Even, and above the last one.
        let version = (low(charge.load(Ordering::Relaxed)) | 1).wrapping_add(1);
        let stack = record.stack.to_bits();
        let pending = halves(stack, PENDING | (version >> 1) & !PENDING);
        // Release: a reader that has read any of the words below sees the slot free when it looks at the key again.
        fence(Ordering::Release);
        // Relaxed: published by the charge and by the key.
        size.store(record.size_word(), Ordering::Relaxed);
        place.store(pending, Ordering::Relaxed);
        // Release: a reader that reads this version sees the words that belong to it.
        charge.store(halves(record.charge.to_bits(), version), Ordering::Release);
        // Release: publishes the words above.
        key.store(address, Ordering::Release);
        // The inserter's half of the agreement about epochs: see the module page.
        fence(Ordering::SeqCst);
        let settled = halves(stack, current(epoch));
        // Release and Relaxed: nothing is read through it but itself. A visitor may have been faster.
        let _ = place.compare_exchange(pending, settled, Ordering::Release, Ordering::Relaxed);
    }

    /// Changes the record, and the address that it belongs to; for the thread that owns the block. The epoch and the stack
    /// stay.
    pub(crate) fn change(self, address: u64, record: &LiveRecord) {
        let [key, size, _, charge] = self.0;
        let version = low(charge.load(Ordering::Relaxed)) | 1;
        let bits = record.charge.to_bits();
        // Relaxed: the fence orders it.
        charge.store(halves(bits, version), Ordering::Relaxed);
        // Release: a reader that has read any of the words below sees the odd version when it looks again.
        fence(Ordering::Release);
        // Relaxed: published by the charge.
        size.store(record.size_word(), Ordering::Relaxed);
        key.store(address, Ordering::Relaxed);
        // Release: a reader that reads this version sees the words that belong to it.
        charge.store(halves(bits, version.wrapping_add(1)), Ordering::Release);
    }

    /// The record as it was at one moment, for any thread.
    pub(crate) fn look(self, epoch: &AtomicU64, patience: &mut Patience) -> Found {
        let [key, size, place, charge] = self.0;
        let mut was_changing = None;
        for () in patience.looks() {
            // Acquire: pairs with the publication of the key.
            let address = key.load(Ordering::Acquire);
            if !is_address(address) {
                return Found::Nothing;
            }
            // Acquire: none of these may be read after the second look at the key, and that not after the second look at
            // the version.
            let before = charge.load(Ordering::Acquire);
            let words = (size.load(Ordering::Acquire), place.load(Ordering::Acquire));
            let is_one = key.load(Ordering::Acquire) == address && charge.load(Ordering::Relaxed) == before;
            if is_one && low(words.1) >= PENDING {
                settle(place, words.1, epoch);
                continue;
            }
            let record = LiveRecord::from_words(words.0, words.1, before);
            if is_one && low(before) & 1 == 0 {
                return Found::Record(address, record);
            }
            // Its owner is one instruction from done, or it has a new owner: look again.
            was_changing = is_one.then_some((address, record));
            spin_loop();
            #[cfg(loom)]
            loom::thread::yield_now();
        }
        // Its owner was stopped in the middle. A slot that has another owner with every look holds nothing that was there
        // when the visitor came.
        was_changing.map_or(Found::Nothing, |(address, record)| Found::Changing(address, record))
    }
}

/// Settles a pending epoch in place of its inserter: see the module page.
fn settle(place: &AtomicU64, pending: u64, epoch: &AtomicU64) {
    // Between what was seen and the epoch: a visitor that missed the record raised the epoch before this.
    fence(Ordering::SeqCst);
    // Release and Relaxed: as in `fill`.
    let settled = halves(high(pending), current(epoch));
    let _ = place.compare_exchange(pending, settled, Ordering::Release, Ordering::Relaxed);
}

fn current(epoch: &AtomicU64) -> u32 {
    // Relaxed: ordered by the fence before it.
    u32::try_from(epoch.load(Ordering::Relaxed)).unwrap_or(EPOCH_MAX).min(EPOCH_MAX)
}
