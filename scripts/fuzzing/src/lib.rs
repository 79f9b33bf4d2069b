//! What all targets assert: no panic (libFuzzer's part), errors of one line, sound profiles, memory in proportion to the
//! input, and that what was read is the same once it was written and read again.

mod meter;
mod same;

use heapdiff_formats::{Limits, read_profile, write_profile};
use heapdiff_profile::Profile;
pub use meter::{Bound, within};
pub use same::assert_same;

/// Limits that no input of a fuzzer reaches, so that what is used up shows in the [`Bound`].
const LIMITS: Limits =
    Limits { unpacked_bytes_max: 16 << 20, streamed_bytes_max: 16 << 20, model_bytes_max: 1 << 30 };

/// Reads a profile that is not compressed, and checks all that is asserted of any.
pub fn read_plain(data: &[u8], bound: Bound) {
    // Of these the size says nothing; they have a target of their own.
    if data.starts_with(&[0x1f]) || data.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return;
    }
    if let Some(profile) = within(data.len(), bound, || read(data, &LIMITS)) {
        assert_written_and_read(&profile);
    }
}

/// Reads a profile, and checks that it is sound or the error is of one line.
pub fn read(data: &[u8], limits: &Limits) -> Option<Profile> {
    match read_profile(data, limits) {
        Ok((profile, _)) => {
            assert_sound(&profile);
            Some(profile)
        }
        Err(error) => {
            assert_one_line(&error);
            None
        }
    }
}

/// An error and its causes are a line each.
pub fn assert_one_line(error: &dyn std::error::Error) {
    for cause in std::iter::successors(Some(error), |cause| cause.source()) {
        let message = cause.to_string();
        assert!(!message.contains(['\n', '\r', '\x1b']), "{message:?}");
    }
}

/// What `write_profile` writes, `read_profile` reads back equal.
pub fn assert_written_and_read(profile: &Profile) {
    let file = write_profile(profile, Vec::new()).expect("a profile that was read can be written");
    let limits = Limits { unpacked_bytes_max: 1 << 30, model_bytes_max: 4 << 30, ..Limits::default() };
    let (again, _) = read_profile(file.as_slice(), &limits).expect("what was written can be read");
    assert_same(profile, &again);
}

fn assert_sound(profile: &Profile) {
    assert!(!profile.sample_types.is_empty());
    for sample in &profile.samples {
        assert_eq!(sample.values.len(), profile.sample_types.len());
        assert!(sample.stack.iter().all(|&id| profile.location(id).is_some()));
    }
    for location in &profile.locations {
        assert!(location.lines.iter().all(|line| profile.function(line.function).is_some()));
        assert!(location.mapping.is_none_or(|id| profile.mapping(id).is_some()));
    }
}
