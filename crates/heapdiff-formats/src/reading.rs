//! Recognizes an input and reads it.

use crate::foreign::Foreign;
use crate::limits::Limits;
use crate::pprof_conversion::convert;
use crate::read_error::ReadError;
use crate::unpacking::unpack;
use crate::warning::Warning;
use heapdiff_profile::Profile;
use std::io::{BufReader, Read};

/// Reads a profile, with what is wrong with it but could be mended.
///
/// The format is told by the content alone. Uncompressed data is held in memory, up to the limit.
///
/// # Errors
/// If the input is no valid profile, or exceeds a limit; see [`ReadError`].
pub fn read_profile(input: impl Read, limits: &Limits) -> Result<(Profile, Vec<Warning>), ReadError> {
    let bytes = unpack(BufReader::new(input), limits)?;
    // Recognized only after it proved to be no profile: so no profile is ever taken for something else.
    let reader = heapdiff_pprof::Reader::new(&bytes).map_err(|source| match Foreign::recognize(&bytes) {
        Some(found) => ReadError::Foreign { found },
        None => ReadError::Malformed { source },
    })?;
    convert(&reader, limits)
}
