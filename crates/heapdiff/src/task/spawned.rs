//! Tasks of tokio.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::state::TaskState;
use super::tracked::Tracked;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::task::{AbortHandle, JoinError};

/// As `tokio::spawn`, with a task that snapshots show.
///
/// # Panics
/// As `tokio::spawn`: outside of a runtime.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let tracked = Tracked::new(future);
    let state = tracked.state();
    JoinHandle { handle: tokio::spawn(tracked), state }
}

/// As tokio's, which it holds. If it is dropped before the task has ended, the task is shown as detached.
#[derive(Debug)]
pub struct JoinHandle<T> {
    handle: tokio::task::JoinHandle<T>,
    state: Option<Arc<TaskState>>,
}

impl<T> JoinHandle<T> {
    /// Cancels the task.
    pub fn abort(&self) {
        self.handle.abort();
    }

    /// What cancels the task later.
    #[must_use]
    pub fn abort_handle(&self) -> AbortHandle {
        self.handle.abort_handle()
    }

    /// Whether the task has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.handle).poll(context)
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        if let Some(state) = &self.state {
            state.detach();
        }
    }
}
