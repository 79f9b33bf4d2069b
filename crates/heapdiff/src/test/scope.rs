//! A stretch of a test after which nothing may be left.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::held::{self, Held};
use super::ignored::Ignored;
use super::left::{self, Left};
use super::leftovers::{Leftovers, ScopeError};
use super::scopes::{Entered, Threads};
use super::stack_names::StackNames;
use crate::recording::Tables;
use crate::{session, thread};
use heapdiff_recorder::StackId;
use std::collections::BTreeMap;
use std::task::Poll;
use std::time::{Duration, Instant};

/// A stretch of a test, after which no resource, no task and no memory of it may be left. Made by [`scope`](super::scope).
///
/// It ends when it is dropped, or by [`Self::end`], which panics if something is left; by [`Self::check`], which says so;
/// or by [`Self::end_async`], which lets other tasks of the executor run while it waits.
#[derive(Debug)]
#[must_use = "it ends when it is dropped: `let _scope = heapdiff::test::scope();`"]
pub struct Scope {
    /// `None` once it has ended.
    entered: Option<Entered>,
    tables: &'static Tables,
    /// What of its blocks was there when it began: those of an earlier scope that had the same number.
    before: BTreeMap<StackId, Held>,
    lost_before: u64,
    ignored: Ignored,
    bytes_allowed: u64,
    patience: Duration,
}

/// A scope that has something left looks again so often, 1, 2, 4 µs later and so on: what goleak does.
const TRIES: u32 = 20;
/// At most so much later.
const WAIT_MAX: Duration = Duration::from_millis(100);

impl Scope {
    /// Begins one, as [`scope`](super::scope).
    ///
    /// # Errors
    /// If heapdiff is not the global allocator, or cannot record; and if the thread is in a scope already.
    pub fn begin() -> Result<Self, ScopeError> {
        Self::begin_for(Threads::Own)
    }

    fn begin_for(threads: Threads) -> Result<Self, ScopeError> {
        let tables = session::make_ready().map_err(ScopeError::NotReady)?;
        let entered = Entered::new(threads, tables).ok_or(ScopeError::Nested)?;
        let mut scope = Self {
            entered: Some(entered),
            tables,
            before: BTreeMap::new(),
            lost_before: 0,
            ignored: Ignored::default(),
            bytes_allowed: 0,
            patience: Duration::ZERO,
        };
        scope.note_blocks();
        Ok(scope)
    }

    fn note_blocks(&mut self) {
        let Some(entered) = &self.entered else { return };
        thread::muted(|| {
            self.before = held::by_stack(self.tables, entered.scope());
            self.lost_before = lost(self.tables);
        });
    }

    /// Looks at what every thread of the process does, not only the calling one and the tasks that it spawns.
    ///
    /// No other scope or measurement of growth runs at the same time: they wait for each other. Everything else in the
    /// process is looked at too, so other tests must not run beside this one; see
    /// [`Growth::every_thread`](super::Growth::every_thread). To be called before anything is done in the scope.
    pub fn every_thread(mut self) -> Self {
        // The one before ends first: two scopes that waited for each other to widen would wait for ever.
        self.entered = None;
        self.entered = Entered::new(Threads::Every, self.tables);
        self.note_blocks();
        self
    }

    /// What a function has acquired, allocated or waits in may stay if its name contains `text`: the innermost function of
    /// the stack that is not std's, and the innermost that is not of another crate either.
    pub fn ignore_top(mut self, text: impl Into<String>) -> Self {
        thread::muted(|| self.ignored.top.push(text.into()));
        self
    }

    /// What has a function on its stack whose name contains `text` may stay: `metrics::` for all that a module of that name
    /// does.
    pub fn ignore_any(mut self, text: impl Into<String>) -> Self {
        thread::muted(|| self.ignored.any.push(text.into()));
        self
    }

    /// Tasks that were spawned by a function whose name contains `text` may stay, and what it allocated for them.
    pub fn ignore_spawned_by(mut self, text: impl Into<String>) -> Self {
        thread::muted(|| self.ignored.spawned_by.push(text.into()));
        self
    }

    /// So many bytes may be left in blocks; 0 if it is not set.
    pub const fn allow_bytes(mut self, bytes: u64) -> Self {
        self.bytes_allowed = bytes;
        self
    }

    /// How long to wait at least for things to wind down; if it is not set, about half a second: 20 more looks, 1 µs
    /// after the first one and 100 ms after each other at last.
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// What there is until now may stay: a runtime, a pool that is filled.
    pub fn ignore_current(&mut self) {
        if let Some(entered) = &self.entered {
            thread::muted(|| left::let_go(entered.scope()));
        }
        self.note_blocks();
    }

    /// Ends it. Whoever has values of the scope drops them first.
    ///
    /// # Panics
    /// If something is left, or it cannot be told.
    #[track_caller]
    pub fn end(self) {
        pass(self.check());
    }

    /// Ends it, and says what is left.
    ///
    /// # Errors
    /// Where [`Self::end`] would panic.
    pub fn check(mut self) -> Result<(), ScopeError> {
        self.finish()
    }

    fn finish(&mut self) -> Result<(), ScopeError> {
        let mut looks = Looks::new();
        let result = loop {
            match looks.look(self) {
                Poll::Ready(result) => break result,
                Poll::Pending => looks.wait(),
            }
        };
        self.entered = None;
        result
    }

    /// As [`Self::end`] inside of an executor: lets its other tasks run before each look, so that those that are about to
    /// end can. Not for a tracked future: it would be one of the tasks that have not ended.
    ///
    /// # Panics
    /// As [`Self::end`].
    pub async fn end_async(self) {
        pass(self.check_async().await);
    }

    /// As [`Self::check`] inside of an executor, see [`Self::end_async`].
    ///
    /// # Errors
    /// Where [`Self::end`] would panic.
    pub async fn check_async(mut self) -> Result<(), ScopeError> {
        /// Turns for the others before each look.
        const TURNS: u32 = 16;
        let mut looks = Looks::new();
        let result = loop {
            for _ in 0..TURNS {
                yield_now().await;
            }
            match looks.look(&self) {
                Poll::Ready(result) => break result,
                Poll::Pending => looks.wait(),
            }
        };
        self.entered = None;
        result
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "that is what it is for")]
fn pass(result: Result<(), ScopeError>) {
    if let Err(error) = result {
        panic!("{error}");
    }
}

impl Drop for Scope {
    /// Ends it as [`Scope::end`] does, unless the thread panics already: then nothing is said.
    fn drop(&mut self) {
        if self.entered.is_none() || std::thread::panicking() {
            return;
        }
        pass(self.finish());
    }
}

/// Looks at what is left, one after the other while things wind down.
struct Looks {
    names: StackNames,
    tries: u32,
    began: Instant,
}

impl Looks {
    fn new() -> Self {
        Self { names: StackNames::default(), tries: 0, began: Instant::now() }
    }

    /// Looks once. Pending if something is left that may yet go.
    fn look(&mut self, scope: &Scope) -> Poll<Result<(), ScopeError>> {
        let Some(entered) = &scope.entered else { return Poll::Ready(Ok(())) };
        thread::muted(|| {
            let left = Left::of(scope.tables, entered.scope(), &scope.before);
            let left = Leftovers::name(left, &scope.ignored, scope.tables, &mut self.names);
            if left.is_within(scope.bytes_allowed) {
                let lost = lost(scope.tables).saturating_sub(scope.lost_before);
                return Poll::Ready(if lost == 0 { Ok(()) } else { Err(ScopeError::Lost(lost)) });
            }
            self.tries += 1;
            if self.tries > TRIES && self.began.elapsed() >= scope.patience {
                return Poll::Ready(Err(ScopeError::Left(left)));
            }
            Poll::Pending
        })
    }

    fn wait(&self) {
        let doubled = Duration::from_micros(1 << self.tries.saturating_sub(1).min(TRIES));
        std::thread::sleep(doubled.min(WAIT_MAX));
    }
}

/// What was not recorded so far in the whole process.
fn lost(tables: &Tables) -> u64 {
    held::lost(tables).saturating_add(left::refused())
}

/// Lets the executor run others first.
async fn yield_now() {
    let mut has_yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These tests have the allocator that Rust gives them.
    #[test]
    fn without_the_allocator_it_is_said_what_to_add() {
        let error = Scope::begin().unwrap_err();
        assert!(error.to_string().contains("add `#[global_allocator] static"), "{error}");
    }
}
