//! Tasks: where each was spawned, and where it is parked.
//!
//! A task that never ends weighs a few KiB, so a profile of the heap hardly sees a hundred of them. Here each is counted,
//! exactly, with the line that spawned it and the `await` that it waits at.
//!
//! ```
//! use heapdiff::task::TaskExt as _;
//!
//! let task = async { 7 }.tracked(); // to be handed to any executor
//! # drop(task);
//! ```
//!
//! While a recording is on, every snapshot of the heap has one of the tasks beside it, in `tasks` of the directory:
//! `heapdiff diff profiles/tasks`. The stack of a row is that of the `await`, leaf first, and on its root side, behind the
//! frame `[spawned at]`, that of the spawn.
//!
//! It works with every executor, on the stable compiler and without `tokio_unstable`: what a task waits for clones the
//! waker that the task is polled with, and the stack of that clone is the place.
//!
//! # Names
//! Line tables have the lines of both. For the names of async functions, which an optimizing compiler mostly inlines, build
//! with `debug = "limited"`: with line tables alone each of them is called `{async_fn#0}`.
//!
//! # Limits
//! A future that is tracked before the recording begins is not seen. A future that waits without cloning its waker, as one
//! that is woken by itself only, has the place where it parked before.

mod registry;
pub(crate) mod snapshots;
mod state;
mod tracked;

pub(crate) use registry::forget;
#[cfg(feature = "test")]
pub(crate) use registry::table;
pub use tracked::Tracked;

/// Makes tasks of futures.
pub trait TaskExt: Future + Sized {
    /// Has snapshots show this future as a task, spawned here.
    #[inline]
    fn tracked(self) -> Tracked<Self> {
        Tracked::new(self)
    }
}

impl<F: Future> TaskExt for F {}

#[cfg(feature = "tokio")]
mod spawned;
#[cfg(feature = "tokio")]
pub use spawned::{JoinHandle, spawn};
