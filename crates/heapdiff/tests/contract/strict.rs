//! The contract of `GlobalAlloc` over an allocator that counts blocks which come back with another layout.
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
#[path = "../wrapped/strict.rs"]
mod strict;
#[path = "../support/mod.rs"]
mod support;
mod walk;

use std::process::ExitCode;

#[global_allocator]
static ALLOC: heapdiff::Allocator<strict::Strict> = heapdiff::Allocator::wrap(strict::Strict);

/// Whether a limit of address space is felt.
const IS_LIMITED: bool = true;

fn check_inner() {
    assert_eq!(strict::MISTAKES.load(std::sync::atomic::Ordering::Relaxed), 0, "blocks with another layout");
}

fn main() -> ExitCode {
    support::main(cases::CASES)
}
