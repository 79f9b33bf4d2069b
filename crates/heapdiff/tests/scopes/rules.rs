//! What may stay, by the names of functions.

use crate::{amounts, left, never, open, runtime, scope};
use heapdiff::resource::Type;
use heapdiff::task::TaskExt as _;
use heapdiff::test::{LeftoverKind, Scope};
use std::hint::black_box;

static CONNECTION: Type = Type::new("connection");

mod pool {
    #[inline(never)]
    pub(super) fn connect(bytes: u64) {
        std::mem::forget(super::CONNECTION.acquire(bytes));
    }

    #[inline(never)]
    pub(super) fn fill() {
        connect(1);
    }
}

fn connections(scope: Scope) -> u64 {
    match scope.check() {
        Ok(()) => 0,
        Err(heapdiff::test::ScopeError::Left(left)) => {
            amounts(&left).iter().filter(|row| row.0 == open("connection")).map(|row| row.2).sum()
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn resources() {
    let after = |rule: fn(Scope) -> Scope| {
        let scope = rule(scope());
        pool::connect(10);
        pool::fill();
        connections(scope)
    };
    assert_eq!(after(|scope| scope), 11);
    assert_eq!(after(|scope| scope.ignore_top("pool::connect")), 0);
    assert_eq!(after(|scope| scope.ignore_top("pool::fill")), 11, "it is not at the top");
    assert_eq!(after(|scope| scope.ignore_any("pool::fill")), 10);
    assert_eq!(after(|scope| scope.ignore_any("metrics::").ignore_any("rules::pool::")), 0);
    assert_eq!(after(|scope| scope.ignore_spawned_by("pool::connect")), 11, "it is no task");
}

#[inline(never)]
fn background(runtime: &tokio::runtime::Runtime) {
    runtime.spawn(never().tracked());
}

#[test]
fn tasks() {
    let runtime = runtime();
    let after = |rule: fn(Scope) -> Scope| {
        let scope = rule(scope());
        background(&runtime);
        match scope.check() {
            Ok(()) => Vec::new(),
            Err(heapdiff::test::ScopeError::Left(left)) => {
                amounts(&left).into_iter().map(|row| row.0).collect()
            }
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(after(|scope| scope)[0], LeftoverKind::Tasks);
    // The memory of the task goes with it.
    assert_eq!(after(|scope| scope.ignore_spawned_by("rules::background")), []);
    assert_eq!(after(|scope| scope.ignore_any("rules::background")), []);
    assert_eq!(after(|scope| scope.ignore_spawned_by("rules::foreground"))[0], LeftoverKind::Tasks);
}

#[inline(never)]
fn fill_cache() {
    std::mem::forget(black_box(vec![0u8; 64]));
}

#[test]
fn memory() {
    let strict = scope();
    fill_cache();
    assert_eq!(amounts(&left(strict)), [(LeftoverKind::Memory, 1, 64)]);
    for rule in [|scope: Scope, text| scope.ignore_any(text), |scope: Scope, text| scope.ignore_top(text)] {
        let scope = rule(scope(), "rules::fill_cache");
        fill_cache();
        scope.end();
    }
}
