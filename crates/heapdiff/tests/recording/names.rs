//! Recorders whose files would have one name.

use crate::support::{Case, Ran, Snapshot};
use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The snapshots by the stem of their names, and each stem is one recorder's.
fn by_stem(ran: &Ran) -> BTreeMap<String, Vec<Snapshot>> {
    let mut all: BTreeMap<String, Vec<Snapshot>> = BTreeMap::new();
    for (path, snapshot) in ran.paths().iter().zip(ran.snapshots()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (stem, sequence) = name.rsplit_once('-').unwrap();
        assert_eq!(sequence, format!("{:06}.pb.gz", snapshot.metadata().sequence));
        all.entry(stem.to_owned()).or_default().push(snapshot);
    }
    let mut seen = BTreeSet::new();
    for (stem, snapshots) in &all {
        let ids: BTreeSet<_> = snapshots.iter().map(|of| of.metadata().process.recorder_id.clone()).collect();
        assert_eq!(ids.len(), 1, "{stem}");
        assert!(seen.insert(ids), "{stem}");
    }
    all
}

#[inline(never)]
fn image(size: usize) {
    black_box(vec![1u8; size]).leak();
}

/// `exec` keeps the process id and the start: the new image has names of its own, inherits no descriptor of the old
/// one's recorder, and leaves its files alone.
pub(crate) const EXEC: Case = Case {
    name: "the_image_after_exec_has_names_of_its_own",
    environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "1h"), ("HEAPDIFF_PERIOD", "1")],
    inside: || {
        let number: usize = std::env::var("IMAGE").map_or(1, |number| number.parse().unwrap());
        let open: BTreeSet<_> = std::fs::read_dir("/proc/self/fd")
            .unwrap()
            .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
            .filter(|path| path.starts_with(std::env::current_dir().unwrap()))
            .collect();
        println!("{} {number}: {open:?}", std::process::id());
        image(1000 * number);
        if number < 4 {
            // The second image ends without a snapshot.
            if number != 2 {
                let profiler = heapdiff::Profiler::builder().dir("profiles").start().unwrap();
                profiler.snapshot().unwrap();
                std::mem::forget(profiler);
            }
            let error =
                Command::new(std::env::current_exe().unwrap()).env("IMAGE", (number + 1).to_string()).exec();
            unreachable!("{error}");
        }
    },
    check: |ran: &Ran| {
        let stdout = ran.stdout();
        let pids: BTreeSet<_> = stdout.lines().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!((pids.len(), stdout.lines().count()), (1, 4), "{stdout}");
        let open: BTreeSet<_> = stdout.lines().map(|line| line.split_once(": ").unwrap().1).collect();
        assert!(
            open.len() == 4 && open.iter().all(|files| files.matches(".region").count() == 1),
            "{stdout}"
        );
        let all = by_stem(ran);
        let pid = pids.first().unwrap();
        let ends: Vec<_> = all.keys().map(|stem| stem.rsplit_once('-').unwrap().1.to_owned()).collect();
        assert_eq!(ends, [pid.to_string(), format!("{pid}.3"), format!("{pid}.4")]);
        let space: Vec<_> = all.values().map(|of| of[0].of("names::image").inuse_space).collect();
        assert_eq!(space, [1000, 3000, 4000]);
    },
};

/// Makes a space of process ids in which the calling process goes on as 1; the process that called ends as that one
/// does.
fn become_process_1() -> std::io::Result<()> {
    // SAFETY: concerns children of this process only.
    if unsafe { libc::unshare(libc::CLONE_NEWPID) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: the process has one thread.
    let child = unsafe { libc::fork() };
    if child == 0 {
        return Ok(());
    }
    let mut status = 0;
    // SAFETY: `status` is valid for writes.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    // SAFETY: ends the process.
    unsafe { libc::_exit(if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { 1 }) };
}

/// Process 1 of several containers that share a volume, all started at once.
pub(crate) const CONTAINERS: Case = Case {
    name: "process_1_of_several_containers",
    environment: &[],
    inside: || {
        let start = || {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.env("RECORDING_TEST_CASE", crate::lifecycle::QUIET.name);
            command.env("HEAPDIFF_DIR", "profiles").env("HEAPDIFF_PERIOD", "1");
            // SAFETY: the function makes system calls only.
            unsafe { command.pre_exec(become_process_1) };
            command.spawn()
        };
        let children: Vec<_> = (0..4).map(|_| start()).collect();
        for child in children {
            match child {
                Ok(mut child) => assert!(child.wait().unwrap().success()),
                Err(error) => println!("not permitted to make a space of process ids: {error}"),
            }
        }
    },
    check: |ran: &Ran| {
        if ran.stdout().contains("not permitted") {
            return;
        }
        let all = by_stem(ran);
        assert_eq!(all.len(), 4, "{:?}", all.keys());
        assert!(all.values().flatten().all(|snapshot| snapshot.metadata().process.pid == 1));
    },
};
