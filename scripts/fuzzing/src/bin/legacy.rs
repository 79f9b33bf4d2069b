//! The formats before `profile.proto`, as heapdiff reads them.
#![no_main]

use fuzzing::{Bound, read_plain};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // The constant is of the regular expressions, whose tables are made when they are first used.
    read_plain(data, Bound { multiple: 512, constant: 64 << 20 });
});
