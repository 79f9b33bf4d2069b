//! The resources that are open and of which more is known than that they are there.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::access::{Access, Accesses};
use crate::slot_table::{SlotId, SlotTable};
#[cfg(feature = "test")]
use heapdiff_recorder::Scope;
use heapdiff_recorder::StackId;

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
    /// When it was acquired, in nanoseconds of a clock that does not jump.
    pub(crate) since: u64,
    /// Whether it was dropped although it had to be closed: nobody will release it any more.
    pub(crate) is_unclosed: bool,
    /// What happened to it since.
    pub(crate) accesses: Option<Box<Accesses>>,
}

/// The open resources of one type.
pub(crate) type OpenTable = SlotTable<Open>;

impl OpenTable {
    /// What is known of a resource.
    pub(crate) fn get(&self, id: SlotId) -> Option<Open> {
        self.change(id, |open, _| open.clone())
    }

    /// Adds an access to a resource whose accesses are kept.
    pub(crate) fn record(&self, id: SlotId, access: Access) {
        let _ = self.change(id, |open, rng| {
            if let Some(accesses) = &mut open.accesses {
                accesses.add(access, rng);
            }
        });
    }

    /// Notes that a resource is lost. It stays.
    pub(crate) fn mark_unclosed(&self, id: SlotId) -> Option<Open> {
        self.change(id, |open, _| {
            open.is_unclosed = true;
            open.clone()
        })
    }

    /// What is known of all of them takes so many bytes.
    pub(crate) fn bytes_with_accesses(&self) -> u64 {
        let mut bytes = self.bytes();
        self.visit(|open| bytes += open.accesses.as_ref().map_or(0, |accesses| accesses.bytes()));
        bytes
    }
}
