//! What is known of a task.

use crate::sys::task_waker::Watch;
use crate::{recording, thread, trace};
use heapdiff_recorder::{Scope, StackId};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};

/// A task, from its spawn to its end. Written by whoever polls or wakes it, read by the writer thread.
///
/// All accesses are relaxed: these are figures of one task, and nothing else has to be visible with them. A snapshot that
/// is taken between two of them may be off by one poll.
#[derive(Debug)]
pub(crate) struct TaskState {
    /// From 1 on, in the order of their spawns.
    pub(crate) number: u64,
    /// Where it was spawned.
    pub(crate) spawned: StackId,
    /// The number of snapshots that had begun before.
    pub(crate) epoch: u32,
    /// When it was spawned, in nanoseconds of a clock that does not jump.
    pub(crate) since: u64,
    /// The size of its future, in bytes.
    pub(crate) future_bytes: u64,
    parked: AtomicU32,
    is_parked_known: AtomicBool,
    polls: AtomicU64,
    wakes: AtomicU64,
    self_wakes: AtomicU64,
    wakers: AtomicU64,
    busy_nanos: AtomicU64,
    allocated_bytes: AtomicU64,
    /// When the poll that is going on began; 0 if none is.
    polled_since: AtomicU64,
    is_woken: AtomicBool,
    is_detached: AtomicBool,
    /// The number of the scope that it was spawned in, for as long as that goes on; 0 for none.
    scope: AtomicU8,
}

/// The figures of a task at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) parked: StackId,
    pub(crate) polls: u64,
    pub(crate) wakes: u64,
    pub(crate) self_wakes: u64,
    pub(crate) wakers: u64,
    pub(crate) busy_nanos: u64,
    pub(crate) allocated_bytes: u64,
    pub(crate) polled_since: u64,
    pub(crate) is_woken: bool,
    pub(crate) is_detached: bool,
}

impl TaskState {
    pub(crate) fn new(spawned: StackId, epoch: u32, since: u64, future_bytes: u64, scope: Scope) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self {
            // Relaxed: only that numbers differ matters.
            number: LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1),
            spawned,
            epoch,
            since,
            future_bytes,
            parked: AtomicU32::new(0),
            is_parked_known: AtomicBool::new(false),
            polls: AtomicU64::new(0),
            wakes: AtomicU64::new(0),
            self_wakes: AtomicU64::new(0),
            wakers: AtomicU64::new(0),
            busy_nanos: AtomicU64::new(0),
            allocated_bytes: AtomicU64::new(0),
            polled_since: AtomicU64::new(0),
            is_woken: AtomicBool::new(false),
            is_detached: AtomicBool::new(false),
            scope: AtomicU8::new(scope.number()),
        }
    }

    /// The scope that the task belongs to: what is allocated, acquired and spawned while it is polled does, too.
    #[inline]
    pub(crate) fn scope(&self) -> Scope {
        Scope::new(self.scope.load(Ordering::Relaxed)).unwrap_or(Scope::NONE)
    }

    /// Has the task belong to a scope, or to none.
    #[inline]
    pub(crate) fn set_scope(&self, scope: Scope) {
        self.scope.store(scope.number(), Ordering::Relaxed);
    }

    /// Has the calling thread be in the task's scope, and returns the one that it was in.
    #[inline]
    pub(super) fn enter_scope(&self) -> Scope {
        if cfg!(feature = "test") { thread::enter(self.scope()) } else { Scope::NONE }
    }

    /// Has the calling thread be in the scope of before. If a scope began or ended meanwhile, that is the task's from now on.
    #[inline]
    pub(super) fn leave_scope(&self, before: Scope) {
        if cfg!(feature = "test") {
            self.set_scope(thread::enter(before));
        }
    }

    /// A poll begins. Returns how many there were before.
    pub(super) fn begin_poll(&self, now: u64) -> u64 {
        self.polled_since.store(now.max(1), Ordering::Relaxed);
        self.is_woken.store(false, Ordering::Relaxed);
        self.is_parked_known.store(false, Ordering::Relaxed);
        // One thread polls a task at a time, so these need no read-modify-write.
        let polls = self.polls.load(Ordering::Relaxed);
        self.polls.store(polls.wrapping_add(1), Ordering::Relaxed);
        polls
    }

    /// The poll has ended, which took so long and allocated so much.
    pub(super) fn end_poll(&self, busy_nanos: u64, allocated_bytes: u64) {
        let add = |sum: &AtomicU64, value: u64| {
            sum.store(sum.load(Ordering::Relaxed).wrapping_add(value), Ordering::Relaxed);
        };
        if busy_nanos != 0 {
            add(&self.busy_nanos, busy_nanos);
        }
        if allocated_bytes != 0 {
            add(&self.allocated_bytes, allocated_bytes);
        }
        self.polled_since.store(0, Ordering::Relaxed);
    }

    /// Nobody will ask for its result.
    #[cfg(feature = "tokio")]
    pub(super) fn detach(&self) {
        self.is_detached.store(true, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Seen {
        Seen {
            parked: StackId::from_bits(self.parked.load(Ordering::Relaxed)),
            polls: self.polls.load(Ordering::Relaxed),
            wakes: self.wakes.load(Ordering::Relaxed),
            self_wakes: self.self_wakes.load(Ordering::Relaxed),
            wakers: self.wakers.load(Ordering::Relaxed),
            busy_nanos: self.busy_nanos.load(Ordering::Relaxed),
            allocated_bytes: self.allocated_bytes.load(Ordering::Relaxed),
            polled_since: self.polled_since.load(Ordering::Relaxed),
            is_woken: self.is_woken.load(Ordering::Relaxed),
            is_detached: self.is_detached.load(Ordering::Relaxed),
        }
    }

    /// What [`thread::polling`] knows it by.
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Remembers where the calling thread is, if it is polling this task: that is where the task parks. The first clone of
    /// a poll counts: a time limit registers after what it limits.
    #[cold]
    #[inline(never)]
    fn park(&self) {
        let Some(base) = thread::polling(self.address()) else { return };
        if self.is_parked_known.swap(true, Ordering::Relaxed) {
            return;
        }
        let Some(tables) = recording::tables() else { return };
        let stack = thread::muted(|| trace::below(tables, base));
        self.parked.store(stack.to_bits(), Ordering::Relaxed);
    }
}

impl Watch for TaskState {
    #[inline]
    fn cloned(&self) {
        self.wakers.fetch_add(1, Ordering::Relaxed);
        self.park();
    }

    #[inline]
    fn woken(&self) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
        self.is_woken.store(true, Ordering::Relaxed);
        if thread::polling(self.address()).is_some() {
            self.self_wakes.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[inline]
    fn dropped(&self) {
        self.wakers.fetch_sub(1, Ordering::Relaxed);
    }
}
