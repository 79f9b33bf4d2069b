//! The countdown alone.

use overhead_filters::{NoFilter, Shim, run};

#[global_allocator]
static ALLOC: Shim<NoFilter<false>> = Shim::new();

fn main() {
    run::<NoFilter<false>>();
}
