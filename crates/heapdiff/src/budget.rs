//! A period that follows from what recording may cost.
//!
//! Once a second the writer compares the recorder's own time with the processor time of the whole process. Above the
//! budget the period grows at once, by as many doublings as the excess asks for, since cost falls with the number of
//! samples; below a third of it the period halves, down to the one that was asked for. In between nothing happens, so
//! the period does not swing.
//!
//! Estimates stay unbiased: every sample carries the period that it was drawn with, and a changed period does not
//! depend on which allocations the samples happened to be.

use heapdiff_recorder::Period;
use std::fmt;
use std::time::Duration;

/// What recording may cost, as a share of the process's own processor time.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Budget(f64);

impl Budget {
    /// A budget in percent; `None` unless it is above 0 and at most 100.
    #[must_use]
    pub fn percent(percent: f64) -> Option<Self> {
        (percent > 0.0 && percent <= 100.0).then_some(Self(percent / 100.0))
    }

    /// Reads `1%` or `0.5%`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::percent(text.trim().strip_suffix('%')?.trim_end().parse().ok()?)
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0 * 100.0)
    }
}

/// The recorder's own time and the process's, since recording began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    /// Of the hook for samples, and of the writer thread.
    pub(crate) own: Duration,
    /// Processor time of all threads.
    pub(crate) process: Duration,
    /// On the clock.
    pub(crate) elapsed: Duration,
}

/// Moves a period so that recording stays within a budget.
#[derive(Debug)]
pub(crate) struct Governor {
    budget: Budget,
    before: Spent,
}

impl Governor {
    /// Below this much processor time of the process nothing can be said about a share of it.
    const PROCESS_TIME_MIN: Duration = Duration::from_millis(100);
    /// A process that does nothing is charged as if it used this share of a processor: what the writer thread needs
    /// once a second would be a large part of nearly nothing.
    const IDLE_SHARE: f64 = 0.1;
    /// Doublings in one step, at most: a single odd measurement must not end sampling.
    const DOUBLINGS_MAX: u32 = 4;

    pub(crate) fn new(budget: Budget, spent: Spent) -> Self {
        Self { budget, before: spent }
    }

    /// The period from now on, given the one in force, the one that was asked for, below which it never goes, and the
    /// time spent so far.
    pub(crate) fn next(&mut self, period: Period, floor: Period, spent: Spent) -> Period {
        let since = |now: Duration, before: Duration| now.saturating_sub(before).as_secs_f64();
        let process = since(spent.process, self.before.process)
            .max(since(spent.elapsed, self.before.elapsed) * Self::IDLE_SHARE);
        if process < Self::PROCESS_TIME_MIN.as_secs_f64() {
            return period;
        }
        let share = since(spent.own, self.before.own) / process;
        self.before = spent;
        let bytes = period.bytes();
        if share > self.budget.0 {
            let mut doublings = 1;
            while doublings < Self::DOUBLINGS_MAX && share > self.budget.0 * f64::from(1u32 << doublings) {
                doublings += 1;
            }
            // From exact mode the first doublings would change little: most blocks are larger than a few bytes.
            return Period::new(bytes.max(64).saturating_mul(1 << doublings));
        }
        if share * 3.0 < self.budget.0 {
            return Period::new(bytes / 2).max(floor);
        }
        period
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_types, reason = "a test")]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_percentages() {
        assert_eq!(Budget::parse("1%"), Budget::percent(1.0));
        assert_eq!(Budget::parse(" 0.5 %"), Budget::percent(0.5));
        for bad in ["1", "0%", "-1%", "101%", "%", "one%", "NaN%", "inf%"] {
            assert_eq!(Budget::parse(bad), None, "{bad}");
        }
    }

    /// A program that allocates 4 GB a second of processor time, at 1 µs a sample.
    #[test]
    fn the_period_settles_where_the_cost_is_below_the_budget_and_returns_when_the_load_ends() {
        let budget = Budget::percent(1.0).expect("a budget");
        let floor = Period::new(64 * 1024);
        let mut governor = Governor::new(budget, Spent::default());
        let (mut period, mut spent) = (floor, Spent::default());
        let mut second = |governor: &mut Governor, period: Period, bytes: f64| {
            let own = Duration::from_secs_f64(bytes / period.bytes() as f64 * 1e-6);
            spent.own += own;
            spent.process += Duration::from_secs(1);
            spent.elapsed += Duration::from_secs(1);
            (governor.next(period, floor, spent), own)
        };
        let mut seen = Vec::new();
        for _ in 0..20 {
            let (next, own) = second(&mut governor, period, 4e9);
            seen.push(own.as_secs_f64());
            period = next;
        }
        assert!(seen[0] > 0.05 && seen[3..].iter().all(|own| *own <= 0.01), "{seen:?}");
        assert!(seen[19] > 0.01 / 4.0, "no coarser than needed: {seen:?}");
        for _ in 0..20 {
            period = second(&mut governor, period, 1e6).0;
        }
        assert_eq!(period, floor);
    }

    #[test]
    fn an_idle_process_keeps_its_period() {
        let mut governor = Governor::new(Budget::percent(1.0).expect("a budget"), Spent::default());
        let mut spent = Spent::default();
        for _ in 0..100 {
            // The writer's ticks are all that the process does.
            spent.own += Duration::from_micros(100);
            spent.process += Duration::from_micros(120);
            spent.elapsed += Duration::from_secs(1);
            assert_eq!(governor.next(Period::EXACT, Period::EXACT, spent), Period::EXACT);
        }
    }
}
