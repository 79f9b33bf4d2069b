//! A worker pool that leaks, and the same pool without the leak; README.md tells the story.
#![forbid(unsafe_code)]

mod arguments;
mod chunk;
mod linked_buffer;
mod pool;
mod rounds;

use arguments::Arguments;
use clap::Parser;
use pool::Pool;
use rounds::Rounds;
use std::io::Write;
use std::sync::OnceLock;

#[global_allocator]
static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();

/// The pool lives as long as the process, as that of a service does: what its queue holds is never given back, not
/// even at the end of `main`.
static POOL: OnceLock<Pool> = OnceLock::new();

fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let pool = POOL.get_or_init(|| Pool::new(arguments.workers, arguments.variant));
    let rounds = Rounds { pool, tasks: arguments.tasks, payload_bytes: arguments.payload_bytes };
    for _ in 0..arguments.rounds {
        rounds.run_one();
        std::thread::sleep(arguments.pause);
    }
    writeln!(std::io::stdout(), "{} rounds of {} tasks are done", arguments.rounds, arguments.tasks)?;
    Ok(())
}
