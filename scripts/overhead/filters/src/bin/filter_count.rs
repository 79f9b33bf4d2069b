//! Counts frees, to divide by.

use overhead_filters::{NoFilter, Shim, run};

#[global_allocator]
static ALLOC: Shim<NoFilter<true>> = Shim::new();

fn main() {
    run::<NoFilter<true>>();
}
