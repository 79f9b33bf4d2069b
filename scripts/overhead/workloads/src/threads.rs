//! Workloads on two threads, on the first two cores.

use crate::clock;
use crate::measure::{Block, Done, Measured, Plan, measure as measure_batches, own_cpu};
use crate::random::Random;
use crate::single;
use crate::task::Workload;
use std::sync::Barrier;
use std::sync::mpsc::sync_channel;

/// Measures a workload on two threads.
pub(crate) fn measure(workload: Workload, plan: Plan) -> Measured {
    match workload {
        Workload::Pair2 => pair2(plan),
        Workload::CrossThread => cross_thread(plan),
        other => panic!("{} is not on two threads", other.name()),
    }
}

/// Both threads do the same; a block is the mean of what they did at the same time.
fn pair2(plan: Plan) -> Measured {
    let together = Barrier::new(2);
    let one = |core| {
        clock::pin(core);
        together.wait();
        measure_batches(plan, own_cpu(), &mut single::pair)
    };
    let (mut first, second) = std::thread::scope(|scope| {
        let other = scope.spawn(|| one(1));
        (one(0), other.join().expect("the other thread does not panic"))
    });
    for (block, other) in first.blocks.iter_mut().zip(&second.blocks) {
        let mean = |a: f64, b: f64| (a + b) / 2.0;
        *block =
            Block { wall_ns: mean(block.wall_ns, other.wall_ns), cpu_ns: mean(block.cpu_ns, other.cpu_ns) };
    }
    first.ops += second.ops;
    first
}

/// Blocks are allocated here and freed there, 256 to a message so that waking up is not what is measured.
fn cross_thread(plan: Plan) -> Measured {
    const BLOCKS: usize = 256;
    let (sender, receiver) = sync_channel::<Vec<Vec<u8>>>(16);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            clock::pin(1);
            for blocks in receiver {
                drop(blocks);
            }
        });
        clock::pin(0);
        let mut random = Random::new(13);
        let measured = measure_batches(plan, clock::process_cpu_ns, &mut || {
            let mut done = Done::default();
            for _ in 0..8 {
                let mut blocks = Vec::with_capacity(BLOCKS);
                for _ in 0..BLOCKS {
                    let size = random.size();
                    let mut block = Vec::with_capacity(size);
                    block.push(size as u8);
                    blocks.push(block);
                    done.bytes += size as u64;
                }
                done.ops += BLOCKS as u64;
                sender.send(blocks).expect("the other thread listens");
            }
            done
        });
        drop(sender);
        measured
    })
}
