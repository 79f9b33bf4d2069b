//! What is left of a process that is killed, and what is left of one that is not: nothing.

use crate::support::{Case, Ran, Snapshot, paths, read};
use heapdiff_profile::{Profile, SnapshotReason};
use heapdiff_region::{Fate, RegionFile, find_in_directory};
use heapdiff_symbols::{Options, Symbolizer};
use std::hint::black_box;
use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const VICTIM: &str = "RECORDING_TEST_VICTIM";

/// Runs this test's process once more, as one that `live` kills in the end.
fn killed(live: impl FnOnce() -> std::convert::Infallible) {
    if std::env::var_os(VICTIM).is_some() {
        live();
    }
    let status = victim().wait().unwrap();
    assert_eq!(status.signal(), Some(libc::SIGKILL), "{status}");
}

fn victim() -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(VICTIM, "1").stdout(Stdio::piped()).spawn().unwrap()
}

fn die() -> ! {
    // SAFETY: a signal to this process.
    unsafe { libc::raise(libc::SIGKILL) };
    unreachable!("nobody survives that")
}

fn regions(dir: &Path) -> Vec<PathBuf> {
    find_in_directory(&dir.join("profiles")).unwrap()
}

/// Takes the last snapshot of the one process that died.
fn last_snapshot(dir: &Path) -> (RegionFile, Snapshot) {
    let regions = regions(dir);
    assert_eq!(regions.len(), 1, "{regions:?}");
    let file = RegionFile::open(&regions[0]).unwrap();
    assert_eq!((file.fate(), file.defects()), (Fate::Died, &[][..]));
    let taken = file.take_snapshot(&dir.join("profiles")).unwrap();
    let mut profile = read(&taken.path);
    Symbolizer::new(Options::default()).symbolize(&mut [&mut profile]);
    (file, Snapshot(profile))
}

/// Values and labels by stack, to compare two snapshots by.
fn rows(profile: &Profile) -> Vec<String> {
    let place = |sample: &heapdiff_profile::Sample| {
        let addresses = sample.stack.iter().map(|&id| profile.location(id).map(|l| l.address));
        addresses.collect::<Vec<_>>()
    };
    let row = |sample: &heapdiff_profile::Sample| {
        format!("{:x?} {:?} {:?}", place(sample), sample.values, sample.labels)
    };
    let mut rows: Vec<_> = profile.samples.iter().map(row).collect();
    rows.sort();
    rows
}

/// The snapshot of a killed process is the one that it would have written: row by row the same as one that it wrote
/// just before, under the next name, in as many bytes the second time.
pub(crate) const KILLED: Case = Case {
    name: "the_heap_of_a_killed_process_is_as_it_was",
    environment: &[],
    inside: || {
        killed(|| {
            let profiler = heapdiff::Profiler::builder().dir("profiles").period(1).start().unwrap();
            let mut kept = Vec::with_capacity(1000);
            for size in 1..400 {
                kept.push(kept_until_death(size));
            }
            kept.drain(100..200);
            profiler.snapshot().unwrap();
            die();
        });
    },
    check: |ran: &Ran| {
        let own = ran.snapshots();
        assert_eq!(own.len(), 1);
        let (file, last) = last_snapshot(&ran.dir);
        assert_eq!(last.of("kept_until_death").inuse_objects, 299);
        // What the request itself allocated on the program's side is not there: it is muted.
        assert_eq!(rows(&last.0), rows(&own[0].0));
        let (about, before) = (last.metadata(), own[0].metadata());
        assert_eq!((about.reason, before.reason), (SnapshotReason::Death, SnapshotReason::Request));
        assert_eq!((about.sequence, about.boundaries.as_slice()), (1, &[0][..]));
        assert!(last.0.time_nanos >= own[0].0.time_nanos && about.recording_nanos >= before.recording_nanos);
        assert!(about.process.is_same(&before.process));
        assert_eq!(about.process.command_line, before.process.command_line);
        assert_eq!((about.period_bytes, about.unwinder), (1, before.unwinder));
        assert_eq!((about.stacks, &about.dropped), (before.stacks, &before.dropped));
        assert!(about.memory.rss > Some(1 << 20) && about.allocator.is_some());
        assert_eq!(last.0.mappings.len(), own[0].0.mappings.len());
        let paths = ran.paths();
        let bytes = std::fs::read(&paths[1]).unwrap();
        assert_eq!(file.take_snapshot(&ran.dir.join("profiles")).unwrap().path, paths[1]);
        drop(file);
        let again = RegionFile::open(&regions(&ran.dir)[0]).unwrap();
        again.take_snapshot(&ran.dir.join("profiles")).unwrap();
        assert_eq!(ran.paths(), paths);
        assert_eq!(std::fs::read(&paths[1]).unwrap(), bytes);
    },
};

/// However a process dies without a last snapshot, its heap stays: by `abort`, as a program that is built with
/// `panic = "abort"` does too, by a panic that nobody may catch, by `_exit`, and by a signal.
pub(crate) const ABORTED: Case = Case {
    name: "whoever_aborts_leaves_its_heap",
    environment: &[],
    inside: || {
        extern "C" fn nobody_catches() {
            unreachable!("for good");
        }
        const WAYS: [fn(); 4] = [
            || std::process::abort(),
            || nobody_catches(),
            // SAFETY: ends the process.
            || unsafe { libc::_exit(0) },
            || {
                // SAFETY: a signal to this process.
                unsafe { libc::raise(libc::SIGTERM) };
            },
        ];
        if let Ok(way) = std::env::var(VICTIM) {
            let _profiler = heapdiff::Profiler::builder().dir("profiles").period(1).start().unwrap();
            let _kept = kept_until_death(1000);
            std::panic::set_hook(Box::new(|_| {}));
            WAYS[way.parse::<usize>().unwrap()]();
            unreachable!("nobody survives that");
        }
        for way in 0..WAYS.len() {
            let mut victim = Command::new(std::env::current_exe().unwrap());
            victim.env(VICTIM, way.to_string()).stderr(Stdio::null()).status().unwrap();
        }
    },
    check: |ran: &Ran| {
        let files: Vec<_> =
            regions(&ran.dir).iter().map(|region| RegionFile::open(region).unwrap()).collect();
        assert_eq!(files.iter().map(RegionFile::fate).collect::<Vec<_>>(), [Fate::Died; 4]);
        for file in files {
            file.take_snapshot(&ran.dir.join("profiles")).unwrap();
        }
        let kept: Vec<_> =
            ran.snapshots().iter().map(|snapshot| snapshot.of("kept_until_death").inuse_space).collect();
        assert_eq!(kept, [1000; 4]);
    },
};

/// A child that goes on by itself has a black box of its own, and its parent's is not touched by what the child does
/// with what it has inherited.
pub(crate) const FAMILY: Case = Case {
    name: "a_followed_child_has_a_black_box_of_its_own",
    environment: &[],
    inside: || {
        killed(|| {
            let builder = heapdiff::Profiler::builder().dir("profiles").period(1).follow_forks(true);
            let profiler = builder.start().unwrap();
            let mut kept: Vec<_> = (0..10).map(|_| kept_until_death(1000)).collect();
            // SAFETY: the allocator and the recorder are fork-safe, which is what is tested.
            let child = unsafe { libc::fork() };
            if child == 0 {
                while profiler.snapshot().is_err() {
                    std::thread::sleep(Duration::from_millis(5));
                }
                kept.truncate(5);
                kept.extend((0..7).map(|_| kept_until_death(500)));
                die();
            }
            let mut status = 0;
            // SAFETY: `status` is valid for writes.
            assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
            assert_eq!(libc::WTERMSIG(status), libc::SIGKILL);
            black_box(&kept);
            die();
        });
    },
    check: |ran: &Ran| {
        let profiles = ran.dir.join("profiles");
        let mut kept: Vec<_> = regions(&ran.dir)
            .iter()
            .map(|region| {
                let taken = RegionFile::open(region).unwrap().take_snapshot(&profiles).unwrap();
                let position = ran.paths().iter().position(|path| *path == taken.path).unwrap();
                ran.snapshots()[position].of("kept_until_death").inuse_space
            })
            .collect();
        kept.sort_unstable();
        assert_eq!(kept, [7 * 500, 10 * 1000]);
    },
};

#[inline(never)]
fn kept_until_death(size: usize) -> Vec<u8> {
    black_box(vec![1; size])
}

/// Far more blocks and stack traces than the file has space for at the start: it gets more before it is needed.
pub(crate) const GROWN: Case = Case {
    name: "the_black_box_grows_with_what_is_recorded",
    environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "1h"), ("HEAPDIFF_PERIOD", "1")],
    inside: || {
        killed(|| {
            let mut kept = Vec::with_capacity(1_200_000);
            for n in 0..1_200_000_u32 {
                kept.push(kept_in_number(n));
                // Time for the writer thread, which other tests may keep from the processor: it is not a race.
                if n % 50_000 == 0 {
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
            black_box(&kept);
            die();
        });
    },
    check: |ran: &Ran| {
        let (_, last) = last_snapshot(&ran.dir);
        let figures = last.of("kept_in_number");
        assert_eq!((figures.inuse_objects, figures.inuse_space), (1_200_000, 4_800_000));
        assert_eq!(last.metadata().dropped.values().sum::<u64>(), 0, "{:?}", last.metadata().dropped);
    },
};

#[inline(never)]
fn kept_in_number(n: u32) -> Box<u32> {
    black_box(Box::new(n))
}

/// A snapshot from outside takes its turn among the process's own, and a forked child neither keeps the file alive nor
/// writes to it.
pub(crate) const FROM_OUTSIDE: Case = Case {
    name: "a_snapshot_from_outside_takes_its_turn",
    environment: &[],
    inside: || {
        killed(|| {
            let profiler = heapdiff::Profiler::builder().dir("profiles").period(1).start().unwrap();
            let kept = kept_until_death(1000);
            profiler.snapshot().unwrap();
            // Another process takes the next one.
            let region = regions(Path::new("."))[0].clone();
            let mut outside = Command::new(std::env::current_exe().unwrap());
            outside.env("RECORDING_TEST_CASE", OUTSIDE.name).env("RECORDING_TEST_REGION", &region);
            assert!(outside.status().unwrap().success());
            let later = kept_until_death(2000);
            profiler.snapshot().unwrap();
            black_box((kept, later));
            // SAFETY: the child calls nothing but `sleep` and `_exit`.
            if unsafe { libc::fork() } == 0 {
                // SAFETY: always safe.
                unsafe { libc::sleep(20) };
                // SAFETY: ends the process.
                unsafe { libc::_exit(0) };
            }
            die();
        });
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        let sequences: Vec<_> = snapshots.iter().map(|snapshot| snapshot.metadata().sequence).collect();
        assert_eq!(sequences, [0, 1, 2]);
        let kept: Vec<_> = snapshots.iter().map(|s| s.of("kept_until_death").inuse_space).collect();
        assert_eq!(kept, [1000, 1000, 3000]);
        assert_eq!(snapshots[2].metadata().boundaries, [0, 1]);
        assert!(snapshots[1].0.time_nanos >= snapshots[0].0.time_nanos);
        // The child still sleeps.
        assert_eq!(RegionFile::open(&regions(&ran.dir)[0]).unwrap().fate(), Fate::Died);
    },
};

/// The other process of [`FROM_OUTSIDE`].
pub(crate) const OUTSIDE: Case = Case {
    name: "a_snapshot_from_outside",
    environment: &[],
    inside: || {
        let Some(region) = std::env::var_os("RECORDING_TEST_REGION") else { return };
        let file = RegionFile::open(Path::new(&region)).unwrap();
        assert_eq!(file.fate(), Fate::Live);
        file.take_snapshot(Path::new("profiles")).unwrap();
    },
    check: |_| {},
};

/// While another process takes snapshots, those of the program stay exact to the byte and keep their order.
pub(crate) const UNDER_LOAD: Case = Case {
    name: "snapshots_from_outside_do_not_disturb",
    environment: &[],
    inside: || {
        if std::env::var_os(VICTIM).is_none() {
            let mut child = victim();
            let mut ready = [0; 6];
            child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
            // The snapshot that is being written just now may be of a moment before.
            println!("{}", paths(Path::new("profiles")).len() + 1);
            for _ in 0..20 {
                let region = regions(Path::new(".")).pop().unwrap();
                RegionFile::open(&region).unwrap().take_snapshot(Path::new("profiles")).unwrap();
            }
            child.kill().unwrap();
            child.wait().unwrap();
            return;
        }
        let builder = heapdiff::Profiler::builder().dir("profiles").every(Duration::from_millis(20));
        let _profiler = builder.period(1).start().unwrap();
        let kept: Vec<_> = (0..500).map(|_| kept_until_death(100)).collect();
        black_box(&kept);
        println!("ready");
        loop {
            let mut churn: Vec<_> = (1..100).map(kept_until_death).collect();
            churn.iter_mut().for_each(|block| block.reserve_exact(1000));
            black_box(churn);
        }
    },
    check: |ran: &Ran| {
        let (snapshots, ready): (_, usize) = (ran.snapshots(), ran.stdout().trim().parse().unwrap());
        assert!(snapshots.len() >= 20);
        for (place, snapshot) in snapshots.iter().enumerate() {
            let about = snapshot.metadata();
            // The one that the program was writing when it was killed has a number and is not there.
            let n = about.sequence as usize;
            assert!((place..=place + 1).contains(&n), "{n} at {place}");
            // The one that the other party is just writing is not there yet.
            assert!((n.max(1) - 1..=n).contains(&about.boundaries.len()), "{:?} in {n}", about.boundaries);
            let figures = snapshot.of("kept_until_death");
            if n >= ready {
                assert!((500..=600).contains(&figures.inuse_objects), "{figures:?} in {n}");
            }
        }
        let times: Vec<_> = snapshots.iter().map(|snapshot| snapshot.0.time_nanos).collect();
        let late = times.windows(2).filter(|pair| pair[0] > pair[1]).count();
        assert!(
            late <= 20,
            "numbers are given out before the clock is read, so few are out of order: {late}"
        );
    },
};

/// A recording that ends leaves no region, and the process none either; one that begins again shows its region again.
pub(crate) const ENDED: Case = Case {
    name: "what_ends_as_it_should_leaves_no_region",
    environment: &[],
    inside: || {
        let builder = || heapdiff::Profiler::builder().dir("profiles").period(1);
        let profiler = builder().start().unwrap();
        let kept = kept_until_death(1000);
        assert_eq!(regions(Path::new(".")).len(), 1);
        drop(profiler);
        assert_eq!(regions(Path::new(".")).len(), 0);
        let profiler = builder().start().unwrap();
        assert_eq!(regions(Path::new(".")).len(), 1);
        assert_eq!(RegionFile::open(&regions(Path::new("."))[0]).unwrap().fate(), Fate::Live);
        drop(profiler);
        std::fs::create_dir("elsewhere").unwrap();
        let profiler = heapdiff::Profiler::builder().dir("elsewhere/profiles").period(1).start().unwrap();
        assert_eq!(regions(Path::new("elsewhere")).len(), 1);
        drop(profiler);
        black_box(kept);
    },
    check: |ran: &Ran| {
        for dir in [ran.dir.join("profiles"), ran.dir.join("elsewhere/profiles")] {
            let names: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name()).collect();
            assert!(names.iter().all(|name| name.to_string_lossy().ends_with(".pb.gz")), "{names:?}");
        }
        assert_eq!(ran.stderr(), "");
    },
};

/// Without a black box there is no file, and nothing else is different.
pub(crate) const SWITCHED_OFF: Case = Case {
    name: "without_a_black_box_there_is_no_region",
    environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "1h"), ("HEAPDIFF_BLACK_BOX", "off")],
    inside: || println!("{}", std::fs::read_dir("profiles").unwrap().count()),
    check: |ran: &Ran| {
        assert_eq!(ran.stdout().trim(), "1", "the name that is claimed");
        assert_eq!(ran.snapshots().len(), 1);
        assert_eq!(ran.stderr().lines().count(), 1, "{}", ran.stderr());
    },
};

/// Where the file may not be as large as it must be, recording goes on without it, and says so.
pub(crate) const NO_ROOM: Case = Case {
    name: "without_room_for_a_black_box_recording_goes_on",
    environment: &[],
    inside: || {
        let limit = libc::rlimit { rlim_cur: 1 << 20, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: the pointer is valid for reads.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) }, 0);
        let profiler = heapdiff::Profiler::builder().dir("profiles").period(1).start().unwrap();
        assert_eq!(regions(Path::new(".")).len(), 0);
        let kept = kept_until_death(1000);
        drop(profiler);
        black_box(kept);
    },
    check: |ran: &Ran| {
        let stderr = ran.stderr();
        assert!(stderr.lines().count() == 1 && stderr.contains("no black box"), "{stderr}");
        assert_eq!(ran.snapshots()[0].of("kept_until_death").inuse_space, 1000);
    },
};

/// On a disk that is too small for what an exact recording fills, the black box stops to grow before the disk is full:
/// what finds no room is counted, the program lives on, and its snapshots are written.
pub(crate) const SMALL_DISK: Case = Case {
    name: "a_disk_that_is_too_small_costs_samples_and_nothing_else",
    environment: &[],
    inside: || {
        std::fs::create_dir_all("disk").unwrap();
        std::fs::create_dir_all("profiles").unwrap();
        if !mount_small_disk() {
            return println!("skipped: not allowed to mount a disk");
        }
        let profiler = heapdiff::Profiler::builder().dir("disk").period(1).start().unwrap();
        let kept: Vec<_> = (0..1_500_000).map(kept_in_number).collect();
        let snapshot = profiler.snapshot().unwrap();
        std::fs::copy(&snapshot, Path::new("profiles").join(snapshot.file_name().unwrap())).unwrap();
        black_box(kept);
    },
    check: |ran: &Ran| {
        if ran.stdout().contains("skipped") {
            return;
        }
        let last = &ran.snapshots()[0];
        let (found, lost) = (last.of("kept_in_number").inuse_objects, &last.metadata().dropped);
        assert!((500_000..1_500_000).contains(&found), "{found}");
        assert!(lost["live_table_full"] as i64 >= 1_500_000 - found, "{lost:?}");
        let stderr = ran.stderr();
        assert!(stderr.lines().count() == 1 && stderr.contains("cannot grow"), "{stderr}");
    },
};

/// Mounts 72 MB of memory at `disk`, which only this process sees; `false` if that is not allowed.
fn mount_small_disk() -> bool {
    // SAFETY: getuid has no preconditions.
    let user = unsafe { libc::getuid() };
    // SAFETY: getgid neither.
    let group = unsafe { libc::getgid() };
    // SAFETY: this is the only thread; what it may do, and which disks it sees, is its own from now on.
    if unsafe { libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNS) } != 0 {
        return false;
    }
    let own = |file: &str, text: String| std::fs::write(format!("/proc/self/{file}"), text);
    let is_mapped = own("uid_map", format!("0 {user} 1"))
        .and_then(|()| own("setgroups", "deny".to_owned()))
        .and_then(|()| own("gid_map", format!("0 {group} 1")));
    if is_mapped.is_err() {
        return false;
    }
    let (kind, options) = (c"tmpfs", c"size=72m");
    // SAFETY: strings that end with a zero.
    let result =
        unsafe { libc::mount(kind.as_ptr(), c"disk".as_ptr(), kind.as_ptr(), 0, options.as_ptr().cast()) };
    result == 0
}

/// Of the regions that dead processes leave the newest three stay, and what somebody else left is not touched.
pub(crate) const TIDIED: Case = Case {
    name: "old_regions_of_dead_processes_are_removed",
    environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "1h")],
    inside: || {
        if std::env::var_os(VICTIM).is_some() {
            die();
        }
        let own = regions(Path::new("."))[0].to_string_lossy().into_owned();
        let program = own.rsplitn(3, '-').nth(2).unwrap();
        let pipe = std::ffi::CString::new(format!("{program}-20200101T000000Z-1.region")).unwrap();
        // SAFETY: a string that ends with a zero.
        assert_eq!(unsafe { libc::mkfifo(pipe.as_ptr(), 0o600) }, 0);
        std::fs::write("profiles/other-20200101T000000Z-1.region", "").unwrap();
        for _ in 0..5 {
            victim().wait().unwrap();
        }
        println!("{}", regions(Path::new(".")).len());
    },
    check: |ran: &Ran| {
        // The process itself, another program's, and three dead ones beside the one that died last.
        assert_eq!(ran.stdout().trim(), "6");
        assert!(ran.dir.join("profiles/other-20200101T000000Z-1.region").exists());
        assert_eq!(regions(&ran.dir).len(), 5);
    },
};
