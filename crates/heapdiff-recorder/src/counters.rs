//! Events that the hook counts instead of reporting them.

use crate::sync::{AtomicU64, Ordering};

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
    /// Allocations that were sampled.
    Samples => "samples",
    /// Sampled blocks that were freed.
    Frees => "frees",
    /// Sampled blocks that changed their size. A snapshot that is taken meanwhile may miss one or see it twice.
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
}

/// One word for each [`Counter`].
#[derive(Debug)]
pub struct Counters<'a>(&'a [AtomicU64]);

impl<'a> Counters<'a> {
    /// Words that the counters need.
    pub const WORDS: usize = Counter::ALL.len();

    /// Counters in `words`, of which there are at least [`Self::WORDS`], all zero at first.
    #[must_use]
    pub const fn new(words: &'a [AtomicU64]) -> Self {
        Self(words)
    }

    /// Counts one event.
    pub fn add(&self, counter: Counter) {
        if let Some(word) = self.0.get(counter as usize) {
            // Relaxed: a statistic, ordered with nothing.
            word.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The number of events so far.
    #[must_use]
    pub fn get(&self, counter: Counter) -> u64 {
        self.0.get(counter as usize).map_or(0, |word| word.load(Ordering::Relaxed))
    }
}
