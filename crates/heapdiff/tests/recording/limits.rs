//! What the process may not do, or no longer can: address space is short, nobody reads what is said.

use crate::support::{Case, Ran};
use std::hint::black_box;
use std::process::Command;

/// Under `ulimit -v` most of the address space stays the program's, and a sampled block that outgrows the part set aside
/// goes on where there is room.
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
