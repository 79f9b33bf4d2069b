//! Workloads on one thread.

use crate::maps;
use crate::measure::{Done, Measured, Plan, measure as measure_batches, own_cpu};
use crate::random::Random;
use crate::stacks;
use crate::task::Workload;
use std::hint::black_box;

/// Blocks of [`Workload::Window`].
const WINDOW: usize = 4096;
/// Different stacks of [`Workload::Deep`].
const PATHS: usize = 64;

/// Measures a workload on the calling thread.
pub(crate) fn measure(workload: Workload, plan: Plan) -> Measured {
    let mut batch: Box<dyn FnMut() -> Done> = match workload {
        Workload::Pair => Box::new(pair),
        Workload::Window => window(),
        Workload::Deep => deep(),
        Workload::VecGrowth => Box::new(vec_growth),
        Workload::Json => maps::json(),
        Workload::Btree => maps::btree(),
        Workload::CrossThread | Workload::Pair2 | Workload::Http => panic!("not on one thread"),
    };
    measure_batches(plan, own_cpu(), &mut *batch)
}

/// Two thousand allocations that are freed at once.
pub(crate) fn pair() -> Done {
    const OPS: u64 = 2048;
    for number in 0..OPS as usize {
        drop(black_box(Vec::<u8>::with_capacity(64 + number % 64)));
    }
    // 64 to 127, evenly.
    Done { ops: OPS, bytes: OPS * 191 / 2 }
}

/// Replaces random blocks of a window.
struct Window {
    slots: Vec<Vec<u8>>,
    random: Random,
}

impl Window {
    fn new() -> Self {
        let mut window =
            Self { slots: std::iter::repeat_with(Vec::new).take(WINDOW).collect(), random: Random::new(7) };
        for _ in 0..8 {
            window.replace(WINDOW as u64);
        }
        window
    }

    #[inline(always)]
    fn replace(&mut self, ops: u64) -> Done {
        let mut bytes = 0;
        for _ in 0..ops {
            let size = self.random.size();
            let slot = self.random.next() as usize % WINDOW;
            let mut block = Vec::with_capacity(size);
            block.push(size as u8);
            self.slots[slot] = block;
            bytes += size as u64;
        }
        Done { ops, bytes }
    }
}

fn window() -> Box<dyn FnMut() -> Done> {
    let mut window = Window::new();
    Box::new(move || window.replace(2048))
}

fn deep() -> Box<dyn FnMut() -> Done> {
    let mut window = Window::new();
    let mut random = Random::new(11);
    let paths: Vec<u128> =
        std::iter::repeat_with(|| u128::from(random.next()) << 64 | u128::from(random.next()))
            .take(PATHS)
            .collect();
    Box::new(move || {
        let mut done = Done::default();
        for &path in &paths {
            stacks::deep(path, &mut || {
                let Done { ops, bytes } = window.replace(64);
                done.ops += ops;
                done.bytes += bytes;
            });
        }
        done
    })
}

fn vec_growth() -> Done {
    const ELEMENTS: u64 = 65_536;
    const GROWTHS: u64 = 8;
    for _ in 0..GROWTHS {
        let mut vector = Vec::new();
        for number in 0..ELEMENTS {
            vector.push(black_box(number));
        }
        black_box(&vector);
    }
    // What it grew to, over all reallocations.
    Done { ops: GROWTHS, bytes: GROWTHS * ELEMENTS * 8 }
}
