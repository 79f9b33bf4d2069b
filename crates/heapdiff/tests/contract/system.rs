//! The contract of `GlobalAlloc` over the system's allocator.
#![expect(unsafe_code, reason = "it calls an allocator the way that compiled code does")]
#![expect(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "a test program may panic, and is no allocator hook"
)]

mod cases;
mod heap;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/mod.rs"]
mod support;
mod walk;

use std::process::ExitCode;

#[global_allocator]
static ALLOC: heapdiff::Allocator<std::alloc::System> = heapdiff::Allocator::wrap(std::alloc::System);

/// Whether a limit of address space is felt.
const IS_LIMITED: bool = true;

fn check_inner() {}

fn main() -> ExitCode {
    support::main(cases::CASES)
}
