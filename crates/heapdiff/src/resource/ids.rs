//! Resources that are a number: slab keys, pool slots, file descriptors, session ids.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::lease::Lease;
use super::resource_type::Type;
use crate::sys::process_hooks;
use crate::{recording, thread, trace};
use heapdiff_recorder::StackId;
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Releases that are remembered, to tell a second one from one of what was never acquired.
const RELEASES_KEPT: usize = 1024;

/// Resources of a type that are a number, and that nothing releases but a call.
///
/// ```
/// use heapdiff::resource::{Ids, Type};
///
/// static SLOT: Type = Type::new("slot");
/// static SLOTS: Ids = Ids::new(&SLOT);
///
/// SLOTS.acquire(7, 4096);
/// assert!(SLOTS.release(7).is_ok());
/// assert!(SLOTS.release(7).is_err(), "released twice");
/// ```
#[derive(Debug)]
pub struct Ids {
    of: &'static Type,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    open: BTreeMap<u64, Lease>,
    /// The last releases, the oldest first.
    released: VecDeque<(u64, StackId)>,
}

impl Ids {
    /// The numbers of a type.
    #[must_use]
    pub const fn new(of: &'static Type) -> Self {
        Self { of, state: Mutex::new(State { open: BTreeMap::new(), released: VecDeque::new() }) }
    }

    /// The resource `id`, of `bytes` bytes, is acquired. If it was already, the one from before was lost: it counts as
    /// open for ever.
    pub fn acquire(&self, id: u64, bytes: u64) {
        let lease = self.of.acquire(bytes);
        let before = self.with(|state| state.open.insert(id, lease));
        if let Some(before) = before.flatten() {
            // Nobody has its number any more.
            drop(before.must_close());
        }
    }

    /// The resource `id` is released.
    ///
    /// # Errors
    /// If it is not open: it was released before, or never acquired. Nothing is counted then.
    pub fn release(&self, id: u64) -> Result<(), BadRelease> {
        let here = self.stack();
        let found = self.with(|state| match state.open.remove(&id) {
            Some(lease) => {
                if state.released.len() == RELEASES_KEPT {
                    let _ = state.released.pop_front();
                }
                state.released.push_back((id, here));
                Ok(lease)
            }
            None => {
                let before = state.released.iter().rev().find(|(released, _)| *released == id);
                Err(BadRelease { id, of: self.of, before: before.map(|(_, stack)| *stack), here })
            }
        });
        match found {
            Some(Ok(lease)) => {
                lease.close();
                Ok(())
            }
            Some(Err(bad)) => Err(bad),
            None => Ok(()),
        }
    }

    /// As [`Lease::record`], for the resource `id`.
    pub fn record(&self, id: u64, hint: impl Into<Cow<'static, str>>) {
        let _ = self.with(|state| {
            if let Some(lease) = state.open.get(&id) {
                lease.record_with(|| hint.into());
            }
        });
    }

    /// Where the caller is, if stack traces are kept.
    fn stack(&self) -> StackId {
        let tables = recording::tables().filter(|_| self.of.level().one_in().is_some());
        tables.map_or(StackId::UNKNOWN, |tables| thread::muted(|| trace::here(tables)))
    }

    /// `None` in a forked child, which may have inherited the lock held by a thread that it does not have.
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> Option<T> {
        if process_hooks::is_forked_child() {
            return None;
        }
        Some(thread::muted(|| act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))))
    }
}

/// A release of what is not open.
#[derive(Clone, Debug)]
pub struct BadRelease {
    id: u64,
    of: &'static Type,
    before: Option<StackId>,
    here: StackId,
}

impl BadRelease {
    /// The number.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// Whether it was released before; else it was never acquired, or long ago.
    #[must_use]
    pub const fn is_second(&self) -> bool {
        self.before.is_some()
    }

    /// Return addresses of the release before this one, leaf first; empty if there was none, or stack traces are not
    /// kept.
    #[must_use]
    pub fn first_release(&self) -> Vec<u64> {
        self.before.map_or(Vec::new(), trace::addresses)
    }

    /// Return addresses of this release, leaf first; empty if stack traces are not kept.
    #[must_use]
    pub fn this_release(&self) -> Vec<u64> {
        trace::addresses(self.here)
    }
}

impl fmt::Display for BadRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what =
            if self.is_second() { "a second release of" } else { "a release of what was never acquired:" };
        write!(f, "{what} {} {}", self.of.name(), self.id)?;
        for (name, addresses) in [("first", self.first_release()), ("now", self.this_release())] {
            if !addresses.is_empty() {
                write!(f, "; {name} at")?;
                addresses.iter().take(FRAMES_SHOWN).try_for_each(|address| write!(f, " {address:#x}"))?;
            }
        }
        Ok(())
    }
}

/// Frames of a stack that an error shows.
const FRAMES_SHOWN: usize = 8;

impl std::error::Error for BadRelease {}
