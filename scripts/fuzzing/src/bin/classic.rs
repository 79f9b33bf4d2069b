//! pprof's reader, older formats included: what it has read, it reads again from what it writes.
#![no_main]

use fuzzing::{Bound, within};
use heapdiff_classic::profile::{Profile, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if data.starts_with(&[0x1f, 0x8b]) {
        return;
    }
    let parsed = within(data.len(), Bound { multiple: 512, constant: 64 << 20 }, || parse(data));
    // Errors are in pprof's words, which quote lines as they are.
    if let Ok(profile) = parsed {
        assert_written_and_read(&profile);
    }
});

fn assert_written_and_read(profile: &Profile) {
    // Without sample types pprof writes what it does not read.
    if profile.sample_types.is_empty() {
        return;
    }
    let again = parse(&profile.encode()).expect("what was written can be read");
    assert_eq!(again.samples.len(), profile.samples.len());
    // The first time labels of 0 go, as in pprof; from then on nothing changes.
    let file = again.encode();
    assert!(parse(&file).expect("what was written can be read").encode() == file, "written again");
}
