//! Profiles of DHAT: valgrind's, and those of the crate `dhat`.
//!
//! JSON of version 2. Of each stack it has the totals, and, of a heap, what was in use at the end and when the heap was
//! largest; nothing is sampled. What a stack had at its own largest (`mb`, `mbk`) is left out: stacks have that at
//! different times, so it has no sum. Other modes count units and events of the user's, under names that the file gives.
//!
//! **Source:** valgrind, comment on the file format in `dhat/dh_main.c`; `dhat-rs`, `lib.rs`.

use crate::assembly::Assembly;
use crate::limits::Limits;
use crate::read_error::ReadError;
use crate::unpacking::Unpacked;
use crate::warning::Warning;
use heapdiff_profile::{Line, Location, LocationId, Mapping, MappingId, Profile};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

/// The name that a file of this format begins with, behind a brace.
const MARK: &[u8] = b"\"dhatFileVersion\"";
/// The version of the format that is read.
const VERSION: u64 = 2;

/// Whether a file that begins so is of this format.
pub(crate) fn is_begun_by(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    head.strip_prefix(b"{").is_some_and(|head| head.trim_ascii_start().starts_with(MARK))
}

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "dhatFileVersion")]
    version: u64,
}

#[derive(Deserialize)]
struct File<'a> {
    /// Whether lifetimes of blocks are known, and so what was in use when.
    bklt: bool,
    /// Names of what is counted; bytes and blocks if they are missing.
    #[serde(borrow)]
    bsu: Option<Cow<'a, str>>,
    #[serde(borrow)]
    bksu: Option<Cow<'a, str>>,
    #[serde(borrow)]
    cmd: Option<Cow<'a, str>>,
    pps: Vec<Point>,
    #[serde(borrow)]
    ftbl: Vec<Cow<'a, str>>,
}

/// A stack that allocated.
#[derive(Deserialize)]
struct Point {
    /// Bytes and blocks in all.
    tb: i64,
    tbk: i64,
    /// When the heap was largest.
    #[serde(default)]
    gb: i64,
    #[serde(default)]
    gbk: i64,
    /// At the end.
    #[serde(default)]
    eb: i64,
    #[serde(default)]
    ebk: i64,
    /// Places in the table of frames, leaf first.
    fs: Vec<u32>,
}

/// Reads a profile.
pub(crate) fn read(
    input: Unpacked<impl Read>,
    limits: &Limits,
) -> Result<(Profile, Vec<Warning>), ReadError> {
    let bytes = input.into_bytes(limits)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let json = |source| ReadError::Dhat { source };
    // Asked first, because another version may lack what this one has.
    let Version { version } = serde_json::from_slice(bytes).map_err(json)?;
    if version != VERSION {
        return Err(ReadError::DhatVersion { found: version });
    }
    let file: File<'_> = serde_json::from_slice(bytes).map_err(json)?;
    let units = file.bsu.as_deref().unwrap_or("bytes");
    let events = file.bksu.as_deref().unwrap_or("blocks");
    let types: &[(&str, &str)] = match (units, file.bklt) {
        ("bytes", true) => &[
            ("alloc_objects", "count"),
            ("alloc_space", "bytes"),
            ("inuse_objects", "count"),
            ("inuse_space", "bytes"),
            ("peak_objects", "count"),
            ("peak_space", "bytes"),
        ],
        ("bytes", false) => &[("alloc_objects", "count"), ("alloc_space", "bytes")],
        _ => &[(events, "count"), (units, "count")],
    };
    let default = types.last().map_or("", |(kind, _)| kind);
    let mut frames = Frames { assembly: Assembly::new(types, default, limits), objects: BTreeMap::new() };
    if units == "bytes" {
        frames.assembly.all_recorded();
    }
    if let Some(program) = file.cmd.as_deref().and_then(|command| command.split_whitespace().next()) {
        frames.object(program)?;
    }
    let table = file.ftbl.iter().map(|frame| frames.location(frame)).collect::<Result<Vec<_>, _>>()?;
    let mut assembly = frames.assembly;
    assembly.header().comments.extend(file.cmd.map(|command| format!("command: {command}")));
    let mut stack = Vec::new();
    for (point, number) in file.pps.iter().zip(0..) {
        stack.clear();
        for &frame in &point.fs {
            let found = table.get(frame as usize);
            let unknown = || ReadError::DhatFrame { point: number, frame, count: table.len() as u64 };
            stack.extend(found.ok_or_else(unknown)?);
        }
        let values = [point.tbk, point.tb, point.ebk, point.eb, point.gbk, point.gb];
        assembly.add(&stack, &[], values.get(..types.len()).unwrap_or_default())?;
    }
    Ok(assembly.finish())
}

/// The table of frames.
struct Frames {
    assembly: Assembly,
    /// Binaries of frames without a source file.
    objects: BTreeMap<String, MappingId>,
}

impl Frames {
    /// The location that a text stands for; none for `[root]`, of which all stacks are part.
    fn location(&mut self, text: &str) -> Result<Option<LocationId>, ReadError> {
        if text == "[root]" {
            return Ok(None);
        }
        let frame = Frame::parse(text);
        let mapping = frame.object.map(|object| self.object(object)).transpose()?;
        let function = self.assembly.function(frame.function, frame.file)?;
        let lines = vec![Line { function, line: frame.line, column: frame.column }];
        let location = Location { mapping, address: frame.address, lines, is_folded: false };
        self.assembly.location(location).map(Some)
    }

    fn object(&mut self, file: &str) -> Result<MappingId, ReadError> {
        if let Some(&known) = self.objects.get(file) {
            return Ok(known);
        }
        // Where it was mapped is not known, and its frames have all names that there are.
        let mapping = Mapping { file: file.to_owned(), symbolized: true, ..Mapping::default() };
        let id = self.assembly.mapping(mapping)?;
        self.assembly.charge::<(String, MappingId)>(file.len())?;
        self.objects.insert(file.to_owned(), id);
        Ok(id)
    }
}

/// A frame, as its text says it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Frame<'t> {
    address: u64,
    function: &'t str,
    file: &'t str,
    line: i64,
    column: i64,
    /// The binary, where there is no source file.
    object: Option<&'t str>,
}

impl<'t> Frame<'t> {
    /// `0x109186: leak (a.c:5)`, `0x48417B4: malloc (in /usr/lib/libc.so)`, `0x10: f (lib.rs:5:11)`, `0x10: ???`; a text
    /// that is not so is a name.
    fn parse(text: &'t str) -> Self {
        let address = text.split_once(": ").and_then(|(address, rest)| {
            Some((u64::from_str_radix(address.strip_prefix("0x")?, 16).ok()?, rest))
        });
        let (address, text) = address.unwrap_or((0, text));
        let bare = Self { address, function: text, ..Self::default() };
        let Some((function, place)) = text.strip_suffix(')').and_then(|text| text.rsplit_once(" (")) else {
            return bare;
        };
        if let Some(object) = place.strip_prefix("in ") {
            return Self { function, object: Some(object), ..bare };
        }
        let number_behind = |text: &'t str| {
            let (before, number) = text.rsplit_once(':')?;
            Some((before, number.parse::<u32>().ok().map(i64::from)?))
        };
        match number_behind(place).map(|(before, last)| (before, last, number_behind(before))) {
            Some((_, column, Some((file, line)))) => Self { function, file, line, column, ..bare },
            Some((file, line, None)) => Self { function, file, line, ..bare },
            None => bare,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_what_their_texts_say() {
        let frame = |function, file, line, column| Frame { function, file, line, column, ..Frame::default() };
        for (text, expected) in [
            ("0x1f: leak (a.c:5)", Frame { address: 0x1f, ..frame("leak", "a.c", 5, 0) }),
            (
                "0x1f: <f as G>::h (src/a b.rs:5:11)",
                Frame { address: 0x1f, ..frame("<f as G>::h", "src/a b.rs", 5, 11) },
            ),
            ("0x1f: ???", Frame { address: 0x1f, ..frame("???", "", 0, 0) }),
            (
                "0x1f: f (in /lib/a.so)",
                Frame { address: 0x1f, object: Some("/lib/a.so"), ..frame("f", "", 0, 0) },
            ),
            ("0x1f: (below main) (x.h:58)", Frame { address: 0x1f, ..frame("(below main)", "x.h", 58, 0) }),
            ("operator new(unsigned long)", frame("operator new(unsigned long)", "", 0, 0)),
            ("f (int)", frame("f (int)", "", 0, 0)),
            ("", Frame::default()),
        ] {
            assert_eq!(Frame::parse(text), expected, "{text}");
        }
    }
}
