//! Events that the hook counts instead of reporting them.

use crate::shard::{COUNTERS_AT, COUNTERS_MAX, Shard, ShardWords};
use crate::sync::Ordering;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)*) => {
        /// What is counted. A loss is a counter in the snapshot, never silence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Counter {
            $($(#[$doc])* $name,)*
        }

        impl Counter {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The counter's name in a snapshot.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

counters! {
    /// Allocations that were sampled. Each has a stack trace that ended in some way, and is counted by that alone.
    Samples => "samples",
    /// Records that were removed because their block was freed, or got out of sight.
    Frees => "frees",
    /// Sampled blocks that changed their size.
    Reallocations => "reallocations",
    /// Stack traces that reached the root of their thread.
    StacksComplete => "stacks_complete",
    /// Stack traces cut at the depth limit.
    StacksTruncated => "stacks_truncated",
    /// Stack traces that ended at a frame that could not be passed.
    StacksFailed => "stacks_failed",
    /// Samples lost because the live table was full: they are missing from what is in use.
    LiveTableFull => "live_table_full",
    /// Samples whose stack trace was not kept because the stack table was full.
    StackTableFull => "stack_table_full",
    /// Samples missing from the cumulative figures because the tally table was full.
    TallyTableFull => "tally_table_full",
    /// Stack traces of one frame because all unwinders were busy on other threads.
    UnwinderBusy => "unwinder_busy",
    /// Samples not placed because the memory set aside for sampled blocks was used up.
    SampledHeapFull => "sampled_heap_full",
    /// Nanoseconds that the hook took for samples and their frees; estimated, since only some are timed.
    HookNanos => "hook_nanos",
}

/// The ways in which a stack trace ends: their sum is the number of samples.
const STACK_ENDS: [Counter; 3] = [Counter::StacksComplete, Counter::StacksTruncated, Counter::StacksFailed];

const _: () = assert!(Counter::ALL.len() <= COUNTERS_MAX, "a shard must have room for all counters");

/// One word for each [`Counter`] in each shard.
#[derive(Clone, Copy, Debug)]
pub struct Counters<'a>(&'a [ShardWords]);

impl<'a> Counters<'a> {
    /// Counters in `shards`, all zero at first.
    #[must_use]
    pub const fn new(shards: &'a [ShardWords]) -> Self {
        Self(shards)
    }

    /// Counts one event.
    #[inline]
    pub fn add(&self, shard: Shard, counter: Counter) {
        self.add_many(shard, counter, 1);
    }

    /// Counts so many events at once.
    #[inline]
    pub fn add_many(&self, shard: Shard, counter: Counter, events: u64) {
        let word = self.0.get(shard.index()).and_then(|words| words.get(COUNTERS_AT + counter as usize));
        if let Some(word) = word {
            // Relaxed: a statistic, ordered with nothing.
            word.fetch_add(events, Ordering::Relaxed);
        }
    }

    /// The number of events so far.
    #[must_use]
    pub fn get(&self, counter: Counter) -> u64 {
        let own = self.sum(counter);
        if counter != Counter::Samples {
            return own;
        }
        STACK_ENDS.into_iter().fold(own, |sum, end| sum.wrapping_add(self.sum(end)))
    }

    fn sum(&self, counter: Counter) -> u64 {
        // Wrapping: words from a broken file may be anything.
        self.0
            .iter()
            .filter_map(|words| words.get(COUNTERS_AT + counter as usize))
            .fold(0, |sum, word| sum.wrapping_add(word.load(Ordering::Relaxed)))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::shard::SHARDS;
    use crate::sync::AtomicU64;

    #[test]
    fn events_of_all_shards_add_up_and_samples_are_counted_by_their_stack_ends() {
        let words: [ShardWords; SHARDS] =
            core::array::from_fn(|_| core::array::from_fn(|_| AtomicU64::new(0)));
        let counters = Counters::new(&words);
        for (number, &counter) in (0..).zip(Counter::ALL) {
            for event in 0..=number {
                counters.add(Shard::new(event * 7), counter);
            }
        }
        for (number, &counter) in (0..).zip(Counter::ALL) {
            let ends = if counter == Counter::Samples { 3 + 4 + 5 + 3 } else { 0 };
            assert_eq!(counters.get(counter), number + 1 + ends, "{}", counter.name());
        }
    }
}
