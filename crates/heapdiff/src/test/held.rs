//! What a scope holds: its blocks that are alive, by stack.

use crate::recording::Tables;
use heapdiff_recorder::{Counter, Scope, StackId};
use std::collections::BTreeMap;

/// Blocks that are alive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) bytes: u64,
    pub(super) objects: u64,
}

impl Held {
    pub(super) const fn add(&mut self, other: Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.objects = self.objects.saturating_add(other.objects);
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(other.bytes),
            objects: self.objects.saturating_sub(other.objects),
        }
    }
}

/// Later than every snapshot: no block is left out.
const NO_SNAPSHOT: u32 = u32::MAX;

/// What `scope` holds now, by the stack that allocated it.
pub(super) fn by_stack(tables: &Tables, scope: Scope) -> BTreeMap<StackId, Held> {
    let mut held: BTreeMap<StackId, Held> = BTreeMap::new();
    // The thread's own blocks do not change meanwhile; those of others may be seen as they were just before.
    let _ = tables.recorder.visit_live(NO_SNAPSHOT, |block| {
        if block.scope == scope {
            held.entry(block.stack).or_default().add(Held { bytes: block.size, objects: 1 });
        }
    });
    held
}

/// Blocks of the whole process that were not recorded so far, because there was no room for them in some table.
pub(super) fn lost(tables: &Tables) -> u64 {
    [Counter::LiveTableFull, Counter::SampledHeapFull, Counter::StackTableFull]
        .into_iter()
        .map(|counter| tables.recorder.counters().get(counter))
        .fold(0, u64::saturating_add)
}
