//! What needs the operating system or the processor itself. The unsafe code of the crate is here and in `hook`.

#[cfg(feature = "jemalloc")]
pub(crate) mod address_range;
#[cfg(feature = "jemalloc")]
pub(crate) mod block_prefix;
pub(crate) mod clock;
pub(crate) mod disk_space;
pub(crate) mod doorbell;
pub(crate) mod forever;
#[cfg(feature = "jemalloc")]
pub(crate) mod jemalloc;
#[cfg(feature = "jemalloc")]
pub(crate) mod jemalloc_figures;
pub(crate) mod memory;
pub(crate) mod modules;
pub(crate) mod process_hooks;
pub(crate) mod registers;
#[cfg(feature = "jemalloc")]
pub(crate) mod sampled_heap;
pub(crate) mod signals;
pub(crate) mod stack;
pub(crate) mod task_waker;
