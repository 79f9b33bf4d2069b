//! What recording must get right, each in a process of its own: exact figures, odd moments, and a disk that fails.
#![expect(
    unsafe_code,
    reason = "some of these moments are only reached by raw allocation, `fork` and `setrlimit`"
)]
#![expect(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_macros,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a test program may panic, and is no allocator hook"
)]

#[path = "../support/mod.rs"]
mod support;

mod bias;
mod black_box;
mod clock;
mod disk;
mod forks;
mod growth;
mod lifecycle;
mod limits;
mod moments;
mod names;
mod period;
mod retention;
mod stacks;
mod threads;
mod truth;
mod variables;

use std::process::ExitCode;
use support::Case;

#[global_allocator]
static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();

static CASES: &[Case] = &[
    truth::EXACT,
    truth::REALLOC,
    truth::REGROWN,
    truth::LAYOUTS,
    truth::STRESS,
    bias::UNBIASED,
    clock::STEPS,
    period::CHANGED,
    period::BUDGET,
    moments::OTHER_THREADS,
    moments::THREAD_LOCAL_DESTRUCTORS,
    moments::AFTER_MAIN,
    moments::FORK,
    moments::CLONED,
    moments::AFTER_THE_END,
    lifecycle::QUIET,
    lifecycle::COUNTED,
    lifecycle::METADATA,
    lifecycle::START_AND_STOP,
    lifecycle::BAD_VARIABLE,
    lifecycle::JOINS_THE_ENVIRONMENT,
    lifecycle::NEVER,
    limits::ADDRESS_SPACE,
    limits::NOBODY_READS,
    limits::NO_PROC,
    limits::WITHOUT_PROC,
    limits::TIGHT,
    stacks::DEEP,
    stacks::TOO_DEEP,
    #[cfg(target_arch = "x86_64")]
    stacks::LOADED_BETWEEN,
    #[cfg(target_arch = "x86_64")]
    stacks::FIBER,
    disk::FILE_SIZE_LIMIT,
    disk::VANISHED_DIRECTORY,
    retention::THINNED,
    forks::CHILD_FREES,
    forks::CLONED_CHILD_FREES,
    forks::FOLLOWED,
    forks::DAEMON,
    forks::GENERATIONS,
    forks::EXEC_LEAVES_NO_TRACE,
    forks::UNDER_LOAD,
    growth::MEASURED,
    growth::FORKED,
    names::EXEC,
    names::CONTAINERS,
    threads::SHORT_LIVED,
    threads::MANY,
    threads::EXIT_FROM_A_THREAD,
    threads::NO_DESCRIPTORS,
    threads::CLOSED_STDIO,
    variables::BAD_VARIABLES,
    black_box::KILLED,
    black_box::ABORTED,
    black_box::FAMILY,
    black_box::GROWN,
    black_box::FROM_OUTSIDE,
    black_box::OUTSIDE,
    black_box::UNDER_LOAD,
    black_box::ENDED,
    black_box::SWITCHED_OFF,
    black_box::NO_ROOM,
    black_box::SMALL_DISK,
    black_box::TIDIED,
];

fn main() -> ExitCode {
    support::main(CASES)
}
