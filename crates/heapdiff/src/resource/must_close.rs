//! A value that is a resource, and must be closed.

use super::lease::Lease;
use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

/// A resource that must be closed by more than dropping it: a transaction that commits, a session that says goodbye.
///
/// Dropping it without [`MustClose::close`] is a leak: it is reported at once, see
/// [`on_leak`](super::on_leak), and stays open in every snapshot.
#[derive(Debug)]
#[must_use = "dropping it without closing it is a leak"]
pub struct MustClose<T> {
    value: T,
    lease: Lease,
}

impl<T> MustClose<T> {
    #[inline]
    pub(super) const fn new(value: T, lease: Lease) -> Self {
        Self { value, lease: lease.must_close() }
    }

    /// Closes it: the value is handed back, to do with it what closing means.
    pub fn close(this: Self) -> T {
        this.lease.close();
        this.value
    }

    /// As [`Lease::record`].
    #[inline]
    pub fn record(this: &Self, hint: &'static str) {
        this.lease.record(hint);
    }

    /// As [`Lease::record_with`].
    #[inline]
    pub fn record_with(this: &Self, hint: impl FnOnce() -> Cow<'static, str>) {
        this.lease.record_with(hint);
    }
}

impl<T> Deref for MustClose<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for MustClose<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
