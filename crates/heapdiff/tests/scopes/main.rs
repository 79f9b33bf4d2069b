//! Tests that must leave nothing behind, side by side as `cargo test` runs them: each must find what is its own.
#![expect(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_macros,
    reason = "tests may panic, print and allocate"
)]

mod found;
mod passed;
mod rules;
mod side_by_side;

use heapdiff::test::{Leftover, LeftoverKind, Leftovers, Scope, ScopeError, scope};
use std::future::poll_fn;
use std::task::Poll;

#[global_allocator]
static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();

/// What is left of a scope.
fn left(scope: Scope) -> Leftovers {
    of(scope.check())
}

fn of(result: Result<(), ScopeError>) -> Leftovers {
    match result {
        Err(ScopeError::Left(left)) => left,
        other => panic!("expected something to be left, found {other:?}"),
    }
}

/// Kind, count and bytes of each row.
fn amounts(left: &Leftovers) -> Vec<(LeftoverKind, u64, u64)> {
    left.rows().iter().map(|row| (row.kind().clone(), row.count(), row.bytes())).collect()
}

fn open(name: &str) -> LeftoverKind {
    LeftoverKind::Open(name.to_owned())
}

/// The row of some kind, of which there must be one.
fn row<'a>(left: &'a Leftovers, kind: &LeftoverKind) -> &'a Leftover {
    let rows: Vec<_> = left.rows().iter().filter(|row| row.kind() == kind).collect();
    let [row] = rows[..] else { panic!("{left}") };
    row
}

/// A task that waits for ever.
async fn never() {
    poll_fn(|_| Poll::<()>::Pending).await;
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}
