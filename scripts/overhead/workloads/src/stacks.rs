//! Deep and different stacks, made by real recursion.

use std::hint::black_box;

/// Frames of [`deep`].
pub(crate) const DEPTH: u32 = 40;

/// Calls `leaf` under [`DEPTH`] frames of four functions; two bits of `path` a frame say which.
pub(crate) fn deep(path: u128, leaf: &mut dyn FnMut()) {
    step(DEPTH, path, leaf);
}

#[inline(always)]
fn step(level: u32, path: u128, leaf: &mut dyn FnMut()) {
    if level == 0 {
        return leaf();
    }
    match path & 3 {
        0 => north(level - 1, path >> 2, leaf),
        1 => east(level - 1, path >> 2, leaf),
        2 => south(level - 1, path >> 2, leaf),
        _ => west(level - 1, path >> 2, leaf),
    }
}

/// A function with a frame of its own size, which is alive when the call in it returns: no call here is the last thing.
macro_rules! direction {
    ($name:ident, $words:literal) => {
        #[inline(never)]
        fn $name(level: u32, path: u128, leaf: &mut dyn FnMut()) {
            let frame = black_box([level; $words]);
            step(level, path, leaf);
            black_box(&frame);
        }
    };
}

direction!(north, 2);
direction!(east, 4);
direction!(south, 8);
direction!(west, 16);
