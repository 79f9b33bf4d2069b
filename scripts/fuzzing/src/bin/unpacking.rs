//! gzip and zstd, with whatever is in them: nothing beyond the limits is held.
#![no_main]

use fuzzing::{Bound, read, within};
use heapdiff_formats::Limits;
use libfuzzer_sys::fuzz_target;

/// Small, so that a bomb need not be large.
const LIMITS: Limits =
    Limits { unpacked_bytes_max: 1 << 20, streamed_bytes_max: 4 << 20, model_bytes_max: 8 << 20 };

fuzz_target!(|data: &[u8]| {
    // What is unpacked, the window of zstd up to what may be streamed, the model with room to grow, and its tables.
    within(data.len(), Bound { multiple: 64, constant: 64 << 20 }, || read(data, &LIMITS));
});
