//! Recording for long, by many threads, and in a program that serves: figures stay true, memory stays flat, and nothing
//! is lost.
//!
//! A run takes some seconds. `scripts/soak` asks for more with `SOAK_SECONDS`, for each case.
#![expect(unsafe_code, reason = "threads hand blocks to each other without locks")]
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_macros,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test program may panic, and is no allocator hook"
)]

mod http;
#[path = "../support/random.rs"]
mod random;
mod series;
mod soak;
#[path = "../support/mod.rs"]
mod support;
mod threads;

use std::process::ExitCode;
use std::time::Duration;
use support::Case;

#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();

/// What the sanitizers understand: they see through the system's allocator only.
#[cfg(not(feature = "jemalloc"))]
#[global_allocator]
static ALLOC: heapdiff::Allocator<std::alloc::System> = heapdiff::Allocator::wrap(std::alloc::System);

static CASES: &[Case] = &[soak::EXACT, soak::SAMPLED, threads::EXACT, threads::SAMPLED, http::SERVED];

fn main() -> ExitCode {
    support::main(CASES)
}

/// How long a case runs that could run for ever, and the time between its snapshots.
fn duration() -> (Duration, Duration) {
    let asked = std::env::var("SOAK_SECONDS").ok().map(|seconds| seconds.parse().unwrap());
    match asked {
        Some(seconds) => (Duration::from_secs(seconds), Duration::from_secs(1)),
        None => (Duration::from_secs(6), Duration::from_millis(200)),
    }
}
