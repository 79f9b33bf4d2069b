//! The samples that are live, by address: sets of eight, one cache line each.

use std::sync::atomic::{AtomicUsize, Ordering};

const SETS: usize = 1 << 13;

#[repr(align(64))]
struct Set([AtomicUsize; 8]);

static TABLE: [Set; SETS] = [const { Set([const { AtomicUsize::new(0) }; 8]) }; SETS];

fn set(address: usize) -> &'static Set {
    let hash = (address as u64 >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    &TABLE[(hash >> (64 - SETS.ilog2())) as usize]
}

/// `false` if there is no room.
pub(crate) fn insert(address: usize) -> bool {
    // Relaxed, here and below: nothing hangs on an address, and whoever frees the block has synchronized with its
    // allocation.
    let take =
        |slot: &AtomicUsize| slot.compare_exchange(0, address, Ordering::Relaxed, Ordering::Relaxed).is_ok();
    set(address).0.iter().any(take)
}

pub(crate) fn contains(address: usize) -> bool {
    set(address).0.iter().any(|slot| slot.load(Ordering::Relaxed) == address)
}

/// `false` if it was not there.
pub(crate) fn remove(address: usize) -> bool {
    let found = set(address).0.iter().find(|slot| slot.load(Ordering::Relaxed) == address);
    found.inspect(|slot| slot.store(0, Ordering::Relaxed)).is_some()
}
