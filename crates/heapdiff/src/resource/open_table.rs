//! The resources that are open and of which more is known than that they are there.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::access::{Access, Accesses};
use super::unclosed::{UnclosedKey, UnclosedRow, UnclosedRows};
use crate::slot_table::{SlotId, SlotTable};
#[cfg(feature = "test")]
use heapdiff_recorder::Scope;
use heapdiff_recorder::StackId;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An open resource.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    /// Where it was acquired.
    pub(crate) stack: StackId,
    /// The number of snapshots that had begun before that.
    pub(crate) epoch: u32,
    /// How large the program says that it is.
    pub(crate) bytes: u64,
    /// Of how many acquires it is the one that was chosen; 0 if it was not, and is kept for its scope alone.
    pub(crate) weight: u32,
    /// The scope that it was acquired in, for as long as that goes on.
    #[cfg(feature = "test")]
    pub(crate) scope: Scope,
    /// The number of the task that acquired it; 0 if none did.
    pub(crate) task: u64,
    /// When it was acquired, in nanoseconds of a clock that does not jump.
    pub(crate) since: u64,
    /// What happened to it since.
    pub(crate) accesses: Option<Box<Accesses>>,
}

/// The open resources of one type, and those that were dropped although they had to be closed.
#[derive(Debug)]
pub(crate) struct OpenTable {
    slots: SlotTable<Open>,
    unclosed: Mutex<UnclosedRows>,
}

impl OpenTable {
    pub(crate) fn new() -> Self {
        Self { slots: SlotTable::new(), unclosed: Mutex::default() }
    }

    /// Remembers a resource, if there is room.
    pub(crate) fn insert(&self, make: impl FnOnce() -> Open) -> Option<SlotId> {
        self.slots.insert(make)
    }

    /// What is known of a resource.
    pub(crate) fn get(&self, id: SlotId) -> Option<Open> {
        self.slots.change(id, |open, _| open.clone())
    }

    /// A resource is open no longer.
    pub(crate) fn remove(&self, id: SlotId) -> Option<Open> {
        self.slots.remove(id)
    }

    /// Adds an access to a resource whose accesses are kept.
    pub(crate) fn record(&self, id: SlotId, access: Access) {
        let _ = self.slots.change(id, |open, rng| {
            if let Some(accesses) = &mut open.accesses {
                accesses.add(access, rng);
            }
        });
    }

    /// A resource is lost: nobody will release it. From now on it is one of a row of those that are alike.
    pub(crate) fn lose(&self, id: SlotId) -> Option<Open> {
        let open = self.slots.remove(id)?;
        self.unclosed().add(&open);
        Some(open)
    }

    /// Shows every open resource.
    pub(crate) fn visit(&self, visit: impl FnMut(&Open)) {
        self.slots.visit(visit);
    }

    /// Shows those that were lost, by row.
    pub(crate) fn visit_unclosed(&self, visit: impl FnMut(&UnclosedKey, &UnclosedRow)) {
        self.unclosed().visit(visit);
    }

    /// Has lost ones whose epochs merge be in one row.
    pub(crate) fn merge_epochs(&self, merged: impl Fn(u32) -> u32) {
        self.unclosed().change_keys(|key| key.epoch = merged(key.epoch));
    }

    /// Has what belongs to `scope` belong to none.
    #[cfg(feature = "test")]
    pub(crate) fn let_go(&self, scope: Scope) {
        let let_go = |of: &mut Scope| {
            if *of == scope {
                *of = Scope::NONE;
            }
        };
        self.slots.change_all(|open| let_go(&mut open.scope));
        self.unclosed().change_keys(|key| let_go(&mut key.scope));
    }

    /// Resources that found no room.
    pub(crate) fn refused(&self) -> u64 {
        self.slots.refused()
    }

    /// What is known of all of them takes so many bytes.
    pub(crate) fn bytes(&self) -> u64 {
        let mut bytes = self.slots.bytes() + self.unclosed().bytes();
        self.visit(|open| bytes += open.accesses.as_ref().map_or(0, |accesses| accesses.bytes()));
        bytes
    }

    fn unclosed(&self) -> MutexGuard<'_, UnclosedRows> {
        // No state here is ever half-changed.
        self.unclosed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
