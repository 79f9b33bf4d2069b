//! When recording begins and ends, and what it says about itself.

use crate::support::{Case, Ran};
use heapdiff_profile::{SnapshotReason, Unwinder};
use std::hint::black_box;
use std::time::Duration;

/// Without a variable and without a profiler there is no thread, no file and no word.
pub(crate) const QUIET: Case = Case {
    name: "nothing_happens_unless_it_is_asked_for",
    environment: &[("HEAPDIFF_PERIOD", "1")],
    inside: || {
        black_box(vec![0u8; 1 << 20]);
        println!("{}", std::fs::read_dir("/proc/self/task").unwrap().count());
    },
    check: |ran: &Ran| {
        assert_eq!((ran.stdout().trim(), ran.stderr().as_str()), ("1", ""));
        assert_eq!(std::fs::read_dir(&ran.dir).unwrap().count(), 0);
    },
};

/// Every snapshot has the sums of what any thread has counted.
pub(crate) const COUNTED: Case = Case {
    name: "snapshots_carry_what_the_program_counts",
    environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "1h")],
    inside: || {
        let requests = heapdiff::counter("requests");
        let add = || (0..1000).for_each(|_| requests.add(2));
        std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(add))));
        heapdiff::counter("jobs \"and\" more").add(1);
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        let counters = &snapshots.last().unwrap().metadata().counters;
        assert_eq!(counters.get("requests"), Some(&8000), "{counters:?}");
        assert_eq!((counters.len(), counters.get("jobs \"and\" more")), (2, Some(&1)));
    },
};

/// A snapshot says whose it is, how it was made and what the process's memory was.
pub(crate) const METADATA: Case = Case {
    name: "a_snapshot_describes_the_process_and_the_recorder",
    environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "50ms"), ("HEAPDIFF_PERIOD", "1")],
    inside: || {
        let kept = black_box(vec![1u8; 20 << 20]);
        std::thread::sleep(Duration::from_millis(300));
        drop(kept);
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        assert!(snapshots.len() >= 3, "{}", ran.stderr());
        let kinds: Vec<&str> = snapshots[0].0.sample_types.iter().map(|t| t.kind.as_str()).collect();
        let expected = [
            "alloc_samples",
            "inuse_samples",
            "alloc_objects",
            "alloc_space",
            "inuse_objects",
            "inuse_space",
        ];
        assert_eq!(kinds, expected);
        assert_eq!(snapshots[0].0.default_sample_type.as_deref(), Some("inuse_space"));
        assert_eq!(snapshots[0].0.period, 1);
        for (n, snapshot) in snapshots.iter().enumerate() {
            let about = snapshot.metadata();
            assert_eq!(about.schema, heapdiff_profile::Metadata::SCHEMA);
            assert_eq!((about.sequence as usize, about.boundaries.len()), (n, n));
            assert!(about.process.is_same(&snapshots[0].metadata().process));
            assert_eq!(about.period_bytes, 1);
            assert_eq!(about.unwinder, Unwinder::UnwindTables);
            assert!(about.stacks.complete > 0 && about.stacks.failed == 0, "{:?}", about.stacks);
            let is_last = n + 1 == snapshots.len();
            let reason = if is_last { SnapshotReason::Exit } else { SnapshotReason::Interval };
            assert_eq!(about.reason, reason);
            assert!(about.recorder.live_samples > 0 && about.recorder.stacks > 0);
            assert!(
                about.recorder.table_bytes > 0
                    && about.recorder.table_bytes <= about.recorder.table_bytes_max
            );
        }
        let about = snapshots[1].metadata();
        let (rss, allocator) = (about.memory.rss.unwrap(), about.allocator.clone().unwrap());
        assert!(rss > 20 << 20 && allocator.allocated > 20 << 20 && allocator.resident >= allocator.active);
        let (total, available) = about.memory.host_total.zip(about.memory.host_available).unwrap();
        assert!(rss < total && 0 < available && available < total, "{available} of {total}");
        let arguments = about.process.command_line.clone().unwrap();
        assert!(arguments[0].contains(&about.process.program), "{arguments:?}");
        // Every address of the test lies in a mapping with a build ID.
        let program = &snapshots[0].0.mappings[0];
        assert!(program.file.contains("recording") && program.build_id.len() >= 8, "{program:?}");
    },
};

/// Recording can end and begin again; blocks of the first time are known to the second until they are freed, and only
/// one profiler may record at a time.
pub(crate) const START_AND_STOP: Case = Case {
    name: "recording_can_be_started_again",
    environment: &[],
    inside: || {
        let builder = || heapdiff::Profiler::builder().dir("profiles").period(1).command_line(false);
        let first = builder().start().unwrap();
        assert!(matches!(builder().start(), Err(heapdiff::StartError::AlreadyRecording)));
        let kept = first_time();
        drop(first);
        let between = while_off();
        let second = builder().start().unwrap();
        let later = second_time();
        second.snapshot().unwrap();
        drop(kept);
        drop(second);
        black_box((between, later));
        assert!(matches!(heapdiff::Profiler::builder().start(), Err(heapdiff::StartError::NoDirectory)));
        assert!(matches!(
            heapdiff::Profiler::builder().dir("/proc/nowhere").start(),
            Err(heapdiff::StartError::Directory { .. })
        ));
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        assert_eq!(snapshots.len(), 3);
        let space = |n: usize, function| snapshots[n].of(function).inuse_space;
        assert_eq!((space(0, "first_time"), space(0, "second_time")), (1111, 0));
        assert_eq!((space(1, "first_time"), space(1, "second_time"), space(1, "while_off")), (1111, 3333, 0));
        assert_eq!((space(2, "first_time"), space(2, "second_time")), (0, 3333));
        assert_eq!(snapshots[0].metadata().process.command_line, None);
        let reasons: Vec<_> = snapshots.iter().map(|snapshot| snapshot.metadata().reason).collect();
        assert_eq!(reasons, [SnapshotReason::Stop, SnapshotReason::Request, SnapshotReason::Stop]);
    },
};

#[inline(never)]
fn first_time() -> Box<[u8; 1111]> {
    black_box(Box::new([1; 1111]))
}

#[inline(never)]
fn while_off() -> Box<[u8; 2222]> {
    black_box(Box::new([1; 2222]))
}

#[inline(never)]
fn second_time() -> Box<[u8; 3333]> {
    black_box(Box::new([1; 3333]))
}

/// A time between snapshots that no clock can count means that there are only those that are asked for.
pub(crate) const NEVER: Case = Case {
    name: "the_longest_time_between_snapshots_is_never",
    environment: &[],
    inside: || {
        let builder = heapdiff::Profiler::builder().dir("profiles").every(Duration::MAX);
        let profiler = builder.start().unwrap();
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| assert_eq!(ran.snapshots().len(), 2),
};

/// A variable that means nothing is said once, and the program runs on.
pub(crate) const BAD_VARIABLE: Case = Case {
    name: "a_bad_variable_is_said_and_nothing_is_recorded",
    environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_PERIOD", "ban\nana")],
    inside: || println!("{}", std::fs::read_dir("/proc/self/task").unwrap().count()),
    check: |ran: &Ran| {
        assert_eq!(ran.stdout().trim(), "1");
        let stderr = ran.stderr();
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.contains("HEAPDIFF_PERIOD") && stderr.contains("expected"), "{stderr}");
        assert_eq!(std::fs::read_dir(&ran.dir).unwrap().count(), 0);
    },
};

/// A profiler in code joins what the environment has begun, and does not end it.
pub(crate) const JOINS_THE_ENVIRONMENT: Case = Case {
    name: "a_profiler_joins_the_environments_recording",
    environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "1h"), ("HEAPDIFF_PERIOD", "1")],
    inside: || {
        let profiler = heapdiff::Profiler::builder().dir("elsewhere").period(4096).start().unwrap();
        println!("{}", profiler.snapshot().unwrap().display());
        drop(profiler);
        Box::leak(second_time());
    },
    check: |ran: &Ran| {
        assert!(!ran.dir.join("elsewhere").exists());
        let snapshots = ran.snapshots();
        assert_eq!(snapshots.len(), 3, "on demand, at the drop, at the exit");
        assert!(ran.stdout().trim().ends_with("-000000.pb.gz"), "{}", ran.stdout());
        assert_eq!(
            snapshots[2].of("second_time").inuse_space,
            3333,
            "it went on after the profiler was dropped"
        );
    },
};
