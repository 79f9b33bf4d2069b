//! A waker that tells when it is cloned, woken and dropped, and passes the rest on.
//!
//! What a task waits for keeps a clone of the waker that the task was polled with, so whoever clones it during a poll is
//! where the task parks. Many keep the clone from before if it [would wake](Waker::will_wake) the same task, and then there
//! is nothing to see; so each poll hands out a waker that is told from the ones before it, by the lowest bits of its
//! pointer.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

/// Who wants to know.
pub(crate) trait Watch: Send + Sync + 'static {
    /// There is one more waker of the task. Must not panic.
    fn cloned(&self);
    /// The task was woken. Must not panic.
    fn woken(&self);
    /// There is one waker less. Must not panic.
    fn dropped(&self);
}

/// What the wakers of a task share.
#[derive(Debug)]
pub(crate) struct TaskWaker<W>(Arc<Shared<W>>);

/// So many wakers in a row are told apart, by the bits of the pointer that the alignment leaves free.
const TURNS: usize = 64;

#[derive(Debug)]
#[repr(align(64))]
struct Shared<W> {
    watch: Arc<W>,
    /// The executor's.
    waker: Waker,
}

impl<W: Watch> TaskWaker<W> {
    /// Passes on to `waker`, and tells `watch`.
    pub(crate) fn new(waker: &Waker, watch: Arc<W>) -> Self {
        Self(Arc::new(Shared { watch, waker: waker.clone() }))
    }

    /// Whether it passes on to `waker`, or to one that wakes the same task.
    #[inline]
    pub(crate) fn passes_on_to(&self, waker: &Waker) -> bool {
        self.0.waker.will_wake(waker)
    }

    /// Runs `poll` with a waker that is told from those of other turns close by. It is no clone, and nobody is told.
    #[inline]
    pub(crate) fn with<R>(&self, turn: usize, poll: impl FnOnce(&Waker) -> R) -> R {
        let data = Arc::as_ptr(&self.0).map_addr(|address| address | (turn % TURNS)).cast();
        // SAFETY: the functions of the table take a pointer that was made as this one, and keep the contract of
        // `RawWaker`: they may be called from any thread since `Shared` is `Send` and `Sync`, and a clone owns a count of
        // its own. This one owns none, and so it is never dropped; `self` keeps what it points to alive meanwhile.
        let waker = ManuallyDrop::new(unsafe { Waker::from_raw(RawWaker::new(data, Self::TABLE)) });
        poll(&waker)
    }

    const TABLE: &'static RawWakerVTable =
        &RawWakerVTable::new(Self::clone_raw, Self::wake_raw, Self::wake_by_ref_raw, Self::drop_raw);

    /// The pointer without the bits that tell the turn.
    fn shared(data: *const ()) -> *const Shared<W> {
        data.map_addr(|address| address & !(TURNS - 1)).cast()
    }

    unsafe fn clone_raw(data: *const ()) -> RawWaker {
        let shared = Self::shared(data);
        // SAFETY: it came from `Arc::as_ptr`, and the waker that is cloned, or the poll that lends it, keeps a count.
        unsafe { Arc::increment_strong_count(shared) };
        // SAFETY: as above.
        unsafe { &*shared }.watch.cloned();
        RawWaker::new(data, Self::TABLE)
    }

    unsafe fn wake_raw(data: *const ()) {
        // SAFETY: as for `wake_by_ref_raw`.
        unsafe { Self::wake_by_ref_raw(data) };
        // SAFETY: a waker that is woken by value is dropped by it.
        unsafe { Self::drop_raw(data) };
    }

    unsafe fn wake_by_ref_raw(data: *const ()) {
        // SAFETY: it came from `Arc::as_ptr`, and the waker keeps a count.
        let shared = unsafe { &*Self::shared(data) };
        shared.watch.woken();
        shared.waker.wake_by_ref();
    }

    unsafe fn drop_raw(data: *const ()) {
        // SAFETY: the clone that is dropped owns a count, which this takes over.
        let shared = unsafe { Arc::from_raw(Self::shared(data)) };
        shared.watch.dropped();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;

    #[derive(Debug, Default)]
    struct Counts {
        cloned: AtomicU32,
        woken: AtomicU32,
        dropped: AtomicU32,
    }

    impl Watch for Counts {
        fn cloned(&self) {
            self.cloned.fetch_add(1, Ordering::Relaxed);
        }

        fn woken(&self) {
            self.woken.fetch_add(1, Ordering::Relaxed);
        }

        fn dropped(&self) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[derive(Debug, Default)]
    struct Executor(AtomicU32);

    impl Wake for Executor {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn every_clone_wake_and_drop_is_told_and_passed_on() {
        let (executor, counts) = (Arc::new(Executor::default()), Arc::new(Counts::default()));
        let outer = Waker::from(Arc::clone(&executor));
        let task = TaskWaker::new(&outer, Arc::clone(&counts));
        assert!(task.passes_on_to(&outer));
        assert!(!task.passes_on_to(&Waker::from(Arc::new(Executor::default()))));
        let kept: Vec<Waker> = (0..100).map(|turn| task.with(turn, Waker::clone)).collect();
        assert!(!kept[0].will_wake(&kept[1]) && kept[0].will_wake(&kept[64]));
        drop(task);
        kept[0].wake_by_ref();
        std::thread::spawn(move || kept.into_iter().for_each(Waker::wake)).join().unwrap();
        let read = |counter: &AtomicU32| counter.load(Ordering::Relaxed);
        assert_eq!((read(&counts.cloned), read(&counts.woken), read(&counts.dropped)), (100, 101, 100));
        assert_eq!(read(&executor.0), 101);
        assert_eq!(Arc::strong_count(&counts), 1, "nothing is left");
    }
}
