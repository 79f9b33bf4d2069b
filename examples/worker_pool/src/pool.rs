//! A fixed number of workers, a queue in front of them, and a dispatcher in between.
//!
//! ```text
//! submit() --> LinkedBuffer --> dispatcher thread --> channel --> worker threads
//! ```
//! Every task passes the queue, however idle the workers are.

use crate::arguments::Variant;
use crate::linked_buffer::LinkedBuffer;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// Work for a worker. Shared, as a Go closure is: the queue and a worker may hold the same task.
pub(crate) type Task = Arc<dyn Fn() + Send + Sync>;

/// Runs tasks on its threads. Dropping it runs what was submitted and then ends the threads.
#[derive(Debug)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// What the threads share.
struct Shared {
    state: Mutex<State>,
    /// Told whenever `state` changes.
    changed: Condvar,
}

struct State {
    queue: LinkedBuffer<Task>,
    /// Tasks that were submitted and are not done.
    unfinished: usize,
    is_closed: bool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shared").field("unfinished", &self.lock().unfinished).finish_non_exhaustive()
    }
}

impl Pool {
    /// Starts the dispatcher and `workers` workers.
    pub(crate) fn new(workers: usize, variant: Variant) -> Self {
        let state = State { queue: LinkedBuffer::new(variant), unfinished: 0, is_closed: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let (sender, receiver) = mpsc::sync_channel(workers);
        let receiver = Arc::new(Mutex::new(receiver));
        let mut threads = vec![thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.dispatch(&sender)
        })];
        threads.extend((0..workers).map(|_| {
            let (shared, receiver) = (Arc::clone(&shared), Arc::clone(&receiver));
            thread::spawn(move || shared.work(&receiver))
        }));
        Self { shared, threads }
    }

    /// Puts `task` into the queue.
    pub(crate) fn submit(&self, task: Task) {
        let mut state = self.shared.lock();
        state.queue.write(task);
        state.unfinished += 1;
        self.shared.changed.notify_all();
    }

    /// Waits until every submitted task is done and no worker holds it any more.
    pub(crate) fn wait_until_idle(&self) {
        drop(self.shared.wait_while(|state| state.unfinished > 0));
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // A worker that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that may panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(&self, condition: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        self.changed.wait_while(self.lock(), |state| condition(state)).unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands tasks from the queue to the workers, in order, until the pool is closed and the queue is empty.
    fn dispatch(&self, workers: &SyncSender<Task>) {
        loop {
            let mut state = self.lock();
            let task = loop {
                match state.queue.read() {
                    Some(task) => break task,
                    None if state.is_closed => return,
                    None => {
                        state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                    }
                }
            };
            drop(state);
            if workers.send(task).is_err() {
                return;
            }
        }
    }

    /// Runs tasks until the dispatcher ends.
    fn work(&self, tasks: &Mutex<Receiver<Task>>) {
        loop {
            let received = tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(task) = received else { return };
            task();
            // Before the task counts as done, so that whoever waits finds no worker that still holds it.
            drop(task);
            self.lock().unfinished -= 1;
            self.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_task_runs_once() {
        for variant in [Variant::Leaky, Variant::Fixed] {
            let pool = Pool::new(3, variant);
            let runs = Arc::new(AtomicUsize::new(0));
            for _ in 0..2_000 {
                let runs = Arc::clone(&runs);
                pool.submit(Arc::new(move || {
                    runs.fetch_add(1, Ordering::Relaxed);
                }));
            }
            pool.wait_until_idle();
            assert_eq!(runs.load(Ordering::Relaxed), 2_000);
        }
    }

    #[test]
    fn a_dropped_pool_finishes_what_was_submitted() {
        let runs = Arc::new(AtomicUsize::new(0));
        let pool = Pool::new(2, Variant::Fixed);
        for _ in 0..100 {
            let runs = Arc::clone(&runs);
            pool.submit(Arc::new(move || {
                runs.fetch_add(1, Ordering::Relaxed);
            }));
        }
        drop(pool);
        assert_eq!(runs.load(Ordering::Relaxed), 100);
    }
}
