//! How much is kept, and who says so.

use crate::support::{Case, Ran};
use crate::{figures, profiler, resources, sum};
use heapdiff::resource::{Lease, Level, Type};
use std::hint::black_box;

static FILE: Type = Type::new("file");

#[inline(never)]
fn open() -> Lease {
    black_box(FILE.acquire(1))
}

/// A level that is changed acts on the next acquire, and on no earlier one.
pub(crate) const CHANGED: Case = Case {
    name: "a_changed_level_acts_on_the_next_acquire",
    environment: &[("HEAPDIFF_RESOURCES", "all")],
    inside: || {
        let profiler = profiler();
        let with_place = open();
        FILE.set_level(Level::Count);
        let counted = open();
        FILE.set_level(Level::Off);
        let unseen = open();
        assert_eq!(FILE.counts().acquired, 2);
        FILE.set_level(Level::Records);
        let with_accesses = open();
        with_accesses.record("read");
        with_place.record("its accesses are not kept");
        profiler.snapshot().unwrap();
        // None of them minds what the level is by now.
        FILE.set_level(Level::Off);
        drop((with_place, counted, unseen, with_accesses));
        assert_eq!((FILE.counts().acquired, FILE.counts().released), (3, 3));
    },
    check: |ran: &Ran| {
        let snapshots = resources(ran, "file");
        assert_eq!(sum(&snapshots[0], "count", "open"), 2);
        assert_eq!(sum(&snapshots[0], "accesses", "levels::CHANGED::{constant}"), 0);
        let accesses: i64 = snapshots[0].0.samples.iter().map(|sample| sample.values[0]).sum();
        assert_eq!(accesses, 1);
        assert_eq!((figures(&snapshots[0]).acquired, figures(&snapshots[0]).released), (3, 0));
    },
};

/// Where only counts are kept there is a row all the same.
pub(crate) const COUNT: Case = Case {
    name: "what_is_only_counted_has_a_row_without_a_stack",
    environment: &[("HEAPDIFF_RESOURCES", "count")],
    inside: || {
        let profiler = profiler();
        let _open: Vec<Lease> = (0..100).map(|_| open()).collect();
        profiler.snapshot().unwrap();
        let _more: Vec<Lease> = (0..50).map(|_| open()).collect();
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let snapshots = resources(ran, "file");
        for (snapshot, open) in snapshots.iter().zip([100, 150]) {
            assert_eq!(snapshot.0.samples.len(), 1);
            let of_row = |kind| sum(snapshot, kind, "[no stack trace]");
            assert_eq!((of_row("count"), of_row("space"), of_row("samples")), (open, open, open));
        }
        let [base, head, ..] = &snapshots[..] else { unreachable!("two were asked for") };
        let inputs = heapdiff_profile::DiffInputs { base: &base.0, head: &head.0 };
        let report = heapdiff_profile::diff(inputs, &heapdiff_profile::DiffOptions::default()).unwrap();
        let row = &report.rows[0].figures;
        assert_eq!((row.value.delta(), row.interval.map(|of| (of.low, of.high))), (50, Some((50, 50))));
        assert!(report.notes.is_empty(), "{:?}", report.notes);
    },
};

/// The environment names levels for one type and for all others.
pub(crate) const ENVIRONMENT: Case = Case {
    name: "the_environment_sets_levels",
    environment: &[("HEAPDIFF_RESOURCES", "file=records,sampled:7")],
    inside: || {
        static OTHER: Type = Type::new("other");
        assert_eq!((FILE.level(), OTHER.level()), (Level::Records, Level::sampled(7)));
    },
    check: |ran: &Ran| assert_eq!(ran.stderr(), ""),
};

/// A level that does not exist is said, and changes nothing.
pub(crate) const BAD_ENVIRONMENT: Case = Case {
    name: "a_level_that_does_not_exist_is_said",
    environment: &[("HEAPDIFF_RESOURCES", "file=banana")],
    inside: || assert_eq!(FILE.level(), Level::DEFAULT),
    check: |ran: &Ran| {
        let stderr = ran.stderr();
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.contains("file=banana") && stderr.contains("`records`"), "{stderr}");
    },
};

/// Two types of one name, and a name that no file can have.
pub(crate) const NAMES: Case = Case {
    name: "names_are_made_fit_for_files_and_unique",
    environment: &[("HEAPDIFF_RESOURCES", "all")],
    inside: || {
        static AGAIN: Type = Type::new("file");
        static ODD: Type = Type::new("../my file\n");
        let profiler = profiler();
        let leases = (open(), AGAIN.acquire(0), ODD.acquire(0));
        profiler.snapshot().unwrap();
        drop(leases);
    },
    check: |ran: &Ran| {
        for name in ["file", "file-2", "_.._my_file_"] {
            assert_eq!(resources(ran, name).len(), 2, "{name}");
        }
        let stderr = ran.stderr();
        assert_eq!(stderr.lines().count(), 2, "{stderr}");
        assert!(stderr.contains("`file-2`") && stderr.contains(r"`../my file\n`"), "{stderr}");
    },
};
