//! A memory map of Linux at the end of a text, `/proc/self/maps`.

use crate::assembly::Assembly;
use crate::lines::{Lines, hexadecimal};
use crate::read_error::ReadError;
use heapdiff_profile::{Mapping, MappingId, Profile};
use std::io::BufRead;

/// Where code lies, by address.
#[derive(Debug, Default)]
pub(crate) struct MemoryMap {
    mappings: Vec<(u64, MappingId)>,
}

impl MemoryMap {
    /// Reads entries to the end of the text. Mappings that nothing is executed in are left out.
    pub(crate) fn read(
        &mut self,
        lines: &mut Lines<impl BufRead>,
        assembly: &mut Assembly,
    ) -> Result<(), ReadError> {
        while lines.advance()? {
            if lines.line().trim_ascii().is_empty() {
                continue;
            }
            let entry =
                Entry::parse(lines.line()).ok_or_else(|| lines.malformed("an entry of `/proc/self/maps`"))?;
            if entry.is_code {
                assembly.charge::<(u64, MappingId)>(0)?;
                let start = entry.mapping.memory_start;
                self.mappings.push((start, assembly.mapping(entry.mapping)?));
            }
        }
        self.mappings.sort_by_key(|&(start, _)| start);
        Ok(())
    }

    /// Tells each location the mapping that it lies in.
    pub(crate) fn assign(&self, profile: &mut Profile) {
        let Profile { locations, mappings, .. } = profile;
        for location in locations {
            let after = self.mappings.partition_point(|&(start, _)| start <= location.address);
            let candidate = after.checked_sub(1).and_then(|place| self.mappings.get(place));
            location.mapping = candidate.map(|&(_, id)| id).filter(|id| {
                mappings.get(id.index()).is_some_and(|mapping| location.address < mapping.memory_limit)
            });
        }
    }
}

struct Entry {
    mapping: Mapping,
    is_code: bool,
}

impl Entry {
    /// `55aa-55bb r-xp 0002d000 fe:00 10340469      /usr/bin/app`; the name may be missing, or hold spaces.
    fn parse(line: &[u8]) -> Option<Self> {
        let mut rest = line.trim_ascii();
        let mut word = || {
            let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
            let (word, after) = rest.split_at_checked(end)?;
            rest = after.trim_ascii_start();
            Some(word).filter(|word| !word.is_empty())
        };
        let (range, permissions, offset) = (word()?, word()?, word()?);
        let (_device, _inode) = (word()?, word()?);
        let dash = range.iter().position(|&byte| byte == b'-')?;
        let mapping = Mapping {
            memory_start: hexadecimal(range.get(..dash)?)?,
            memory_limit: hexadecimal(range.get(dash + 1..)?)?,
            file_offset: hexadecimal(offset)?,
            file: String::from_utf8_lossy(rest).into_owned(),
            ..Mapping::default()
        };
        Some(Self { mapping, is_code: permissions.get(2) == Some(&b'x') })
    }
}
