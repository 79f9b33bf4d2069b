//! The slots that are free: one list a shard, without locks.
//!
//! ```text
//! head of a shard   [ tag:36 | index + 1 : 28 ]      0 in the low part: the list is empty
//!                                  │
//!                   slot  ──next──► slot ──next──► ...
//! ```
//!
//! A stack with one word as its head (Treiber). The tag grows with every removal, so a thread that was interrupted
//! between reading the first slot's successor and replacing the head cannot bring back a head from before: for that, one
//! shard would have to hand out 2^36 slots meanwhile.
//!
//! **Source:** Treiber, "Systems programming: coping with parallelism", IBM RJ 5118, 1986.

use crate::live_record::low;
use crate::shard::{FREE_LIST, Shard, ShardWords};
use crate::sync::{AtomicU64, Ordering};

/// Slots that a list can name.
pub(crate) const SLOTS_MAX: usize = (1 << INDEX_BITS) - 2;
const INDEX_BITS: u32 = 28;
const INDEX_MASK: u64 = (1 << INDEX_BITS) - 1;
const TAG_ONE: u64 = 1 << INDEX_BITS;

/// Attempts to take from one list before another place is tried. Somebody else succeeds with each that fails, so it only
/// comes to that in a region whose words were overwritten. Few under loom, which tries every old head each time.
const ATTEMPTS_MAX: usize = if cfg!(loom) { 2 } else { 64 };

/// The lists of all shards.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FreeLists<'a>(&'a [ShardWords]);

impl<'a> FreeLists<'a> {
    pub(crate) const fn new(shards: &'a [ShardWords]) -> Self {
        Self(shards)
    }

    /// Takes a slot from the shard's list, or from another one. `next` tells the successor of a slot (index + 1, or 0), if
    /// it is a free slot.
    #[inline]
    pub(crate) fn pop(&self, shard: Shard, next: impl Fn(u32) -> Option<u32>) -> Option<u32> {
        shard.onwards().find_map(|index| pop_from(self.head(index)?, &next))
    }

    /// Puts a slot into the shard's list. `link` is told which successor (index + 1, or 0) the slot has to remember.
    #[inline]
    pub(crate) fn push(&self, shard: Shard, slot: u32, link: impl Fn(u32)) {
        let Some(head) = self.head(shard.index()) else { return };
        // Relaxed: what is behind the first slot is not looked at here.
        let mut word = head.load(Ordering::Relaxed);
        loop {
            link(first(word));
            // Release: whoever takes the slot sees its successor, and all that was read of it before it was given back.
            // All that ever writes the head is a read-modify-write, so it carries on what earlier ones released.
            let with_slot = word & !INDEX_MASK | (u64::from(slot) + 1) & INDEX_MASK;
            match head.compare_exchange(word, with_slot, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(found) => word = found,
            }
        }
    }

    fn head(&self, index: usize) -> Option<&'a AtomicU64> {
        self.0.get(index).map(|words| &words[FREE_LIST])
    }
}

#[inline]
fn pop_from(head: &AtomicU64, next: impl Fn(u32) -> Option<u32>) -> Option<u32> {
    // Acquire: pairs with the push of the first slot, whose successor is read.
    let mut word = head.load(Ordering::Acquire);
    for _ in 0..ATTEMPTS_MAX {
        let slot = first(word).checked_sub(1)?;
        let Some(successor) = next(slot) else {
            // It is taken already: the head has changed.
            word = head.load(Ordering::Acquire);
            continue;
        };
        let without_slot = (word & !INDEX_MASK).wrapping_add(TAG_ONE) | u64::from(successor) & INDEX_MASK;
        // Relaxed: the word was acquired before. Acquire on failure: pairs with the push of the new first slot.
        match head.compare_exchange(word, without_slot, Ordering::Relaxed, Ordering::Acquire) {
            Ok(_) => return Some(slot),
            Err(found) => word = found,
        }
    }
    None
}

fn first(word: u64) -> u32 {
    low(word & INDEX_MASK)
}
