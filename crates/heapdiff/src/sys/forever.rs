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
