//! What can be chosen, and what goes wrong.

use crate::found;
use heapdiff::test::{Growth, GrowthError, assert_no_growth};
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};

fn leak(bytes: usize) {
    std::mem::forget(black_box(vec![0_u8; bytes]));
}

#[test]
fn so_much_is_allowed() {
    Growth::new().allow_bytes(100).assert(|| leak(100));
    Growth::new().allow_objects(1).assert(|| leak(100));
    Growth::new().allow_bytes(100).allow_objects(1).assert(|| leak(100));
    for strict in [
        Growth::new().allow_bytes(99),
        Growth::new().allow_objects(0),
        Growth::new().allow_bytes(1000).allow_objects(0),
        Growth::new().allow_bytes(99).allow_objects(5),
    ] {
        assert_eq!(found(&strict, || leak(100)).rows().len(), 1, "{strict:?}");
    }
}

#[test]
fn functions_are_ignored_by_name() {
    mod metrics {
        pub(super) fn count() {
            super::leak(8);
        }
    }
    let action = || {
        metrics::count();
        leak(100);
    };
    let found = found(&Growth::new().ignore("metrics::"), action);
    assert_eq!(found.rows().iter().map(|row| row.bytes()).collect::<Vec<_>>(), [2800]);
    Growth::new().ignore("metrics::").ignore("functions_are_ignored").assert(action);
}

#[test]
fn rounds_are_as_many_as_asked_for() {
    let rounds = |growth: Growth, bytes| {
        let mut rounds = 0;
        let _ = growth.check(|| {
            rounds += 1;
            if bytes > 0 {
                leak(bytes);
            }
        });
        rounds
    };
    assert_eq!(rounds(Growth::new(), 1), 32);
    assert_eq!(rounds(Growth::new(), 0), 8, "they end when nothing can fail");
    assert_eq!(rounds(Growth::new().rounds(70), 1), 80);
    assert_eq!(rounds(Growth::new().rounds(0).warm_up(0), 1), 3);
    assert_eq!(rounds(Growth::new().rounds(7).warm_up(50), 1), 57);
}

#[test]
fn a_closure_that_panics() {
    let panicking = || assert_no_growth(|| panic!("by the closure"));
    let payload = catch_unwind(panicking).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"by the closure"));
    // The thread can measure again, and is counted no longer meanwhile.
    leak(5000);
    let found = found(&Growth::new(), || leak(10));
    assert_eq!(found.rows()[0].bytes(), 280);
}

#[test]
fn a_nested_one_is_refused() {
    let mut inner = None;
    let outer = catch_unwind(AssertUnwindSafe(|| {
        Growth::new().rounds(3).warm_up(0).assert(|| inner = Growth::new().check(|| ()).err());
    }));
    assert!(outer.is_ok() && matches!(inner, Some(GrowthError::Nested)), "{inner:?}");
}
