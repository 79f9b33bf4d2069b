//! Pools of the program's own, and which blocks are their chunks.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::registry;
use super::resource_type::Type;
use crate::sys::process_hooks;
use crate::thread;
use heapdiff_snapshot::{Chunks, PoolFigures};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, TryLockError};

/// A pool: memory that the program takes from its allocator in chunks, of which it hands out parts by itself.
///
/// A profile of the heap shows a chunk where the pool happened to grow, whoever has its parts. With this its rows carry the
/// label `pool`, and a snapshot says how many parts are handed out and of which type of resources they are, whose profile
/// has the holders.
///
/// ```
/// use heapdiff::resource::{Pool, Type};
///
/// static BUFFERS: Type = Type::new("buffer");
///
/// let pool = Pool::register("arena", Some(&BUFFERS));
/// let chunk = vec![0_u8; 65_536];
/// pool.add_chunk(chunk.as_ptr(), chunk.len());
/// pool.update(0, 16); // used and free, here in buffers of 4 KiB
/// // ... hands out parts: `BUFFERS.acquire(4096)` for each, and `pool.update(1, 15)` now and then ...
/// pool.remove_chunk(chunk.as_ptr());
/// ```
///
/// Dropping it says that the pool is gone.
#[derive(Debug)]
pub struct Pool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// As it was called, made fit for a label and unique.
    name: String,
    of: Option<&'static Type>,
    used: AtomicU64,
    free: AtomicU64,
    /// Bytes by start.
    chunks: Mutex<BTreeMap<u64, u64>>,
}

/// All pools that there are. A forked child that goes on has those that it has inherited, with their chunks: these are no
/// blocks that it records, but the pool hands out parts of them.
static POOLS: Mutex<Vec<Arc<Shared>>> = Mutex::new(Vec::new());

/// Whoever has a lock is through with it long before it was asked for so often: see `registry`.
const TRIES: u32 = 10_000;

/// Looks at what a lock keeps, without waiting for ever: a forked child may have inherited it locked.
fn with<T, R>(lock: &Mutex<T>, look: impl FnOnce(&mut T) -> R) -> Option<R> {
    let tries = if process_hooks::is_forked_child() { 1 } else { TRIES };
    for _ in 0..tries {
        match lock.try_lock() {
            Ok(mut value) => return Some(look(&mut value)),
            Err(TryLockError::Poisoned(value)) => return Some(look(&mut value.into_inner())),
            Err(TryLockError::WouldBlock) => std::thread::yield_now(),
        }
    }
    None
}

impl Pool {
    /// A pool that is called `name` in snapshots, until it is dropped. `of` is the type of resources that its parts are.
    ///
    /// The name is made fit as that of a type is, and one that another pool has gets a number.
    #[must_use]
    pub fn register(name: &str, of: Option<&'static Type>) -> Self {
        thread::muted(|| {
            let plain = registry::plain(name);
            let make = |name| {
                let (used, free) = (AtomicU64::new(0), AtomicU64::new(0));
                Arc::new(Shared { name, of, used, free, chunks: Mutex::default() })
            };
            let shared = with(&POOLS, |pools| {
                let name = registry::unused(&plain, |name| pools.iter().any(|pool| pool.name == name));
                let shared = make(name);
                pools.push(Arc::clone(&shared));
                shared
            });
            Self { shared: shared.unwrap_or_else(|| make(plain)) }
        })
    }

    /// The pool has a chunk: `bytes` bytes from `start` on. Where it had one already, that is replaced.
    pub fn add_chunk(&self, start: *const u8, bytes: usize) {
        thread::muted(|| {
            let _ = with(&self.shared.chunks, |chunks| chunks.insert(start.addr() as u64, bytes as u64));
        });
    }

    /// The pool no longer has the chunk that begins there. To be called before it is freed, since another block may be
    /// there at once. `false` if it had none.
    pub fn remove_chunk(&self, start: *const u8) -> bool {
        let remove = || with(&self.shared.chunks, |chunks| chunks.remove(&(start.addr() as u64)));
        thread::muted(remove).flatten().is_some()
    }

    /// How many parts are handed out and how many are not, in a unit of the pool's own: slots, pages, bytes. Costs two
    /// stores.
    pub fn update(&self, used: u64, free: u64) {
        // Relaxed, here and below: they are figures. A snapshot that is taken in between may have one of before.
        self.shared.used.store(used, Ordering::Relaxed);
        self.shared.free.store(free, Ordering::Relaxed);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        thread::muted(|| {
            let _ = with(&POOLS, |pools| pools.retain(|pool| !Arc::ptr_eq(pool, &self.shared)));
        });
    }
}

/// How all pools are doing, and where their chunks are. No lock is held any longer.
pub(crate) fn pools() -> (Vec<PoolFigures>, Chunks) {
    let pools = with(&POOLS, |pools| pools.clone()).unwrap_or_default();
    let (mut figures, mut ranges) = (Vec::new(), Vec::new());
    for (number, pool) in pools.iter().enumerate() {
        let of_pool = with(&pool.chunks, |chunks| chunks.clone()).unwrap_or_default();
        figures.push(PoolFigures {
            name: pool.name.clone(),
            resource: pool.of.map_or_else(String::new, registry::name_of),
            used: pool.used.load(Ordering::Relaxed),
            free: pool.free.load(Ordering::Relaxed),
            chunks: of_pool.len() as u64,
            chunk_bytes: of_pool.values().copied().fold(0, u64::saturating_add),
        });
        ranges.extend(of_pool.into_iter().map(|(start, bytes)| (start, bytes, number)));
    }
    (figures, Chunks::new(ranges))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_is_there_until_it_is_dropped() {
        static PART: Type = Type::new("part of a pool");
        let find = |name: &str| pools().0.into_iter().find(|pool| pool.name == name);
        let (pool, other) = (Pool::register("my pool\n", Some(&PART)), Pool::register("my pool\n", None));
        let chunk = [0u8; 64];
        pool.add_chunk(chunk.as_ptr(), 32);
        pool.add_chunk(chunk.as_ptr(), 64);
        pool.update(3, 5);
        let expected = PoolFigures {
            name: "my_pool_".to_owned(),
            resource: "part_of_a_pool".to_owned(),
            used: 3,
            free: 5,
            chunks: 1,
            chunk_bytes: 64,
        };
        assert_eq!(find("my_pool_"), Some(expected));
        assert!(pool.remove_chunk(chunk.as_ptr()) && !pool.remove_chunk(chunk.as_ptr()));
        assert_eq!(find("my_pool_").map(|pool| pool.chunks), Some(0));
        assert!(find("my_pool_-2").is_some_and(|pool| pool.resource.is_empty()));
        drop((pool, other));
        assert_eq!((find("my_pool_"), find("my_pool_-2")), (None, None));
    }

    #[test]
    fn pools_change_while_they_are_read() {
        let pool = Pool::register("busy", None);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let pool = &pool;
                scope.spawn(move || {
                    for number in 0..1000 {
                        let start = std::ptr::without_provenance((thread * 1000 + number + 1) * 4096);
                        pool.add_chunk(start, 4096);
                        if number % 2 == 0 {
                            assert!(pool.remove_chunk(start));
                        }
                    }
                });
            }
            (0..100).for_each(|_| drop(pools()));
        });
        let busy = pools().0.into_iter().find(|pool| pool.name == "busy").unwrap();
        assert_eq!((busy.chunks, busy.chunk_bytes), (2000, 2000 * 4096));
    }
}
