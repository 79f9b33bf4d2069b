//! heapdiff over jemalloc; the environment switches it on.

#[global_allocator]
static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();

fn main() {
    overhead_workloads::run();
}
