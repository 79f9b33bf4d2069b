//! pprof-alloc over the system's allocator, sampling at its default of 512 KiB.

#[global_allocator]
static ALLOC: pprof_alloc::PprofAlloc = pprof_alloc::PprofAlloc::new().with_pprof();

fn main() {
    overhead_workloads::run();
}
