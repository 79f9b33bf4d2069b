//! A value that is replaced now and then and never dropped, so that readers need no lock.
#![expect(clippy::disallowed_types, reason = "only a new value is put into a box, not on the hook path")]

use std::marker::PhantomData;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Nothing at first, then the value that was set last. Each value is leaked: it is for what changes a few times in the
/// life of a process, such as after a fork.
#[derive(Debug)]
pub(crate) struct Forever<T: 'static>(AtomicPtr<T>, PhantomData<&'static T>);

impl<T: Send + Sync> Forever<T> {
    pub(crate) const fn new() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()), PhantomData)
    }

    /// The value in force.
    #[inline]
    pub(crate) fn get(&self) -> Option<&'static T> {
        // Acquire: pairs with `set`, so that the value is seen by whoever sees the pointer.
        let value = self.0.load(Ordering::Acquire);
        // SAFETY: null, or made by `set` from a box that is never freed, and only shared references are handed out.
        unsafe { value.as_ref() }
    }

    /// The value in force; if there is none, what `make` makes. Of two threads that make one the first wins, and the other's
    /// is dropped: no lock that a forked child could inherit.
    #[inline]
    pub(crate) fn get_or_make(&self, make: impl FnOnce() -> T) -> &'static T {
        self.get().unwrap_or_else(|| self.make(make()))
    }

    #[cold]
    fn make(&self, value: T) -> &'static T {
        let made = Box::into_raw(Box::new(value));
        // Release: whoever sees the pointer sees the value. Acquire: this thread sees the value of the one that was first.
        let exchange =
            self.0.compare_exchange(std::ptr::null_mut(), made, Ordering::AcqRel, Ordering::Acquire);
        let in_force = exchange.err().unwrap_or(made);
        if in_force != made {
            // SAFETY: it comes from the box above, and nobody else has seen it, for it never came into force.
            drop(unsafe { Box::from_raw(made) });
        }
        // SAFETY: made here or by another thread from a box that is never freed once it is in force, and only shared
        // references are handed out.
        unsafe { &*in_force }
    }

    /// Puts no value in force. Whoever has the one before keeps it.
    pub(crate) fn forget(&self) {
        // Relaxed: nothing is read through it.
        self.0.store(std::ptr::null_mut(), Ordering::Relaxed);
    }

    /// Puts another value in force. Whoever has the one before keeps it.
    pub(crate) fn set(&self, value: T) -> &'static T {
        let value: &'static T = Box::leak(Box::new(value));
        // Release: see `get`.
        self.0.store(std::ptr::from_ref(value).cast_mut(), Ordering::Release);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::sync::{Arc, Barrier};

    #[test]
    fn of_many_that_make_a_value_one_wins_and_the_others_are_dropped() {
        const THREADS: usize = 8;
        struct Counted(Arc<AtomicUsize>);
        impl Drop for Counted {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        static VALUE: Forever<Counted> = Forever::new();
        let (dropped, made, start) = (Arc::default(), AtomicUsize::new(0), Barrier::new(THREADS));
        let seen: Vec<usize> = std::thread::scope(|scope| {
            let get = || {
                start.wait();
                let value = VALUE.get_or_make(|| {
                    made.fetch_add(1, Ordering::SeqCst);
                    Counted(Arc::clone(&dropped))
                });
                std::ptr::from_ref(value).addr()
            };
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(get)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(seen.iter().all(|&address| address == seen[0]));
        assert_eq!(dropped.load(Ordering::SeqCst), made.load(Ordering::SeqCst) - 1);
        VALUE.forget();
        assert_eq!(
            dropped.load(Ordering::SeqCst),
            made.load(Ordering::SeqCst) - 1,
            "what was in force is kept"
        );
    }
}
