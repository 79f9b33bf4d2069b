//! The bytes of a source to a profile.

use super::decode::decode;
use super::gzip;
use super::legacy;
use super::model::Profile;
use super::parse_error::{FormatError, ParseError};
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::io::Read as _;

/// Reads a profile: `profile.proto` or one of the older formats, compressed with gzip or not.
///
/// # Errors
/// If the bytes are no profile, in pprof's words.
pub fn parse(source: &[u8]) -> Result<Profile, ParseError> {
    let bytes = unpack(source)?;
    match decode(&bytes) {
        Ok(decoded) => Ok(decoded?),
        Err(FormatError::Unrecognized) => Ok(legacy::parse(&bytes)?),
        Err(error) => Err(error.into()),
    }
}

fn unpack(source: &[u8]) -> Result<Cow<'_, [u8]>, ParseError> {
    if !source.starts_with(&[0x1f, 0x8b]) {
        return Ok(Cow::Borrowed(source));
    }
    let mut bytes = Vec::with_capacity(expected_len(source));
    match MultiGzDecoder::new(source).read_to_end(&mut bytes) {
        Ok(_) => Ok(Cow::Owned(bytes)),
        // What this reader refuses is not always what Go's does.
        Err(_) => Ok(Cow::Owned(gzip::unpack(source)?)),
    }
}

/// The length that a gzip file states at its end, if it is plausible: flate compresses at most 1032 times.
fn expected_len(source: &[u8]) -> usize {
    let stated = source.last_chunk::<4>().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize);
    if stated / 1032 <= source.len() { stated + 1 } else { 0 }
}
