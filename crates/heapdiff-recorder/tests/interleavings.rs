//! The tables under every interleaving of two threads, by loom. Run by `scripts/test-loom`; empty otherwise.
#![cfg(loom)]

use heapdiff_recorder::{
    AtomicU64, BlockFlags, Charge, LiveRecord, LiveTable, Period, SizeClass, StackId, StackTable, TallyTable,
    TraceEnd,
};
use loom::sync::Arc;
use loom::sync::atomic::Ordering;
use loom::thread;

fn words(count: usize) -> &'static [AtomicU64] {
    // Loom runs the closure thousands of times; its models end before the leak matters.
    Box::leak((0..count).map(|_| AtomicU64::new(0)).collect::<Vec<_>>().into_boxed_slice())
}

struct Live {
    table: LiveTable<'static>,
    epoch: &'static AtomicU64,
}

fn live() -> Arc<Live> {
    let counts = words(3);
    let [levels_used, len, epoch] = counts else { unreachable!("three words") };
    Arc::new(Live { table: LiveTable::new(words(LiveTable::words(1)), levels_used, len), epoch })
}

fn record(size: u64) -> LiveRecord {
    LiveRecord {
        size,
        stack: StackId::UNKNOWN,
        epoch: 0,
        charge: Charge::new(size, Period::new(1000)),
        class: SizeClass::of(size),
        flags: BlockFlags::NONE,
    }
}

/// A block is in a snapshot exactly if its epoch says so: none is missed and none comes in late.
#[test]
fn a_snapshot_holds_exactly_the_epochs_before_it() {
    loom::model(|| {
        let live = live();
        let inserter = {
            let live = Arc::clone(&live);
            thread::spawn(move || assert!(live.table.insert(64, record(100), None, live.epoch)))
        };
        let sequence = u32::try_from(live.epoch.fetch_add(1, Ordering::SeqCst)).unwrap();
        let mut visited = Vec::new();
        live.table.visit(sequence, |address, record| visited.push((address, record.epoch)));
        inserter.join().unwrap();
        let epoch = live.table.remove(64).unwrap().epoch;
        assert_eq!(visited.is_empty(), epoch > sequence, "epoch {epoch}, visited {visited:?}");
    });
}

/// A visitor sees a record as it was at one moment, while its slot gets another owner, or its block another size: then
/// address and epoch are those from before.
#[test]
fn a_visited_record_is_never_a_mixture() {
    for kept_epoch in [None, Some(0)] {
        let mut model = loom::model::Builder::new();
        // With fewer the owner does not get between the visitor's last looks.
        model.preemption_bound = Some(3);
        model.check(move || {
            let live = live();
            assert!(live.table.insert(64, record(100), kept_epoch, live.epoch));
            // The visitor is the thread that is spawned: loom tries just one order if it is the spawning one.
            let visitor = {
                let live = Arc::clone(&live);
                thread::spawn(move || {
                    live.table.visit(5, |_, seen| {
                        assert!(seen.size == 100 || seen.size == 7777);
                        assert_eq!(seen.class, SizeClass::of(seen.size));
                        assert_eq!(seen.charge, Charge::new(seen.size, Period::new(1000)));
                    });
                })
            };
            assert_eq!(live.table.remove(64).unwrap().size, 100);
            assert!(live.table.insert(64, record(7777), kept_epoch, live.epoch));
            visitor.join().unwrap();
        });
    }
}

/// Two threads that insert different blocks both find them again.
#[test]
fn inserts_do_not_displace_each_other() {
    loom::model(|| {
        let live = live();
        let other = {
            let live = Arc::clone(&live);
            thread::spawn(move || {
                assert!(live.table.insert(64, record(1), None, live.epoch));
                assert_eq!(live.table.remove(64).unwrap().size, 1);
            })
        };
        assert!(live.table.insert(128, record(2), None, live.epoch));
        other.join().unwrap();
        assert_eq!(live.table.remove(128).unwrap().size, 2);
        assert!(live.table.is_empty());
    });
}

/// Two threads with one trace agree on its handle, and it reads back whole.
#[test]
fn one_trace_has_one_handle() {
    loom::model(|| {
        let counts = words(2);
        let [used, len] = counts else { unreachable!("two words") };
        let table = Arc::new(StackTable::new(words(4), words(24), used, len));
        let other = {
            let table = Arc::clone(&table);
            thread::spawn(move || table.intern(&[5, 6], TraceEnd::Complete).unwrap())
        };
        let own = table.intern(&[5, 6], TraceEnd::Complete).unwrap();
        let different = table.intern(&[5, 7], TraceEnd::Complete).unwrap();
        assert_eq!(other.join().unwrap(), own);
        assert_ne!(own, different);
        assert_eq!(table.get(own).unwrap().1.collect::<Vec<_>>(), [5, 6]);
        assert_eq!(table.get(different).unwrap().1.collect::<Vec<_>>(), [5, 7]);
        assert_eq!(table.len(), 2);
    });
}

/// Two threads that add to one row share it, and nothing is lost.
#[test]
fn one_row_adds_up() {
    loom::model(|| {
        let counts = words(1);
        let [len] = counts else { unreachable!("one word") };
        let table = Arc::new(TallyTable::new(words(4 * 4), len));
        let add = |table: &TallyTable<'_>| {
            assert!(table.add(StackId::UNKNOWN, SizeClass::of(40), 40, Charge::new(40, Period::EXACT)));
        };
        let other = {
            let table = Arc::clone(&table);
            thread::spawn(move || add(&table))
        };
        add(&table);
        other.join().unwrap();
        let rows: Vec<_> = table.iter().collect();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].samples, rows[0].objects_estimate, rows[0].bytes_estimate), (2, 2.0, 80.0));
    });
}
