//! Allocation in signal handlers. No allocator of the world promises that this works, so the one below is made for it:
//! what is tested is that the hook around it neither waits for what it has interrupted nor spoils it.
#![expect(unsafe_code, reason = "it implements an allocator and handles signals")]
#![expect(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_macros,
    reason = "a test program may panic, and is no allocator hook"
)]

#[path = "../support/mod.rs"]
mod support;

mod bump;
mod storm;

use bump::Bump;
use std::process::ExitCode;
use support::Case;

#[global_allocator]
static ALLOC: heapdiff::Allocator<Bump> = heapdiff::Allocator::wrap(Bump);

static CASES: &[Case] = &[
    storm::EXACT,
    storm::SAMPLED,
    storm::ALTERNATE_STACK,
    storm::ASKED_FOR,
    storm::HANDLER_STAYS,
    storm::IGNORED,
];

fn main() -> ExitCode {
    support::main(CASES)
}
