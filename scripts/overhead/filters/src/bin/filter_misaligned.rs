//! Eight bytes beside a multiple of sixteen.

use overhead_filters::{Misaligned, Shim, run};

#[global_allocator]
static ALLOC: Shim<Misaligned> = Shim::new();

fn main() {
    run::<Misaligned>();
}
