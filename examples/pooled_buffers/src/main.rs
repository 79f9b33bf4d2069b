//! A handler that forgets to release its buffer, and the same handler without the leak; README.md tells the story.
#![forbid(unsafe_code)]

mod arguments;
mod handlers;
mod pool;

use arguments::Arguments;
use clap::Parser;
use handlers::Handlers;
use pool::Pool;
use std::io::Write;
use std::sync::OnceLock;

#[global_allocator]
static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();

/// The pool lives as long as the process, as that of a service does.
static POOL: OnceLock<Pool> = OnceLock::new();

/// So many requests are handled without a pause.
const BATCH: u64 = 200;

fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let pool = POOL.get_or_init(Pool::new);
    let handlers = Handlers { pool, variant: arguments.variant };
    for request in 0..arguments.requests {
        handlers.handle(request);
        if request % BATCH == BATCH - 1 {
            std::thread::sleep(arguments.pause);
        }
    }
    let (chunks, out) = pool.figures();
    let requests = arguments.requests;
    writeln!(
        std::io::stdout(),
        "{requests} requests are done; chunks of 4 MiB: {chunks}, buffers that are out: {out}"
    )
}
