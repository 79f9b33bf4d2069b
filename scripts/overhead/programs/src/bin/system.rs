//! The system's allocator as it is.

#[global_allocator]
static ALLOC: std::alloc::System = std::alloc::System;

fn main() {
    overhead_workloads::run();
}
