//! A sampling global allocator that writes periodic heap profiles.
//!
//! ```no_run
//! #[global_allocator]
//! static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();
//!
//! fn main() {
//!     // The program. Run it with HEAPDIFF_DIR=profiles, then type `heapdiff profiles`.
//! }
//! ```
//!
//! That line makes a program ready; `HEAPDIFF_DIR=profiles` at start makes it record, or a [`Profiler`] in code. Until
//! then nothing is recorded, no thread is started and no file is written.
//!
//! | variable | means | default |
//! |---|---|---|
//! | `HEAPDIFF_DIR` | record, and write snapshots there | do not record |
//! | `HEAPDIFF_EVERY` | time between snapshots: `10s`, `300ms` | `10s` |
//! | `HEAPDIFF_PERIOD` | mean bytes between samples: `64KiB`; `1` records every allocation | `512KiB` |
//! | `HEAPDIFF_BUDGET` | `1%`: the period grows while recording takes more of the process's processor time | none |
//! | `HEAPDIFF_KEEP` | what stays in the directory: `200` files, `1GiB`, or `200,1GiB` | `200,1GiB` |
//! | `HEAPDIFF_BLACK_BOX` | `off`: the tables are in memory that nobody else sees, and die with the process | `on` |
//! | `HEAPDIFF_COMMAND_LINE` | `off` leaves the program's arguments out | `on` |
//! | `HEAPDIFF_FORK` | `follow`: a forked child goes on in files of its own | `stop` |
//! | `HEAPDIFF_SIGNAL` | a snapshot also when that signal comes: `USR1` or `USR2` | none |
//! | `HEAPDIFF_RESOURCES` | how much is kept of [resources](resource): `session=all,count` | `sampled:128` |
//!
//! A program that counts what it handles, with [`counter`], can be asked how much memory it keeps for each:
//! `heapdiff diff profiles --per requests`.
//!
//! # What weighs nothing
//! Memory is not all that leaks. What must be released, such as a connection or the slot of a pool, is a
//! [`resource::Type`]: counted exactly from acquire to release, with the place of the acquire. A future that is
//! [tracked](task::TaskExt::tracked) is a [task](mod@task) with the line that spawned it and the `await` that it waits at. Each
//! has profiles of its own beside those of the heap, in `resources/NAME` and `tasks` of the directory, and a
//! [`resource::Pool`] has the heap say which blocks are its chunks. What they cost is in `scripts/bench-resources`: 1 ns for a
//! resource while its type is off, 9 ns counted or one in 128, and 18 ns more for a poll.
//!
//! # In tests
//! With the feature `test`, `heapdiff::test::assert_no_growth(|| handle(&request))` fails when memory stays that grows
//! with the rounds, and names the line; and `let _scope = heapdiff::test::scope();` fails a test that leaves a resource, a task
//! or memory behind.
//!
//! # Your duties
//! Build with line tables (`debug = "line-tables-only"` in the profile): they cost nothing at run time and turn an
//! address into a line of your code. Keep the binary that wrote the snapshots, or its debug file.
//!
//! # Our duties
//! The program never suffers: a full table, a full disk or a bad variable costs figures or snapshots, is counted, and
//! is said. The allocator's hook does not allocate, block, format or panic. What is estimated is unbiased, and every
//! loss is in the snapshot.
//!
//! # What it costs
//! An allocation and its free: 0.4 to 0.7 ns over bare jemalloc at the default period, 0.3 to 0.5 ns while nothing is
//! recorded; 2 ns on cold caches. A sample: 0.1 to 0.9 µs. A live sample: 54 bytes. Whole programs: within what can be
//! measured on shared cores, some percent. `scripts/bench-overhead` in the repository measures it on your machine, beside
//! other profilers.
//!
//! # Limits
//! - What was allocated before recording began is unknown: with the environment that is what ran before this crate's
//!   start function, with a [`Profiler`] everything before it.
//! - The last snapshot is written when the process exits by `exit` or by returning from `main`. `abort`, `_exit`,
//!   `exec` and signals leave no time for it; they leave the black box, `{program}-{start}-{pid}.region` in the
//!   directory, of which `heapdiff postmortem` makes the heap as it was at that moment. A process that ends as it
//!   should removes it.
//! - What is in the black box is the kernel's from the moment of the store, so no death of the process loses any of it.
//!   The death of the machine does: nothing is promised about what had reached the disk by then.
//! - The kernel writes the black box back to the disk now and then, and the next store to a page that is being written
//!   may wait for it on some file systems. A directory in memory such as `/dev/shm` has no such waits.
//! - Nothing in the black box is touched before its space on the disk is set aside, so a full disk costs samples, which
//!   are counted. Where space cannot be set aside for good (btrfs, ZFS, FUSE, network file systems) there is no black
//!   box, which is said once. The file must not be made shorter by others: that is a deadly signal, as for every mapped
//!   file.
//! - A forked child records nothing, unless it is to follow: see [`ProfilerBuilder::follow_forks`]. One that was made
//!   by a system call and not by the C library's `fork` never does.
//! - After `exec` the new image is another recorder with names of its own, `{program}-{start}-{pid}.2-...`, since
//!   process id and start stay the same. So is a second copy of this crate in one program, such as a plugin's.
//! - A signal handler that allocates is recorded, but not while it interrupts the recording of a sample; its stack ends
//!   at the handler. Whether a handler may allocate at all is up to the allocator: jemalloc and the system's say no.
//! - A signal that asks for snapshots is taken only if it is free when recording begins, and a handler that the program
//!   sets later takes its place.
//! - A block that is allocated through a library is seen through it once the writer has noticed the library, and stays
//!   named when the library is closed. Without unwind tables in the library the stack ends there.
//! - Without `/proc` there are no stacks, and the program is called `unknown`.
//! - Programs that are linked statically against the GNU C library work; musl is untested.
//! - A program with raised rights, such as a set-user-id one, does not listen to `HEAPDIFF_DIR`: whoever starts it
//!   could have files written in its name. A [`Profiler`] in its code records.
//! - Under `ulimit -v` at most a quarter of the address space is taken for samples and tables. A block that outgrows it
//!   becomes an unsampled one, and is counted.
//! - Memory that C code takes from `malloc`, and memory that is mapped directly, is not seen; the snapshot has the
//!   process's resident size, so its amount is.
//! - x86-64 Linux; aarch64 Linux builds but is less tried.
#![expect(
    unsafe_code,
    reason = "an allocator is unsafe by nature: `hook` and `sys` hold all of it, with proofs"
)]

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
compile_error!(
    "heapdiff records on Linux, on x86-64 and aarch64. Analysing snapshots works anywhere: see heapdiff-cli."
);

mod black_box;
mod budget;
mod cgroup;
mod claim;
mod directory;
mod gate;
mod hook;
mod item_counter;
mod lanes;
mod loaded_files;
mod meter;
mod process;
mod profiler;
mod recording;
pub mod resource;
mod retention;
mod session;
mod settings;
mod slot_table;
mod start;
mod sys;
pub mod task;
#[cfg(feature = "test")]
pub mod test;
mod thread;
mod trace;
mod upkeep;
mod writer;

pub use budget::Budget;
pub use hook::Allocator;
pub use item_counter::{Counter, counter};
pub use profiler::{Profiler, ProfilerBuilder, SnapshotError, StartError};
pub use settings::Signal;

/// The allocator behind [`Allocator`] where none is named: jemalloc.
#[cfg(feature = "jemalloc")]
pub type Inner = tikv_jemallocator::Jemalloc;
/// The allocator behind [`Allocator`] where none is named: the system's.
#[cfg(not(feature = "jemalloc"))]
pub type Inner = std::alloc::System;

/// Says something on stderr, on a line of its own. A stderr that is closed is nobody's problem.
///
/// In one write and without the lock of std's stderr: lines of several processes do not mix, and a thread that held the
/// lock when this process was forked off is not waited for.
fn say(message: std::fmt::Arguments<'_>) {
    let line = format!("heapdiff: {message}\n");
    // Before `main` the signal for a pipe that nobody reads is still deadly.
    sys::signals::without_sigpipe(|| sys::process_hooks::write_to_stderr(line.as_bytes()));
}
