//! A future that is watched.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::registry::{self, Tracking};
use crate::sys::task_waker::TaskWaker;
use crate::sys::{clock, registers};
use crate::thread;
use heapdiff_recorder::Scope;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

pin_project_lite::pin_project! {
    /// A future that is a task, seen by every snapshot until it ends.
    ///
    /// Made by [`TaskExt::tracked`](super::TaskExt::tracked); to be handed to whatever runs it.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are polled"]
    pub struct Tracked<F> {
        #[pin]
        future: F,
        // After the future: what is dropped with it still belongs to the task.
        task: Option<Task>,
    }
}

/// The task's own part.
#[derive(Debug)]
struct Task {
    tracking: Tracking,
    waker: Option<TaskWaker<super::state::TaskState>>,
}

/// The time of one poll in so many is taken, and stands for all of them.
const TIMED_ONE_IN: u64 = 8;

impl<F: Future> Tracked<F> {
    #[inline]
    pub(super) fn new(future: F) -> Self {
        let tracking = registry::enter(size_of::<F>() as u64);
        Self { future, task: tracking.map(|tracking| Task { tracking, waker: None }) }
    }

    /// The task, if it is watched.
    #[cfg(feature = "tokio")]
    pub(super) fn state(&self) -> Option<Arc<super::state::TaskState>> {
        self.task.as_ref().map(|task| Arc::clone(task.tracking.state()))
    }
}

impl<F: Future> Future for Tracked<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        match this.task {
            None => this.future.poll(context),
            Some(task) => task.poll(context.waker(), |context| this.future.poll(context)),
        }
    }
}

impl Task {
    fn poll<R>(&mut self, waker: &Waker, poll: impl FnOnce(&mut Context<'_>) -> R) -> R {
        let state = self.tracking.state();
        let own = match &self.waker {
            Some(own) if own.passes_on_to(waker) => own,
            _ => self.waker.insert(thread::muted(|| TaskWaker::new(waker, Arc::clone(state)))),
        };
        let poll = Polling::begin(state, poll);
        poll.run(state, own)
    }
}

/// A poll that is going on.
struct Polling<P> {
    poll: P,
    turn: u64,
    allocated: u64,
    timed_from: Option<u64>,
}

impl<P> Polling<P> {
    #[inline]
    fn begin(state: &super::state::TaskState, poll: P) -> Self {
        let turn = state.begin_poll(clock::nanos_coarsely());
        let timed_from = turn.is_multiple_of(TIMED_ONE_IN).then(clock::nanos);
        Self { poll, turn, allocated: thread::allocated(), timed_from }
    }

    #[inline]
    fn run<R>(self, state: &super::state::TaskState, waker: &TaskWaker<super::state::TaskState>) -> R
    where
        P: FnOnce(&mut Context<'_>) -> R,
    {
        /// Ends the poll also if it panics.
        struct End<'a> {
            state: &'a super::state::TaskState,
            allocated: u64,
            timed_from: Option<u64>,
            before: thread::Polled,
            scope_before: Scope,
        }
        impl Drop for End<'_> {
            fn drop(&mut self) {
                let busy = self.timed_from.map_or(0, |from| clock::nanos().saturating_sub(from));
                let allocated = thread::allocated().wrapping_sub(self.allocated);
                self.state.end_poll(busy.saturating_mul(TIMED_ONE_IN), allocated);
                thread::set_polled(self.before);
                self.state.leave_scope(self.scope_before);
            }
        }
        let base = registers::capture().stack_pointer;
        let before = thread::set_polled(thread::Polled { task: state.address(), base, number: state.number });
        let scope_before = state.enter_scope();
        let (allocated, timed_from) = (self.allocated, self.timed_from);
        let _end = End { state, allocated, timed_from, before, scope_before };
        #[expect(clippy::cast_possible_truncation, reason = "only its lowest bits matter")]
        let turn = self.turn as usize;
        waker.with(turn, |waker| (self.poll)(&mut Context::from_waker(waker)))
    }
}
