//! Memory straight from the kernel.

use heapdiff_recorder::AtomicU64;
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;

/// Maps `words` zeroed words that stay mapped as long as the process lives, touched only where they are used.
///
/// They are left out of core dumps and of huge pages, which would make two megabytes of each word that is touched.
pub(crate) fn map_words(words: usize) -> Option<&'static [AtomicU64]> {
    let bytes = words.checked_mul(size_of::<AtomicU64>())?;
    as_words(map(bytes, libc::PROT_READ | libc::PROT_WRITE)?, words)
}

/// Maps the first `words` words of a file, shared with whoever else maps it. They stay mapped as long as the process
/// lives.
///
/// A page that has no disk space must not be touched: see [`disk_space`](super::disk_space). Nobody may shorten the
/// file.
pub(crate) fn map_file(file: &File, words: usize) -> Option<&'static [AtomicU64]> {
    let bytes = words.checked_mul(size_of::<AtomicU64>())?;
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping at an address that the kernel chooses touches no existing memory; the file is open.
    let start =
        unsafe { libc::mmap(std::ptr::null_mut(), bytes, protection, libc::MAP_SHARED, file.as_raw_fd(), 0) };
    if start == libc::MAP_FAILED {
        return None;
    }
    as_words(NonNull::new(start.cast())?, words)
}

/// Words of a mapping that was just made, is readable and writable, and is never unmapped.
fn as_words(start: NonNull<u8>, words: usize) -> Option<&'static [AtomicU64]> {
    let bytes = words.checked_mul(size_of::<AtomicU64>())?;
    // Advice only: what the kernel does not know it refuses, and nothing is lost.
    advise(start, bytes, libc::MADV_NOHUGEPAGE);
    advise(start, bytes, libc::MADV_DONTDUMP);
    // SAFETY: the mapping is `bytes` long, page-aligned (any bytes are valid atomics) and never unmapped, so it is
    // valid for reads and writes for 'static; it was just made, so this process has no other reference to it, and
    // others reach it as atomics too.
    Some(unsafe { std::slice::from_raw_parts(start.cast::<AtomicU64>().as_ptr(), words) })
}

/// Maps a zeroed word that is zero again in every child with memory of its own, where the kernel can do that.
pub(crate) fn map_wiped_in_children() -> Option<&'static AtomicU32> {
    const PAGE: usize = 4096;
    let start = map(PAGE, libc::PROT_READ | libc::PROT_WRITE)?;
    advise(start, PAGE, libc::MADV_WIPEONFORK);
    // SAFETY: the mapping is page-aligned, zeroed (a valid atomic), larger than the word and never unmapped, and nobody
    // else has a reference to it.
    Some(unsafe { start.cast::<AtomicU32>().as_ref() })
}

/// Bytes of a page.
pub(crate) fn page_bytes() -> u64 {
    // SAFETY: sysconf takes any name.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// Reserves `bytes` of address space, a power of two, at a multiple of it; [`commit`] makes it usable piece by piece.
/// Never given back.
#[cfg(feature = "jemalloc")]
pub(crate) fn reserve(bytes: usize) -> Option<NonNull<u8>> {
    let start = map(bytes.checked_mul(2)?, libc::PROT_NONE)?;
    let before = start.addr().get().wrapping_neg() & bytes.wrapping_sub(1);
    // SAFETY: `before` is less than `bytes`, and the mapping is twice as long.
    let kept = unsafe { start.add(before) };
    // SAFETY: as above.
    let after = unsafe { kept.add(bytes) };
    unmap(start, before);
    unmap(after, bytes.wrapping_sub(before));
    Some(kept)
}

/// Gives back a part of a reservation that nobody uses.
#[cfg(feature = "jemalloc")]
fn unmap(start: NonNull<u8>, bytes: usize) {
    if bytes > 0 {
        // SAFETY: the caller's part lies in a mapping of ours that nobody uses. A failure leaves it reserved.
        unsafe { libc::munmap(start.as_ptr().cast(), bytes) };
    }
}

/// Makes a piece of a reservation readable and writable. The pieces are zero until they are written to.
#[cfg(feature = "jemalloc")]
pub(crate) fn commit(start: NonNull<u8>, bytes: usize) -> bool {
    // SAFETY: the caller's range is a part of a reservation of ours, whose pages nobody uses yet.
    let result = unsafe { libc::mprotect(start.as_ptr().cast(), bytes, libc::PROT_READ | libc::PROT_WRITE) };
    result == 0
}

/// Gives the pages of a range back to the kernel; it reads as zero afterwards.
#[cfg(feature = "jemalloc")]
pub(crate) fn release(start: NonNull<u8>, bytes: usize) -> bool {
    advise(start, bytes, libc::MADV_DONTNEED)
}

/// Where a program may have less address space, nothing is taken of it: the writer thread needs its stack and tens of
/// megabytes at times, and would find none. jemalloc wants room for a new thread's arena too, and dereferences null where
/// there is none: seen at 128 MiB in one start of six, never from 132 MiB on.
const LIMIT_MIN: u64 = 192 << 20;

/// Whether `bytes` of address space may be taken. Under a limit (`ulimit -v`) that is an eighth of it: the rest is the
/// program's.
pub(crate) fn may_take(bytes: usize) -> bool {
    limit(|into| {
        // SAFETY: the pointer is valid for writes.
        unsafe { libc::getrlimit(libc::RLIMIT_AS, into) }
    })
    .is_none_or(|limit| limit >= LIMIT_MIN && bytes as u64 <= limit / 8)
}

/// Whether a file may grow to `bytes`. To try is a deadly signal where it may not (`ulimit -f`).
pub(crate) fn may_write(bytes: u64) -> bool {
    limit(|into| {
        // SAFETY: the pointer is valid for writes.
        unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, into) }
    })
    .is_none_or(|limit| bytes <= limit)
}

/// The limit that `ask` reads; `None` if there is none.
fn limit(ask: impl FnOnce(*mut libc::rlimit) -> libc::c_int) -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    let result = ask(&raw mut limit);
    (result == 0 && limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur)
}

fn map(bytes: usize, protection: libc::c_int) -> Option<NonNull<u8>> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new anonymous mapping at an address that the kernel chooses touches no existing memory.
    let start = unsafe { libc::mmap(std::ptr::null_mut(), bytes, protection, flags, -1, 0) };
    if start == libc::MAP_FAILED { None } else { NonNull::new(start.cast()) }
}

fn advise(start: NonNull<u8>, bytes: usize, advice: libc::c_int) -> bool {
    // SAFETY: the range is a mapping of ours. The advices used keep its contents, but for MADV_DONTNEED, whose callers
    // give up the contents.
    let result = unsafe { libc::madvise(start.as_ptr().cast(), bytes, advice) };
    result == 0
}
