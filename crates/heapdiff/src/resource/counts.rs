//! Exact numbers, spread over cache lines so that threads do not wait for each other.

use crate::thread;
use std::sync::atomic::{AtomicU64, Ordering};

/// Cache lines that the numbers of a type are spread over. A power of two.
const SHARDS: usize = 16;

/// How many resources of a type there were and are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Acquired since the program started, while the type was not off.
    pub acquired: u64,
    /// Released of these.
    pub released: u64,
    /// Lost: dropped although they had to be closed.
    pub unclosed: u64,
    /// Acquired bytes, by the sizes that the program stated.
    pub acquired_bytes: u64,
    /// Released bytes.
    pub released_bytes: u64,
}

impl Counts {
    /// Acquired and not released, the lost ones included.
    #[must_use]
    pub const fn open(self) -> u64 {
        // Read one after the other while threads go on: a release may be seen without its acquire.
        self.acquired.saturating_sub(self.released)
    }

    /// Their bytes.
    #[must_use]
    pub const fn open_bytes(self) -> u64 {
        self.acquired_bytes.saturating_sub(self.released_bytes)
    }
}

/// The numbers of one type.
#[derive(Debug)]
pub(super) struct SharedCounts {
    shards: [CountShard; SHARDS],
    unclosed: AtomicU64,
}

/// What the threads of one shard have counted. Apart by two lines, since processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct CountShard {
    acquired: AtomicU64,
    released: AtomicU64,
    acquired_bytes: AtomicU64,
    released_bytes: AtomicU64,
}

impl SharedCounts {
    pub(super) const fn new() -> Self {
        let shards = [const {
            CountShard {
                acquired: AtomicU64::new(0),
                released: AtomicU64::new(0),
                acquired_bytes: AtomicU64::new(0),
                released_bytes: AtomicU64::new(0),
            }
        }; SHARDS];
        Self { shards, unclosed: AtomicU64::new(0) }
    }

    /// Counts an acquire, and returns a number that no other acquire of the type has.
    #[inline]
    pub(super) fn acquired(&self, bytes: u64) -> u64 {
        let at = shard_of_thread();
        let Some(shard) = self.shards.get(at) else { return 0 };
        if bytes != 0 {
            shard.acquired_bytes.fetch_add(bytes, Ordering::Relaxed);
        }
        // Relaxed, here and below: they are sums, and nothing else has to be visible with them.
        shard.acquired.fetch_add(1, Ordering::Relaxed).wrapping_mul(SHARDS as u64).wrapping_add(at as u64)
    }

    #[inline]
    pub(super) fn released(&self, bytes: u64) {
        let Some(shard) = self.shards.get(shard_of_thread()) else { return };
        if bytes != 0 {
            shard.released_bytes.fetch_add(bytes, Ordering::Relaxed);
        }
        shard.released.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a resource that was lost, and returns how many were before.
    pub(super) fn unclosed(&self) -> u64 {
        self.unclosed.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn read(&self) -> Counts {
        let mut counts = Counts { unclosed: self.unclosed.load(Ordering::Relaxed), ..Counts::default() };
        // Releases first, so that threads that go on make a sum too high rather than below zero.
        for shard in &self.shards {
            counts.released += shard.released.load(Ordering::Relaxed);
            counts.released_bytes += shard.released_bytes.load(Ordering::Relaxed);
        }
        for shard in &self.shards {
            counts.acquired += shard.acquired.load(Ordering::Relaxed);
            counts.acquired_bytes += shard.acquired_bytes.load(Ordering::Relaxed);
        }
        counts
    }
}

/// The shard of the calling thread.
#[inline]
fn shard_of_thread() -> usize {
    thread::number() as usize & (SHARDS - 1)
}
