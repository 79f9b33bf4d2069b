//! What memory live blocks take.

use crate::stacks;
use serde::{Deserialize, Serialize};

/// Resident bytes before and after the blocks were allocated.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ResidencyReport {
    pub live: usize,
    pub before_bytes: u64,
    pub after_bytes: u64,
}

/// Allocates `live` blocks of 64 bytes on `stacks` different stacks, and holds them.
pub(crate) fn measure(live: usize, stacks: usize) -> ResidencyReport {
    let mut blocks = Vec::with_capacity(live);
    // What holds them is resident before, and the stack of the recursion too.
    blocks.resize(live, Vec::new());
    blocks.clear();
    let before_bytes = resident_bytes();
    allocate(&mut blocks, live, stacks);
    let after_bytes = resident_bytes();
    ResidencyReport { live: blocks.len(), before_bytes, after_bytes }
}

/// Allocates the blocks, of 64 bytes each.
pub(crate) fn allocate(blocks: &mut Vec<Vec<u8>>, live: usize, stacks: usize) {
    let each = live.div_ceil(stacks);
    for number in 0..stacks {
        // The low bits say which functions: so many numbers, so many stacks.
        stacks::deep(number as u128, &mut || {
            for _ in 0..each.min(live - blocks.len()) {
                let mut block = Vec::with_capacity(64);
                block.push(1);
                blocks.push(block);
            }
        });
    }
}

fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let pages =
        statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).expect("a number of pages");
    pages * 4096
}
