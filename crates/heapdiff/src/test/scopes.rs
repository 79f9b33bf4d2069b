//! Which scopes there are, and who is in them.

use super::left;
use crate::recording::{self, Tables};
use crate::thread;
use heapdiff_recorder::Scope;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Whose blocks are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Threads {
    /// Those of the thread that measures.
    Own,
    /// Those of every thread.
    Every,
}

/// The scopes that are in use.
struct Scopes {
    /// One bit for each number.
    used: u64,
    /// The number that was given out last: what a scope has left behind lives on under its number, which therefore comes
    /// again as late as possible.
    last: u8,
    /// Whether the one scope in use is that of all threads.
    is_of_all: bool,
}

static SCOPES: Mutex<Scopes> = Mutex::new(Scopes { used: 0, last: 0, is_of_all: false });
/// Signalled when a scope is given back.
static GIVEN_BACK: Condvar = Condvar::new();

impl Scopes {
    /// A number for a scope of its own, unless one has to wait for others.
    fn take(&mut self, threads: Threads) -> Option<Scope> {
        let must_wait = self.is_of_all || threads == Threads::Every && self.used != 0;
        let numbers = (1..=Scope::NUMBER_MAX).cycle().skip(self.last.into()).take(Scope::NUMBER_MAX.into());
        let scope =
            numbers.filter(|number| !must_wait && self.used & (1 << number) == 0).find_map(Scope::new)?;
        self.used |= 1 << scope.number();
        self.last = scope.number();
        self.is_of_all = threads == Threads::Every;
        Some(scope)
    }

    fn give_back(&mut self, scope: Scope) {
        self.used &= !(1 << scope.number());
        self.is_of_all = false;
    }
}

fn lock() -> MutexGuard<'static, Scopes> {
    // Whoever panicked with the lock has left it as it was.
    SCOPES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The calling thread, or all threads, in a scope that nobody else is in.
#[derive(Debug)]
pub(super) struct Entered {
    scope: Scope,
    threads: Threads,
    /// It is the calling thread that is in it, so it leaves from there.
    _not_send: std::marker::PhantomData<*const ()>,
}

impl Entered {
    /// Enters a scope. Waits while they are all in use, or the one for all threads is. `None` if the calling thread is in
    /// one already.
    pub(super) fn new(threads: Threads, tables: &Tables) -> Option<Self> {
        if thread::is_in_scope() {
            return None;
        }
        let mut scopes = lock();
        let scope = loop {
            match scopes.take(threads) {
                Some(scope) => break scope,
                None => scopes = GIVEN_BACK.wait(scopes).unwrap_or_else(PoisonError::into_inner),
            }
        };
        let used = scopes.used.count_ones() as usize;
        drop(scopes);
        // A thread that is interrupted while it takes a sample keeps its lane, and each scope has a thread that takes
        // samples all the time.
        thread::muted(|| tables.lanes.make_at_least(used * 2));
        if threads == Threads::Every {
            recording::set_scope_of_all(scope);
        }
        let _ = thread::enter(scope);
        Some(Self { scope, threads, _not_send: std::marker::PhantomData })
    }

    /// The scope.
    pub(super) const fn scope(&self) -> Scope {
        self.scope
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let _ = thread::enter(Scope::NONE);
        if self.threads == Threads::Every {
            recording::set_scope_of_all(Scope::NONE);
        }
        thread::muted(|| left::let_go(self.scope));
        lock().give_back(self.scope);
        GIVEN_BACK.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_again_as_late_as_possible() {
        let mut scopes = Scopes { used: 0, last: 0, is_of_all: false };
        for number in 1..=Scope::NUMBER_MAX {
            assert_eq!(scopes.take(Threads::Own), Scope::new(number));
        }
        assert_eq!(scopes.take(Threads::Own), None, "all are in use");
        for number in [9, 3] {
            scopes.give_back(Scope::new(number).unwrap());
        }
        assert_eq!([0, 0].map(|_| scopes.take(Threads::Own).unwrap().number()), [3, 9]);
    }

    #[test]
    fn the_scope_of_all_threads_is_alone() {
        let mut scopes = Scopes { used: 0, last: 0, is_of_all: false };
        let own = scopes.take(Threads::Own).unwrap();
        assert_eq!(scopes.take(Threads::Every), None);
        scopes.give_back(own);
        let all = scopes.take(Threads::Every).unwrap();
        assert_eq!((scopes.take(Threads::Own), scopes.take(Threads::Every)), (None, None));
        scopes.give_back(all);
        assert!(scopes.take(Threads::Own).is_some());
    }
}
