//! Resources that are lost, and releases of what is not there.

use crate::support::{Case, Ran};
use crate::{figures, labelled, profiler, resources, sum};
use heapdiff::resource::{Ids, Leak, Lease, MustClose, Type, on_leak};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

static SESSION: Type = Type::new("session");
static SLOT: Type = Type::new("slot");
static SLOTS: Ids = Ids::new(&SLOT);

#[inline(never)]
fn begin() -> Lease {
    black_box(SESSION.acquire(10))
}

/// `mem::forget`: nobody is told, and it is in every snapshot.
pub(crate) const FORGOTTEN: Case = Case {
    name: "what_is_forgotten_stays_open",
    environment: &[("HEAPDIFF_RESOURCES", "all")],
    inside: || {
        let profiler = profiler();
        std::mem::forget(begin());
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let snapshots = resources(ran, "session");
        assert!(snapshots.len() == 2 && snapshots.iter().all(|of| sum(of, "count", "begin") == 1));
    },
};

static HEARD: AtomicU64 = AtomicU64::new(0);

fn listen(leak: &Leak) {
    assert_eq!((leak.resource.name(), leak.bytes, leak.last_hint.as_deref()), ("session", 5, Some("began")));
    assert_eq!(leak.lost_before, HEARD.fetch_add(1, Ordering::Relaxed));
    assert!(leak.age.is_some());
    let [began] = &leak.accesses[..] else { unreachable!("one access") };
    assert_eq!((began.hint.as_str(), began.task), ("began", None));
    assert!(!began.addresses.is_empty() && leak.age.is_some_and(|age| began.before <= age));
}

#[inline(never)]
fn transaction() -> MustClose<u32> {
    let transaction = SESSION.must_close(7, 5);
    MustClose::record(&transaction, "began");
    black_box(transaction)
}

/// Dropped without being closed: told at once, counted, and said once.
pub(crate) const UNCLOSED: Case = Case {
    name: "what_is_dropped_unclosed_is_told_at_once",
    environment: &[("HEAPDIFF_RESOURCES", "records")],
    inside: || {
        let profiler = profiler();
        assert!(on_leak(listen) && !on_leak(listen));
        assert_eq!(MustClose::close(transaction()), 7);
        assert_eq!(HEARD.load(Ordering::Relaxed), 0);
        (0..100).for_each(|_| drop(transaction()));
        assert_eq!(HEARD.load(Ordering::Relaxed), 100);
        assert_eq!((SESSION.counts().unclosed, SESSION.counts().open()), (100, 100));
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let snapshot = &resources(ran, "session")[0];
        assert_eq!(figures(snapshot).unclosed, 100);
        let lost = labelled(snapshot, "state", "unclosed");
        assert_eq!(lost.iter().map(|sample| sample.values[2]).sum::<i64>(), 100);
        assert_eq!(sum(snapshot, "count", "transaction"), 100);
        let stderr = ran.stderr();
        assert_eq!(stderr.lines().count(), 1, "a line now and then, not one a leak: {stderr}");
        assert!(stderr.contains("`session`") && stderr.contains("last `began`"), "{stderr}");
    },
};

/// What is lost takes one row, however many there are, and stays in the snapshots of its time.
pub(crate) const MANY_UNCLOSED: Case = Case {
    name: "ten_thousand_unclosed_of_one_site_are_one_row_of_constant_size",
    environment: &[("HEAPDIFF_RESOURCES", "records")],
    inside: || {
        let profiler = profiler();
        for count in [100, 10_000, 1] {
            (0..count).for_each(|_| drop(transaction()));
            profiler.snapshot().unwrap();
        }
    },
    check: |ran: &Ran| {
        let snapshots = resources(ran, "session");
        let (few, many) = (figures(&snapshots[0]), figures(&snapshots[1]));
        assert_eq!((few.unclosed, many.unclosed), (100, 10_100));
        // One row more, for what was lost after the first snapshot.
        assert!(many.table_bytes <= few.table_bytes + 2000, "{} then {}", few.table_bytes, many.table_bytes);
        // Each access of each of them is kept or counted.
        let accesses = sum(&snapshots[1], "accesses", "transaction");
        assert_eq!(u64::try_from(accesses).unwrap() + many.accesses_dropped, 10_100);
        let rows = |snapshot| -> Vec<i64> {
            labelled(snapshot, "state", "unclosed").iter().map(|row| row.values[2]).collect()
        };
        assert_eq!(rows(&snapshots[0]), [100]);
        assert_eq!(rows(&snapshots[1]), [100, 10_000], "by the snapshots that they were lost between");
        assert_eq!(rows(&snapshots[2]), [100, 10_000, 1]);
        assert_eq!(sum(&snapshots[2], "space", "transaction"), 5 * 10_101);
    },
};

#[inline(never)]
fn release_slot(id: u64) -> Result<(), heapdiff::resource::BadRelease> {
    black_box(SLOTS.release(id))
}

/// A second release, and one of what was never acquired, are errors with both places.
pub(crate) const TWICE: Case = Case {
    name: "a_second_release_is_an_error_with_both_places",
    environment: &[("HEAPDIFF_RESOURCES", "all")],
    inside: || {
        let profiler = profiler();
        SLOTS.acquire(7, 4096);
        assert!(release_slot(7).is_ok());
        let second = release_slot(7).unwrap_err();
        assert!(second.is_second() && second.id() == 7);
        assert!(!second.first_release().is_empty() && !second.this_release().is_empty());
        assert_ne!(second.first_release(), second.this_release());
        assert!(second.to_string().starts_with("a second release of slot 7; first at 0x"), "{second}");
        let unknown = release_slot(8).unwrap_err();
        assert!(!unknown.is_second() && unknown.first_release().is_empty());
        assert_eq!((SLOT.counts().acquired, SLOT.counts().released), (1, 1), "neither counts");
        drop(profiler);
    },
    check: |ran: &Ran| assert_eq!(figures(&resources(ran, "slot")[0]).released, 1),
};

#[inline(never)]
fn acquire_slot(id: u64) {
    SLOTS.acquire(id, 4096);
    SLOTS.record(id, "acquired");
    black_box(id);
}

/// A number that is acquired while it is open: its first resource can never be released.
pub(crate) const OVERWRITTEN: Case = Case {
    name: "a_number_that_is_overwritten_is_a_loss",
    environment: &[("HEAPDIFF_RESOURCES", "records")],
    inside: || {
        let profiler = profiler();
        acquire_slot(1);
        acquire_slot(1);
        release_slot(1).unwrap();
        assert_eq!((SLOT.counts().open(), SLOT.counts().unclosed), (1, 1));
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| assert_eq!(sum(&resources(ran, "slot")[0], "count", "acquire_slot"), 1),
};

/// A forked child releases what it inherited, and hangs nowhere.
pub(crate) const FORKED: Case = Case {
    name: "a_forked_child_releases_in_peace",
    environment: &[("HEAPDIFF_RESOURCES", "records")],
    inside: || {
        let profiler = profiler();
        let inherited: Vec<Lease> = (0..1000).map(|_| begin()).collect();
        acquire_slot(1);
        let others: Vec<_> =
            (0..2).map(|_| std::thread::spawn(|| (0..100_000).for_each(|_| drop(begin())))).collect();
        for _ in 0..20 {
            // SAFETY: the child allocates, releases and exits; the allocator is fork-safe.
            let child = unsafe { libc::fork() };
            if child == 0 {
                drop(inherited);
                drop(begin());
                acquire_slot(2);
                let _ = release_slot(1);
                // SAFETY: exits without running what the parent's threads left behind.
                unsafe { libc::_exit(0) };
            }
            let mut status = -1;
            // SAFETY: the pointer is valid for writes.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!(status, 0);
        }
        others.into_iter().for_each(|thread| thread.join().unwrap());
        profiler.snapshot().unwrap();
        assert_eq!(inherited.len(), 1000);
    },
    check: |ran: &Ran| assert_eq!(sum(&resources(ran, "session")[0], "count", "begin"), 1000),
};
