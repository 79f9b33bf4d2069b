//! Tasks as a profile of the heap has them: the block that an executor puts each spawned future into.
//!
//! A library may spawn tasks that nobody has wrapped for `heapdiff::task`. Each has a cell on the heap, which tokio
//! allocates in one function, so a block whose allocation was asked for by that function is a task that has not been freed:
//! as many objects, as many tasks. They are sampled as every block is, so a few hundred of them are seen roughly and a few
//! may be missed: the interval says how roughly.
//!
//! **Source:** `tokio::runtime::task::core::Cell::new`, of tokio 1.0 to 1.54.

use crate::error::AnalysisError;
use crate::frame::{Frame, FrameId, FrameTable};
use crate::frame_kind::FrameKind;
use crate::interval::{Confidence, Estimate, Interval, sample_variance, samples_behind};
use crate::profile::{Profile, Sample};
use crate::sample_type::sample_type_index;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The tasks of a profile of the heap, by where they were spawned.
#[derive(Clone, Debug)]
pub struct TaskCells {
    /// Each spawn site, that of the most tasks first.
    pub rows: Vec<TaskCellRow>,
    /// The frames of the rows.
    pub frames: FrameTable,
}

/// Tasks of one spawn site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskCellRow {
    /// The frame that spawned them: the first that is not the executor's nor std's. If there is none, the one that asked
    /// for the cell.
    pub spawn: FrameId,
    /// Estimate of their number.
    pub count: i64,
    /// Where their number lies, with the confidence that was asked for.
    pub interval: Interval,
    /// Estimate of what their cells take, in bytes, without what is behind pointers.
    pub bytes: i64,
    /// Cells that were sampled.
    pub samples: i64,
}

/// Sums of a spawn site.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    bytes: i64,
    objects: i64,
    samples: i64,
    variance: i128,
}

/// The tasks of a symbolized profile of the heap.
///
/// # Errors
/// If it is none: `inuse_space` and `inuse_objects` must be there.
pub fn task_cells(profile: &Profile, confidence: Confidence) -> Result<TaskCells, AnalysisError> {
    let bytes_at = sample_type_index(profile, Some("inuse_space"))?;
    let objects_at = sample_type_index(profile, Some("inuse_objects"))?;
    let samples_at = profile.sample_type_index("inuse_samples");
    let value = |sample: &Sample, at: usize| sample.values.get(at).copied().unwrap_or_default();
    let (mut frames, mut rows) = (FrameTable::default(), BTreeMap::<FrameId, Sums>::new());
    let mut stack = Vec::new();
    for sample in profile.samples.iter().filter(|sample| value(sample, bytes_at) > 0) {
        stack.clear();
        for location in sample.stack.iter().filter_map(|&id| profile.location(id)) {
            frames.intern_location(profile, location, &mut stack);
        }
        let Some(spawn) = spawn_of(&frames, &stack) else { continue };
        let (bytes, objects) = (value(sample, bytes_at), value(sample, objects_at));
        let samples = samples_at.map_or_else(
            || samples_behind(bytes, objects, profile.period),
            |samples_at| value(sample, samples_at),
        );
        let sums = rows.entry(spawn).or_default();
        sums.bytes = sums.bytes.saturating_add(bytes);
        sums.objects = sums.objects.saturating_add(objects);
        sums.samples = sums.samples.saturating_add(samples);
        let variance = sample_variance(bytes, Some(objects), samples, profile.period);
        sums.variance = sums.variance.saturating_add(variance);
    }
    let row = |(spawn, sums): (FrameId, Sums)| TaskCellRow {
        spawn,
        count: sums.objects,
        interval: sums.interval(profile.period, confidence),
        bytes: sums.bytes,
        samples: sums.samples,
    };
    let mut rows: Vec<TaskCellRow> = rows.into_iter().map(row).collect();
    rows.sort_by_key(|row| (Reverse(row.count), row.spawn));
    Ok(TaskCells { rows, frames })
}

impl Sums {
    /// The interval of the objects: that of the bytes, since all cells of a site are about equally large.
    fn interval(&self, period: i64, confidence: Confidence) -> Interval {
        let unseen = if period > 1 { period } else { 0 };
        let of_bytes = Estimate { sum: self.bytes, variance: self.variance, unseen };
        let of_bytes = of_bytes.minus(Estimate::default(), confidence);
        let objects = |bytes: i64| {
            let objects = i128::from(bytes.max(0)) * i128::from(self.objects) / i128::from(self.bytes.max(1));
            i64::try_from(objects).unwrap_or(i64::MAX)
        };
        // Those that were seen are there.
        Interval {
            low: objects(of_bytes.low).max(self.samples),
            high: objects(of_bytes.high).max(self.samples),
        }
    }
}

/// The frame that spawned the task whose cell this stack has allocated; `None` if it has allocated something else.
fn spawn_of(frames: &FrameTable, stack: &[FrameId]) -> Option<FrameId> {
    let kind = |id: &FrameId| FrameKind::of(frames.frame(*id));
    // Whatever a task allocates as it runs has the executor on its stack, too, but not as the one that asked for it.
    let asked = stack.iter().position(|id| !matches!(kind(id), FrameKind::Allocator | FrameKind::Library))?;
    let maker = stack.get(asked).filter(|id| makes_cells(frames.frame(**id)))?;
    if stack.iter().any(|id| starts_worker(frames.frame(*id))) {
        return None;
    }
    let is_spawn = |id: &&FrameId| kind(id) == FrameKind::Program && !is_wrapper(frames.frame(**id));
    stack.iter().skip(asked).find(is_spawn).or(Some(maker)).copied()
}

/// Whether it is the function that allocates the cells of tasks.
fn makes_cells(frame: Frame<'_>) -> bool {
    let name = frame.function;
    name.contains("tokio::runtime::task::core::Cell") && name.ends_with("::new")
}

/// Whether it starts the threads of a runtime, which are tasks of its pool for blocking work.
fn starts_worker(frame: Frame<'_>) -> bool {
    frame.function.contains("tokio::runtime::scheduler::multi_thread::worker::Launch")
}

/// Whether it is heapdiff's own way to spawn.
fn is_wrapper(frame: Frame<'_>) -> bool {
    frame.function.trim_start_matches('<').starts_with("heapdiff::task::")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile_builder::{InUse, ProfileBuilder};

    const CELL: [&str; 5] = [
        "<heapdiff::hook::Allocator<A> as core::alloc::global::GlobalAlloc>::alloc src/hook.rs:1",
        "alloc::alloc::exchange_malloc /rustc/0/library/alloc/src/alloc.rs:1",
        "<alloc::boxed::Box<T>>::new /rustc/0/library/alloc/src/boxed.rs:1",
        "tokio::runtime::task::core::Cell<T,S>::new /cargo/registry/src/i/tokio-1.54.1/src/runtime/task/core.rs:251",
        "tokio::task::spawn::spawn /cargo/registry/src/i/tokio-1.54.1/src/task/spawn.rs:176",
    ];

    fn spawned_by<'a>(rest: &[&'a str]) -> Vec<&'a str> {
        CELL.into_iter().chain(rest.iter().copied()).collect()
    }

    fn in_use(bytes: i64, objects: i64, samples: i64) -> InUse {
        InUse { bytes, objects, samples, epoch: 0 }
    }

    #[test]
    fn cells_are_tasks_of_their_spawn_site_and_nothing_else_is() {
        let library = "hyper::upgrade::spawn /cargo/registry/src/i/hyper-1.0.0/src/upgrade.rs:7";
        let own = spawned_by(&["app::serve src/main.rs:7", "app::main src/main.rs:1"]);
        let again = spawned_by(&["app::serve src/main.rs:7", "app::other src/main.rs:2"]);
        let wrapped = spawned_by(&["heapdiff::task::spawned::spawn src/task/spawned.rs:1", library]);
        let at_work =
            ["alloc::vec::Vec<T>::push /rustc/0/library/alloc/src/vec/mod.rs:1", "app::work src/main.rs:9"];
        let at_work: Vec<&str> = at_work.into_iter().chain(CELL.into_iter().skip(3)).collect();
        let profile = ProfileBuilder::heap()
            .period(1)
            .in_use(&own, in_use(100 * 512, 100, 100))
            .in_use(&again, in_use(60 * 512, 60, 60))
            .in_use(&wrapped, in_use(3 * 2048, 3, 3))
            .in_use(&at_work, in_use(4096, 1, 1))
            .build();
        let cells = task_cells(&profile, Confidence::default()).unwrap();
        let rows: Vec<_> = cells
            .rows
            .iter()
            .map(|row| (cells.frames.function(row.spawn), row.count, row.bytes, row.interval))
            .collect();
        let exactly = |count| Interval { low: count, high: count };
        assert_eq!(
            rows,
            [
                ("app::serve", 160, 160 * 512, exactly(160)),
                ("hyper::upgrade::spawn", 3, 3 * 2048, exactly(3))
            ]
        );
    }

    #[test]
    fn few_samples_of_many_tasks_have_a_wide_interval() {
        let stack = spawned_by(&["app::serve src/main.rs:7"]);
        // Of cells of 512 bytes one in 1024 is seen at a period of 512 KiB.
        let profile = ProfileBuilder::heap().in_use(&stack, in_use(4 << 19, 4096, 4)).build();
        let cells = task_cells(&profile, Confidence::default()).unwrap();
        let Interval { low, high } = cells.rows[0].interval;
        assert_eq!((cells.rows[0].count, cells.rows[0].samples), (4096, 4));
        assert!((1000..2000).contains(&low) && (8000..11_000).contains(&high), "{low} to {high}");
    }

    #[test]
    fn a_profile_of_something_else_is_an_error() {
        let mut profile = ProfileBuilder::heap().build();
        profile.sample_types.clear();
        assert!(task_cells(&profile, Confidence::default()).is_err());
    }
}
