//! The start of a page, and the size.

use overhead_filters::{Pages, Shim, run};

#[global_allocator]
static ALLOC: Shim<Pages> = Shim::new();

fn main() {
    run::<Pages>();
}
