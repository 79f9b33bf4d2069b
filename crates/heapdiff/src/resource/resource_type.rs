//! A type of resources, and what is counted of it.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::access::{Access, Accesses};
use super::counts::{Counts, SharedCounts};
use super::leak;
use super::lease::Lease;
use super::level::{COUNT, Level, OFF};
use super::must_close::MustClose;
use super::open_table::{Open, OpenTable};
use super::registry;
use super::tracked::Tracked;
use crate::slot_table::SlotId;
use crate::sys::forever::Forever;
use crate::sys::{clock, process_hooks};
use crate::{recording, thread, trace};
use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};

/// A type of resources that must be released: sessions, pool slots, connections, files, transactions.
///
/// ```
/// static SESSIONS: heapdiff::resource::Type = heapdiff::resource::Type::new("session");
///
/// let session = SESSIONS.track("the value that is a session");
/// assert_eq!(SESSIONS.counts().open(), 1);
/// drop(session);
/// assert_eq!(SESSIONS.counts().open(), 0);
/// ```
///
/// While a recording is on, every snapshot of the heap has one beside it for each type that was used, in
/// `resources/NAME` of the directory: `heapdiff diff profiles/resources/session`.
#[derive(Debug)]
pub struct Type {
    name: &'static str,
    /// [`Level::to_bits`], or [`level::UNSET`](super::level::UNSET) before the first acquire.
    level: AtomicU64,
    counts: SharedCounts,
    /// What is known of those that are open. A forked child that goes on has its own.
    open: Forever<OpenTable>,
}

impl Type {
    /// A type. `name` is what its files are called: letters, digits, `_`, `.` and `-`, and each name once.
    ///
    /// Other characters are written as `_`, and a name that was taken before gets a number; both are said on stderr when
    /// the first resource of the type is acquired.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            level: AtomicU64::new(super::level::UNSET),
            counts: SharedCounts::new(),
            open: Forever::new(),
        }
    }

    /// What it was called.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How much is kept of its resources.
    ///
    /// It is what [`Self::set_level`] said; else what `HEAPDIFF_RESOURCES` says; else [`Level::DEFAULT`].
    #[must_use]
    pub fn level(&'static self) -> Level {
        // Relaxed, here and below: the level is a number, with which nothing else has to be visible.
        Level::from_bits(self.level.load(Ordering::Relaxed)).unwrap_or_else(|| self.register())
    }

    /// Changes how much is kept, from the next acquire on. What was acquired before stays as it is.
    pub fn set_level(&'static self, level: Level) {
        let _ = self.level();
        self.level.store(level.to_bits(), Ordering::Relaxed);
    }

    /// How many there were and are.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts.read()
    }

    /// Counts a resource of `bytes` bytes (0 where it has no size) as acquired, until the lease is dropped.
    #[inline]
    pub fn acquire(&'static self, bytes: u64) -> Lease {
        match self.level.load(Ordering::Relaxed) {
            OFF => Lease::NONE,
            COUNT if !is_in_scope() => {
                let _ = self.counts.acquired(bytes);
                Lease::new(self, None, bytes)
            }
            bits => self.acquire_kept(bits, bytes),
        }
    }

    /// As [`Self::acquire`], with the resource itself: it is released when the value is dropped.
    #[inline]
    pub fn track<T>(&'static self, value: T) -> Tracked<T> {
        self.track_bytes(value, 0)
    }

    /// As [`Self::track`], of a resource that is `bytes` bytes large.
    #[inline]
    pub fn track_bytes<T>(&'static self, value: T, bytes: u64) -> Tracked<T> {
        Tracked::new(value, self.acquire(bytes))
    }

    /// As [`Self::track_bytes`], for a resource that must be closed: dropping it without is a leak, which is reported.
    #[inline]
    pub fn must_close<T>(&'static self, value: T, bytes: u64) -> MustClose<T> {
        MustClose::new(value, self.acquire(bytes))
    }

    fn acquire_kept(&'static self, bits: u64, bytes: u64) -> Lease {
        let level = Level::from_bits(bits).unwrap_or_else(|| self.register());
        if level == Level::Off {
            return Lease::NONE;
        }
        let number = self.counts.acquired(bytes);
        let one_in = level.one_in().filter(|one_in| is_chosen(number, *one_in));
        let with_accesses = level == Level::Records || is_in_scope();
        let id = if one_in.is_some() || is_in_scope() {
            self.keep(one_in.unwrap_or(0), with_accesses, bytes)
        } else {
            None
        };
        Lease::new(self, id, bytes).keeping_accesses(with_accesses)
    }

    /// Counts a resource that was made of another one, of which as much is kept as of that one.
    pub(super) fn derive(&'static self, from: Option<SlotId>, bytes: u64) -> Lease {
        let _ = self.counts.acquired(bytes);
        let parent = from.and_then(|id| self.open_table()?.get(id));
        let (weight, has_accesses) =
            parent.map_or((0, false), |parent| (parent.weight, parent.accesses.is_some()));
        let id = if weight > 0 || is_in_scope() { self.keep(weight, has_accesses, bytes) } else { None };
        Lease::new(self, id, bytes)
    }

    /// Remembers where a resource was acquired. `None` while nothing is recorded and the thread is in no scope: nobody would
    /// look at it.
    #[cold]
    #[inline(never)]
    fn keep(&'static self, weight: u32, with_accesses: bool, bytes: u64) -> Option<SlotId> {
        let scope = thread::scope();
        recording::setting_in(scope)?;
        let tables = recording::tables()?;
        thread::muted(|| {
            let stack = trace::here(tables);
            let since = clock::nanos();
            let accesses = with_accesses.then(Box::<Accesses>::default);
            self.table().insert(|| Open {
                stack,
                epoch: tables.recorder.epoch(),
                bytes,
                weight,
                #[cfg(feature = "test")]
                scope,
                task: thread::polled().number,
                since,
                accesses,
            })
        })
    }

    #[inline]
    pub(super) fn release(&self, id: Option<SlotId>, bytes: u64) {
        self.counts.released(bytes);
        if let Some(id) = id {
            self.forget(id);
        }
    }

    #[cold]
    fn forget(&self, id: SlotId) {
        if let Some(table) = self.open_table() {
            thread::muted(|| drop(table.remove(id)));
        }
    }

    /// Adds an access to what is known of a resource.
    #[cold]
    pub(super) fn record(&self, id: SlotId, hint: impl FnOnce() -> Cow<'static, str>) {
        let (Some(table), Some(tables)) = (self.open_table(), recording::tables()) else { return };
        thread::muted(|| {
            let access = Access {
                hint: hint(),
                stack: trace::here(tables),
                thread: thread::number(),
                task: thread::polled().number,
                nanos: clock::nanos(),
            };
            table.record(id, access);
        });
    }

    /// A resource that had to be closed was dropped: it counts as open for ever.
    #[cold]
    pub(super) fn lose(&'static self, id: Option<SlotId>, bytes: u64) {
        let before = self.counts.unclosed();
        let open = id.and_then(|id| thread::muted(|| self.open_table()?.lose(id)));
        leak::report(self, bytes, open.as_ref(), before);
    }

    /// What is known of those that are open. None in a forked child, which may have inherited a lock that is held by a
    /// thread that it does not have.
    pub(crate) fn open_table(&self) -> Option<&'static OpenTable> {
        if process_hooks::is_forked_child() { None } else { self.open.get() }
    }

    fn table(&self) -> &'static OpenTable {
        self.open.get_or_make(OpenTable::new)
    }

    /// Has a forked child that goes on begin anew.
    pub(super) fn forget_all(&self) {
        self.open.forget();
    }

    /// Makes the type known to the writer, and finds out its level.
    #[cold]
    fn register(&'static self) -> Level {
        let level = thread::muted(|| registry::register(self));
        let Some(level) = level else { return Level::Count };
        let unset = super::level::UNSET;
        // A level that was set meanwhile stays.
        match self.level.compare_exchange(unset, level.to_bits(), Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => level,
            Err(bits) => Level::from_bits(bits).unwrap_or(level),
        }
    }
}

/// Whether what the calling thread acquires is looked for at the end of a test, one by one.
#[inline]
fn is_in_scope() -> bool {
    cfg!(feature = "test") && thread::scope().is_some()
}

/// Whether the acquire of this number is one of those that are kept: one in `one_in`, as if drawn at random.
#[inline]
fn is_chosen(number: u64, one_in: u32) -> bool {
    // The finalizer of SplitMix64, whose upper half is as good as random for numbers that follow each other.
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed >> 32).wrapping_mul(u64::from(one_in))) >> 32 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_so_many_is_chosen() {
        for one_in in [1, 2, 10, 128, 1000] {
            let count: u32 = 1_000_000;
            let chosen = (0..u64::from(count)).filter(|number| is_chosen(*number, one_in)).count();
            let expected = f64::from(count / one_in);
            #[expect(clippy::cast_precision_loss, reason = "a million")]
            let off = (chosen as f64 - expected).abs();
            assert!(
                off <= 5.0 * expected.sqrt() * f64::from(one_in - 1).min(1.0),
                "{chosen} of one in {one_in}"
            );
        }
    }
}
