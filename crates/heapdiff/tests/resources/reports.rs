//! What the snapshots of resources say.

use crate::support::{Case, Ran};
use crate::{figures, labelled, profiler, resources, sum};
use heapdiff::resource::{Lease, Level, Tracked, Type};
use std::hint::black_box;

static BUFFER: Type = Type::new("buffer");

#[inline(never)]
fn handler_leaky() -> Lease {
    black_box(BUFFER.acquire(64))
}

#[inline(never)]
fn handler_ok() -> Lease {
    black_box(BUFFER.acquire(64))
}

/// Ten thousand leaks of one site are one row that says so.
pub(crate) const ONE_ROW: Case = Case {
    name: "ten_thousand_of_one_site_are_one_row",
    environment: &[("HEAPDIFF_RESOURCES", "all")],
    inside: || {
        let profiler = profiler();
        let leaked: Vec<Lease> = (0..10_000).map(|_| handler_leaky()).collect();
        (0..10_000).for_each(|_| drop(handler_ok()));
        profiler.snapshot().unwrap();
        drop(leaked);
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let snapshots = resources(ran, "buffer");
        assert_eq!(snapshots.len(), 3, "one for each of the heap, the last one included");
        let (open, released) = (&snapshots[0], &snapshots[1]);
        assert_eq!(sum(open, "count", "handler_leaky"), 10_000);
        assert_eq!(sum(open, "space", "handler_leaky"), 640_000);
        assert_eq!(sum(open, "count", "handler_ok"), 0);
        let of_count = |sample: &&heapdiff_profile::Sample| sample.values[2] > 0;
        assert_eq!(open.0.samples.iter().filter(of_count).count(), 1, "one row");
        let facts = figures(open);
        assert_eq!((facts.acquired, facts.released, facts.open_bytes), (20_000, 10_000, 640_000));
        assert_eq!(facts.level, "all");
        assert!(facts.table_bytes > 0 && facts.table_bytes < 10 << 20, "{} bytes", facts.table_bytes);
        assert!(released.0.samples.is_empty());
        assert_eq!(figures(released).released, 20_000);
        assert!(ran.snapshots().iter().all(|heap| heap.metadata().resource.is_none()));
    },
};

static PAGE: Type = Type::new("page");

/// What is made of a tracked buffer keeps it open.
pub(crate) const SLICES: Case = Case {
    name: "a_slice_keeps_its_buffer_open",
    environment: &[("HEAPDIFF_RESOURCES", "all")],
    inside: || {
        let profiler = profiler();
        let owner = std::sync::Arc::new(PAGE.track_bytes(vec![7u8; 4096], 4096));
        let slice = std::sync::Arc::clone(&owner);
        assert_eq!(AsRef::<[u8]>::as_ref(&*slice).len(), 4096);
        drop(owner);
        assert_eq!(PAGE.counts().open(), 1);
        let derived = Tracked::lease(&slice).derive(100);
        drop(slice);
        assert_eq!((PAGE.counts().open(), PAGE.counts().open_bytes()), (1, 100));
        let value = Tracked::into_inner(Tracked::map(PAGE.track(1), |number| number + 1));
        assert_eq!((value, PAGE.counts().open()), (2, 1));
        profiler.snapshot().unwrap();
        drop(derived);
    },
    check: |ran: &Ran| {
        let snapshots = resources(ran, "page");
        assert_eq!(sum(&snapshots[0], "space", "call_once"), 100, "what was derived has a place, too");
    },
};

#[inline(never)]
fn read_body() -> bytes::Bytes {
    let buffer = PAGE.track_bytes(vec![7u8; 4096], 4096);
    Tracked::record(&buffer, "read");
    bytes::Bytes::from_owner(buffer)
}

/// The smallest slice of a `Bytes` keeps the buffer that it is a slice of.
pub(crate) const BYTES: Case = Case {
    name: "a_slice_of_bytes_keeps_its_buffer_open",
    environment: &[("HEAPDIFF_RESOURCES", "records")],
    inside: || {
        let profiler = profiler();
        let body = read_body();
        let (head, tail) = (body.slice(..4), body.clone().split_off(4095));
        drop(body);
        assert_eq!((&head[..], &tail[..]), (&[7u8; 4][..], &[7u8][..]));
        drop(head);
        assert_eq!((PAGE.counts().open(), PAGE.counts().open_bytes()), (1, 4096));
        profiler.snapshot().unwrap();
        std::thread::spawn(|| drop(tail)).join().unwrap();
        assert_eq!(PAGE.counts().open(), 0);
    },
    check: |ran: &Ran| {
        let snapshots = resources(ran, "page");
        assert_eq!(sum(&snapshots[0], "space", "read_body"), 4096, "not one byte");
        assert!(!labelled(&snapshots[0], "hint", "read").is_empty());
        assert!(snapshots[1].0.samples.is_empty());
    },
};

static SESSION: Type = Type::new("session");

#[inline(never)]
fn touch(session: &Lease, hint: &'static str) {
    session.record(hint);
    black_box(session);
}

/// A million accesses of one object.
pub(crate) const ACCESSES: Case = Case {
    name: "a_million_accesses_keep_the_first_and_the_last",
    environment: &[("HEAPDIFF_RESOURCES", "records")],
    inside: || {
        let profiler = profiler();
        let session = SESSION.acquire(0);
        touch(&session, "opened");
        (0..999_998).for_each(|_| touch(&session, "read"));
        touch(&session, "queued");
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let snapshot = &resources(ran, "session")[0];
        let kept = sum(snapshot, "accesses", "touch");
        assert!((5..=40).contains(&kept), "{kept}");
        assert_eq!(u64::try_from(kept).unwrap() + figures(snapshot).accesses_dropped, 1_000_000);
        for (when, hint) in [("first", "opened"), ("last", "queued")] {
            let rows = labelled(snapshot, "when", when);
            assert_eq!(rows.len(), 1);
            assert_eq!(labelled(snapshot, "hint", hint).iter().filter(|row| row.values[0] == 1).count(), 1);
        }
        // The resource's own row has the last hint.
        let open = labelled(snapshot, "hint", "queued");
        assert_eq!(open.iter().map(|row| row.values[2]).sum::<i64>(), 1);
    },
};

/// One in ten has a place, and all are counted.
pub(crate) const SAMPLED: Case = Case {
    name: "counts_are_exact_where_places_are_sampled",
    environment: &[("HEAPDIFF_RESOURCES", "sampled:10")],
    inside: || {
        let profiler = profiler();
        let leaked: Vec<Lease> = (0..100_000).map(|_| handler_leaky()).collect();
        profiler.snapshot().unwrap();
        std::mem::forget(leaked);
    },
    check: |ran: &Ran| {
        let snapshot = &resources(ran, "buffer")[0];
        let facts = figures(snapshot);
        assert_eq!((facts.acquired, facts.open_bytes, facts.one_in), (100_000, 6_400_000, 10));
        let (samples, estimate) =
            (sum(snapshot, "samples", "handler_leaky"), sum(snapshot, "count", "handler_leaky"));
        assert_eq!(estimate, samples * 10);
        // Six standard deviations of a binomial count.
        let deviation = (100_000.0 * 0.1 * 0.9_f64).sqrt();
        assert!((samples as f64 - 10_000.0).abs() < 6.0 * deviation, "{samples} samples");
    },
};

/// Without a recording there is nothing but numbers.
pub(crate) const NOT_RECORDING: Case = Case {
    name: "without_a_recording_resources_are_counted",
    environment: &[],
    inside: || {
        assert_eq!(BUFFER.level(), Level::DEFAULT);
        BUFFER.set_level(Level::All);
        let leases: Vec<Lease> = (0..1000).map(|_| handler_leaky()).collect();
        assert_eq!((BUFFER.counts().open(), BUFFER.counts().open_bytes()), (1000, 64_000));
        drop(leases);
        assert_eq!((BUFFER.counts().open(), BUFFER.counts().acquired), (0, 1000));
    },
    check: |ran: &Ran| {
        assert_eq!(std::fs::read_dir(&ran.dir).unwrap().count(), 0, "no file");
        assert_eq!(ran.stderr(), "");
    },
};
