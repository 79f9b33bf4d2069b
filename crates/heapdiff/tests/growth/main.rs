//! Tests that measure growth, side by side as `cargo test` runs them: each must find its own leak and nobody else's.
#![expect(
    clippy::disallowed_types,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_macros,
    reason = "tests may panic, print and allocate"
)]

mod bounded;
mod choices;
mod leaks;
mod many;

use heapdiff::test::{Found, Growth, GrowthError};

#[global_allocator]
static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();

/// What grows with the rounds of `action`.
fn found<T>(growth: &Growth, action: impl FnMut() -> T) -> Found {
    match growth.check(action) {
        Err(GrowthError::Grows(found)) => found,
        other => panic!("expected growth, found {other:?}"),
    }
}

/// Bytes and objects that each row left behind in the 28 rounds, and its function.
fn rows(found: &Found) -> Vec<(u64, u64, String)> {
    let rows = found.rows().iter();
    rows.map(|row| (row.bytes(), row.objects(), row.frames()[0].function.clone())).collect()
}
