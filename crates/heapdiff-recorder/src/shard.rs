//! Shards: what every sample counts and every free gives back is kept several times over, so that threads do not wait
//! for each other's cache lines.
//!
//! ```text
//! shard   [ head of a free list | 15 words unused ][ 16 counters ]      256 bytes, nothing shared with the next one
//! ```
//!
//! Any thread may use any shard; figures are sums over all of them.

use crate::sync::AtomicU64;

/// Shards of a region. Under loom, which tries every interleaving, two.
pub(crate) const SHARDS: usize = if cfg!(loom) { 2 } else { 16 };
/// Words of a shard: four cache lines, since processors fetch lines in pairs.
pub(crate) const SHARD_WORDS: usize = COUNTERS_AT + COUNTERS_MAX;
/// The word of a shard at which its free list begins.
pub(crate) const FREE_LIST: usize = 0;
/// The first counter of a shard.
pub(crate) const COUNTERS_AT: usize = if cfg!(loom) { 1 } else { 16 };
/// Counters that a shard has room for.
pub(crate) const COUNTERS_MAX: usize = 16;

/// The words of one shard.
pub type ShardWords = [AtomicU64; SHARD_WORDS];

/// One of the shards of a region: a thread keeps to one of its own as far as there are enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard(u8);

impl Shard {
    /// The shard for any number that differs from thread to thread, such as a count of threads.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "below the number of shards")]
        let index = (number % SHARDS as u64) as u8;
        Self(index)
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// All shards, this one first.
    pub(crate) fn onwards(self) -> impl Iterator<Item = usize> {
        (0..SHARDS).map(move |step| (self.index() + step) % SHARDS)
    }
}
