//! That a resource is acquired.

use super::resource_type::Type;
use crate::slot_table::SlotId;
use std::borrow::Cow;
use std::fmt;

/// Says that a resource is acquired, for as long as it lives: dropping it is the release.
///
/// For resources that are a value of their own there are [`Tracked`](super::Tracked) and
/// [`MustClose`](super::MustClose); for those that are a number, [`Ids`](super::Ids). A lease that is forgotten
/// (`mem::forget`, a cycle of `Arc`s) is a resource that stays open, which is what it is.
#[must_use = "dropping it at once is a release"]
pub struct Lease {
    /// `None` if the type was off.
    of: Option<&'static Type>,
    id: Option<SlotId>,
    bytes: u64,
    /// Whether its accesses are kept.
    keeps_accesses: bool,
    must_close: bool,
}

impl Lease {
    /// A lease of nothing.
    pub(super) const NONE: Self =
        Self { of: None, id: None, bytes: 0, keeps_accesses: false, must_close: false };

    #[inline]
    pub(super) const fn new(of: &'static Type, id: Option<SlotId>, bytes: u64) -> Self {
        Self { of: Some(of), id, bytes, keeps_accesses: false, must_close: false }
    }

    /// The same, whose accesses are kept if it is known where it was acquired.
    #[inline]
    pub(super) const fn keeping_accesses(mut self, keeps: bool) -> Self {
        self.keeps_accesses = keeps && self.id.is_some();
        self
    }

    /// Notes an access, if the type's level is [`Level::Records`](super::Level::Records) and was when the resource was
    /// acquired: what is done to it, or who has it now. Else it costs a comparison.
    ///
    /// Of many accesses some are kept: the first, the last, and most of the others late in its life; what was left out is
    /// counted.
    #[inline]
    pub fn record(&self, hint: &'static str) {
        self.record_with(|| Cow::Borrowed(hint));
    }

    /// As [`Self::record`], with a hint that is made only if it is kept.
    #[inline]
    pub fn record_with(&self, hint: impl FnOnce() -> Cow<'static, str>) {
        if let (true, Some(of), Some(id)) = (self.keeps_accesses, self.of, self.id) {
            of.record(id, hint);
        }
    }

    /// A resource that was made of this one, such as a slice of a buffer that must be released by itself. As much is kept
    /// of it as of this one.
    pub fn derive(&self, bytes: u64) -> Self {
        self.of.map_or(Self::NONE, |of| of.derive(self.id, bytes).keeping_accesses(self.keeps_accesses))
    }

    /// Makes dropping it a leak.
    pub(super) const fn must_close(mut self) -> Self {
        self.must_close = true;
        self
    }

    /// Releases it.
    pub(super) fn close(mut self) {
        self.must_close = false;
    }
}

impl Drop for Lease {
    #[inline]
    fn drop(&mut self) {
        if let Some(of) = self.of {
            if self.must_close {
                of.lose(self.id, self.bytes);
            } else {
                of.release(self.id, self.bytes);
            }
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("of", &self.of.map(Type::name)).field("bytes", &self.bytes).finish()
    }
}
