//! An allocator that a signal handler may call: it hands out one address after the other and takes nothing back.

use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that it can hand out; address space is all they cost until they are used.
const SIZE: usize = 64 << 30;

/// The next free address; 0 before the first use.
static NEXT: AtomicUsize = AtomicUsize::new(0);
/// The end of what there is.
static END: AtomicUsize = AtomicUsize::new(0);

/// The allocator.
#[derive(Debug)]
pub(crate) struct Bump;

fn prepare() {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping touches no existing memory.
    let start = unsafe { libc::mmap(std::ptr::null_mut(), SIZE, protection, flags, -1, 0) };
    if start != libc::MAP_FAILED {
        // The first allocation comes before any handler and any second thread.
        END.store(start.addr() + SIZE, Ordering::Relaxed);
        NEXT.store(start.expose_provenance(), Ordering::Release);
    }
}

// SAFETY: each part of the mapping is handed out once, aligned, and stays mapped. `realloc` and `alloc_zeroed` are the
// trait's own; fresh memory is zero.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if NEXT.load(Ordering::Acquire) == 0 {
            prepare();
        }
        let end = END.load(Ordering::Relaxed);
        let place = |next: usize| next.next_multiple_of(layout.align().max(16));
        let taken = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
            Some(place(next) + layout.size()).filter(|after| *after <= end)
        });
        taken.map_or(std::ptr::null_mut(), |next| std::ptr::with_exposed_provenance_mut(place(next)))
    }

    unsafe fn dealloc(&self, _block: *mut u8, _layout: Layout) {}
}
