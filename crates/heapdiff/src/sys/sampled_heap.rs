//! The heap of sampled blocks: a jemalloc arena in an address range of its own.
//!
//! Whether a block was sampled is then told by its address alone: an exclusive or and a shift, with no false answers,
//! no header in the block and no table to look into. The arena gets its extents from a reserved range by bumping a
//! pointer; it is never given any back, so jemalloc keeps and reuses them itself.
//!
//! Blocks go to the arena and back past the thread caches of jemalloc, or a cached sample would be handed out as an
//! unsampled block. [`BlockCache`]s of their own, which hold nothing but blocks of this heap, take their place.

use super::address_range::AddressRange;
use super::memory;
use std::cell::Cell;
use std::ffi::{c_int, c_uint, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use tikv_jemalloc_sys as je;

/// The range. Marked as used, or the optimizer makes a plain word of it that may lie beside one that is written to.
#[used]
static RANGE: AddressRange = AddressRange::nowhere();
/// First address that has not been handed to jemalloc.
static NEXT: AtomicUsize = AtomicUsize::new(0);
/// The flag that names the arena, once it is there; `None` if it could not be made.
static FLAGS: OnceLock<Option<c_int>> = OnceLock::new();

/// Sizes to try for the range. All memory of exact mode lives in it, so it is large where address space is free, and
/// small under `ulimit -v` or valgrind.
const RESERVATIONS: [usize; 9] =
    [1 << 40, 1 << 38, 1 << 36, 1 << 32, 1 << 30, 1 << 28, 1 << 26, 1 << 24, 1 << 22];

/// Whether a block lies in the heap of sampled blocks.
#[inline(always)]
pub(crate) fn contains(block: *const u8) -> bool {
    RANGE.contains(block.addr())
}

/// Makes the heap ready to serve, once; `false` if the address space or the arena cannot be had.
pub(crate) fn prepare() -> bool {
    FLAGS
        .get_or_init(|| {
            let mut sizes = RESERVATIONS.into_iter().filter(|&len| memory::may_take(len));
            let (start, len) = sizes.find_map(|len| Some((memory::reserve(len)?, len)))?;
            NEXT.store(start.addr().get(), Ordering::Relaxed);
            if !RANGE.set(start.addr().get(), len) {
                return None;
            }
            let arena = create_arena()?;
            Some(je::MALLOCX_ARENA(usize::try_from(arena).ok()?))
        })
        .is_some()
}

/// Blocks of the heap that were freed lately, to be handed out again without the arena's locks. Only one thread at a
/// time may use it, which is why it is neither `Clone` nor `Sync`.
///
/// It holds at most what jemalloc lets any thread cache hold: 200 blocks of a small size class, 20 of a large one.
#[derive(Debug)]
pub(crate) struct BlockCache {
    flag: c_int,
    _one_thread_at_a_time: PhantomData<Cell<()>>,
}

impl BlockCache {
    /// A cache that keeps nothing: a block costs more, and none lies about unused.
    pub(crate) const NOTHING: Self =
        Self { flag: je::MALLOCX_TCACHE_NONE, _one_thread_at_a_time: PhantomData };

    /// A cache, empty; one that keeps nothing if jemalloc has no more of them.
    pub(crate) fn new() -> Self {
        let mut index: c_uint = 0;
        let mut index_size = size_of::<c_uint>();
        // SAFETY: the name ends with a zero; `tcache.create` writes an unsigned of the size given and reads nothing.
        let result = unsafe {
            je::mallctl(
                c"tcache.create".as_ptr(),
                (&raw mut index).cast(),
                &raw mut index_size,
                std::ptr::null_mut(),
                0,
            )
        };
        let flag = usize::try_from(index).ok().filter(|_| result == 0).map(je::MALLOCX_TCACHE);
        flag.map_or(Self::NOTHING, |flag| Self { flag, ..Self::NOTHING })
    }
}

#[inline]
fn cache_flag(cache: Option<&mut BlockCache>) -> c_int {
    cache.map_or(je::MALLOCX_TCACHE_NONE, |cache| cache.flag)
}

/// Allocates a block in the range; null if it is used up or was never made.
#[inline]
pub(crate) fn alloc(size: usize, align: usize, zeroed: bool, cache: Option<&mut BlockCache>) -> *mut u8 {
    let Some(flags) = flags(align, cache) else { return std::ptr::null_mut() };
    let zero = if zeroed { je::MALLOCX_ZERO } else { 0 };
    // SAFETY: the size is not 0, which is all that mallocx asks for; the flags name an arena that exists.
    unsafe { je::mallocx(size.max(1), flags | zero) }.cast()
}

/// Changes the size of a block in the range; null, with the block as it was, if that cannot be done there.
///
/// # Safety
/// `block` was allocated here with this `align` and has not been freed.
pub(crate) unsafe fn realloc(
    block: *mut u8,
    align: usize,
    new_size: usize,
    cache: Option<&mut BlockCache>,
) -> *mut u8 {
    let Some(flags) = flags(align, cache) else { return std::ptr::null_mut() };
    // SAFETY: `block` is a live block of jemalloc by the caller's duty, and the size is not 0.
    unsafe { je::rallocx(block.cast(), new_size.max(1), flags) }.cast()
}

/// Frees a block in the range.
///
/// # Safety
/// `block` was allocated here with this `size` and `align`, or last reallocated to them, and has not been freed.
#[inline]
pub(crate) unsafe fn dealloc(block: *mut u8, size: usize, align: usize, cache: Option<&mut BlockCache>) {
    let flags = align_flag(align) | cache_flag(cache);
    // SAFETY: `block` is a live block of jemalloc with this size and alignment by the caller's duty.
    unsafe { je::sdallocx(block.cast(), size.max(1), flags) };
}

#[inline]
fn flags(align: usize, cache: Option<&mut BlockCache>) -> Option<c_int> {
    FLAGS.get().copied().flatten().map(|arena| arena | align_flag(align) | cache_flag(cache))
}

fn align_flag(align: usize) -> c_int {
    je::MALLOCX_ALIGN(align)
}

fn create_arena() -> Option<c_uint> {
    /// Hooks of the arena. Not given: `dalloc`, so extents stay; `commit` and `decommit`, so pages stay usable;
    /// `purge_lazy`, so pages that are not needed go back to the kernel by `purge_forced`.
    static HOOKS: Hooks = Hooks(je::extent_hooks_t {
        alloc: Some(extent_alloc),
        dalloc: None,
        destroy: None,
        commit: None,
        decommit: None,
        purge_lazy: None,
        purge_forced: Some(extent_purge),
        split: Some(extent_split),
        merge: Some(extent_merge),
    });
    let mut arena: c_uint = 0;
    let mut arena_size = size_of::<c_uint>();
    let mut hooks: *const je::extent_hooks_t = &raw const HOOKS.0;
    // SAFETY: the name ends with a zero; `arenas.create` writes an unsigned and reads a pointer to hooks, both of the
    // sizes given; the hooks are static and jemalloc does not write to them.
    let result = unsafe {
        je::mallctl(
            c"arenas.create".as_ptr(),
            (&raw mut arena).cast(),
            &raw mut arena_size,
            (&raw mut hooks).cast(),
            size_of::<*const je::extent_hooks_t>(),
        )
    };
    (result == 0).then_some(arena)
}

struct Hooks(je::extent_hooks_t);

// SAFETY: a table of function pointers that nobody changes.
unsafe impl Sync for Hooks {}

/// Hands out the next part of the range. Called by jemalloc under its own locks, on any thread: it neither allocates
/// nor waits.
unsafe extern "C" fn extent_alloc(
    _hooks: *mut je::extent_hooks_t,
    wanted: *mut c_void,
    size: usize,
    alignment: usize,
    zero: *mut bool,
    commit: *mut bool,
    _arena: c_uint,
) -> *mut c_void {
    let end = RANGE.end();
    let place = |next: usize| next.checked_next_multiple_of(alignment.max(1));
    // Relaxed: only the uniqueness of the part matters; jemalloc publishes what it makes of it.
    let taken = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
        let start = place(next)?;
        let is_where_wanted = wanted.is_null() || wanted.addr() == start;
        start.checked_add(size).filter(|&after| is_where_wanted && after <= end)
    });
    let Some(start) = taken.ok().and_then(place) else { return std::ptr::null_mut() };
    let Some(part) = NonNull::new(std::ptr::with_exposed_provenance_mut::<u8>(start)) else {
        return std::ptr::null_mut();
    };
    if !memory::commit(part, size) {
        return std::ptr::null_mut();
    }
    // SAFETY: jemalloc passes a valid flag. Fresh pages are zero.
    unsafe { zero.write(true) };
    // SAFETY: jemalloc passes a valid flag.
    unsafe { commit.write(true) };
    part.as_ptr().cast()
}

unsafe extern "C" fn extent_purge(
    _hooks: *mut je::extent_hooks_t,
    extent: *mut c_void,
    _size: usize,
    offset: usize,
    length: usize,
    _arena: c_uint,
) -> bool {
    let part = NonNull::new(extent.cast::<u8>().wrapping_add(offset));
    // The hooks answer `true` for "not done".
    !part.is_some_and(|part| memory::release(part, length))
}

/// Parts of the range may be cut anywhere.
unsafe extern "C" fn extent_split(
    _hooks: *mut je::extent_hooks_t,
    _extent: *mut c_void,
    _size: usize,
    _size_a: usize,
    _size_b: usize,
    _committed: bool,
    _arena: c_uint,
) -> bool {
    false
}

/// And put together again.
unsafe extern "C" fn extent_merge(
    _hooks: *mut je::extent_hooks_t,
    _a: *mut c_void,
    _size_a: usize,
    _b: *mut c_void,
    _size_b: usize,
    _committed: bool,
    _arena: c_uint,
) -> bool {
    false
}
