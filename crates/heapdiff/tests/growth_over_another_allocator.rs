//! Growth over an allocator that is not heapdiff's own.

use heapdiff::test::{Growth, GrowthError, assert_no_growth};
use std::alloc::System;
use std::hint::black_box;

#[global_allocator]
static ALLOC: heapdiff::Allocator<System> = heapdiff::Allocator::wrap(System);

#[test]
fn growth_is_exact() {
    let leak = || std::mem::forget(black_box(vec![0_u8; 123]));
    let Err(GrowthError::Grows(found)) = Growth::new().check(leak) else { panic!("a leak is found") };
    assert_eq!((found.rows()[0].bytes(), found.rows()[0].objects()), (28 * 123, 28), "{found}");
    assert_no_growth(|| black_box(vec![0_u8; 100_000]).len());
}
