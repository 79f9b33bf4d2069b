//! heapscope over the system's allocator, sampling at 512 KiB.

#[global_allocator]
static ALLOC: heapscope::Alloc = heapscope::Alloc::system();

fn main() {
    let _profiler = heapscope::Profiler::builder()
        .sampling(512 * 1024)
        .no_output()
        .build()
        .expect("heapscope starts in a program with frame pointers");
    overhead_workloads::run();
}
