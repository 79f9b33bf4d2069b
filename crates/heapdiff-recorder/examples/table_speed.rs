//! What a sample costs in the tables, apart from walking its stack, and what a snapshot costs to read.
//!
//! ```text
//! cargo run --release -p heapdiff-recorder --example table_speed
//! ```
//!
//! Times are CPU times of the threads, so that they mean something on a machine that does other things as well.

use heapdiff_recorder::{
    Allocation, Area, AtomicU64, BlockFlags, Capacities, Charge, Period, Recorder, Region, Shard, SlotId,
    StackId, Trace, TraceEnd,
};
use std::hint::black_box;
use std::io::{self, Write};
use std::time::Instant;

const PAIRS: u64 = 2_000_000;
const RUNS: usize = 9;
const DEPTH: usize = 40;
const LIVE: u64 = 100_000;
const STACKS: u64 = 10_000;

fn main() -> io::Result<()> {
    for (threads, what) in [(1, "one thread"), (2, "two threads")] {
        for (period, kind) in [(Period::EXACT, "exact mode"), (Period::DEFAULT, "samples of 512 KiB")] {
            let (intern, rest) = (pair_nanos(threads, period, true), pair_nanos(threads, period, false));
            let all = intern + rest;
            writeln!(
                io::stdout(),
                "{what}, {kind}: {all:.0} ns a pair, of which {intern:.0} ns find the stack"
            )?;
        }
    }
    with_recorder(read)
}

/// Times the reading of many samples.
fn read(recorder: &Recorder<'_>) -> io::Result<()> {
    for n in 0..LIVE {
        let frames: [u64; DEPTH] = std::array::from_fn(|frame| n % STACKS * 1000 + frame as u64);
        let stack = recorder.intern(Shard::new(0), Trace { frames: &frames, end: TraceEnd::Complete });
        let _ = allocate(recorder, Shard::new(0), 4096 + n * 64, stack, Period::EXACT);
    }
    let (mut bytes, mut rows, mut micros) = (0.0, 0, [u128::MAX; 2]);
    for _ in 0..RUNS {
        let started = Instant::now();
        bytes = 0.0;
        recorder.visit_live(recorder.begin_snapshot(), |block| {
            bytes += block.charge.bytes_estimate(block.size);
        });
        let visited = started.elapsed();
        rows = black_box(recorder.tallies().collect::<Vec<_>>()).len();
        let tallied = started.elapsed() - visited;
        micros = [micros[0].min(visited.as_micros()), micros[1].min(tallied.as_micros())];
    }
    let [live, tallies] = micros;
    writeln!(
        io::stdout(),
        "{LIVE} live samples ({bytes} bytes) read in {live} µs, {rows} rows in {tallies} µs"
    )?;
    for area in Area::ALL {
        let extent = recorder.region().extent(area);
        let used = extent.used - extent.start;
        writeln!(io::stdout(), "{area:?}: {used} bytes, {:.1} a live sample", used as f64 / LIVE as f64)?;
    }
    Ok(())
}

/// The least nanoseconds a pair in some runs: to find its stack trace, or for everything else.
fn pair_nanos(threads: u64, period: Period, is_stack: bool) -> f64 {
    let run = || {
        with_recorder(|recorder| {
            std::thread::scope(|scope| {
                let spawn = |thread| scope.spawn(move || pairs(recorder, thread, period, is_stack));
                let threads: Vec<_> = (0..threads).map(spawn).collect();
                threads.into_iter().filter_map(|thread| thread.join().ok()).fold(0.0, f64::max)
            })
        })
    };
    (0..RUNS).map(|_| run()).fold(f64::INFINITY, f64::min)
}

/// CPU time of the calling thread, in nanoseconds.
fn cpu_nanos() -> u64 {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    statistics.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default()
}

/// One half of the allocations and frees of one thread, one block at a time, on one stack trace; nanoseconds a pair.
fn pairs(recorder: &Recorder<'_>, thread: u64, period: Period, is_stack: bool) -> f64 {
    let (shard, address) = (Shard::new(thread), 4096 + thread * 64);
    let frames: [u64; DEPTH] = std::array::from_fn(|frame| 0x5555_0000 + frame as u64 * 64 + thread);
    let trace = Trace { frames: &frames, end: TraceEnd::Complete };
    let stack = recorder.intern(shard, trace);
    let started = cpu_nanos();
    for _ in 0..PAIRS {
        if is_stack {
            black_box(recorder.intern(shard, black_box(trace)));
        } else if let Some(slot) = allocate(recorder, shard, address, stack, period) {
            black_box(recorder.freed(shard, slot, address));
        }
    }
    (cpu_nanos() - started) as f64 / PAIRS as f64
}

fn allocate(
    recorder: &Recorder<'_>,
    shard: Shard,
    address: u64,
    stack: StackId,
    period: Period,
) -> Option<SlotId> {
    let (size, flags, end) = (black_box(64), BlockFlags::NONE, TraceEnd::Complete);
    let allocation = Allocation { address, size, charge: Charge::new(size, period), flags, stack, end };
    recorder.allocated(shard, &allocation)
}

fn with_recorder<T>(measure: impl FnOnce(&Recorder<'_>) -> T) -> T {
    let capacities = Capacities::SMALL;
    let words: Vec<AtomicU64> = (0..capacities.words()).map(|_| AtomicU64::new(0)).collect();
    let region = Region::create(&words, &capacities).expect("the words are as many as asked for");
    region.set_all_backed();
    measure(&Recorder::new(&region))
}
