//! All tasks that are watched.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::state::TaskState;
use crate::slot_table::{SlotId, SlotTable};
use crate::sys::forever::Forever;
use crate::sys::{clock, process_hooks};
use crate::{recording, thread, trace};
use std::sync::Arc;

type Table = SlotTable<Arc<TaskState>>;

/// A forked child that goes on has a table of its own.
static TABLE: Forever<Table> = Forever::new();

/// A task's entry, for as long as it lives.
#[derive(Debug)]
pub(super) struct Tracking {
    state: Arc<TaskState>,
    id: SlotId,
}

impl Tracking {
    pub(super) const fn state(&self) -> &Arc<TaskState> {
        &self.state
    }
}

impl Drop for Tracking {
    fn drop(&mut self) {
        if let Some(table) = table() {
            thread::muted(|| drop(table.remove(self.id)));
        }
    }
}

/// Enters a task that is spawned here. `None` while nothing is recorded and the thread is in no scope,
/// or if there are too many.
#[inline(never)]
pub(super) fn enter(future_bytes: u64) -> Option<Tracking> {
    let scope = thread::scope();
    recording::setting_in(scope)?;
    let tables = recording::tables()?;
    thread::muted(|| {
        let spawned = trace::here(tables);
        let mut made = None;
        let id = TABLE.get_or_make(Table::new).insert(|| {
            let state = TaskState::new(spawned, tables.recorder.epoch(), clock::nanos(), future_bytes, scope);
            Arc::clone(made.insert(Arc::new(state)))
        })?;
        made.map(|state| Tracking { state, id })
    })
}

/// The tasks that are watched. None in a forked child, which may have inherited a lock that is held by a thread that it
/// does not have.
pub(crate) fn table() -> Option<&'static Table> {
    if process_hooks::is_forked_child() { None } else { TABLE.get() }
}

/// Has a forked child that goes on know nothing of its parent's tasks.
pub(crate) fn forget() {
    TABLE.forget();
}
