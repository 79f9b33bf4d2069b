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
pub struct Lease(Option<Held>);

/// What a lease is of. There is none if the type was off: then a lease is one word that says so.
struct Held {
    of: &'static Type,
    id: Option<SlotId>,
    bytes: u64,
    /// [`KEEPS_ACCESSES`] and [`MUST_CLOSE`]. No `bool`s: then it is the pointer that says whether there is a lease.
    marks: u8,
}

/// Its accesses are kept.
const KEEPS_ACCESSES: u8 = 1;
/// Dropping it is a leak.
const MUST_CLOSE: u8 = 2;

impl Lease {
    /// A lease of nothing.
    pub(super) const NONE: Self = Self(None);

    #[inline]
    pub(super) const fn new(of: &'static Type, id: Option<SlotId>, bytes: u64) -> Self {
        Self(Some(Held { of, id, bytes, marks: 0 }))
    }

    /// The same, whose accesses are kept if it is known where it was acquired.
    #[inline]
    pub(super) const fn keeping_accesses(mut self, keeps: bool) -> Self {
        if let Some(held) = &mut self.0 {
            held.marks |= if keeps && held.id.is_some() { KEEPS_ACCESSES } else { 0 };
        }
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
        if let Some(Held { of, id: Some(id), marks, .. }) = &self.0
            && marks & KEEPS_ACCESSES != 0
        {
            of.record(*id, hint);
        }
    }

    /// A resource that was made of this one, such as a slice of a buffer that must be released by itself. As much is kept
    /// of it as of this one.
    pub fn derive(&self, bytes: u64) -> Self {
        let derived =
            |held: &Held| held.of.derive(held.id, bytes).keeping_accesses(held.marks & KEEPS_ACCESSES != 0);
        self.0.as_ref().map_or(Self::NONE, derived)
    }

    /// Makes dropping it a leak.
    pub(super) const fn must_close(mut self) -> Self {
        if let Some(held) = &mut self.0 {
            held.marks |= MUST_CLOSE;
        }
        self
    }

    /// Releases it.
    pub(super) fn close(mut self) {
        if let Some(held) = &mut self.0 {
            held.marks &= !MUST_CLOSE;
        }
    }
}

impl Drop for Lease {
    #[inline]
    fn drop(&mut self) {
        match self.0 {
            None => {}
            Some(Held { of, id, bytes, marks }) if marks & MUST_CLOSE == 0 => of.release(id, bytes),
            Some(Held { of, id, bytes, .. }) => of.lose(id, bytes),
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (of, bytes) = self.0.as_ref().map_or((None, 0), |held| (Some(held.of.name()), held.bytes));
        f.debug_struct("Lease").field("of", &of).field("bytes", &bytes).finish()
    }
}
