//! libdd-profiling-heap-allocator over jemalloc, with its probe active as it is while somebody listens. Nobody does: the
//! probe itself stays a no-op, so the cost of a stack is not in its figures.

use libdd_profiling_heap_allocator::{SampledAllocator, is_profiler_attached};
use tikv_jemallocator::Jemalloc;

// The sampler is linked for this function.
use libdd_profiling_heap_sampler as _;

#[global_allocator]
static ALLOC: SampledAllocator<Jemalloc> = SampledAllocator::new(Jemalloc);

unsafe extern "C" {
    /// The sampler's own switch for tests and benchmarks.
    fn dd_test_set_profiler_active(active: bool);
}

fn main() {
    // SAFETY: stores a flag; the sampler's own benchmark calls it in the same way.
    unsafe { dd_test_set_profiler_active(true) };
    assert!(is_profiler_attached(), "the probe did not become active");
    overhead_workloads::run();
}
