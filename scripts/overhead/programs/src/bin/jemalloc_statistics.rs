//! jemalloc with its own statistics, which is how heapdiff builds it.

#[global_allocator]
static ALLOC: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    overhead_workloads::run();
}
