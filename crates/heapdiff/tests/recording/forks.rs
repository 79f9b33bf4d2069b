//! Children: silent ones that hand back what they inherited, and such that go on in files of their own.

use crate::support::{Case, Ran, Snapshot};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::time::{Duration, Instant};

const EXACT: &[(&str, &str)] =
    &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "1h"), ("HEAPDIFF_PERIOD", "1")];
const FOLLOW: &[(&str, &str)] = &[
    ("HEAPDIFF_DIR", "profiles"),
    ("HEAPDIFF_EVERY", "1h"),
    ("HEAPDIFF_PERIOD", "1"),
    ("HEAPDIFF_FORK", "follow"),
];

/// Blocks that a child inherits.
const INHERITED: usize = 4000;

#[inline(never)]
fn inherited(size: usize) -> Vec<u8> {
    black_box(vec![7; size])
}

#[inline(never)]
fn of_the_child(size: usize) -> Vec<u8> {
    black_box(vec![8; size])
}

fn blocks() -> Vec<Vec<u8>> {
    (0..INHERITED).map(|number| inherited(1 + number % 700)).collect()
}

fn bytes_of_blocks() -> i64 {
    (0..INHERITED).map(|number| 1 + number as i64 % 700).sum()
}

/// Frees a third of what was inherited, reallocates another, keeps the rest, and allocates anew at the same addresses.
fn hand_back(mut kept: Vec<Vec<u8>>) {
    for (number, block) in kept.iter_mut().enumerate() {
        match number % 3 {
            0 => *block = of_the_child(number % 700),
            1 => {
                block.reserve_exact(900);
                block.shrink_to(100);
            }
            _ => {}
        }
        assert!(block.iter().all(|&byte| byte == 7 || byte == 8), "the child's copy is whole");
    }
    drop(kept);
    drop((0..1000).map(of_the_child).collect::<Vec<_>>());
}

fn fork() -> libc::pid_t {
    // SAFETY: the children here allocate, free, fork and exit; the allocator is fork-safe.
    unsafe { libc::fork() }
}

fn await_child(child: libc::pid_t) {
    let mut status = 0;
    // SAFETY: `status` is valid for writes.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "{status:#x}");
}

fn leave() -> ! {
    // SAFETY: ends the process without what its parent has set up for its own end.
    unsafe { libc::_exit(0) }
}

fn check_parent(ran: &Ran) {
    let snapshots = ran.snapshots();
    assert_eq!(snapshots.len(), 2, "{}", ran.stderr());
    for snapshot in snapshots {
        let figures = snapshot.of("forks::inherited");
        assert_eq!((figures.inuse_objects, figures.inuse_space), (INHERITED as i64, bytes_of_blocks()));
        assert_eq!((figures.alloc_objects, figures.alloc_space), (INHERITED as i64, bytes_of_blocks()));
        assert_eq!(snapshot.of("of_the_child").alloc_objects, 0);
        assert!(
            snapshot.metadata().dropped.values().all(|&lost| lost == 0),
            "{:?}",
            snapshot.metadata().dropped
        );
    }
}

/// The parent's figures are the truth to the byte, whatever its child does with what it has inherited.
pub(crate) const CHILD_FREES: Case = Case {
    name: "a_child_that_frees_what_it_inherited_does_not_touch_its_parents_tables",
    environment: EXACT,
    inside: || {
        let kept = blocks();
        let profiler = heapdiff::Profiler::builder().dir("profiles").start().unwrap();
        let child = fork();
        if child == 0 {
            hand_back(kept);
            assert_eq!(profiler.snapshot(), Err(heapdiff::SnapshotError::ForkedChild));
            std::process::exit(0);
        }
        await_child(child);
        profiler.snapshot().unwrap();
        std::mem::forget((kept, profiler));
    },
    check: check_parent,
};

/// The same for a child of which the C library does not know, so that no handler has run.
pub(crate) const CLONED_CHILD_FREES: Case = Case {
    name: "a_child_made_by_a_system_call_does_not_touch_its_parents_tables",
    environment: EXACT,
    inside: || {
        let kept = blocks();
        let profiler = heapdiff::Profiler::builder().dir("profiles").start().unwrap();
        // SAFETY: with these arguments it is a fork; there is no other thread that allocates.
        let child = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
        if child == 0 {
            hand_back(kept);
            leave();
        }
        await_child(child as libc::pid_t);
        profiler.snapshot().unwrap();
        std::mem::forget((kept, profiler));
    },
    check: check_parent,
};

/// Waits until this process records: a child begins a moment after the fork.
fn await_recording(profiler: &heapdiff::Profiler) {
    let begun = Instant::now();
    while profiler.snapshot() == Err(heapdiff::SnapshotError::ForkedChild) {
        assert!(begun.elapsed() < Duration::from_secs(60), "the child does not go on");
        std::thread::sleep(Duration::from_millis(5));
    }
    // Within 16 KiB of its own allocation the thread notices.
    drop(black_box(vec![0u8; 1 << 20]));
}

/// The snapshots in `profiles` by process, and each process has one recorder id of its own.
fn by_process(ran: &Ran) -> BTreeMap<u32, Vec<Snapshot>> {
    let mut all: BTreeMap<u32, Vec<Snapshot>> = BTreeMap::new();
    let mut recorders = BTreeMap::new();
    for snapshot in ran.snapshots() {
        let process = snapshot.metadata().process.clone();
        let prior = recorders.insert(process.recorder_id, process.pid);
        assert!(prior.is_none_or(|pid| pid == process.pid));
        all.entry(process.pid).or_default().push(snapshot);
    }
    assert_eq!(recorders.len(), all.len());
    all
}

/// A child that was asked to goes on with the same settings in files of its own, from an empty record.
pub(crate) const FOLLOWED: Case = Case {
    name: "a_child_goes_on_in_files_of_its_own",
    environment: FOLLOW,
    inside: || {
        let kept = blocks();
        let profiler = heapdiff::Profiler::builder().dir("profiles").start().unwrap();
        let child = fork();
        if child == 0 {
            await_recording(&profiler);
            hand_back(kept);
            let own: Vec<_> = (0..300).map(|_| of_the_child(1000)).collect();
            assert!(profiler.snapshot().unwrap().to_string_lossy().contains(&std::process::id().to_string()));
            std::mem::forget((own, profiler));
            std::process::exit(0);
        }
        await_child(child);
        println!("{} {child}", std::process::id());
        profiler.snapshot().unwrap();
        std::mem::forget((kept, profiler));
    },
    check: |ran: &Ran| {
        let stdout = ran.stdout();
        let pids: Vec<u32> = stdout.split_whitespace().map(|pid| pid.parse().unwrap()).collect();
        let all = by_process(ran);
        assert_eq!(all.len(), 2);
        assert_eq!(all[&pids[0]].len(), 2);
        assert_eq!(all[&pids[0]][1].of("forks::inherited").inuse_space, bytes_of_blocks());
        let child = &all[&pids[1]];
        assert_eq!(child.len(), 3, "when it was ready, when it asked, and at its exit");
        for snapshot in child {
            assert_eq!(snapshot.metadata().period_bytes, 1);
            assert_eq!(snapshot.of("forks::inherited").alloc_objects, 0, "blocks from before are unknown");
        }
        let own = child[2].of("of_the_child");
        assert_eq!((own.inuse_objects, own.inuse_space), (300, 300 * 1000));
    },
};

/// A daemon: two forks, a session of its own, another directory.
pub(crate) const DAEMON: Case = Case {
    name: "a_daemon_goes_on_where_its_snapshots_were_asked_for",
    environment: FOLLOW,
    inside: || {
        let profiler = heapdiff::Profiler::builder().dir("profiles").start().unwrap();
        let child = fork();
        if child != 0 {
            await_child(child);
            std::mem::forget(profiler);
            let begun = Instant::now();
            while !Path::new("done").exists() {
                assert!(begun.elapsed() < Duration::from_secs(60), "the daemon does not end");
                std::thread::sleep(Duration::from_millis(5));
            }
            return;
        }
        // SAFETY: setsid has no preconditions.
        unsafe { libc::setsid() };
        if fork() != 0 {
            leave();
        }
        let done = std::env::current_dir().unwrap().join("done");
        std::env::set_current_dir("/").unwrap();
        await_recording(&profiler);
        Box::leak(of_the_child(2222).into_boxed_slice());
        profiler.snapshot().unwrap();
        std::fs::write(done, "").unwrap();
        leave();
    },
    check: |ran: &Ran| {
        let all = by_process(ran);
        assert_eq!(all.len(), 2, "the parent and the daemon, and nothing of the child in between");
        let daemons: Vec<_> = all.values().filter(|of| of.len() == 2).collect();
        assert_eq!(daemons[0][1].of("of_the_child").inuse_space, 2222);
    },
};

/// A child of a child of a child: each hands back what it has inherited from all before it.
pub(crate) const GENERATIONS: Case = Case {
    name: "children_of_children_go_on",
    environment: FOLLOW,
    inside: || {
        let profiler = heapdiff::Profiler::builder().dir("profiles").start().unwrap();
        let mut kept = blocks();
        for generation in 0..3 {
            let child = fork();
            if child != 0 {
                await_child(child);
                break;
            }
            await_recording(&profiler);
            for block in kept.iter_mut().skip(generation).step_by(5) {
                *block = of_the_child(64);
            }
            kept.extend((0..100).map(|_| of_the_child(64)));
        }
        profiler.snapshot().unwrap();
        std::mem::forget((kept, profiler));
        std::process::exit(0);
    },
    check: |ran: &Ran| {
        let all = by_process(ran);
        let mut own: Vec<i64> =
            all.values().map(|of| of.last().unwrap().of("of_the_child").inuse_objects).collect();
        own.sort_unstable();
        let replaced = INHERITED as i64 / 5;
        assert_eq!(own.len(), 4);
        assert_eq!((own[0], own[1]), (0, replaced + 100));
    },
};

/// A child that becomes another program at once leaves no trace, with files and with words.
pub(crate) const EXEC_LEAVES_NO_TRACE: Case = Case {
    name: "a_child_that_becomes_another_program_leaves_no_trace",
    environment: FOLLOW,
    inside: || {
        for _ in 0..20 {
            let mut command = std::process::Command::new("true");
            command.env_remove("HEAPDIFF_DIR");
            // With something to do before `exec` std forks, and else it does not.
            // SAFETY: does nothing.
            unsafe { command.pre_exec(|| Ok(())) };
            assert!(command.status().unwrap().success());
        }
    },
    check: |ran: &Ran| {
        let names: Vec<_> = std::fs::read_dir(ran.dir.join("profiles")).unwrap().collect();
        assert_eq!(names.len(), 1, "the parent's last snapshot: {names:?}");
        assert_eq!(ran.stderr().lines().count(), 1, "{}", ran.stderr());
    },
};

/// Forks while other threads allocate and the writer writes: every child can allocate, panic and go on.
pub(crate) const UNDER_LOAD: Case = Case {
    name: "forks_in_the_middle_of_everything",
    environment: &[
        ("HEAPDIFF_DIR", "profiles"),
        ("HEAPDIFF_EVERY", "1ms"),
        ("HEAPDIFF_PERIOD", "1"),
        ("HEAPDIFF_KEEP", "10"),
    ],
    inside: || {
        let is_over = &std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                        drop((0..100).map(inherited).collect::<Vec<_>>());
                    }
                });
            }
            for _ in 0..50 {
                let child = fork();
                if child == 0 {
                    // SAFETY: an alarm that is too late ends the child, and so the test.
                    unsafe { libc::alarm(30) };
                    drop((0..100).map(of_the_child).collect::<Vec<_>>());
                    std::panic::set_hook(Box::new(|_| {}));
                    assert!(std::panic::catch_unwind(|| assert!(black_box(false))).is_err());
                    leave();
                }
                await_child(child);
            }
            is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        });
    },
    check: |ran: &Ran| {
        assert_eq!(ran.snapshots().last().unwrap().of("forks::inherited").inuse_objects, 0);
    },
};
