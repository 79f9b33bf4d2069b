//! The tables under every interleaving of two threads, by loom. Run by `scripts/test-loom`; empty otherwise.
#![cfg(loom)]

use heapdiff_recorder::{
    AddressIndex, AtomicU64, BlockFlags, Charge, Facts, GrowingArea, LivePool, LiveRecord, Moments, Period,
    Shard, ShardWords, SizeClass, SlotId, StackId, StackTable, TallyTable, TraceEnd,
};
use loom::sync::Arc;
use loom::sync::atomic::Ordering;
use loom::thread;

const ONE: Shard = Shard::new(0);
const OTHER: Shard = Shard::new(1);

fn words(count: usize) -> &'static [AtomicU64] {
    // Loom runs the closure thousands of times; its models end before the leak matters.
    Box::leak((0..count).map(|_| AtomicU64::new(0)).collect::<Vec<_>>().into_boxed_slice())
}

fn area(count: usize) -> GrowingArea<'static> {
    let [used, backed] = words(2) else { unreachable!("two words") };
    let area = GrowingArea::new(words(count), used, backed);
    area.set_backed(count as u64);
    area
}

struct Live {
    pool: LivePool<'static>,
    epoch: &'static AtomicU64,
}

fn live(slots: usize) -> Arc<Live> {
    let [epoch] = words(1) else { unreachable!("one word") };
    let shards: [ShardWords; 2] = std::array::from_fn(|_| std::array::from_fn(|_| AtomicU64::new(0)));
    let shards: &'static [ShardWords] = Box::leak(Box::new(shards));
    Arc::new(Live { pool: LivePool::new(area(slots * LivePool::SLOT_WORDS), shards, epoch), epoch })
}

impl Live {
    fn visit(&self) -> (u32, Vec<(u64, u32)>) {
        let sequence = u32::try_from(self.epoch.fetch_add(1, Ordering::Relaxed)).unwrap();
        let mut visited = Vec::new();
        let changing = self.pool.visit(sequence, |address, record| visited.push((address, record.epoch)));
        assert_eq!(changing, 0, "nobody is stopped for good here");
        (sequence, visited)
    }
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

fn preemptions(bound: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(bound);
    builder.check(model);
}

/// A block is in a snapshot exactly if its epoch says so: none is missed and none comes in late. The slot is one that was
/// never used, so the visitor may also miss that it came into use.
#[test]
fn a_snapshot_holds_exactly_the_epochs_before_it() {
    loom::model(|| {
        let live = live(1);
        let inserter = {
            let live = Arc::clone(&live);
            thread::spawn(move || live.pool.insert(ONE, 64, &record(100)).unwrap())
        };
        let (sequence, visited) = live.visit();
        let slot = inserter.join().unwrap();
        let epoch = live.pool.get(slot, 64).unwrap().epoch;
        assert_eq!(visited.is_empty(), epoch > sequence, "epoch {epoch}, visited {visited:?}");
    });
}

/// The same with a slot that was used before, and for two snapshots at the same time, such as those of two processes. A
/// third one, later, has the block in any case.
#[test]
fn two_snapshots_at_once_both_agree_with_the_epoch() {
    // With fewer no visitor settles an epoch late.
    preemptions(3, || {
        let live = live(1);
        let slot = live.pool.insert(ONE, 32, &record(1)).unwrap();
        live.pool.remove(ONE, slot, 32).unwrap();
        let visitors = [(); 2].map(|()| {
            let live = Arc::clone(&live);
            thread::spawn(move || live.visit())
        });
        let inserter = {
            let live = Arc::clone(&live);
            thread::spawn(move || live.pool.insert(ONE, 64, &record(100)).unwrap())
        };
        let seen = visitors.map(|visitor| visitor.join().unwrap());
        inserter.join().unwrap();
        let epoch = live.pool.get(slot, 64).unwrap().epoch;
        for (sequence, visited) in seen {
            assert_eq!(visited.is_empty(), epoch > sequence, "epoch {epoch}, {sequence} visited {visited:?}");
        }
        assert_eq!(live.visit(), (2, vec![(64, epoch)]));
    });
}

/// A visitor sees a record as it was at one moment, while its slot gets another block at the same address, also in exact
/// mode, where all charges are the same. The two are told apart by their epochs.
#[test]
fn a_visited_record_is_never_a_mixture() {
    // With fewer the owner does not get between the visitor's last looks.
    preemptions(3, || {
        let live = live(1);
        let exact = |size| LiveRecord { charge: Charge::new(size, Period::EXACT), ..record(size) };
        let slot = live.pool.insert(ONE, 64, &exact(100)).unwrap();
        // The visitor is the thread that is spawned: loom tries just one order if it is the spawning one.
        let visitor = {
            let live = Arc::clone(&live);
            thread::spawn(move || {
                live.pool.visit(5, |_, seen| {
                    assert!([(100, 0), (7777, 1)].contains(&(seen.size, seen.epoch)), "{seen:?}");
                });
            })
        };
        assert_eq!(live.pool.remove(ONE, slot, 64).unwrap().size, 100);
        live.epoch.fetch_add(1, Ordering::Relaxed);
        assert_eq!(live.pool.insert(ONE, 64, &exact(7777)), Some(slot));
        visitor.join().unwrap();
    });
}

/// A block that is reallocated while a visitor passes is seen once: at its old or at its new place, whole.
#[test]
fn a_resized_block_is_neither_missed_nor_doubled_nor_mixed() {
    preemptions(3, || {
        let live = live(2);
        let slot = live.pool.insert(ONE, 64, &record(100)).unwrap();
        let visitor = {
            let live = Arc::clone(&live);
            thread::spawn(move || {
                let mut seen = Vec::new();
                let changing = live.pool.visit(5, |address, record| seen.push((address, record)));
                assert_eq!(changing, 0);
                assert_eq!(seen.len(), 1);
                let (address, seen) = seen[0];
                assert!([(64, 100), (4096, 7777)].contains(&(address, seen.size)), "{address} {seen:?}");
                assert_eq!(seen, record(seen.size));
            })
        };
        assert!(live.pool.change(slot, 64, 4096, &record(7777)));
        visitor.join().unwrap();
        assert_eq!(live.pool.remove(ONE, slot, 4096), Some(record(7777)));
    });
}

/// A visitor passes while a block is freed: it sees the whole record or none.
#[test]
fn a_freed_block_is_seen_whole_or_not_at_all() {
    preemptions(3, || {
        let live = live(2);
        let slot = live.pool.insert(ONE, 64, &record(100)).unwrap();
        let visitor = {
            let live = Arc::clone(&live);
            thread::spawn(move || {
                live.pool.visit(5, |address, seen| assert_eq!((address, seen), (64, record(100))));
            })
        };
        live.pool.remove(ONE, slot, 64).unwrap();
        visitor.join().unwrap();
    });
}

/// The first slot of a list goes and comes back with another successor, while a thread that wants it has read the old one:
/// no slot is handed out twice, and none is lost.
#[test]
fn a_slot_that_comes_back_meanwhile_is_not_handed_out_twice() {
    loom::model(|| {
        let live = live(2);
        let slots = [1, 2].map(|n| live.pool.insert(ONE, n * 64, &record(n)).unwrap());
        live.pool.remove(ONE, slots[0], 64).unwrap();
        live.pool.remove(ONE, slots[1], 128).unwrap();
        let other = {
            let live = Arc::clone(&live);
            thread::spawn(move || live.pool.insert(ONE, 1000, &record(10)))
        };
        let first = live.pool.insert(ONE, 2000, &record(1));
        let mut held = vec![(live.pool.insert(ONE, 3000, &record(1)), 3000)];
        if let Some(slot) = first {
            live.pool.remove(ONE, slot, 2000).unwrap();
        }
        held.push((other.join().unwrap(), 1000));
        // Whatever the list is like now, it has the slots that nobody holds, and no other.
        for address in [5000, 6000] {
            held.push((live.pool.insert(OTHER, address, &record(1)), address));
        }
        let held: Vec<_> = held.into_iter().filter_map(|(slot, address)| Some((slot?, address))).collect();
        assert_eq!(held.len(), 2, "a slot is lost, or there twice");
        for (slot, address) in held {
            assert!(live.pool.get(slot, address).is_some(), "another block has the slot of {address}");
        }
    });
}

/// Threads that free and insert on shards of their own take from each other what they need.
#[test]
fn slots_wander_between_shards() {
    loom::model(|| {
        let live = live(2);
        let slot = live.pool.insert(ONE, 64, &record(1)).unwrap();
        let other = {
            let live = Arc::clone(&live);
            thread::spawn(move || {
                let slot = live.pool.insert(OTHER, 128, &record(2)).unwrap();
                assert_eq!(live.pool.remove(OTHER, slot, 128), Some(record(2)));
            })
        };
        assert_eq!(live.pool.remove(ONE, slot, 64), Some(record(1)));
        let slot = live.pool.insert(ONE, 192, &record(3)).unwrap();
        other.join().unwrap();
        assert_eq!(live.pool.get(slot, 192), Some(record(3)));
    });
}

/// Two threads that note different blocks both find them again, also if their buckets are the same.
#[test]
fn notes_do_not_displace_each_other() {
    loom::model(|| {
        let index = Arc::new(AddressIndex::new(words(AddressIndex::words(1))).unwrap());
        let note = |index: &AddressIndex<'_>, address: u64, number: u32| {
            let slot = SlotId::from_bits(number);
            assert!(index.insert(address, slot, BlockFlags::OVERALIGNED));
            assert_eq!(index.remove(address), Some((slot, BlockFlags::OVERALIGNED)));
            assert!(index.insert(address, slot, BlockFlags::NONE));
        };
        let other = {
            let index = Arc::clone(&index);
            thread::spawn(move || note(&index, 64, 1))
        };
        note(&index, 128, 2);
        other.join().unwrap();
        assert_eq!(index.get(64), Some((SlotId::from_bits(1), BlockFlags::NONE)));
        assert_eq!(index.get(128), Some((SlotId::from_bits(2), BlockFlags::NONE)));
    });
}

/// Two threads with one trace agree on its handle, and it reads back whole.
#[test]
fn one_trace_has_one_handle() {
    loom::model(|| {
        let [len] = words(1) else { unreachable!("one word") };
        let table = Arc::new(StackTable::new(words(4), area(24), len));
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

/// Two threads that add to one chain share its rows, and nothing is lost: whether they want the same class or not.
#[test]
fn one_chain_adds_up() {
    for sizes in [[40, 40], [40, 80]] {
        loom::model(move || {
            let [head] = words(1) else { unreachable!("one word") };
            let table = Arc::new(TallyTable::new(area(4 * TallyTable::ROW_WORDS)));
            let add = move |table: &TallyTable<'_>, size| {
                let charge = Charge::new(size, Period::EXACT);
                assert!(table.add(head, StackId::UNKNOWN, SizeClass::of(size), size, charge));
            };
            let other = {
                let table = Arc::clone(&table);
                thread::spawn(move || {
                    add(&table, sizes[1]);
                    add(&table, 7);
                })
            };
            add(&table, sizes[0]);
            // A reader in between sees no more than there is.
            assert!(table.iter().map(|row| row.bytes_estimate).sum::<f64>() <= 127.0);
            other.join().unwrap();
            add(&table, sizes[1]);
            let rows: Vec<_> = table.iter().filter(|row| row.samples != 0).collect();
            let mut classes: Vec<_> = rows.iter().map(|row| row.class).collect();
            classes.sort();
            classes.dedup();
            assert_eq!(classes.len(), rows.len(), "a class has one row");
            assert_eq!(rows.iter().map(|row| row.samples).sum::<u64>(), 4);
            let bytes: f64 = rows.iter().map(|row| row.bytes_estimate).sum();
            assert_eq!(bytes, [sizes[0], sizes[1], sizes[1], 7].map(|size| size as f64).iter().sum());
        });
    }
}

/// A reader of the facts gets a whole version, and the last one that was complete when it came.
#[test]
fn facts_are_read_whole() {
    preemptions(3, || {
        let [sequence] = words(1) else { unreachable!("one word") };
        let facts = Facts::new(words(Facts::words(8)), sequence);
        assert!(facts.write(b"one"));
        let reader = thread::spawn(move || {
            let mut buffer = [0; 8];
            let read = facts.read(&mut buffer).expect("one version is always there");
            assert!([&b"one"[..], b"two", b"three"].contains(&read), "{read:?}");
        });
        assert!(facts.write(b"two"));
        assert!(facts.write(b"three"));
        reader.join().unwrap();
    });
}

/// A reader of the moments gets whole ones, in order.
#[test]
fn moments_are_read_whole() {
    loom::model(|| {
        let [count] = words(1) else { unreachable!("one word") };
        let moments = Moments::new(words(Moments::ENTRY_WORDS), count);
        moments.push([1, 10]);
        let reader = thread::spawn(move || {
            for fields in moments.iter() {
                assert!([[1, 10], [2, 20]].contains(&[fields[0], fields[1]]), "{fields:?}");
            }
        });
        moments.push([2, 20]);
        reader.join().unwrap();
    });
}
