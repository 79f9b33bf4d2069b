//! What the hook keeps for each thread.
//!
//! The thread local is constant at first and has no destructor, so it is there from the first instruction of a thread
//! to its last, the destructors of other thread locals included, and reaching it never allocates.

use crate::recording;
use crate::sys::stack::{self, Stack};
use heapdiff_recorder::{Draw, Period, Sampler, Scope, Shard};
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering, compiler_fence};

struct Thread {
    /// [`Sampler::remaining`], apart from the rest: the only thing that an unsampled allocation touches.
    remaining: Cell<i64>,
    sampler: Cell<Sampler>,
    /// Whether allocations of this thread are nobody's business: the writer's own, for instance.
    is_muted: Cell<bool>,
    /// Start and end of the thread's own stack, as far as it has been seen; 0 and 0 at first.
    stack: Cell<(u64, u64)>,
    /// What the countdown was raised by altogether, so that the difference is what was allocated. It wraps around.
    raised: Cell<i64>,
    /// The task that the thread polls.
    polled: Cell<Polled>,
    /// The thread's number, from 1 on in the order of their first samples; 0 before that.
    number: Cell<u32>,
    /// The scope that it is in by itself.
    scope: Cell<Scope>,
}

thread_local! {
    static THREAD: Thread = const {
        Thread {
            remaining: Cell::new(0),
            sampler: Cell::new(Sampler::FRESH),
            is_muted: Cell::new(false),
            stack: Cell::new((0, 0)),
            raised: Cell::new(0),
            polled: Cell::new(Polled { task: 0, base: 0, number: 0 }),
            number: Cell::new(0),
            scope: Cell::new(Scope::NONE),
        }
    };
}

/// A task that is being polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Polled {
    /// The address of what is known of it; 0 for none.
    pub(crate) task: usize,
    /// The stack pointer of whoever polls it: what is below it is the task's.
    pub(crate) base: u64,
    /// The task's number; 0 for none.
    pub(crate) number: u64,
}

/// Says which task the calling thread polls from now on, and returns the one before.
#[inline]
pub(crate) fn set_polled(polled: Polled) -> Polled {
    THREAD.with(|thread| thread.polled.replace(polled))
}

/// The task that the calling thread polls.
pub(crate) fn polled() -> Polled {
    THREAD.with(|thread| thread.polled.get())
}

/// Where the part of the stack begins that belongs to the poll of `task`; `None` if the calling thread does not poll it.
#[inline]
pub(crate) fn polling(task: usize) -> Option<u64> {
    THREAD.with(|thread| {
        Some(thread.polled.get()).filter(|polled| polled.task == task).map(|polled| polled.base)
    })
}

/// Bytes that the calling thread has allocated, from some moment on: the difference of two calls is what was allocated
/// between them. It wraps around.
#[inline]
pub(crate) fn allocated() -> u64 {
    THREAD.with(|thread| thread.raised.get().wrapping_sub(thread.remaining.get()).cast_unsigned())
}

/// Counts an allocation of `bytes`. `true` if somebody has to look at it: then [`trip`] must follow.
#[inline(always)]
pub(crate) fn spend(bytes: usize) -> bool {
    THREAD.with(|thread| {
        // A layout has at most isize::MAX bytes. Wrapping: 2^63 bytes are not allocated between two looks.
        let remaining = thread.remaining.get().wrapping_sub(bytes.cast_signed() as i64);
        thread.remaining.set(remaining);
        remaining < 0
    })
}

/// Decides about the allocation of `bytes` that made [`spend`] answer `true`: the period that it was drawn with if it
/// is a sample.
#[inline]
pub(crate) fn trip(bytes: usize) -> Option<Period> {
    THREAD.with(|thread| {
        if thread.is_muted.get() {
            thread.remaining.set(Sampler::MUTED);
            return None;
        }
        let mut sampler = thread.sampler.get();
        let before = thread.remaining.get();
        sampler.remaining = before;
        let setting = recording::setting_in(scope_of(thread));
        let draw = sampler.trip(bytes as u64, setting, recording::next_seed);
        thread.remaining.set(sampler.remaining);
        let raised = sampler.remaining.wrapping_sub(before);
        thread.raised.set(thread.raised.get().wrapping_add(raised));
        thread.sampler.set(sampler);
        match draw {
            Draw::Sample(period) => Some(period),
            Draw::Pass => None,
        }
    })
}

/// The scope that the calling thread's blocks belong to: its own, or that of all threads.
#[inline]
pub(crate) fn scope() -> Scope {
    THREAD.with(scope_of)
}

#[inline]
fn scope_of(thread: &Thread) -> Scope {
    let own = thread.scope.get();
    if own.is_some() { own } else { recording::scope_of_all() }
}

/// Has the calling thread be in `scope` from its next allocation on, and returns the one that it was in.
#[inline]
pub(crate) fn enter(scope: Scope) -> Scope {
    let before = THREAD.with(|thread| thread.scope.replace(scope));
    if before != scope {
        look_again();
    }
    before
}

/// Whether the calling thread is in a scope by itself.
#[cfg(feature = "test")]
pub(crate) fn is_in_scope() -> bool {
    THREAD.with(|thread| thread.scope.get().is_some())
}

/// The calling thread's number. Threads with different numbers seldom get into each other's way, see
/// [`Lanes`](crate::lanes::Lanes) and [`Shard`].
#[inline]
pub(crate) fn number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    THREAD.with(|thread| {
        if thread.number.get() == 0 {
            // Relaxed: only that numbers differ matters, and even that not much. It may wrap around.
            thread.number.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        thread.number.get()
    })
}

/// The part of the recorder's tables that the calling thread begins with.
#[inline]
pub(crate) fn shard() -> Shard {
    Shard::new(number().into())
}

/// Runs `action` in such a way that no allocation in it is a sample. Frees are seen to as ever.
#[inline]
pub(crate) fn muted<T>(action: impl FnOnce() -> T) -> T {
    struct Restore(i64, bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            THREAD.with(|thread| {
                // In this order, and the fence keeps it: a signal handler that allocates in between and finds the
                // countdown run out on a muted thread would mute it for good.
                thread.is_muted.set(self.1);
                compiler_fence(Ordering::SeqCst);
                thread.remaining.set(self.0);
            });
        }
    }
    let restore = THREAD.with(|thread| {
        let remaining = thread.remaining.replace(Sampler::MUTED);
        compiler_fence(Ordering::SeqCst);
        Restore(remaining, thread.is_muted.replace(true))
    });
    let result = action();
    drop(restore);
    result
}

/// Mutes the calling thread for good.
pub(crate) fn mute() {
    THREAD.with(|thread| {
        thread.remaining.set(Sampler::MUTED);
        thread.is_muted.set(true);
    });
}

/// Has the calling thread look at the settings with its next allocation.
pub(crate) fn look_again() {
    THREAD.with(|thread| {
        thread.sampler.set(Sampler::FRESH);
        let before = thread.remaining.replace(0);
        thread.raised.set(thread.raised.get().wrapping_sub(before));
    });
}

/// The calling thread's stack from `stack_pointer` up. `None` where the kernel does not tell its end.
#[inline]
pub(crate) fn stack(stack_pointer: u64) -> Option<Stack> {
    THREAD.with(|thread| {
        let (start, end) = thread.stack.get();
        if (start..end).contains(&stack_pointer) {
            return Some(Stack::new(stack_pointer, end));
        }
        // The first sample of the thread, or its deepest, or it runs on another stack now: a fiber's, or a signal
        // handler's. Bounds of those are not kept, since they may be gone or shorter with the next sample.
        let mapping = stack::containing(stack_pointer)?;
        match stack::own(&mapping).filter(|own| own.contains(&stack_pointer)) {
            Some(own) => {
                thread.stack.set((own.start, own.end));
                Some(Stack::new(stack_pointer, own.end))
            }
            None => Some(Stack::new(stack_pointer, mapping.end)),
        }
    })
}
