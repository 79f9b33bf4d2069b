//! `profile.proto`, read by heapdiff's own reader.
#![no_main]

use fuzzing::{Bound, read_plain};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // A sample of four bytes takes a hundred in memory, and a list that grows has twice the room.
    read_plain(data, Bound { multiple: 256, constant: 1 << 20 });
});
