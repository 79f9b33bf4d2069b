//! The formats that came before `profile.proto`: texts of gperftools, tcmalloc, Go (`debug=1`) and Java, and binary CPU
//! profiles.
//!
//! `heapdiff-classic` reads them as pprof does, its scaling of samples included. Its profile comes here as the bytes of a
//! `profile.proto`, so that one conversion holds the invariants.

use crate::limits::Limits;
use crate::pprof_conversion;
use crate::read_error::ReadError;
use crate::reading::Rows;
use crate::unpacking::Unpacked;
use crate::warning::Warning;
use heapdiff_classic::profile::{ParseError, Profile as ClassicProfile, parse};
use heapdiff_profile::Profile;
use std::io::Read;

/// How binary CPU profiles begin: machine words 0 and 3, of 64 and of 32 bits, in either order.
///
/// **Source:** gperftools, "Profiler data format".
const CPU_MARKS: [&[u8]; 4] = [
    b"\0\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0",
    b"\0\0\0\0\x03\0\0\0",
    b"\0\0\0\0\0\0\0\x03",
    b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x03",
];

/// Whether a file that begins so is of one of these formats.
pub(crate) fn is_begun_by(head: &[u8]) -> bool {
    if CPU_MARKS.iter().any(|mark| head.starts_with(mark)) {
        return true;
    }
    let is_comment = |line: &&[u8]| line.is_empty() || line.starts_with(b"#");
    let first = head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).find(|line| !is_comment(line));
    first.is_some_and(|line| line.starts_with(b"--- ") || is_headline(line))
}

/// `heap profile: ...`, `goroutine profile: total 5`: a word and `profile:`.
fn is_headline(line: &[u8]) -> bool {
    const MARK: &[u8] = b" profile: ";
    let word = line.iter().position(|&byte| byte == b' ').unwrap_or(0);
    word > 0 && line.get(word..).is_some_and(|rest| rest.starts_with(MARK))
}

/// Reads one of these formats.
pub(crate) fn read(
    input: Unpacked<impl Read>,
    limits: &Limits,
) -> Result<(Profile, Vec<Warning>), ReadError> {
    let bytes = input.into_bytes(limits)?;
    let profile = read_classic(&bytes)?;
    let encoded = profile.encode();
    drop((bytes, profile));
    pprof_conversion::read_bytes(&encoded, limits, &Rows::All)
}

fn read_classic(bytes: &[u8]) -> Result<ClassicProfile, ReadError> {
    parse(bytes).map_err(|error| {
        // It quotes lines as they are.
        let reason = error.to_string().chars().flat_map(escaped).collect();
        match bytes.contains(&0) {
            true => ReadError::LegacyBinary { reason },
            false => ReadError::Legacy { line: line_of(&error, bytes), reason },
        }
    })
}

/// A character that is no control character.
fn escaped(character: char) -> impl Iterator<Item = char> {
    let escape = character.is_control().then(|| character.escape_default());
    escape.into_iter().flatten().chain((!character.is_control()).then_some(character))
}

/// The line, counting from 1, whose absence takes an error away. The reader does not know it, but reads line by line: so
/// it is looked for by halves, for an error is worth twenty readings.
fn line_of(error: &ParseError, bytes: &[u8]) -> u64 {
    let ends: Vec<usize> = (1..).zip(bytes).filter(|&(_, &byte)| byte == b'\n').map(|(end, _)| end).collect();
    let has_error = |&end: &usize| {
        let lines = bytes.get(..end).unwrap_or_default();
        parse(lines).err().as_ref() == Some(error)
    };
    ends.partition_point(|end| !has_error(end)) as u64 + 1
}
