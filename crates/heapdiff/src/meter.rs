//! The time that the hook itself takes for samples, by timing a few of them.

use heapdiff_recorder::{Counter, Counters, Shard};
use std::time::Instant;

/// One call in so many is timed, and counted for all of them: two looks at the clock take 40 ns, a sample as little as
/// 100.
const CALLS_PER_TIMED: u32 = 32;

/// A call that took longer was interrupted, or waited for memory. Counted for so many others, one would be a
/// third of a second.
const NANOS_MAX: u64 = 100_000;

/// Decides which calls are timed.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    calls: u32,
}

/// A call that may be timed.
#[derive(Debug)]
#[must_use = "the call must be stopped"]
pub(crate) struct Call(Option<Instant>);

impl Meter {
    /// Begins a call.
    #[inline]
    pub(crate) fn start(&mut self) -> Call {
        self.calls = self.calls.wrapping_add(1);
        Call(self.calls.is_multiple_of(CALLS_PER_TIMED).then(Instant::now))
    }
}

impl Call {
    /// A call that is not timed.
    pub(crate) const UNTIMED: Self = Self(None);

    /// Ends the call, and counts its time if it was timed.
    #[inline]
    pub(crate) fn stop(self, counters: &Counters<'_>, shard: Shard) {
        if let Some(started) = self.0 {
            let nanos = u64::try_from(started.elapsed().as_nanos()).unwrap_or(NANOS_MAX).min(NANOS_MAX);
            counters.add_many(shard, Counter::HookNanos, nanos * u64::from(CALLS_PER_TIMED));
        }
    }
}
