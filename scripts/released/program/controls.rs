//! What grows and is no leak.
#![expect(
    clippy::disallowed_types,
    reason = "how a hash map grows is what is looked at; nobody sees its order"
)]

use crate::case::Case;
use std::collections::{HashMap, VecDeque};
use std::hint::black_box;
use std::sync::mpsc;
use std::thread::JoinHandle;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Rounds in which what grows here grows.
const GROWING_ROUNDS: u32 = 5;

/// The rounds that a burst lasts; in the one after them it is over.
const BURST: std::ops::Range<u32> = 3..6;

/// A cache that fills, and from then on replaces its oldest entry.
#[derive(Default)]
pub struct BoundedCache {
    entries: VecDeque<Vec<u8>>,
}

impl Case for BoundedCache {
    fn round(&mut self, _round: u32, calls: u32) {
        let entries_max = (GROWING_ROUNDS * calls) as usize;
        for _ in 0..calls {
            if self.entries.len() == entries_max {
                self.entries.pop_front();
            }
            self.entries.push_back(vec![1; 4096]);
        }
    }
}

/// A buffer that is used again and again, and grows when a request is bigger than all before.
#[derive(Default)]
pub struct LazyVec {
    buffer: Vec<u8>,
}

impl Case for LazyVec {
    fn round(&mut self, round: u32, calls: u32) {
        for call in 0..calls {
            let biggest = (round.min(GROWING_ROUNDS) * calls + call + 1) as usize;
            self.buffer.clear();
            self.buffer.extend(std::iter::repeat_n(1, biggest * 4096));
            black_box(&self.buffer);
        }
    }
}

/// A table of sessions: more and more are open at a time, and then as many end as begin.
#[derive(Default)]
pub struct LazyMap {
    sessions: HashMap<u32, [u64; 16]>,
}

impl Case for LazyMap {
    fn round(&mut self, round: u32, calls: u32) {
        for session in round * calls..(round + 1) * calls {
            self.sessions.insert(session, [1; 16]);
            if let Some(ended) = session.checked_sub(GROWING_ROUNDS * calls) {
                self.sessions.remove(&ended);
            }
        }
    }
}

/// Many tasks at once, and then none.
pub struct TaskBurst {
    runtime: Runtime,
    tasks: JoinSet<()>,
    endings: Vec<oneshot::Sender<()>>,
}

impl TaskBurst {
    pub fn new() -> Self {
        let runtime = Builder::new_current_thread().build().expect("a runtime without drivers needs nothing");
        Self { runtime, tasks: JoinSet::new(), endings: Vec::new() }
    }
}

impl Case for TaskBurst {
    fn round(&mut self, round: u32, calls: u32) {
        self.runtime.block_on(async {
            if BURST.contains(&round) {
                for _ in 0..calls {
                    let (ending, ended) = oneshot::channel();
                    self.endings.push(ending);
                    self.tasks.spawn(async move {
                        let state = vec![1_u8; 4096];
                        // An error says that the sender is gone, which is the end as well.
                        let _ = ended.await;
                        drop(black_box(state));
                    });
                }
                // Each task in turn, so that all of them begin.
                for _ in 0..calls {
                    tokio::task::yield_now().await;
                }
            } else {
                self.endings.clear();
                while self.tasks.join_next().await.is_some() {}
            }
        });
    }
}

/// Some threads at once, and then none.
#[derive(Default)]
pub struct ThreadBurst {
    workers: Vec<(mpsc::Sender<()>, JoinHandle<()>)>,
}

impl Case for ThreadBurst {
    fn round(&mut self, round: u32, calls: u32) {
        if BURST.contains(&round) {
            for _ in 0..calls {
                let (ending, ended) = mpsc::channel();
                let (ready, is_ready) = mpsc::channel();
                let worker = std::thread::spawn(move || {
                    let state = vec![1_u8; 256 << 10];
                    // Neither channel fails before the main thread is done with it.
                    let _ = ready.send(());
                    let _ = ended.recv();
                    drop(black_box(state));
                });
                is_ready.recv().expect("the worker lives until it is told to end");
                self.workers.push((ending, worker));
            }
        } else {
            for (ending, worker) in self.workers.drain(..) {
                drop(ending);
                worker.join().expect("the worker does not panic");
            }
        }
    }
}

/// Most of what was needed once is free again, but many pages have a block left that is in use.
#[derive(Default)]
pub struct KeptByAllocator {
    #[expect(clippy::vec_box, reason = "blocks that are freed one by one")]
    blocks: Vec<Box<[u64; 64]>>,
}

impl Case for KeptByAllocator {
    fn round(&mut self, round: u32, calls: u32) {
        if round == BURST.start {
            self.blocks = (0..calls).map(|_| Box::new([1; 64])).collect();
        } else if round == BURST.end {
            let mut number = 0;
            self.blocks.retain(|_| {
                number += 1;
                number % 16 == 0
            });
        }
    }
}
