//! Tasks from spawn to end, each test in a process of its own: exact counts, both lines right, and what is odd about them.
#![expect(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test program may panic, and is no allocator hook"
)]

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "what is about the heap is not needed here")]
mod support;

use heapdiff::task::TaskExt as _;
use heapdiff_profile::{
    Confidence, FrameVisibility, LabelValue, NamedProfile, OverviewBuilder, OverviewOptions, Profile, Sample,
    Selection, Subject, TaskSeries, TaskSeriesOptions, ThingKind,
};
use heapdiff_symbols::{Options, Symbolizer};
use std::process::ExitCode;
use std::task::Poll;
use std::time::Duration;
use support::{Case, Ran, Snapshot};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

#[global_allocator]
static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();

static CASES: &[Case] =
    &[PARKED, ENDED, LINTS, FIGURES, HIDDEN, TIMEOUT, CANCELLED, NUMBERS, UNWRAPPED, SAMPLED, NOT_RECORDING];

fn main() -> ExitCode {
    support::main(CASES)
}

fn profiler() -> heapdiff::Profiler {
    heapdiff::Profiler::builder().dir("profiles").every(Duration::MAX).start().unwrap()
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}

/// Lets what was spawned run until it waits.
fn settle(_runtime: &Runtime) {
    std::thread::sleep(Duration::from_millis(300));
}

/// The snapshots of tasks, read and symbolized.
fn tasks(ran: &Ran) -> Vec<Snapshot> {
    let paths = support::paths(&ran.dir.join("profiles/tasks"));
    let mut profiles: Vec<Profile> = paths.iter().map(|path| support::read(path)).collect();
    Symbolizer::new(Options::default()).symbolize(&mut profiles.iter_mut().collect::<Vec<_>>());
    profiles.into_iter().map(Snapshot).collect()
}

fn value(snapshot: &Snapshot, sample: &Sample, kind: &str) -> i64 {
    sample.values[snapshot.0.sample_type_index(kind).expect("all types are there")]
}

fn has_label(snapshot: &Snapshot, sample: &Sample, key: &str, value: &str) -> bool {
    let strings = &snapshot.0.strings;
    sample.labels.iter().any(|label| {
        strings.get(label.key) == key
            && matches!(label.value, LabelValue::Text(text) if strings.get(text) == value)
    })
}

/// Function and line of every frame of a sample in this file, leaf first, and the mark of the spawn.
fn lines(snapshot: &Snapshot, sample: &Sample) -> Vec<(String, i64)> {
    let profile = &snapshot.0;
    let locations = sample.stack.iter().filter_map(|&id| profile.location(id));
    let lines = locations.flat_map(|location| &location.lines);
    lines
        .filter_map(|line| Some((profile.function(line.function)?, line.line)))
        .map(|(function, line)| {
            (profile.strings.get(function.name), profile.strings.get(function.file), line)
        })
        .filter(|(name, file, _)| file.ends_with("tests/tasks/main.rs") || *name == "[spawned at]")
        .map(|(name, _, line)| (name.to_owned(), line))
        .collect()
}

/// The functions of every stack that holds some of `kind`, leaf first, without what the profile itself wants hidden.
fn as_pprof(profile: &Profile, kind: &str) -> Vec<Vec<String>> {
    let selection = Selection {
        sample_type: Some(kind.to_owned()),
        frames: FrameVisibility::AsPprof,
        ..Selection::default()
    };
    let report = heapdiff_profile::traces(Subject { base: None, head: profile }, &selection).unwrap();
    let name = |frame: &_| report.frames.function(*frame).to_owned();
    report.traces.iter().map(|trace| trace.stack.iter().map(name).collect()).collect()
}

/// The line of this file that has `mark` in a comment.
fn line_of(mark: &str) -> i64 {
    let comment = format!("// {mark}");
    let at = include_str!("main.rs").lines().position(|line| line.ends_with(&comment));
    i64::try_from(at.expect("the mark is there")).unwrap() + 1
}

async fn inner_wait(receiver: &mut mpsc::Receiver<u8>) -> Option<u8> {
    receiver.recv().await // INNER AWAIT
}

async fn read_loop(mut receiver: mpsc::Receiver<u8>) {
    while inner_wait(&mut receiver).await.is_some() {} // READ AWAIT
}

async fn write_loop(mut receiver: mpsc::Receiver<u8>) {
    let _ = receiver.recv().await; // WRITE AWAIT
}

fn connect(runtime: &Runtime) -> Vec<mpsc::Sender<u8>> {
    let (sender, receiver) = mpsc::channel(1);
    let (other_sender, other) = mpsc::channel(1);
    runtime.spawn(read_loop(receiver).tracked()); // READ SPAWN
    runtime.spawn(write_loop(other).tracked()); // WRITE SPAWN
    vec![sender, other_sender]
}

const PARKED: Case = Case {
    name: "every_parked_task_is_counted_with_both_lines",
    environment: &[],
    inside: || {
        let (profiler, runtime) = (profiler(), runtime());
        profiler.snapshot().unwrap();
        let senders: Vec<_> = (0..160).flat_map(|_| connect(&runtime)).collect();
        settle(&runtime);
        // One message each for the readers: they park again, in the same place.
        senders.iter().step_by(2).for_each(|sender| sender.try_send(1).unwrap());
        settle(&runtime);
        profiler.snapshot().unwrap();
        drop(senders);
    },
    check: |ran: &Ran| {
        let snapshot = &tasks(ran)[0];
        for (function, awaits, spawn) in [
            ("read_loop", &["INNER AWAIT", "READ AWAIT"][..], "READ SPAWN"),
            ("write_loop", &["WRITE AWAIT"], "WRITE SPAWN"),
        ] {
            let of_function = |sample: &&Sample| {
                lines(snapshot, sample).iter().any(|(name, _)| name.contains(&format!("{function}::")))
            };
            let rows: Vec<_> = snapshot.0.samples.iter().filter(of_function).collect();
            assert_eq!(rows.iter().map(|row| value(snapshot, row, "count")).sum::<i64>(), 160, "{function}");
            for row in rows {
                let lines = lines(snapshot, row);
                let spawned_at = lines.iter().position(|(name, _)| name == "[spawned at]").unwrap();
                let own: Vec<i64> = lines[..spawned_at].iter().map(|(_, line)| *line).collect();
                assert_eq!(own, awaits.iter().map(|mark| line_of(mark)).collect::<Vec<_>>(), "{lines:?}");
                assert_eq!(lines[spawned_at + 1].1, line_of(spawn), "{lines:?}");
                assert!(has_label(snapshot, row, "state", "parked"));
            }
        }
        let polls: i64 = snapshot.0.samples.iter().map(|row| value(snapshot, row, "polls")).sum();
        assert_eq!(polls, 160 * 3, "two for each reader, one for each writer");
    },
};

const ENDED: Case = Case {
    name: "a_task_that_ends_is_gone",
    environment: &[],
    inside: || {
        let (profiler, runtime) = (profiler(), runtime());
        let senders: Vec<_> = (0..10).flat_map(|_| connect(&runtime)).collect();
        settle(&runtime);
        drop(senders);
        settle(&runtime);
        profiler.snapshot().unwrap();
        // A runtime that is shut down under its tasks drops them.
        let senders = connect(&runtime);
        settle(&runtime);
        drop(runtime);
        profiler.snapshot().unwrap();
        drop(senders);
    },
    check: |ran: &Ran| {
        assert!(tasks(ran).iter().take(2).all(|snapshot| snapshot.0.samples.is_empty()));
    },
};

async fn lost() {
    std::future::poll_fn(|_| Poll::<()>::Pending).await;
}

async fn self_waking() {
    loop {
        for _ in 0..10 {
            let mut is_second = false;
            let wake_myself = |context: &mut std::task::Context<'_>| {
                context.waker().wake_by_ref();
                if std::mem::replace(&mut is_second, true) { Poll::Ready(()) } else { Poll::Pending }
            };
            std::future::poll_fn(wake_myself).await;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn blocking() {
    std::thread::sleep(Duration::from_secs(3));
}

async fn large() {
    let buffer = std::hint::black_box([7u8; 4096]);
    std::future::pending::<()>().await;
    std::hint::black_box(&buffer);
}

const LINTS: Case = Case {
    name: "what_is_odd_about_a_task_is_said",
    environment: &[],
    inside: || {
        let (profiler, runtime) = (profiler(), runtime());
        runtime.spawn(lost().tracked());
        runtime.spawn(self_waking().tracked());
        runtime.spawn(large().tracked());
        runtime.spawn(blocking().tracked());
        // Dropped before the task has ended, and one that is kept.
        let ((_first, mut detached), (_second, mut joined)) =
            (mpsc::channel::<u8>(1), mpsc::channel::<u8>(1));
        let _context = runtime.enter();
        drop(heapdiff::task::spawn(async move { detached.recv().await }));
        let _handle = heapdiff::task::spawn(async move { joined.recv().await });
        std::thread::sleep(Duration::from_millis(1500));
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let snapshot = &tasks(ran)[0];
        let with = |lint: &str| {
            snapshot.0.samples.iter().filter(|row| has_label(snapshot, row, "lint", lint)).count()
        };
        assert_eq!(with("never yielded"), 1);
        assert_eq!(with("large future"), 1);
        // The lost one, and the large one, which waits for ever too.
        assert_eq!(with("lost waker"), 2);
        assert_eq!(with("self-waking"), 1);
        assert_eq!(with("detached"), 1);
        let running = |row: &&Sample| has_label(snapshot, row, "state", "running");
        assert_eq!(snapshot.0.samples.iter().filter(running).count(), 1);
    },
};

async fn allocating(mut receiver: mpsc::Receiver<u8>) {
    let mut kept = Vec::new();
    while receiver.recv().await.is_some() {
        kept.push(std::hint::black_box(vec![0u8; 10_000]));
    }
}

const FIGURES: Case = Case {
    name: "polls_wakes_and_bytes_are_counted",
    environment: &[],
    inside: || {
        let (profiler, runtime) = (profiler(), runtime());
        let (sender, receiver) = mpsc::channel(1);
        runtime.spawn(allocating(receiver).tracked());
        settle(&runtime);
        for _ in 0..100 {
            runtime.block_on(sender.send(1)).unwrap();
        }
        settle(&runtime);
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let snapshot = &tasks(ran)[0];
        let [row] = &snapshot.0.samples[..] else { unreachable!("one task") };
        let of = |kind| value(snapshot, row, kind);
        assert!((2..=101).contains(&of("polls")) && (1..=101).contains(&of("wakes")), "{:?}", row.values);
        // The vector of the buffers grows to 128 places of 24 bytes.
        let grown = 128 * 24;
        let bytes = of("space");
        assert!((1_000_000..1_000_000 + 2 * grown).contains(&bytes), "{bytes} bytes");
        assert!(of("busy") > 0);
    },
};

const HIDDEN: Case = Case {
    name: "viewers_hide_neither_the_await_nor_who_allocates_in_a_task",
    environment: &[],
    inside: || {
        let builder = heapdiff::Profiler::builder().dir("profiles").every(Duration::MAX).period(1);
        let (profiler, runtime) = (builder.start().unwrap(), runtime());
        let (sender, receiver) = mpsc::channel(1);
        runtime.spawn(allocating(receiver).tracked()); // ALLOCATING SPAWN
        runtime.block_on(sender.send(1)).unwrap();
        settle(&runtime);
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let of_task = as_pprof(&tasks(ran)[0].0, "count").remove(0);
        let at = |name: &str| of_task.iter().position(|function| function.contains(name)).unwrap();
        assert_eq!(at("Waker as core::clone::Clone"), 0, "{of_task:?}");
        assert!(at("allocating::{{closure}}") < at("[spawned at]"), "{of_task:?}");
        assert!(at("[spawned at]") < at("HIDDEN"), "{of_task:?}");
        let heap = as_pprof(&ran.snapshots()[0].0, "inuse_space");
        let buffer =
            heap.iter().find(|stack| stack.iter().any(|name| name.contains("allocating::{{closure}}")));
        assert!(buffer.is_some_and(|stack| !stack[0].starts_with("heapdiff::")), "{heap:?}");
    },
};

const TIMEOUT: Case = Case {
    name: "a_time_limit_is_parked_at_what_it_limits",
    environment: &[],
    inside: || {
        let (profiler, runtime) = (profiler(), runtime());
        let (sender, mut receiver) = mpsc::channel::<u8>(1);
        let limited = async move {
            let _ = tokio::time::timeout(Duration::from_secs(3600), inner_wait(&mut receiver)).await;
        };
        runtime.spawn(limited.tracked());
        settle(&runtime);
        profiler.snapshot().unwrap();
        drop(sender);
    },
    check: |ran: &Ran| {
        let snapshot = &tasks(ran)[0];
        assert_eq!(lines(snapshot, &snapshot.0.samples[0])[0].1, line_of("INNER AWAIT"));
    },
};

const CANCELLED: Case = Case {
    name: "a_task_may_be_dropped_and_may_panic_while_it_is_polled",
    environment: &[],
    inside: || {
        let (profiler, runtime) = (profiler(), runtime());
        let panicking = runtime.spawn(async { std::panic::resume_unwind(Box::new(())) }.tracked());
        assert!(runtime.block_on(panicking).unwrap_err().is_panic());
        let aborted = runtime.spawn(lost().tracked());
        settle(&runtime);
        aborted.abort();
        assert!(runtime.block_on(aborted).unwrap_err().is_cancelled());
        // One that is cancelled by itself, in the middle of its poll, and one that drops another in its own.
        let (to_itself, receiver) = tokio::sync::oneshot::channel::<tokio::task::AbortHandle>();
        let of_itself = runtime.spawn(
            async {
                receiver.await.unwrap().abort();
                let dropped = Box::pin(lost().tracked());
                drop(dropped);
                lost().await;
            }
            .tracked(),
        );
        to_itself.send(of_itself.abort_handle()).unwrap();
        assert!(runtime.block_on(of_itself).unwrap_err().is_cancelled());
        // A tracked future inside of another one is a task of its own.
        let nested = async { lost().tracked().await };
        runtime.spawn(nested.tracked());
        settle(&runtime);
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let snapshot = &tasks(ran)[0];
        let count: i64 = snapshot.0.samples.iter().map(|row| value(snapshot, row, "count")).sum();
        assert_eq!(count, 2, "the nested ones");
    },
};

static FILE: heapdiff::resource::Type = heapdiff::resource::Type::new("file");

/// What a task acquires has its number, which the task has, too.
const NUMBERS: Case = Case {
    name: "what_a_task_acquires_has_its_number",
    environment: &[("HEAPDIFF_RESOURCES", "all")],
    inside: || {
        let (profiler, runtime) = (profiler(), runtime());
        for _ in 0..2 {
            let _ = runtime.block_on(runtime.spawn(async { 7 }.tracked()));
        }
        let holding = async {
            let _file = FILE.track(());
            lost().await;
        };
        runtime.spawn(holding.tracked());
        settle(&runtime);
        let of_no_task = FILE.acquire(5);
        profiler.snapshot().unwrap();
        drop(of_no_task);
    },
    check: |ran: &Ran| {
        let number = |snapshot: &Snapshot, sample: &Sample| {
            let labels = sample.labels.iter().filter(|label| snapshot.0.strings.get(label.key) == "task");
            let mut numbers = labels.filter_map(|label| match label.value {
                LabelValue::Number { value, .. } => Some(value),
                LabelValue::Text(_) => None,
            });
            numbers.next()
        };
        let tasks = &tasks(ran)[0];
        assert_eq!(tasks.0.samples.iter().map(|row| number(tasks, row)).collect::<Vec<_>>(), [Some(3)]);
        let files = Snapshot(support::read(&support::paths(&ran.dir.join("profiles/resources/file"))[0]));
        let mut numbers: Vec<_> = files.0.samples.iter().map(|row| number(&files, row)).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [None, Some(3)]);
    },
};

mod library {
    /// Spawns without asking anybody.
    #[inline(never)]
    pub(super) fn connect(runtime: &tokio::runtime::Runtime) {
        runtime.spawn(super::lost());
    }
}

/// Tasks that nobody has wrapped are seen by their cells, in the profile of the heap.
const UNWRAPPED: Case = Case {
    name: "a_task_that_nobody_wrapped_is_seen_by_its_cell",
    environment: &[],
    inside: || {
        let builder = heapdiff::Profiler::builder().dir("profiles").every(Duration::MAX).period(1);
        let (profiler, runtime) = (builder.start().unwrap(), runtime());
        (0..200).for_each(|_| library::connect(&runtime));
        runtime.spawn(async {
            let _at_work = std::hint::black_box(Box::new([0u8; 100]));
            lost().await;
        });
        settle(&runtime);
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let heap = &ran.snapshots()[0];
        let cells = heapdiff_profile::task_cells(&heap.0, Default::default()).unwrap();
        let rows: Vec<_> =
            cells.rows.iter().map(|row| (cells.frames.function(row.spawn).to_owned(), row.count)).collect();
        assert!(rows[0].0.ends_with("library::connect") && rows[0].1 == 200, "{rows:?}");
        assert_eq!(rows.iter().map(|row| row.1).sum::<i64>(), 201, "{rows:?}");
    },
};

/// The same at a period that samples, beside tasks that are tracked, as the answer for the series has it.
const SAMPLED: Case = Case {
    name: "of_tasks_that_nobody_wrapped_samples_tell_how_many_there_are",
    environment: &[],
    inside: || {
        let builder = heapdiff::Profiler::builder().dir("profiles").every(Duration::MAX).period(2048);
        let (profiler, runtime) = (builder.start().unwrap(), runtime());
        for _ in 0..2 {
            (0..2000).for_each(|_| library::connect(&runtime));
            (0..2000).for_each(|_| drop(runtime.spawn(lost().tracked())));
            settle(&runtime);
            profiler.snapshot().unwrap();
        }
    },
    check: |ran: &Ran| {
        // A chance of one in ten thousand to fail.
        let confidence = Confidence::new(0.9999).unwrap();
        let options = OverviewOptions::new(Selection { confidence, ..Selection::default() });
        let mut overview = OverviewBuilder::new(&options);
        let of_tasks = TaskSeriesOptions::new(Selection::default());
        let mut series = TaskSeries::new(&of_tasks);
        for (Snapshot(heap), Snapshot(tasks)) in ran.snapshots().into_iter().zip(tasks(ran)) {
            let named = |profile: Profile| NamedProfile { name: String::new(), profile };
            overview.add(named(heap)).unwrap();
            series.add(named(tasks)).unwrap();
        }
        let overview = overview.finish().unwrap();
        let all = &overview.things[0];
        assert_eq!((&all.kind, all.trend.rows.len()), (&ThingKind::TaskCells, 2), "both, without the tasks");
        let overview = overview.with_things(vec![series.finish().unwrap()]);
        let cells = overview.things.iter().find(|things| things.kind == ThingKind::TaskCells).unwrap();
        let names: Vec<_> =
            cells.trend.rows.iter().map(|row| cells.trend.frames.function(row.frame)).collect();
        assert!(matches!(names[..], [only] if only.ends_with("library::connect")), "{names:?}");
        let site = &cells.cells[0];
        assert!((site.interval.low..=site.interval.high).contains(&4000), "{site:?}");
        assert!(site.samples > 100 && site.interval.high < 8000, "{site:?}");
        assert_eq!(site.tracked, 0);
    },
};

const NOT_RECORDING: Case = Case {
    name: "without_a_recording_a_tracked_future_is_the_future",
    environment: &[],
    inside: || {
        let runtime = runtime();
        assert_eq!(runtime.block_on(async { 7 }.tracked()), 7);
    },
    check: |ran: &Ran| assert_eq!(std::fs::read_dir(&ran.dir).unwrap().count(), 0),
};
