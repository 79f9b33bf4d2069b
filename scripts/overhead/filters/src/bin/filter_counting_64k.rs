//! A counting filter of 64 KiB.

use overhead_filters::{Counting, Shim, run};

#[global_allocator]
static ALLOC: Shim<Counting<16>> = Shim::new();

fn main() {
    run::<Counting<16>>();
}
