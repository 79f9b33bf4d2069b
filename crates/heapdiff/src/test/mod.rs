//! Tests that fail when memory stays: [`assert_no_growth`].
//!
//! ```
//! #[global_allocator]
//! static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();
//!
//! # fn main() {
//! // In a `#[test]`:
//! heapdiff::test::assert_no_growth(|| {
//!     let words: Vec<String> = "a request as it is served".split(' ').map(String::from).collect();
//!     assert_eq!(words.len(), 6);
//! });
//! # }
//! ```
//!
//! It is behind the feature `test`: `cargo add --dev heapdiff --features test`. The program that the tests are in needs
//! the allocator: in a library that is `#[cfg(test)] #[global_allocator] static ...`, and the same in each file of
//! `tests/`. There is nothing else to set, no variable and no directory, and tests may run side by side.
//!
//! # The rule
//! The closure runs again and again: 4 rounds to warm up and up to 28 that are measured, of which the first 4 are the
//! first part, the next 8 the second, and the last 16 the third. After each round the bytes that are alive are counted
//! for every stack that allocated. A stack **grows** if it holds more at the end of each part than at its beginning, and
//! never less in one part than in the part before. One such stack fails the test.
//!
//! - What the first rounds make and keep, such as a thread local, a pool or a lazily made table, is there before the
//!   measured rounds, or in the first part alone.
//! - A cache that fills up within the first 16 rounds passes: what does not grow in the last 16, the second half of all,
//!   is not growing. For one that takes longer there is [`Growth::warm_up`].
//! - A vector or a map that doubles its buffer whenever it is full does so once in each part if it is filled for ever,
//!   since all rounds up to the end of a part are twice as many as those before it. One that got its last element in the
//!   first half passes.
//! - Something that is left behind in some rounds only is found if each part has such a round: every fourth round
//!   suffices. For what is rarer there is [`Growth::rounds`].
//!
//! The rounds end early as soon as no stack can fail any longer: a test that leaves nothing behind takes 8.
//!
//! # Scopes
//! [`scope`] fails a test that leaves something behind: a [`resource`](crate::resource) that is open, a
//! [task](crate::task) that has not ended, or a block.
//!
//! ```
//! #[global_allocator]
//! static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();
//!
//! # fn main() {
//! // In a `#[test]`, before all that shall be gone at its end:
//! let _scope = heapdiff::test::scope();
//! let words: Vec<String> = "a request as it is served".split(' ').map(String::from).collect();
//! assert_eq!(words.len(), 6);
//! # }
//! ```
//!
//! The message names type, count, bytes and place of each, for tasks the line that spawned them and the one where they
//! wait, and what was said last of a resource. What is about to end gets half a second to do so.
//!
//! - What belongs to a scope is what its thread acquires, spawns and allocates, and what tasks do that were
//!   [tracked](crate::task::TaskExt::tracked) in it, on whatever thread they run: so tests may run side by side, on a
//!   runtime of many threads too. For threads of the test's own there is [`Scope::every_thread`].
//! - Every resource and every task is there with its place, whatever the type's level is, unless that is
//!   [`Level::Off`](crate::resource::Level::Off).
//! - What stood before the scope is nobody's business, nor is what is printed, nor what lazy statics and thread locals are
//!   made of. [`Scope::ignore_current`] lets stay what there is until then; [`Scope::ignore_top`],
//!   [`Scope::ignore_any`] and [`Scope::ignore_spawned_by`] let stay by name.
//! - Memory alone is better measured by [`assert_no_growth`]: a buffer that is made once and used again is left behind
//!   by one round and not by many.
//! - In a test that is `async`, end it by [`Scope::end_async`]: dropping it keeps the executor from running what is
//!   about to end.
//!
//! # What is counted
//! Every block, exactly: nothing is sampled. A block belongs to the thread that allocated it or made it grow, wherever it
//! is freed. So of a closure that hands work to other threads only what the test's own thread allocates is counted; see
//! [`Growth::every_thread`] for the rest. Blocks from before the first round are not seen, unless the closure makes them
//! grow. What is printed is not counted, since the harness keeps it to show it when the test fails. Memory of C code is
//! not seen.
//!
//! A recording that is on in the same process, by `HEAPDIFF_DIR` or a [`Profiler`](crate::Profiler), goes on. Blocks of
//! such a test are in its snapshots, each one counted as itself, and everything else is sampled as before.

mod found;
mod growth;
mod held;
mod ignored;
mod left;
mod leftovers;
mod scope;
mod scopes;
mod stack_names;
mod track;

pub use found::{Found, FoundFrame, FoundRow, GrowthError};
pub use growth::Growth;
pub use leftovers::{Leftover, LeftoverKind, Leftovers, ScopeError};
pub use scope::Scope;

/// Runs `action` again and again, and panics if memory stays that grows with the rounds: see the [module page](self).
///
/// The message names the stacks that grow, the bytes and objects that each leaves behind in a round, and what to do.
/// [`Growth`] is the same with other numbers.
///
/// ```should_panic
/// #[global_allocator]
/// static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();
///
/// # fn main() {
/// heapdiff::test::assert_no_growth(|| {
///     std::mem::forget(String::from("never freed"));
/// });
/// # }
/// ```
///
/// # Panics
/// If memory grows, if heapdiff is not the global allocator, or if it cannot be told because blocks were not recorded;
/// and if `action` panics.
#[track_caller]
pub fn assert_no_growth<T>(action: impl FnMut() -> T) {
    Growth::new().assert(action);
}

/// Begins a stretch of a test, after which no resource, no task and no memory of it may be left: see the
/// [module page](self#scopes).
///
/// ```should_panic
/// #[global_allocator]
/// static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();
/// static SESSIONS: heapdiff::resource::Type = heapdiff::resource::Type::new("session");
///
/// # fn main() {
/// let _scope = heapdiff::test::scope();
/// std::mem::forget(SESSIONS.track("a session that nobody closes"));
/// # }
/// ```
///
/// # Panics
/// If heapdiff is not the global allocator, or cannot record, and if the thread is in a scope already. Where the scope
/// ends, if something is left.
#[track_caller]
#[expect(clippy::panic, reason = "that is what it is for")]
pub fn scope() -> Scope {
    Scope::begin().unwrap_or_else(|error| panic!("{error}"))
}
