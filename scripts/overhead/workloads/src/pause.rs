//! What a snapshot costs the writer, and those who allocate meanwhile.

use crate::clock;
use crate::residency;
use serde::{Deserialize, Serialize};
use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Gaps from here on are kept.
const GAP_MIN: Duration = Duration::from_micros(20);

/// What was seen.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PauseReport {
    pub seconds: f64,
    /// Longest time between two allocations of the loop in which the thread did not give its core away.
    pub work_max_us: f64,
    /// The ten longest of these.
    pub work_us: Vec<f64>,
    /// Longest such time in which the thread had to wait for something.
    pub wait_max_us: f64,
    /// Longest such time in which another thread had the core: the machine's doing.
    pub preempted_max_us: f64,
    /// CPU time of the thread that writes snapshots, in these seconds.
    pub writer_cpu_ns: u64,
    /// Snapshots that appeared in the meantime.
    pub snapshots: u64,
    pub allocations: u64,
}

/// Holds `live` blocks of `stacks` stacks, and allocates for so many seconds.
pub(crate) fn measure(seconds: f64, live: usize, stacks: usize) -> PauseReport {
    let mut blocks = Vec::with_capacity(live);
    residency::allocate(&mut blocks, live, stacks);
    let writer = writer();
    let mut report = PauseReport { seconds, ..PauseReport::default() };
    // The first snapshots are of a heap that was growing, and of modules that were new.
    watch(seconds / 5.0, &mut PauseReport::default());
    let (cpu, files) = (writer.and_then(clock::cpu_ns_of), snapshots());
    watch(seconds, &mut report);
    if let (Some(cpu), Some(after)) = (cpu, writer.and_then(clock::cpu_ns_of)) {
        report.writer_cpu_ns = after - cpu;
    }
    report.snapshots = snapshots() - files;
    black_box(&blocks);
    report
}

fn watch(seconds: f64, report: &mut PauseReport) {
    let (start, length) = (Instant::now(), Duration::from_secs_f64(seconds));
    let mut work = Vec::with_capacity(1 << 16);
    let mut switches = clock::switches();
    let mut last = Instant::now();
    while last.duration_since(start) < length {
        drop(black_box(Vec::<u8>::with_capacity(64)));
        let now = Instant::now();
        let gap = now.duration_since(last);
        last = now;
        report.allocations += 1;
        if gap < GAP_MIN {
            continue;
        }
        let (gap, after) = (micros(gap), clock::switches());
        if after.preempted != switches.preempted {
            report.preempted_max_us = report.preempted_max_us.max(gap);
        } else if after.waited != switches.waited {
            report.wait_max_us = report.wait_max_us.max(gap);
        } else if work.len() < work.capacity() {
            work.push(gap);
        }
        switches = after;
        last = Instant::now();
    }
    work.sort_by(|a, b| b.total_cmp(a));
    work.truncate(10);
    report.work_max_us = work.first().copied().unwrap_or(0.0);
    report.work_us = work;
}

fn micros(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e3
}

/// The thread that writes snapshots, which names itself.
fn writer() -> Option<libc::pid_t> {
    let tasks = fs::read_dir("/proc/self/task").ok()?;
    tasks.flatten().find_map(|task| {
        let name = fs::read_to_string(task.path().join("comm")).ok()?;
        let thread: u32 = task.file_name().to_str()?.parse().ok()?;
        let is_writer = name.starts_with("heapdiff") && thread != std::process::id();
        if is_writer { libc::pid_t::try_from(thread).ok() } else { None }
    })
}

/// Snapshots in the directory.
fn snapshots() -> u64 {
    let Some(dir) = std::env::var_os("HEAPDIFF_DIR") else { return 0 };
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    entries
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "gz"))
        .count() as u64
}
