//! A disk that fails costs snapshots, is said once, and never harms the program.

use crate::support::{Case, Ran};
use std::hint::black_box;

/// Files cannot grow: writes fail as on a full disk. The kernel's signal for it must not reach the program.
pub(crate) const FILE_SIZE_LIMIT: Case = Case {
    name: "a_full_disk_costs_snapshots_only",
    environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "20ms"), ("HEAPDIFF_PERIOD", "1")],
    inside: || {
        let limit = |bytes| {
            let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
            // SAFETY: the pointer is valid for reads.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) }, 0);
        };
        let profiler = heapdiff::Profiler::builder().dir("profiles").start().unwrap();
        limit(100);
        assert!(profiler.snapshot().is_err());
        assert!(profiler.snapshot().is_err());
        limit(libc::RLIM_INFINITY);
        profiler.snapshot().unwrap();
        println!("unharmed");
    },
    check: |ran: &Ran| {
        assert_eq!(ran.stdout().trim(), "unharmed");
        let stderr = ran.stderr();
        assert_eq!(stderr.lines().filter(|line| line.contains("failed to write")).count(), 1, "{stderr}");
        let snapshots = ran.snapshots();
        let failed = snapshots.last().expect("there is room again").metadata().dropped["snapshots_failed"];
        assert!(failed >= 2, "{failed}");
        let names: Vec<_> =
            std::fs::read_dir(ran.dir.join("profiles")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names.len(), snapshots.len(), "nothing unfinished stays: {names:?}");
    },
};

/// The directory goes away while the program runs, and comes back.
pub(crate) const VANISHED_DIRECTORY: Case = Case {
    name: "a_directory_that_vanishes_costs_snapshots_only",
    environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "1h"), ("HEAPDIFF_PERIOD", "1")],
    inside: || {
        let profiler = heapdiff::Profiler::builder().dir("profiles").start().unwrap();
        profiler.snapshot().unwrap();
        std::fs::remove_dir_all("profiles").unwrap();
        let error = profiler.snapshot().unwrap_err().to_string();
        assert!(error.contains("profiles"), "{error}");
        assert!(profiler.snapshot().is_err());
        std::fs::create_dir("profiles").unwrap();
        profiler.snapshot().unwrap();
        black_box(vec![0u8; 100]);
    },
    check: |ran: &Ran| {
        let stderr = ran.stderr();
        assert_eq!(stderr.lines().filter(|line| line.contains("failed to write")).count(), 1, "{stderr}");
        let snapshots = ran.snapshots();
        assert_eq!(snapshots[0].metadata().sequence, 3);
        assert_eq!(snapshots[0].metadata().dropped["snapshots_failed"], 2);
    },
};
