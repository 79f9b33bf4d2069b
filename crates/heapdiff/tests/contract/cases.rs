//! The contract of `GlobalAlloc`, and that figures are true, whatever is recorded.

use crate::heap::{ASK, Heap, Known, Truth};
use crate::random::Random;
use crate::support::{Case, Figures, Ran};
use crate::walk;
use heapdiff::Profiler;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// Steps of a walk: as many as take a few seconds.
const STEPS: usize = if cfg!(debug_assertions) { 12_000 } else { 100_000 };
/// Steps between two snapshots, at most.
const STRIDE: usize = STEPS / 6;

/// The generator of a case. A failure repeats: the numbers are the same in each run, but for one that asks for others
/// with `CONTRACT_SEED`.
fn random(case: u64) -> Random {
    let seed = std::env::var("CONTRACT_SEED").ok().map_or(0, |seed| seed.parse().unwrap());
    Random::new(seed << 8 | case)
}

pub(crate) static CASES: &[Case] = &[
    Case {
        name: "the_contract_holds_while_nothing_is_recorded",
        environment: &[],
        inside: || {
            let mut heap = Heap::new(Known::No);
            let mut random = random(1);
            for _ in 0..STEPS {
                walk::step(&mut heap, &mut random);
            }
            heap.free_all();
            crate::check_inner();
        },
        check: |ran: &Ran| {
            // A sanitizer may have something to say about what was refused.
            assert!(
                ran.paths().is_empty() && ran.stdout().is_empty() && !ran.stderr().contains("heapdiff: ")
            );
        },
    },
    Case {
        name: "the_contract_holds_and_every_figure_is_true_in_exact_mode",
        environment: &[],
        inside: || record_walk(1, Known::Yes, 2),
        check: |ran: &Ran| check_truth(ran, 1),
    },
    Case {
        name: "the_contract_holds_and_estimates_are_near_with_a_period_of_4_kib",
        environment: &[],
        inside: || record_walk(4096, Known::Perhaps, 3),
        check: |ran: &Ran| check_truth(ran, 4096),
    },
    Case {
        name: "the_contract_holds_and_estimates_are_near_with_a_period_of_64_kib",
        environment: &[],
        inside: || record_walk(64 << 10, Known::Perhaps, 4),
        check: |ran: &Ran| check_truth(ran, 64 << 10),
    },
    Case {
        name: "the_contract_holds_while_recording_comes_and_goes",
        environment: &[],
        inside: record_now_and_then,
        check: |ran: &Ran| {
            let truths = truths(ran);
            let snapshots = ran.snapshots();
            assert!(truths.len() >= 20, "{}", truths.len());
            for (name, known) in truths {
                let index = ran.paths().iter().position(|path| path.ends_with(&name));
                let found = snapshots[index.expect("it was written")].of(ASK);
                assert_eq!((found.inuse_objects, found.inuse_space), in_use(known), "{name}");
            }
        },
    },
    Case {
        name: "the_contract_holds_and_figures_are_true_while_memory_is_short",
        environment: &[],
        inside: record_in_need,
        check: |ran: &Ran| check_truth(ran, 1),
    },
];

fn profiler(period: u64, seed: u64) -> Profiler {
    let builder = Profiler::builder().dir("profiles").every(Duration::MAX).keep(1000, 1 << 40);
    builder.period(period).seed(seed).start().unwrap()
}

/// Takes a snapshot and notes for [`check_truth`] what it must say.
fn snapshot(profiler: &Profiler, truth: Truth, notes: &mut String) {
    let path = profiler.snapshot().unwrap();
    let name = path.file_name().unwrap().to_string_lossy();
    let Truth { inuse_objects, inuse_space, alloc_objects, alloc_space } = truth;
    writeln!(notes, "{name} {inuse_objects} {inuse_space} {alloc_objects} {alloc_space}").unwrap();
}

const NOTES: &str = "truth.txt";

fn record_walk(period: u64, news: Known, seed: u64) {
    let mut notes = String::new();
    let profiler = profiler(period, seed);
    let mut heap = Heap::new(news);
    let mut random = random(seed);
    let mut next = random.below(STRIDE);
    for step in 0..STEPS {
        walk::step(&mut heap, &mut random);
        if step == next {
            snapshot(&profiler, heap.truth(), &mut notes);
            next += 1 + random.below(STRIDE);
        }
    }
    heap.free_all();
    snapshot(&profiler, heap.truth(), &mut notes);
    std::fs::write(NOTES, notes).unwrap();
    crate::check_inner();
}

/// Sessions of any period follow each other. Blocks outlive the session that they were born in, and after a sweep that
/// leaves none but those of exact mode, a snapshot has those and no others.
fn record_now_and_then() {
    let mut notes = String::new();
    let mut heap = Heap::new(Known::No);
    let mut random = random(5);
    for session in 0..60 {
        heap.news = Known::No;
        for _ in 0..random.below(300) {
            walk::step(&mut heap, &mut random);
        }
        let period = [1, 1, 700, 4096, 64 << 10, 512 << 10][random.below(6)];
        let profiler = profiler(period, session);
        heap.news = if period == 1 { Known::Yes } else { Known::Perhaps };
        for _ in 0..random.below(300) {
            walk::step(&mut heap, &mut random);
        }
        if random.once_in(2) {
            heap.free_doubtful();
            snapshot(&profiler, heap.known(), &mut notes);
        }
        if random.once_in(4) {
            heap.free_all();
        }
    }
    heap.free_all();
    let profiler = profiler(1, 0);
    snapshot(&profiler, heap.truth(), &mut notes);
    std::fs::write(NOTES, notes).unwrap();
    crate::check_inner();
}

/// The address space ends while the walk is under way, and has room again whenever a snapshot is taken.
fn record_in_need() {
    let limit = |bytes| {
        let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: the pointer is valid for reads.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
    };
    let mut notes = String::new();
    let profiler = profiler(1, 6);
    let mut heap = Heap::new(Known::Yes);
    heap.may_be_refused = true;
    // Now the writer has an arena of jemalloc, which does not survive a thread's first allocation being refused.
    snapshot(&profiler, heap.truth(), &mut notes);
    let mut random = random(6);
    for _ in 0..8 {
        let taken = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: u64 = taken.split(' ').next().unwrap().parse().unwrap();
        limit(pages * 4096 + (1 << 20));
        for _ in 0..STEPS / 8 {
            walk::step(&mut heap, &mut random);
        }
        limit(libc::RLIM_INFINITY);
        snapshot(&profiler, heap.truth(), &mut notes);
    }
    assert!(heap.refusals > 0 || !crate::IS_LIMITED, "memory was never short");
    heap.free_all();
    snapshot(&profiler, heap.truth(), &mut notes);
    std::fs::write(NOTES, notes).unwrap();
    crate::check_inner();
}

/// The snapshots that the process noted, and what they must say.
fn truths(ran: &Ran) -> Vec<(String, Truth)> {
    let notes = std::fs::read_to_string(ran.dir.join(NOTES)).unwrap();
    let parse = |line: &str| {
        let mut words = line.split(' ');
        let name = words.next().unwrap().to_owned();
        let mut number = || words.next().unwrap().parse().unwrap();
        let (inuse_objects, inuse_space, alloc_objects, alloc_space) =
            (number(), number(), number(), number());
        (name, Truth { inuse_objects, inuse_space, alloc_objects, alloc_space })
    };
    notes.lines().map(parse).collect()
}

fn in_use(truth: Truth) -> (i64, i64) {
    (truth.inuse_objects as i64, truth.inuse_space as i64)
}

/// Every snapshot says the truth: to the byte in exact mode, otherwise to six standard errors. What was freed is gone
/// either way, and nothing is lost.
fn check_truth(ran: &Ran, period: u64) {
    let truths = truths(ran);
    let snapshots = ran.snapshots();
    assert!(truths.len() >= 4, "{}", truths.len());
    for ((name, truth), (path, snapshot)) in truths.iter().zip(ran.paths().iter().zip(&snapshots)) {
        assert_eq!(path.file_name(), Path::new(name).file_name());
        let found: Figures = snapshot.of(ASK);
        let pairs = [(found.inuse_space, truth.inuse_space), (found.alloc_space, truth.alloc_space)];
        if period == 1 {
            assert_eq!((found.inuse_objects, found.inuse_space), in_use(*truth), "{name}");
            assert_eq!(found.alloc_objects, truth.alloc_objects as i64, "{name}");
        }
        for (estimate, truth) in pairs {
            // The variance of a sum of estimates is at most the sum itself times the period.
            let error = if period == 1 { 0.0 } else { (truth as f64 * period as f64).sqrt() };
            let off = estimate.abs_diff(truth as i64) as f64;
            assert!(off <= 6.0 * error, "{name}: {estimate}, in truth {truth}, standard error {error:.0}");
        }
        let lost = &snapshot.metadata().dropped;
        for (loss, count) in lost.iter().filter(|(loss, _)| *loss != "moved_during_snapshot") {
            assert_eq!(*count, 0, "{name}: {loss}");
        }
    }
    let (_, last) = truths.last().unwrap();
    assert_eq!(last.inuse_objects, 0, "the walk ends with nothing in use");
    let left = snapshots[truths.len() - 1].of(ASK);
    assert_eq!((left.inuse_objects, left.inuse_space), (0, 0));
}
