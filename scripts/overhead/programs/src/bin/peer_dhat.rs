//! dhat over the system's allocator. It records every allocation.

#[global_allocator]
static ALLOC: dhat::Alloc = dhat::Alloc;

fn main() {
    let profiler = dhat::Profiler::new_heap();
    overhead_workloads::run();
    // What it would write at the end is of no interest, and takes seconds.
    std::mem::forget(profiler);
}
