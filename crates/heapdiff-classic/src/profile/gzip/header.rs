//! What stands before packed bytes.

use super::GzipError;

const HAS_CHECKSUM: u8 = 1 << 1;
const HAS_EXTRA: u8 = 1 << 2;
const HAS_NAME: u8 = 1 << 3;
const HAS_COMMENT: u8 = 1 << 4;

/// The longest name or comment, with its end.
const TEXT_LEN_MAX: usize = 512;

/// What follows the header.
pub(super) fn skip(file: &[u8]) -> Result<&[u8], GzipError> {
    let (header, mut rest) = file.split_first_chunk::<10>().ok_or(GzipError::UnexpectedEnd)?;
    let [0x1f, 0x8b, 8, flags, ..] = *header else { return Err(GzipError::Header) };
    if flags & HAS_EXTRA != 0 {
        let (len, after) = rest.split_first_chunk::<2>().ok_or(GzipError::UnexpectedEnd)?;
        let len = usize::from(u16::from_le_bytes(*len));
        rest = after.get(len..).ok_or(GzipError::UnexpectedEnd)?;
    }
    for flag in [HAS_NAME, HAS_COMMENT] {
        if flags & flag != 0 {
            rest = skip_text(rest)?;
        }
    }
    if flags & HAS_CHECKSUM != 0 {
        let read = file.len() - rest.len();
        let (sum, after) = rest.split_first_chunk::<2>().ok_or(GzipError::UnexpectedEnd)?;
        let mut actual = flate2::Crc::new();
        actual.update(file.get(..read).unwrap_or_default());
        if actual.sum() & 0xffff != u32::from(u16::from_le_bytes(*sum)) {
            return Err(GzipError::Header);
        }
        rest = after;
    }
    Ok(rest)
}

fn skip_text(text: &[u8]) -> Result<&[u8], GzipError> {
    match text.iter().take(TEXT_LEN_MAX).position(|&byte| byte == 0) {
        Some(end) => text.get(end + 1..).ok_or(GzipError::UnexpectedEnd),
        None if text.len() >= TEXT_LEN_MAX => Err(GzipError::Header),
        None => Err(GzipError::UnexpectedEnd),
    }
}
