//! The formats that came before `profile.proto`.
//!
//! Each reader refuses what is not its own as [`FormatError::Unrecognized`], and the next one is asked. Any other error
//! ends the search, because the text began as that format.

mod builder;
mod contention;
mod cpu;
mod exponential;
mod frame_rules;
mod go_count;
mod go_number;
mod heap;
mod java;
mod lines;
mod mappings;
mod memory_map;
mod thread;

use super::model::Profile;
use super::parse_error::FormatError;

/// Reads a profile of one of the older formats.
///
/// # Errors
/// If it is none of them, or begins as one and does not go on so.
pub(super) fn parse(bytes: &[u8]) -> Result<Profile, FormatError> {
    let readers = [cpu::parse, heap::parse, go_count::parse, thread::parse, contention::parse, java::parse];
    for reader in readers {
        match reader(bytes) {
            Ok(mut profile) => {
                frame_rules::add(&mut profile);
                return Ok(profile);
            }
            Err(FormatError::Unrecognized) => {}
            Err(error) => return Err(error),
        }
    }
    Err(FormatError::Unrecognized)
}

/// A constant regular expression.
fn expression(source: &str) -> regex::Regex {
    regex::Regex::new(source).expect("a constant expression compiles")
}
