//! What is there of a scope: its resources, tasks and blocks, by stack, as the tables have them.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::held::{self, Held};
use crate::recording::Tables;
use crate::resource::{self, Accesses};
use crate::task;
use heapdiff_recorder::{Scope, StackId};
use std::collections::BTreeMap;

/// What a scope has, by what it is and where it was made.
#[derive(Clone, Debug, Default)]
pub(super) struct Left {
    pub(super) resources: BTreeMap<ResourceKey, Resources>,
    pub(super) tasks: BTreeMap<TaskKey, u64>,
    pub(super) blocks: BTreeMap<StackId, Held>,
}

/// Resources that are alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ResourceKey {
    /// The type, as its files are called.
    pub(super) name: String,
    pub(super) stack: StackId,
    /// Whether they were dropped although they had to be closed.
    pub(super) is_unclosed: bool,
}

/// What is known of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Resources {
    pub(super) count: u64,
    pub(super) bytes: u64,
    /// What was said of one of them last.
    pub(super) hint: Option<String>,
}

impl Resources {
    fn add(&mut self, count: u64, bytes: u64, accesses: Option<&Accesses>) {
        self.count = self.count.saturating_add(count);
        self.bytes = self.bytes.saturating_add(bytes);
        let hint = accesses.and_then(Accesses::last_hint);
        self.hint = hint.map(str::to_owned).or_else(|| self.hint.take());
    }
}

/// Tasks that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TaskKey {
    pub(super) spawned: StackId,
    /// Where they wait, if they ever did.
    pub(super) parked: StackId,
}

impl Left {
    /// What `scope` has now, without the blocks that were there `before`.
    pub(super) fn of(tables: &Tables, scope: Scope, before: &BTreeMap<StackId, Held>) -> Self {
        let mut blocks = held::by_stack(tables, scope);
        blocks.retain(|stack, held| {
            *held = held.without(before.get(stack).copied().unwrap_or_default());
            *held != Held::default()
        });
        Self { resources: resources(scope), tasks: tasks(scope), blocks }
    }
}

fn resources(scope: Scope) -> BTreeMap<ResourceKey, Resources> {
    let mut all: BTreeMap<ResourceKey, Resources> = BTreeMap::new();
    for registered in resource::types() {
        let Some(table) = registered.of.open_table() else { continue };
        table.visit(|open| {
            if open.scope != scope {
                return;
            }
            let name = registered.name.clone();
            let key = ResourceKey { name, stack: open.stack, is_unclosed: false };
            all.entry(key).or_default().add(1, open.bytes, open.accesses.as_deref());
        });
        table.visit_unclosed(|key, row| {
            if key.scope == scope {
                let name = registered.name.clone();
                let key = ResourceKey { name, stack: key.stack, is_unclosed: true };
                all.entry(key).or_default().add(row.kept, row.kept_bytes, row.last.as_deref());
            }
        });
    }
    all
}

fn tasks(scope: Scope) -> BTreeMap<TaskKey, u64> {
    let mut all = BTreeMap::new();
    if let Some(table) = task::table() {
        table.visit(|task| {
            if task.scope() == scope {
                *all.entry(TaskKey { spawned: task.spawned, parked: task.read().parked }).or_default() += 1;
            }
        });
    }
    all
}

/// Has what belongs to `scope` belong to none: its number is about to be another's.
pub(super) fn let_go(scope: Scope) {
    for registered in resource::types() {
        if let Some(table) = registered.of.open_table() {
            table.let_go(scope);
        }
    }
    if let Some(table) = task::table() {
        table.visit(|task| {
            if task.scope() == scope {
                task.set_scope(Scope::NONE);
            }
        });
    }
}

/// Resources and tasks of the whole process of which nothing is known, because there was no room for them.
pub(super) fn refused() -> u64 {
    let of_types = resource::types().into_iter().filter_map(|registered| registered.of.open_table());
    let refused = of_types.map(|table| table.refused()).fold(0, u64::saturating_add);
    refused.saturating_add(task::table().map_or(0, |table| table.refused()))
}
