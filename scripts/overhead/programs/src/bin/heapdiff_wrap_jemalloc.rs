//! heapdiff over jemalloc as over any allocator that it knows nothing of.

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOC: heapdiff::Allocator<Jemalloc> = heapdiff::Allocator::wrap(Jemalloc);

fn main() {
    overhead_workloads::run();
}
