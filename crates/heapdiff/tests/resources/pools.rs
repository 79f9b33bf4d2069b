//! Rows of the heap that are chunks of a pool say so.

use crate::support::{Case, Ran};
use crate::{labelled, resources, sum};
use heapdiff::resource::{Lease, Pool, Type};
use std::hint::black_box;

static BUFFER: Type = Type::new("buffer");
const CHUNK: usize = 4 << 20;
const PART: u64 = 8192;

/// Every chunk is seen: they are larger than the period by far.
fn profiler_of_chunks() -> heapdiff::Profiler {
    let builder = heapdiff::Profiler::builder().dir("profiles").every(std::time::Duration::MAX);
    builder.period(64 << 10).start().unwrap()
}

/// An arena that begins its chunk behind a header.
struct Arena {
    chunks: Vec<Vec<u8>>,
    used: u64,
    pool: Pool,
}

impl Arena {
    fn new() -> Self {
        Self { chunks: Vec::new(), used: 0, pool: Pool::register("arena", Some(&BUFFER)) }
    }

    fn parts(&self) -> u64 {
        self.chunks.len() as u64 * CHUNK as u64 / PART
    }

    #[inline(never)]
    fn grow(&mut self) {
        let chunk = black_box(vec![0u8; CHUNK]);
        self.pool.add_chunk(chunk[64..].as_ptr(), CHUNK - 64);
        self.chunks.push(chunk);
    }

    fn hand_out(&mut self) -> Lease {
        if self.used == self.parts() {
            self.grow();
        }
        self.used += 1;
        self.pool.update(self.used, self.parts() - self.used);
        BUFFER.acquire(PART)
    }
}

#[inline(never)]
fn handler_ok(arena: &mut Arena) {
    drop(arena.hand_out());
}

#[inline(never)]
fn handler_leaky(arena: &mut Arena) {
    std::mem::forget(arena.hand_out());
}

/// The handler that is blamed by the heap is not the one that keeps the parts.
pub(crate) const CHUNKS: Case = Case {
    name: "rows_of_chunks_name_the_pool_and_the_pool_its_resources",
    environment: &[("HEAPDIFF_RESOURCES", "all")],
    inside: || {
        let profiler = profiler_of_chunks();
        let mut arena = Arena::new();
        let other = black_box(vec![1u8; CHUNK]);
        for request in 0..600 {
            if request % 8 == 1 { handler_leaky(&mut arena) } else { handler_ok(&mut arena) }
        }
        profiler.snapshot().unwrap();
        drop(other);
    },
    check: |ran: &Ran| {
        let heap = &ran.snapshots()[0];
        let rows = labelled(heap, "pool", "arena");
        assert!(!rows.is_empty());
        for row in &rows {
            assert!(heap.frames(row).iter().any(|name| name.ends_with("::grow")), "only the arena's");
        }
        let estimate: i64 = rows.iter().map(|row| row.values[5]).sum();
        assert_eq!(estimate, i64::try_from(2 * CHUNK).unwrap());
        let [pool] = &heap.metadata().pools[..] else { unreachable!("one pool") };
        assert_eq!((pool.name.as_str(), pool.resource.as_str()), ("arena", "buffer"));
        assert_eq!((pool.used, pool.free), (600, 1024 - 600));
        assert_eq!((pool.chunks, pool.chunk_bytes), (2, 2 * (CHUNK as u64 - 64)));
        let buffers = &resources(ran, "buffer")[0];
        assert_eq!(buffers.metadata().pools, heap.metadata().pools);
        assert_eq!((sum(buffers, "count", "handler_leaky"), sum(buffers, "count", "handler_ok")), (75, 0));
    },
};

/// A pool that is gone, and chunks that are, are in no later snapshot.
pub(crate) const GONE: Case = Case {
    name: "a_pool_that_is_gone_marks_nothing",
    environment: &[],
    inside: || {
        let profiler = profiler_of_chunks();
        let mut arena = Arena::new();
        arena.grow();
        assert!(arena.pool.remove_chunk(arena.chunks[0][64..].as_ptr()));
        profiler.snapshot().unwrap();
        arena.grow();
        let Arena { chunks, pool, .. } = arena;
        drop(pool);
        profiler.snapshot().unwrap();
        drop(chunks);
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        assert!(snapshots.iter().all(|heap| labelled(heap, "pool", "arena").is_empty()));
        assert_eq!(snapshots[0].metadata().pools[0].chunks, 0);
        assert!(snapshots[1].metadata().pools.is_empty());
    },
};

/// A pool that a followed child has inherited is its pool too: what it adds is marked, in its own snapshots alone.
pub(crate) const INHERITED: Case = Case {
    name: "a_followed_child_has_the_pools_that_it_inherited",
    environment: &[],
    inside: || {
        let builder = heapdiff::Profiler::builder().dir("profiles").every(std::time::Duration::MAX);
        let profiler = builder.period(64 << 10).follow_forks(true).start().unwrap();
        let mut arena = Arena::new();
        arena.grow();
        // SAFETY: the child allocates, takes a snapshot and exits; allocator and recorder are fork-safe.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // The child's recorder may not have begun yet.
            while profiler.snapshot().is_err() {
                std::thread::yield_now();
            }
            (0..2).for_each(|_| arena.grow());
            profiler.snapshot().unwrap();
            // SAFETY: exits without running what the parent left behind.
            unsafe { libc::_exit(0) };
        }
        let mut status = -1;
        // SAFETY: the pointer is valid for writes.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!(status, 0);
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let of_arena = |heap: &crate::support::Snapshot| {
            let estimate: i64 = labelled(heap, "pool", "arena").iter().map(|row| row.values[5]).sum();
            // The last snapshot is of a process that has dropped it.
            let pool = heap.metadata().pools.first()?;
            let rows = estimate / i64::try_from(CHUNK).unwrap();
            Some((pool.chunks, rows, heap.metadata().process.pid))
        };
        let mut seen: Vec<_> = ran.snapshots().iter().filter_map(of_arena).collect();
        seen.sort_unstable();
        let [(1, 0, child), (1, 1, parent), (3, 2, again)] = seen[..] else { unreachable!("{seen:?}") };
        assert_eq!(child, again, "chunks of before the fork are no rows of the child's");
        assert_ne!(child, parent);
    },
};
