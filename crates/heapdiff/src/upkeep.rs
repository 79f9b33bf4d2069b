//! What the writer thread does now and then so that recording stays within its budget and every sample has a stack.

use crate::budget::{Budget, Governor, Spent};
use crate::gate;
use crate::recording::{self, Tables};
use crate::sys::clock;
use heapdiff_recorder::Counter;
use std::time::{Duration, Instant};

/// Time from one look at the budget to the next.
pub(crate) const EVERY: Duration = Duration::from_secs(1);

/// Samples that found all lanes taken since the last look, from which on there are too few lanes. One now and then is
/// chance: a thread was interrupted for long.
const BUSY_MAX: u64 = 16;

/// What was seen at the last look.
#[derive(Debug)]
pub(crate) struct Upkeep {
    governor: Option<Governor>,
    started: Instant,
    busy: u64,
}

impl Upkeep {
    /// Begins with what is counted so far.
    pub(crate) fn new(tables: &Tables, budget: Option<Budget>) -> Self {
        // The writer thread, which is not yet there, has spent nothing.
        let spent = Spent { own: hook_time(tables), process: clock::process_time(), elapsed: Duration::ZERO };
        let governor = budget.map(|budget| Governor::new(budget, spent));
        Self { governor, started: Instant::now(), busy: busy(tables) }
    }

    /// For the writer thread: makes lanes where too few are left.
    pub(crate) fn grow_lanes(&mut self, tables: &Tables) {
        let busy = busy(tables);
        if busy - self.busy > BUSY_MAX {
            tables.lanes.grow();
        }
        self.busy = busy;
    }

    /// For the writer thread, once each [`EVERY`]: moves the period where recording takes more than its budget, or much
    /// less.
    pub(crate) fn keep_budget(&mut self, tables: &Tables) {
        let spent = Spent {
            own: hook_time(tables) + clock::thread_time(),
            process: clock::process_time(),
            elapsed: self.started.elapsed(),
        };
        if let (Some(governor), Some(period)) = (&mut self.governor, recording::setting()) {
            let next = governor.next(period, recording::period_asked(), spent);
            gate::open_for(next);
            recording::move_period(period, next);
        }
    }
}

/// The time that samples have taken.
fn hook_time(tables: &Tables) -> Duration {
    Duration::from_nanos(tables.recorder.counters().get(Counter::HookNanos))
}

fn busy(tables: &Tables) -> u64 {
    tables.recorder.counters().get(Counter::UnwinderBusy)
}
