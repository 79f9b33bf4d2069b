//! jemalloc with its profiler, which `_RJEM_MALLOC_CONF` switches on.

#[global_allocator]
static ALLOC: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    overhead_workloads::run();
}
