//! A heap of its own for samples: powers of two out of a reserved range. Simple, since samples are rare.

use std::alloc::Layout;
use std::ptr::null_mut;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

/// Address space, not memory.
const RESERVED: usize = 64 << 30;
const CLASSES: usize = 37;

/// First address; above every one while there is no range.
pub(crate) static START: AtomicUsize = AtomicUsize::new(1 << (usize::BITS - 1));
/// Bytes; 0 while there is no range.
pub(crate) static LEN: AtomicUsize = AtomicUsize::new(0);

static RESERVE: Once = Once::new();
static NEXT: AtomicUsize = AtomicUsize::new(0);
static IS_LOCKED: AtomicBool = AtomicBool::new(false);
/// Heads of lists of free blocks; a free block's first word is the next one.
static FREE: [AtomicPtr<u8>; CLASSES] = [const { AtomicPtr::new(null_mut()) }; CLASSES];

pub(crate) fn alloc(layout: Layout) -> *mut u8 {
    RESERVE.call_once(reserve);
    let size = class_size(layout);
    let Some(free) = FREE.get(size.ilog2() as usize) else { return null_mut() };
    locked(|| {
        let block = free.load(Ordering::Relaxed);
        if !block.is_null() {
            // SAFETY: a free block of at least 16 bytes, whose first word was written when it was freed.
            free.store(unsafe { block.cast::<*mut u8>().read() }, Ordering::Relaxed);
            return block;
        }
        let start = NEXT.load(Ordering::Relaxed).next_multiple_of(size);
        let end = START.load(Ordering::Relaxed) + LEN.load(Ordering::Relaxed);
        if start + size > end {
            return null_mut();
        }
        NEXT.store(start + size, Ordering::Relaxed);
        std::ptr::with_exposed_provenance_mut(start)
    })
}

/// # Safety
/// The block came from [`alloc`] with this layout, and has not been freed.
pub(crate) unsafe fn free(block: *mut u8, layout: Layout) {
    let size = class_size(layout);
    locked(|| {
        let free = &FREE[size.ilog2() as usize];
        // SAFETY: the block is ours again and has 16 bytes at least.
        unsafe { block.cast::<*mut u8>().write(free.load(Ordering::Relaxed)) };
        free.store(block, Ordering::Relaxed);
    });
}

fn class_size(layout: Layout) -> usize {
    layout.size().max(layout.align()).max(16).next_power_of_two()
}

/// Under a lock, for which the orderings of all else may be relaxed.
fn locked<T>(action: impl FnOnce() -> T) -> T {
    // Acquire: pairs with the Release below.
    while IS_LOCKED.swap(true, Ordering::Acquire) {
        std::hint::spin_loop();
    }
    let result = action();
    IS_LOCKED.store(false, Ordering::Release);
    result
}

fn reserve() {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping anywhere touches nothing that exists.
    let start = unsafe { libc::mmap(null_mut(), RESERVED, protection, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return;
    }
    NEXT.store(start.expose_provenance(), Ordering::Relaxed);
    START.store(start.addr(), Ordering::Relaxed);
    LEN.store(RESERVED, Ordering::Relaxed);
}
