//! Four threads that allocate at random, and many that come and go, free each other's blocks while snapshots are taken.

use crate::random::Random;
use crate::series::{self, NOTES, Truth};
use crate::support::{Case, Ran, Snapshot};
use std::fmt::Write;
use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, Ordering};
use std::time::Instant;

pub(crate) const EXACT: Case = Case {
    name: "soak_in_exact_mode",
    environment: &[],
    inside: || run(1),
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        series::check(ran, &snapshots);
        series::check_flat(&snapshots);
        for (truth, snapshot) in noted(ran, &snapshots) {
            let (found, cut) = (snapshot.of(TAKE), series::cut_stacks(snapshot, 1000));
            series::assert_near(found.inuse_objects, truth.objects, cut);
            assert!(cut > 0 || found.inuse_space == truth.space, "{found:?}, {truth:?}");
            let claimed = snapshot.metadata().allocator.as_ref().map(|allocator| allocator.allocated as i64);
            assert!(claimed.is_none_or(|claimed| claimed >= truth.space), "{claimed:?} of {truth:?}");
        }
    },
};

pub(crate) const SAMPLED: Case = Case {
    name: "soak_with_a_period_of_64_kib",
    environment: &[],
    inside: || run(PERIOD),
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        series::check(ran, &snapshots);
        series::check_flat(&snapshots);
        for (truth, snapshot) in noted(ran, &snapshots) {
            let found = snapshot.of(TAKE).inuse_space;
            // The variance of a sum of estimates is at most the sum itself times the period.
            let error = (truth.space as f64 * PERIOD as f64).sqrt();
            assert!(
                found.abs_diff(truth.space) as f64 <= 6.0 * error,
                "{found}, {truth:?}, error {error:.0}"
            );
        }
    },
};

const PERIOD: u64 = 64 << 10;
const THREADS: usize = 4;
/// How often all threads stop, so that the truth is known.
const STOPS: u32 = 6;
/// Blocks that a thread holds, and that wait for another to take them.
const HELD_MAX: usize = 1000;

/// Objects and bytes that the program holds, of those that [`take`] allocated.
static OBJECTS: AtomicI64 = AtomicI64::new(0);
static SPACE: AtomicI64 = AtomicI64::new(0);

/// A block that counts itself.
struct Held(Vec<u8>);

const TAKE: &str = "soak::take";

/// The one place where blocks are allocated.
#[inline(never)]
fn take(size: usize) -> Held {
    let block = black_box(Vec::with_capacity(size));
    OBJECTS.fetch_add(1, Ordering::Relaxed);
    SPACE.fetch_add(size as i64, Ordering::Relaxed);
    Held(block)
}

/// Calls of different depth and order, so that there are some dozens of stack traces.
#[inline(never)]
fn take_by(path: usize, size: usize) -> Held {
    let held = match path & 3 {
        _ if path < 4 => take(size),
        0 | 1 => take_by(path >> 2, size),
        _ => take_elsewhere(path >> 2, size),
    };
    black_box(held)
}

#[inline(never)]
fn take_elsewhere(path: usize, size: usize) -> Held {
    black_box(take_by(path, size))
}

impl Held {
    fn resize(&mut self, size: usize) {
        let before = self.0.capacity();
        if size > before {
            self.0.reserve_exact(size);
        } else {
            self.0.shrink_to(size);
        }
        SPACE.fetch_add(self.0.capacity() as i64 - before as i64, Ordering::Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        OBJECTS.fetch_sub(1, Ordering::Relaxed);
        SPACE.fetch_sub(self.0.capacity() as i64, Ordering::Relaxed);
    }
}

/// Where threads leave blocks for others. Not behind locks: what happens in std's locks `ThreadSanitizer` does not
/// see, and it would take every block that is handed over for a race.
struct Exchange(Vec<AtomicPtr<Held>>);

impl Exchange {
    fn new() -> Self {
        Self((0..256).map(|_| AtomicPtr::new(std::ptr::null_mut())).collect())
    }

    fn swap(&self, random: &mut Random, block: Option<Held>) -> Option<Held> {
        let place = &self.0[random.below(self.0.len())];
        let block = block.map_or(std::ptr::null_mut(), |block| Box::into_raw(Box::new(block)));
        // The block is written before it is left, and read after it is taken.
        let taken = place.swap(block, Ordering::AcqRel);
        // SAFETY: made by `into_raw` above, and taken by this thread alone.
        (!taken.is_null()).then(|| *unsafe { Box::from_raw(taken) })
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        for place in &self.0 {
            let taken = place.swap(std::ptr::null_mut(), Ordering::AcqRel);
            if !taken.is_null() {
                // SAFETY: made by `into_raw` in `swap`, and taken by this thread alone.
                drop(unsafe { Box::from_raw(taken) });
            }
        }
    }
}

fn step(random: &mut Random, held: &mut Vec<Held>, exchange: &Exchange) {
    match random.below(8) {
        0..=2 => {
            let bits = if random.once_in(200) { 20 } else { 12 };
            held.push(take_by(random.below(1 << 6), random.size(bits)));
        }
        3 | 4 if !held.is_empty() => {
            let index = random.below(held.len());
            held[index].resize(random.size(12));
        }
        5 if !held.is_empty() => {
            let block = held.swap_remove(random.below(held.len()));
            held.extend(exchange.swap(random, Some(block)));
        }
        6 => drop(exchange.swap(random, None)),
        _ if !held.is_empty() => drop(held.swap_remove(random.below(held.len()))),
        _ => {}
    }
    if held.len() > HELD_MAX {
        held.truncate(HELD_MAX / 2);
    }
}

fn run(period: u64) {
    let (duration, every) = crate::duration();
    let builder = heapdiff::Profiler::builder().dir("profiles").every(every).keep(1 << 20, 1 << 40);
    let profiler = builder.period(period).seed(7).start().unwrap();
    let exchange = Exchange::new();
    let is_over = AtomicBool::new(false);
    // All threads that allocate, and the one that asks.
    let (stop, go) = (Barrier::new(THREADS + 2), Barrier::new(THREADS + 2));
    let is_stopping = AtomicBool::new(false);
    let pause = || {
        if is_stopping.load(Ordering::SeqCst) {
            stop.wait();
            go.wait();
        }
    };
    let mut notes = String::new();
    std::thread::scope(|scope| {
        for thread in 0..THREADS as u64 {
            let (exchange, is_over, pause) = (&exchange, &is_over, &pause);
            scope.spawn(move || {
                let mut random = Random::new(thread);
                let mut held = Vec::with_capacity(HELD_MAX + 2);
                while !is_over.load(Ordering::SeqCst) {
                    (0..100).for_each(|_| step(&mut random, &mut held, exchange));
                    pause();
                }
            });
        }
        let (exchange, is_over, pause) = (&exchange, &is_over, &pause);
        scope.spawn(move || {
            for seed in 100.. {
                if is_over.load(Ordering::SeqCst) {
                    break;
                }
                std::thread::scope(|short| {
                    short.spawn(|| {
                        let (mut random, mut held) = (Random::new(seed), Vec::new());
                        (0..300).for_each(|_| step(&mut random, &mut held, exchange));
                    });
                });
                pause();
            }
        });
        let started = Instant::now();
        for number in 1..=STOPS {
            std::thread::sleep((duration * number / STOPS).saturating_sub(started.elapsed()));
            is_stopping.store(true, Ordering::SeqCst);
            stop.wait();
            let path = profiler.snapshot().unwrap();
            let name = path.file_name().unwrap().to_string_lossy();
            let (objects, space) = (OBJECTS.load(Ordering::SeqCst), SPACE.load(Ordering::SeqCst));
            writeln!(notes, "{name} {objects} {space}").unwrap();
            is_stopping.store(false, Ordering::SeqCst);
            is_over.store(number == STOPS, Ordering::SeqCst);
            go.wait();
        }
    });
    drop(exchange);
    let path = profiler.snapshot().unwrap();
    writeln!(notes, "{} 0 0", path.file_name().unwrap().to_string_lossy()).unwrap();
    std::fs::write(NOTES, notes).unwrap();
}

/// The snapshots of which the truth is known.
fn noted<'a>(ran: &Ran, snapshots: &'a [Snapshot]) -> Vec<(Truth, &'a Snapshot)> {
    let paths = ran.paths();
    let find = |truth: &Truth| &snapshots[paths.iter().position(|path| path.ends_with(&truth.name)).unwrap()];
    let noted: Vec<_> = series::truths(ran).into_iter().map(|truth| (find(&truth), truth)).collect();
    assert_eq!(noted.len(), STOPS as usize + 1);
    assert!(noted[..STOPS as usize].iter().all(|(_, truth)| truth.objects > 1000), "{:?}", noted[0].1);
    let samples = snapshots.last().unwrap().metadata().recorder.samples;
    series::say(&format!(
        "{} snapshots, {samples} samples, {:?}",
        snapshots.len(),
        noted[STOPS as usize - 1].1
    ));
    noted.into_iter().map(|(snapshot, truth)| (truth, snapshot)).collect()
}
