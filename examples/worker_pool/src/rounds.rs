//! The workload: rounds of tasks that share a payload.

use crate::pool::Pool;
use std::hint::black_box;
use std::sync::{Arc, Weak};

/// What each round does with the pool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounds<'a> {
    pub(crate) pool: &'a Pool,
    /// Tasks a round.
    pub(crate) tasks: usize,
    /// Size of the payload that they share.
    pub(crate) payload_bytes: usize,
}

impl Rounds<'_> {
    /// Makes a payload, submits the tasks that read it, and waits until they are done. Nobody needs the payload
    /// afterwards; the result tells whether somebody has it nonetheless.
    pub(crate) fn run_one(&self) -> Weak<Vec<u8>> {
        let payload = make_payload(self.payload_bytes);
        for _ in 0..self.tasks {
            let payload = Arc::clone(&payload);
            self.pool.submit(Arc::new(move || read_payload(&payload)));
        }
        self.pool.wait_until_idle();
        Arc::downgrade(&payload)
    }
}

/// The memory that leaks: a heap profile should end up at the line of the `vec!`.
#[inline(never)]
fn make_payload(payload_bytes: usize) -> Arc<Vec<u8>> {
    let payload = vec![1; payload_bytes];
    Arc::new(payload)
}

fn read_payload(payload: &[u8]) {
    black_box(payload.iter().map(|byte| u64::from(*byte)).sum::<u64>());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Variant;

    /// How many payloads exist after 100, 200, 300 and 400 rounds of 14 tasks.
    fn payloads_alive(variant: Variant) -> Vec<usize> {
        let pool = Pool::new(10, variant);
        let rounds = Rounds { pool: &pool, tasks: 14, payload_bytes: 16 };
        let mut payloads = Vec::new();
        let mut alive = Vec::new();
        for _ in 0..4 {
            payloads.extend((0..100).map(|_| rounds.run_one()));
            alive.push(payloads.iter().filter(|payload| payload.strong_count() > 0).count());
        }
        alive
    }

    /// 14 slots a round: the first chunk (1,024 slots) goes in round 74, the second (1,536) in round 183, the third
    /// (2,304) in round 348. What is left is what the tasks since then captured: after 100 rounds 1,400 - 1,024 =
    /// 376 tasks of 27 rounds, after 200 240 tasks of 18, after 300 1,640 tasks of 118, after 400 736 tasks of 53.
    #[test]
    fn the_leaky_pool_keeps_payloads_in_growing_teeth() {
        assert_eq!(payloads_alive(Variant::Leaky), [27, 18, 118, 53]);
    }

    #[test]
    fn the_fixed_pool_keeps_none() {
        assert_eq!(payloads_alive(Variant::Fixed), [0, 0, 0, 0]);
    }
}
