//! Twenty leaks of different sizes and twenty closures without one, all at once on threads of their own.

use crate::{found, rows};
use heapdiff::test::{Growth, assert_no_growth};
use std::hint::black_box;
use std::sync::Barrier;

#[test]
fn each_finds_its_own_leak() {
    const LEAKS: usize = 20;
    let barrier = Barrier::new(2 * LEAKS);
    std::thread::scope(|scope| {
        for number in 1..=LEAKS {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                let found = found(&Growth::new(), || {
                    work();
                    std::mem::forget(black_box(vec![0_u8; number * 10]));
                });
                let [(bytes, objects, function)] = &rows(&found)[..] else { panic!("{found}") };
                assert_eq!((*bytes, *objects), (number as u64 * 10 * 28, 28));
                assert!(function.contains("each_finds_its_own_leak"), "{function}");
            });
            scope.spawn(move || {
                barrier.wait();
                assert_no_growth(work);
            });
        }
    });
}

/// What all of them do alike.
#[inline(never)]
fn work() -> usize {
    (0..50).map(|n| black_box(vec![n; 1 + n % 7]).len()).sum()
}
