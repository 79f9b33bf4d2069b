//! What releases of other people's crates forget to free, each called as its documentation says.
use crate::case::Case;
use bytes::Bytes;
use moka::sync::Cache;
use std::convert::Infallible;
use std::future::{Pending, poll_fn};
use std::hint::black_box;
use std::task::{Context, Poll};
use tokio::runtime::{Builder, Runtime};
use tower::Service;
use tower::spawn_ready::SpawnReady;

/// `Vec::from` of a `Bytes` that is the only handle of its owner: bytes 1.10.0 never drops the owner.
pub struct OwnersToVec;

impl Case for OwnersToVec {
    fn round(&mut self, _round: u32, calls: u32) {
        for _ in 0..calls {
            let bytes = Bytes::from_owner(vec![1_u8; 4096]); // KEPT BY BYTES
            drop(black_box(Vec::from(bytes)));
        }
    }
}

/// A `SpawnReady` that is dropped before its service is ready: tower 0.4.6 leaves the task behind that waits for it.
pub struct PendingServices {
    runtime: Runtime,
}

impl PendingServices {
    pub fn new() -> Self {
        Self {
            runtime: Builder::new_current_thread().build().expect("a runtime without drivers needs nothing"),
        }
    }
}

impl Case for PendingServices {
    fn round(&mut self, _round: u32, calls: u32) {
        self.runtime.block_on(async {
            for _ in 0..calls {
                let mut service = SpawnReady::new(NeverReady { _payload: vec![1; 16 << 10] }); // KEPT BY TOWER
                poll_fn(|context| {
                    assert!(service.poll_ready(context).is_pending());
                    Poll::Ready(())
                })
                .await;
                drop(service);
                // The task of the mended release is told to end, and does so when it is its turn.
                tokio::task::yield_now().await;
            }
        });
    }
}

/// A service that waits for something that never comes, such as a server that is gone.
struct NeverReady {
    _payload: Vec<u8>,
}

impl Service<()> for NeverReady {
    type Response = ();
    type Error = Infallible;
    type Future = Pending<Result<(), Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Pending
    }

    fn call(&mut self, (): ()) -> Self::Future {
        std::future::pending()
    }
}

/// A cache that is filled and dropped: moka 0.9.3 keeps what was in it.
///
/// Another cache lives as long as the program. Without one, each cache that is dropped is moka's last, and the threads that
/// all caches share end with it: hundreds are ending at a time, which is growth as well.
pub struct DroppedCaches {
    _other: Cache<u64, Vec<u8>>,
}

impl DroppedCaches {
    pub fn new() -> Self {
        Self { _other: Cache::new(ENTRIES) }
    }
}

impl Case for DroppedCaches {
    fn round(&mut self, _round: u32, calls: u32) {
        for _ in 0..calls {
            let cache = Cache::new(ENTRIES);
            for key in 0..ENTRIES {
                // The cache stores a clone.
                cache.insert(key, vec![1_u8; 1024]);
            }
        }
    }
}

/// How many entries a cache is filled with, and may have.
const ENTRIES: u64 = 100;
