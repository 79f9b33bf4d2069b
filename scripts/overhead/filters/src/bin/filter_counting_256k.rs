//! A counting filter of 256 KiB.

use overhead_filters::{Counting, Shim, run};

#[global_allocator]
static ALLOC: Shim<Counting<18>> = Shim::new();

fn main() {
    run::<Counting<18>>();
}
