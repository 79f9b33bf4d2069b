//! What a resource and a task cost, at each level: nanoseconds an operation, the best of several rounds, and how many times
//! an atomic addition that is.
//!
//! usage: `resource_cost`
//!
//! Exit status 1 if one costs more than it may.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_macros,
    clippy::expect_used,
    clippy::disallowed_types,
    reason = "it is a program that measures"
)]

use heapdiff::resource::{Level, Type};
use heapdiff::task::{TaskExt as _, Tracked};
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();

static RESOURCE: Type = Type::new("resource");

/// What an atomic addition goes to, whose time is the unit of the ratios: it differs less between machines than
/// nanoseconds do.
static ADDED: AtomicU64 = AtomicU64::new(0);

/// Rounds of each, one after the other, so that none has the quiet moments of the machine to itself.
const ROUNDS: usize = 30;

/// One thing that is measured.
struct Measured {
    name: &'static str,
    /// What it may cost, in nanoseconds.
    may_cost: f64,
    operations: u32,
    best: Duration,
}

impl Measured {
    const fn new(name: &'static str, may_cost: f64, operations: u32) -> Self {
        Self { name, may_cost, operations, best: Duration::MAX }
    }

    fn round(&mut self, mut operation: impl FnMut()) {
        let start = Instant::now();
        (0..self.operations).for_each(|_| operation());
        self.best = self.best.min(start.elapsed());
    }

    fn nanos(&self) -> f64 {
        self.best.as_secs_f64() * 1e9 / f64::from(self.operations)
    }
}

/// A future that is never ready.
struct Pending;

impl Future for Pending {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        black_box(context);
        Poll::Pending
    }
}

fn acquire_and_release() {
    let lease = RESOURCE.acquire(black_box(64));
    // It stays where it is, as one that is a part of a value does.
    black_box(&lease);
}

/// Frames between the loop and what is done on a stack that differs.
const DEPTH: u32 = 12;

/// Does something on a stack that no other of the 2^`DEPTH` paths has: each bit says which of two functions calls the next.
fn on_a_stack_of_its_own(path: u32, act: &dyn Fn()) {
    fn descend(depth: u32, path: u32, act: &dyn Fn()) {
        match depth {
            0 => act(),
            depth if path & 1 == 0 => left(depth - 1, path >> 1, act),
            depth => right(depth - 1, path >> 1, act),
        }
    }
    #[inline(never)]
    fn left(depth: u32, path: u32, act: &dyn Fn()) {
        descend(depth, path, act);
        // Not the last call, or the frame is gone.
        black_box(depth);
    }
    #[inline(never)]
    fn right(depth: u32, path: u32, act: &dyn Fn()) {
        descend(depth, path, act);
        black_box(path);
    }
    descend(DEPTH, path, act);
}

fn main() -> ExitCode {
    let folder = std::env::temp_dir().join(format!("heapdiff-resource-cost-{}", std::process::id()));
    let profiler =
        heapdiff::Profiler::builder().dir(&folder).every(Duration::MAX).start().expect("it records");
    let mut addition = Measured::new("an atomic addition", f64::INFINITY, 1_000_000);
    let mut off = Measured::new("acquire and release, off", 2.0, 1_000_000);
    let mut count = Measured::new("acquire and release, count", 10.0, 1_000_000);
    let mut sampled = Measured::new("acquire and release, sampled:128", 25.0, 200_000);
    let mut all = Measured::new("acquire and release, all", f64::INFINITY, 20_000);
    let mut record = Measured::new("record", 1000.0, 20_000);
    let mut elsewhere = Measured::new("record, each on another stack", 1000.0, 20_000);
    let mut bare = Measured::new("poll of a bare future", f64::INFINITY, 1_000_000);
    let mut poll = Measured::new("poll of a tracked future", 60.0, 200_000);
    let mut task: Pin<&mut Tracked<Pending>> = pin!(Pending.tracked());
    let mut bare_task = pin!(Pending);
    let mut context = Context::from_waker(Waker::noop());
    RESOURCE.set_level(Level::Records);
    let accessed = RESOURCE.acquire(1);
    for _ in 0..ROUNDS {
        for (level, measured) in [
            (Level::Off, &mut off),
            (Level::Count, &mut count),
            (Level::DEFAULT, &mut sampled),
            (Level::All, &mut all),
        ] {
            RESOURCE.set_level(level);
            measured.round(acquire_and_release);
        }
        addition.round(|| {
            let _ = ADDED.fetch_add(1, Ordering::Relaxed);
        });
        record.round(|| accessed.record("used"));
        let mut path = 0_u32;
        elsewhere.round(|| {
            path = path.wrapping_add(1);
            on_a_stack_of_its_own(path, &|| accessed.record("used"));
        });
        bare.round(|| {
            let _ = black_box(bare_task.as_mut().poll(&mut context));
        });
        poll.round(|| {
            let _ = black_box(task.as_mut().poll(&mut context));
        });
    }
    drop((accessed, profiler));
    let _ = std::fs::remove_dir_all(folder);
    let mut holds = true;
    for measured in [&addition, &off, &count, &sampled, &all, &record, &elsewhere, &bare, &poll] {
        let (nanos, may_cost) = (measured.nanos(), measured.may_cost);
        let verdict = match may_cost {
            f64::INFINITY => String::new(),
            _ if nanos <= may_cost => format!("at most {may_cost} ns: held"),
            _ => format!("at most {may_cost} ns: MISSED"),
        };
        holds &= nanos <= may_cost;
        let ratio = nanos / addition.nanos();
        println!("{:<34} {nanos:>8.1} ns {ratio:>7.1}x   {verdict}", measured.name);
    }
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
