//! Tasks as a profile of the heap has them: the block that an executor puts each spawned future into.
//!
//! A library may spawn tasks that nobody has wrapped for `heapdiff::task`. Each has a cell on the heap, which tokio
//! allocates in one function, so a block whose allocation was asked for by that function is a task that has not been freed:
//! as many objects, as many tasks. They are sampled as every block is, so a few hundred of them are seen roughly and a few
//! may be missed: the interval says how roughly.
//!
//! What `heapdiff::task::spawn` has spawned is left out, as the profile of the tasks has it.
//!
//! **Source:** `tokio::runtime::task::core::Cell::new`, of tokio 1.0 to 1.54.

use crate::error::AnalysisError;
use crate::frame::{Frame, FrameId, FrameTable, StackId};
use crate::frame_kind::{FrameKind, in_package};
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
pub(crate) struct CellSums {
    pub(crate) bytes: i64,
    pub(crate) objects: i64,
    pub(crate) samples: i64,
    variance: i128,
}

/// Where the values of a cell are in a profile of the heap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CellColumns {
    bytes: usize,
    objects: usize,
    samples: Option<usize>,
}

/// The tasks of a symbolized profile of the heap.
///
/// # Errors
/// If it is none: `inuse_space` and `inuse_objects` must be there.
pub fn task_cells(profile: &Profile, confidence: Confidence) -> Result<TaskCells, AnalysisError> {
    let columns = CellColumns::of(profile)?;
    let (mut frames, mut rows) = (FrameTable::default(), BTreeMap::<FrameId, CellSums>::new());
    let mut stack = Vec::new();
    for sample in &profile.samples {
        let Some(of_sample) = columns.sums(profile, sample) else { continue };
        stack.clear();
        for location in sample.stack.iter().filter_map(|&id| profile.location(id)) {
            frames.intern_location(profile, location, &mut stack);
        }
        let Some(at) = spawn_in(&frames, &stack) else { continue };
        let Some(&spawn) = stack.get(at) else { continue };
        rows.entry(spawn).or_default().add(of_sample);
    }
    let row = |(spawn, sums): (FrameId, CellSums)| TaskCellRow {
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

impl CellColumns {
    /// # Errors
    /// If it is no profile of the heap.
    pub(crate) fn of(profile: &Profile) -> Result<Self, AnalysisError> {
        Ok(Self {
            bytes: sample_type_index(profile, Some("inuse_space"))?,
            objects: sample_type_index(profile, Some("inuse_objects"))?,
            samples: profile.sample_type_index("inuse_samples"),
        })
    }

    /// What a sample stands for; `None` if nothing of it is alive.
    pub(crate) fn sums(self, profile: &Profile, sample: &Sample) -> Option<CellSums> {
        let value = |at: usize| sample.values.get(at).copied().unwrap_or_default();
        let (bytes, objects) = (value(self.bytes), value(self.objects));
        let samples = || self.samples.map_or_else(|| samples_behind(bytes, objects, profile.period), value);
        (bytes > 0).then(|| {
            let samples = samples();
            let variance = sample_variance(bytes, Some(objects), samples, profile.period);
            CellSums { bytes, objects, samples, variance }
        })
    }
}

impl CellSums {
    pub(crate) fn add(&mut self, other: Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.objects = self.objects.saturating_add(other.objects);
        self.samples = self.samples.saturating_add(other.samples);
        self.variance = self.variance.saturating_add(other.variance);
    }

    /// The interval of the objects: that of the bytes, since all cells of a site are about equally large.
    pub(crate) fn interval(&self, period: i64, confidence: Confidence) -> Interval {
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

/// Tells which stacks of a table have allocated cells, each looked at once.
#[derive(Debug, Default)]
pub(crate) struct CellFinder {
    makers: Vec<Option<bool>>,
    spawns: Vec<Option<Option<usize>>>,
}

impl CellFinder {
    /// The place in the stack of the frame that spawned the task; `None` if the stack has allocated something else.
    pub(crate) fn spawn_in(&mut self, frames: &FrameTable, id: StackId) -> Option<usize> {
        if let Some(&Some(known)) = self.spawns.get(id.index()) {
            return known;
        }
        let stack = frames.stack(id);
        // Nearly no stack has the function that makes them, and texts of frames are slow to look at.
        let found =
            if stack.iter().any(|&frame| self.makes(frames, frame)) { spawn_in(frames, stack) } else { None };
        *entry(&mut self.spawns, id.index()) = Some(found);
        found
    }

    fn makes(&mut self, frames: &FrameTable, id: FrameId) -> bool {
        *entry(&mut self.makers, id.index()).get_or_insert_with(|| makes_cells(frames.frame(id)))
    }
}

fn entry<T: Clone>(known: &mut Vec<Option<T>>, index: usize) -> &mut Option<T> {
    if known.len() <= index {
        known.resize(index + 1, None);
    }
    known.get_mut(index).expect("it was made long enough")
}

/// The place of the frame that spawned the task whose cell this stack has allocated; `None` if it has allocated something
/// else, or the cell of a task that heapdiff has spawned.
fn spawn_in(frames: &FrameTable, stack: &[FrameId]) -> Option<usize> {
    let kind = |id: &FrameId| FrameKind::of(frames.frame(*id));
    // Whatever a task allocates as it runs has the executor on its stack, too, but not as the one that asked for it.
    let asked = stack.iter().position(|id| !matches!(kind(id), FrameKind::Allocator | FrameKind::Library))?;
    stack.get(asked).filter(|id| makes_cells(frames.frame(**id)))?;
    if stack.iter().any(|id| starts_worker(frames.frame(*id))) {
        return None;
    }
    let rootward = stack.iter().enumerate().skip(asked);
    let mut spawns =
        rootward.filter(|(_, id)| kind(id) == FrameKind::Program || is_wrapper(frames.frame(**id)));
    match spawns.next() {
        Some((_, id)) if is_wrapper(frames.frame(*id)) => None,
        Some((at, _)) => Some(at),
        None => Some(asked),
    }
}

/// Whether it is the function that allocates the cells of tasks. Where there is nothing but line tables, a function that was
/// inlined goes by its bare name.
fn makes_cells(frame: Frame<'_>) -> bool {
    let name = frame.function;
    let is_cell = || {
        name.contains("tokio::runtime::task::core::Cell")
            || (name == "new" && in_package(frame.file, "tokio") == Some("runtime/task/core.rs"))
    };
    (name == "new" || name.ends_with("::new")) && is_cell()
}

/// Whether it starts the threads of a runtime, which are tasks of its pool for blocking work.
fn starts_worker(frame: Frame<'_>) -> bool {
    frame.function.contains("tokio::runtime::scheduler::multi_thread::worker::Launch")
}

/// Whether it is heapdiff's own way to spawn.
fn is_wrapper(frame: Frame<'_>) -> bool {
    frame.function.trim_start_matches('<').starts_with("heapdiff::task::spawned::")
        || (frame.file.ends_with("/src/task/spawned.rs") && frame.file.contains("heapdiff"))
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
        let of_library = spawned_by(&[library]);
        // What heapdiff spawned is in the profile of the tasks; what a tracked task spawns need not be.
        let wrapped = spawned_by(&["heapdiff::task::spawned::spawn src/task/spawned.rs:1", library]);
        let inlined = spawned_by(&["spawn<F> /src/heapdiff/crates/heapdiff/src/task/spawned.rs:1", library]);
        let polled = "heapdiff::task::tracked::Tracked<F>::poll /src/heapdiff/src/task/tracked.rs:1";
        let in_tracked = spawned_by(&["app::serve src/main.rs:7", polled]);
        let at_work =
            ["alloc::vec::Vec<T>::push /rustc/0/library/alloc/src/vec/mod.rs:1", "app::work src/main.rs:9"];
        let at_work: Vec<&str> = at_work.into_iter().chain(CELL.into_iter().skip(3)).collect();
        let profile = ProfileBuilder::heap()
            .period(1)
            .in_use(&own, in_use(100 * 512, 100, 100))
            .in_use(&again, in_use(60 * 512, 60, 60))
            .in_use(&of_library, in_use(3 * 2048, 3, 3))
            .in_use(&wrapped, in_use(9 * 2048, 9, 9))
            .in_use(&inlined, in_use(9 * 2048, 9, 9))
            .in_use(&in_tracked, in_use(512, 1, 1))
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
                ("app::serve", 161, 161 * 512, exactly(161)),
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
    fn an_inlined_cell_is_known_by_its_file_where_only_lines_are_known() {
        let file = "/cargo/registry/src/i/tokio-1.54.1/src/runtime/task/core.rs";
        for (maker, is_cell) in [("new", true), ("new_header", false)] {
            let maker = format!("{maker} {file}:251");
            let stack = [maker.as_str(), "app::serve src/main.rs:7"];
            let profile = ProfileBuilder::heap().period(1).in_use(&stack, in_use(512, 1, 1)).build();
            let cells = task_cells(&profile, Confidence::default()).unwrap();
            assert_eq!(!cells.rows.is_empty(), is_cell, "{maker}");
        }
    }

    #[test]
    fn a_profile_of_something_else_is_an_error() {
        let mut profile = ProfileBuilder::heap().build();
        profile.sample_types.clear();
        assert!(task_cells(&profile, Confidence::default()).is_err());
    }
}
