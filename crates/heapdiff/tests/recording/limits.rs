//! What the process may not do, or no longer can: address space is short, nobody reads what is said.

use crate::support::{Case, Ran};
use std::hint::black_box;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Under `ulimit -v` most of the address space stays the program's, and a sampled block that outgrows the part set
/// aside goes on where there is room.
pub(crate) const ADDRESS_SPACE: Case = Case {
    name: "a_limit_of_address_space_does_not_stop_a_block_from_growing",
    environment: &[],
    inside: || {
        let limit = libc::rlimit { rlim_cur: 1 << 30, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: the pointer is valid for reads.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
        let profiler = heapdiff::Profiler::builder().dir("profiles").period(1).start().unwrap();
        let mut block = outgrowing();
        block.resize(5000, 5);
        profiler.snapshot().unwrap();
        for size in [16 << 20, 64 << 20, 128 << 20, 256 << 20] {
            block.reserve_exact(size - block.len());
        }
        assert!(block.iter().all(|&byte| byte == 5), "contents are kept");
        profiler.snapshot().unwrap();
        drop(black_box(block));
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        assert_eq!(snapshots[0].of("outgrowing").inuse_space, 5000);
        assert_eq!(snapshots[1].of("outgrowing").inuse_space, 0, "it is no sample any more");
        assert!(snapshots[1].metadata().dropped["sampled_heap_full"] > 0, "which is counted");
    },
};

#[inline(never)]
fn outgrowing() -> Vec<u8> {
    black_box(Vec::with_capacity(5000))
}

/// What is said before `main` goes to a pipe that nobody reads: the program runs on.
pub(crate) const NOBODY_READS: Case = Case {
    name: "a_stderr_that_nobody_reads_is_nobodys_problem",
    environment: &[],
    inside: || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.env("RECORDING_TEST_CASE", crate::lifecycle::QUIET.name).env("HEAPDIFF_DIR", "profiles");
        let ended = program.stderr(writer).output().unwrap();
        assert!(ended.status.success(), "{}", ended.status);
    },
    check: |ran: &Ran| assert_eq!(ran.snapshots().len(), 1),
};

/// Where `/proc` is not mounted there are no stacks, which is said, and figures all the same.
pub(crate) const NO_PROC: Case = Case {
    name: "without_proc_there_are_figures_without_stacks",
    environment: &[],
    inside: || {
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.env("RECORDING_TEST_CASE", WITHOUT_PROC.name).env("HEAPDIFF_DIR", "profiles");
        program.env("HEAPDIFF_PERIOD", "1");
        // SAFETY: the function makes system calls only.
        unsafe { program.pre_exec(unmount_proc) };
        match program.output() {
            Ok(ended) => {
                assert!(ended.status.success(), "{}", ended.status);
                print!("{}", String::from_utf8_lossy(&ended.stderr));
            }
            Err(error) => println!("not permitted: {error}"),
        }
    },
    check: |ran: &Ran| {
        let said = ran.stdout();
        if said.contains("not permitted") {
            return;
        }
        assert!(said.contains("no stack traces") && said.contains("recording to"), "{said}");
        let snapshots = ran.snapshots();
        assert_eq!(snapshots[0].metadata().process.program, "unknown");
        let all = snapshots[0].sum(|_| true);
        assert!(all.inuse_space >= 12_345, "{all:?}");
    },
};

/// What runs there.
pub(crate) const WITHOUT_PROC: Case = Case {
    name: "a_block_is_kept",
    environment: &[],
    inside: || {
        black_box(vec![1u8; 12_345].leak());
    },
    check: |_| (),
};

/// In a space of mounts of the calling process's own.
fn unmount_proc() -> std::io::Result<()> {
    let is_done = |result| if result == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) };
    // SAFETY: concerns this process only.
    is_done(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    let (root, none) = (c"/".as_ptr(), std::ptr::null());
    // SAFETY: the strings end with a zero; what follows is not seen by other processes.
    is_done(unsafe { libc::mount(none, root, none, libc::MS_REC | libc::MS_PRIVATE, none.cast()) })?;
    // SAFETY: as above.
    is_done(unsafe { libc::umount2(c"/proc".as_ptr(), libc::MNT_DETACH) })
}

/// Next to no address space: recording degrades, or says that it cannot begin, and the program runs.
pub(crate) const TIGHT: Case = Case {
    name: "however_tight_address_space_is_the_program_runs",
    environment: &[],
    inside: || {
        let mut outcomes = Vec::new();
        for mebibytes in [48, 64, 96, 128, 160, 192, 256, 512, 1024, 4096] {
            let mut program = Command::new("sh");
            program.args(["-c", &format!("ulimit -v {} && exec \"$0\"", mebibytes << 10)]);
            program.arg(std::env::current_exe().unwrap());
            program.env("RECORDING_TEST_CASE", WITHOUT_PROC.name).env("HEAPDIFF_DIR", "profiles");
            let ended = program.env("HEAPDIFF_PERIOD", "1").output().unwrap();
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert!(ended.status.success(), "{mebibytes} MiB: {} {said}", ended.status);
            assert_eq!(said.lines().count(), 1, "{mebibytes} MiB: {said}");
            outcomes.push(said.contains("recording to"));
        }
        assert!(outcomes.is_sorted() && outcomes.ends_with(&[true; 3]), "{outcomes:?}");
    },
    check: |ran: &Ran| assert!(ran.paths().len() >= 3),
};
