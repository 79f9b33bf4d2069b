//! Growth on threads that the measuring one does not know. All alone in its process: everything is counted.

use heapdiff::test::{Growth, GrowthError};
use std::hint::black_box;
use std::sync::mpsc::sync_channel;

#[global_allocator]
static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();

#[test]
fn what_a_pool_and_fresh_threads_leave_behind_is_counted() {
    // A thread that is there before, and has allocated.
    let (work, orders) = sync_channel::<usize>(0);
    let (done, answers) = sync_channel::<()>(0);
    let pool = std::thread::spawn(move || {
        for bytes in orders {
            pooled(bytes);
            done.send(()).unwrap();
        }
    });
    let in_pool = |bytes| {
        work.send(bytes).unwrap();
        answers.recv().unwrap();
    };
    let every = Growth::new().every_thread();
    // The first round lets the pool notice: more than 16 KiB.
    let found = match every.check(|| in_pool(32 * 1024)) {
        Err(GrowthError::Grows(found)) => found,
        other => panic!("{other:?}"),
    };
    assert_eq!((found.rows()[0].bytes(), found.rows()[0].objects()), (28 * 32 * 1024, 28), "{found}");
    assert!(found.to_string().contains("::pooled at tests/growth_of_every_thread.rs:"), "{found}");
    every.assert(|| in_pool(0));
    Growth::new().assert(|| in_pool(32 * 1024));

    let fresh = |bytes| std::thread::spawn(move || pooled(bytes)).join().unwrap();
    let found = match every.check(|| fresh(24)) {
        Err(GrowthError::Grows(found)) => found,
        other => panic!("{other:?}"),
    };
    assert_eq!((found.rows()[0].bytes(), found.rows()[0].objects()), (28 * 24, 28), "{found}");
    every.assert(|| fresh(0));
    drop(work);
    pool.join().unwrap();
}

#[inline(never)]
fn pooled(bytes: usize) {
    std::mem::forget(black_box(vec![0_u8; bytes]));
    drop(black_box(vec![0_u8; 100]));
}
