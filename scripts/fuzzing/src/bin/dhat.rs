//! JSON of DHAT.
#![no_main]

use fuzzing::{Bound, read_plain};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // The text, the entries of it, and the profile.
    read_plain(data, Bound { multiple: 256, constant: 1 << 20 });
});
