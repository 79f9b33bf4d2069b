//! Random walks through the heap.

use crate::heap::Heap;
use crate::random::Random;
use std::alloc::Layout;

/// Sizes at which allocators change their mind, each tried with one byte less and one more: words, size classes of
/// jemalloc, its largest small one (14 KiB), pages, what is large to heapdiff (32 KiB), huge pages.
const EDGES: [usize; 21] = [
    2,
    8,
    16,
    32,
    64,
    128,
    320,
    512,
    1024,
    1280,
    3584,
    4096,
    7 << 10,
    8192,
    14 << 10,
    16 << 10,
    32 << 10,
    64 << 10,
    1 << 20,
    2 << 20,
    4 << 20,
];

/// Bytes held at most.
const SPACE_MAX: usize = 96 << 20;

fn size(random: &mut Random) -> usize {
    match random.below(64) {
        0 => random.size(22),
        1..=3 => random.size(17),
        4..=20 => {
            // The large ones more rarely: to fill and to compare them takes time.
            let edges = if random.once_in(8) { EDGES.len() } else { EDGES.len() - 4 };
            EDGES[random.below(edges)] + random.below(3) - 1
        }
        _ => random.size(13),
    }
}

fn layout(random: &mut Random) -> Layout {
    let aligns = if random.once_in(8) { 17 } else { 5 };
    let align = 1 << random.below(aligns);
    Layout::from_size_align(size(random), align).expect("small sizes and powers of two make layouts")
}

fn new_size(random: &mut Random, old: usize) -> usize {
    let new = match random.below(6) {
        0 => old + 1,
        1 => old - 1,
        2 => old * 2,
        3 => old / 2,
        _ => size(random),
    };
    new.clamp(1, 4 << 20)
}

/// One request: half of them for a block, the others for a change of one or its end.
pub(crate) fn step(heap: &mut Heap, random: &mut Random) {
    let held = heap.len();
    match random.below(16) {
        _ if heap.is_full() || heap.inuse_space() > SPACE_MAX => {
            for _ in 0..held / 2 {
                heap.free(random.below(heap.len()));
            }
        }
        0 if random.once_in(64) => heap.check_all(),
        0 if random.once_in(32) => {
            heap.ask_too_much((held > 0 && random.once_in(2)).then(|| random.below(held)));
        }
        0..=7 => heap.allocate(layout(random), random.once_in(3)),
        8..=12 if held > 0 => {
            let index = random.below(held);
            heap.reallocate(index, new_size(random, heap.layout(index).size()));
        }
        _ if held > 0 => heap.free(random.below(held)),
        _ => {}
    }
}
