//! A reserved address range.

use overhead_filters::{Range, Shim, run};

#[global_allocator]
static ALLOC: Shim<Range> = Shim::new();

fn main() {
    run::<Range>();
}
