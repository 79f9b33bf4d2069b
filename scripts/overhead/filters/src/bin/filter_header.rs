//! A magic number in front.

use overhead_filters::{Header, Shim, run};

#[global_allocator]
static ALLOC: Shim<Header> = Shim::new();

fn main() {
    run::<Header>();
}
