//! A value that is a resource.

use super::lease::Lease;
use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

/// A value that is a resource: acquired when it was tracked, released when it is dropped.
///
/// It can be the owner of a `bytes::Bytes`, so that every slice keeps the resource open:
/// `Bytes::from_owner(BUFFERS.track_bytes(buffer, 65_536))`.
#[derive(Debug)]
pub struct Tracked<T> {
    // Dropped in this order: what the value does as it is dropped belongs to its life.
    value: T,
    lease: Lease,
}

impl<T> Tracked<T> {
    #[inline]
    pub(super) const fn new(value: T, lease: Lease) -> Self {
        Self { value, lease }
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

    /// The lease, for resources that are made of this one.
    pub const fn lease(this: &Self) -> &Lease {
        &this.lease
    }

    /// Releases it, and keeps the value.
    pub fn into_inner(this: Self) -> T {
        this.value
    }

    /// Another value under the same lease: what a buffer becomes when it is frozen.
    pub fn map<U>(this: Self, into: impl FnOnce(T) -> U) -> Tracked<U> {
        let Self { value, lease } = this;
        Tracked { value: into(value), lease }
    }
}

impl<T> Deref for Tracked<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Tracked<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: AsRef<[u8]>> AsRef<[u8]> for Tracked<T> {
    fn as_ref(&self) -> &[u8] {
        self.value.as_ref()
    }
}
