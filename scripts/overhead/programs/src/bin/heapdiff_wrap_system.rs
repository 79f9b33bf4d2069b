//! heapdiff over the system's allocator.

use std::alloc::System;

#[global_allocator]
static ALLOC: heapdiff::Allocator<System> = heapdiff::Allocator::wrap(System);

fn main() {
    overhead_workloads::run();
}
