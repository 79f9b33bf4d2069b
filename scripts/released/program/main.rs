//! Records what a released crate does, or what is no leak but grows: one case a run.
//!
//! usage: released CASE DIR PERIOD SEED CALLS
//!
//! Leaves twelve snapshots in DIR, and that of the end. A round of CALLS calls is before each of the twelve, the first of
//! which warms up. Snapshots carry the number of calls.
mod case;
mod controls;
mod releases;

use std::time::Duration;

#[global_allocator]
static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();

/// Rounds, with a snapshot after each; a verdict takes five, and a shape some more.
const ROUNDS: u32 = 12;

/// What a round waits, so that time passes evenly between snapshots whatever the machine does meanwhile.
const PAUSE: Duration = Duration::from_millis(20);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, dir, period, seed, calls] = arguments.as_slice() else {
        return Err("usage: released CASE DIR PERIOD SEED CALLS".into());
    };
    let (period, seed, calls) = (period.parse()?, seed.parse()?, calls.parse()?);
    // What it holds is still there when the profiler is dropped and writes its last snapshot.
    let mut case = case::named(name).ok_or_else(|| format!("there is no case `{name}`"))?;
    let profiler =
        heapdiff::Profiler::builder().dir(dir).every(Duration::MAX).period(period).seed(seed).start()?;
    let counter = heapdiff::counter("calls");
    for round in 0..ROUNDS {
        case.round(round, calls);
        counter.add(calls.into());
        profiler.snapshot()?;
        std::thread::sleep(PAUSE);
    }
    drop(profiler);
    Ok(())
}
