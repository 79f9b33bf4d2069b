//! Collapsed stacks.
#![no_main]

use fuzzing::{Bound, read_plain};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // A line of four bytes is a row with its function and location, each of them in a table too.
    read_plain(data, Bound { multiple: 256, constant: 1 << 20 });
});
