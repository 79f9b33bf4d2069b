//! Buffers out of big chunks of memory, each counted by hand.
//!
//! ```text
//! chunk, 4 MiB: [ page, 8 KiB | page | page | ... ]      512 pages
//! buffer:        key -> { page, references }
//! ```
//! **Source:** `PooledByteBufAllocator` of Netty, whose chunks and pages have these sizes.

use heapdiff::resource::{self, Lease, Type};
use slab::Slab;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is taken from the allocator at once, in bytes.
pub(crate) const CHUNK_BYTES: usize = 4 << 20;

/// The size of a buffer.
pub(crate) const PAGE_BYTES: usize = 8 << 10;

const PAGES_PER_CHUNK: usize = CHUNK_BYTES / PAGE_BYTES;

/// Buffers that are out, as heapdiff counts them.
static BUFFER: Type = Type::new("buffer");

/// A buffer of the pool: its number, and no more. Nothing happens when it is dropped, as with whatever is handed to the
/// kernel, to another process or to C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Buffer(usize);

/// Hands out buffers. A chunk is never given back to the allocator.
#[derive(Debug)]
pub(crate) struct Pool(Mutex<Arena>);

#[derive(Debug)]
struct Arena {
    /// So that heap profiles say which memory is this pool's, and who has it.
    known: resource::Pool,
    chunks: Vec<Box<[u8]>>,
    free: Vec<Page>,
    buffers: Slab<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Page {
    chunk: usize,
    number: usize,
}

/// A buffer that is out.
#[derive(Debug)]
struct Entry {
    page: Page,
    references: u32,
    /// Dropped with the entry, which is the release.
    lease: Lease,
}

impl Pool {
    /// A pool without chunks.
    pub(crate) fn new() -> Self {
        let known = resource::Pool::register("arena", Some(&BUFFER));
        Self(Mutex::new(Arena { known, chunks: Vec::new(), free: Vec::new(), buffers: Slab::new() }))
    }

    /// A buffer with one reference.
    pub(crate) fn acquire(&self) -> Buffer {
        let lease = BUFFER.acquire(PAGE_BYTES as u64);
        let mut arena = self.lock();
        let page = arena.take_page();
        let buffer = arena.buffers.insert(Entry { page, references: 1, lease });
        arena.update_known();
        Buffer(buffer)
    }

    /// One reference more.
    pub(crate) fn retain(&self, buffer: Buffer) {
        if let Some(entry) = self.lock().buffers.get_mut(buffer.0) {
            entry.references += 1;
        }
    }

    /// One reference less. After the last one the buffer is somebody else's.
    pub(crate) fn release(&self, buffer: Buffer) {
        let mut arena = self.lock();
        let Some(entry) = arena.buffers.get_mut(buffer.0) else { return };
        entry.references -= 1;
        if entry.references == 0 {
            let page = arena.buffers.remove(buffer.0).page;
            arena.free.push(page);
            arena.update_known();
        }
    }

    /// Says what is done to the buffer.
    pub(crate) fn touch(&self, buffer: Buffer, hint: &'static str) {
        if let Some(entry) = self.lock().buffers.get(buffer.0) {
            entry.lease.record(hint);
        }
    }

    /// Lets `use_bytes` read and write the buffer.
    pub(crate) fn with<R>(&self, buffer: Buffer, use_bytes: impl FnOnce(&mut [u8]) -> R) -> Option<R> {
        let mut arena = self.lock();
        let page = arena.buffers.get(buffer.0)?.page;
        let start = page.number * PAGE_BYTES;
        let bytes = arena.chunks.get_mut(page.chunk)?.get_mut(start..start + PAGE_BYTES)?;
        Some(use_bytes(bytes))
    }

    /// How many chunks it has, and how many buffers are out.
    pub(crate) fn figures(&self) -> (usize, usize) {
        let arena = self.lock();
        (arena.chunks.len(), arena.buffers.len())
    }

    fn lock(&self) -> MutexGuard<'_, Arena> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arena {
    fn take_page(&mut self) -> Page {
        self.free.pop().unwrap_or_else(|| self.grow())
    }

    /// Takes a chunk from the allocator, and returns its first page. In a heap profile the chunk belongs to whoever
    /// happened to need that page, whoever has the others.
    fn grow(&mut self) -> Page {
        let memory = vec![0; CHUNK_BYTES];
        self.known.add_chunk(memory.as_ptr(), memory.len());
        let chunk = self.chunks.len();
        self.chunks.push(memory.into_boxed_slice());
        self.free.extend((1..PAGES_PER_CHUNK).rev().map(|number| Page { chunk, number }));
        Page { chunk, number: 0 }
    }

    fn update_known(&self) {
        self.known.update(self.buffers.len() as u64, self.free.len() as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_released_buffer_is_handed_out_again_and_a_retained_one_is_not() {
        let pool = Pool::new();
        let first = pool.acquire();
        pool.retain(first);
        pool.release(first);
        let second = pool.acquire();
        assert_ne!(first, second);
        pool.with(first, |bytes| bytes.fill(1));
        pool.with(second, |bytes| bytes.fill(2));
        assert_eq!(pool.with(first, |bytes| bytes.iter().all(|byte| *byte == 1)), Some(true));
        pool.release(first);
        pool.release(second);
        assert_eq!(pool.figures(), (1, 0));
        assert_eq!(pool.with(first, |_| ()), None);
    }

    #[test]
    fn a_chunk_is_taken_when_no_page_is_left() {
        let pool = Pool::new();
        let buffers: Vec<Buffer> = (0..PAGES_PER_CHUNK).map(|_| pool.acquire()).collect();
        assert_eq!(pool.figures(), (1, 512));
        let next = pool.acquire();
        assert_eq!(pool.figures(), (2, 513));
        buffers.into_iter().chain([next]).for_each(|buffer| pool.release(buffer));
        assert_eq!(pool.figures(), (2, 0));
    }
}
