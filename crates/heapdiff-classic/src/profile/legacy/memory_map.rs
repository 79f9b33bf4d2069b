//! The memory map at the end of an older profile.

use super::super::entities::Mapping;
use super::super::model::Profile;
use super::super::parse_error::FormatError;
use super::lines::Lines;
use super::{expression, mappings};
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// `00400000-004de000 r-xp 00000000 08:01 1234 /usr/bin/cat`, as Linux shows it.
static LINUX_ENTRY: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        &[RANGE, PERMISSIONS, HEX, r"[\t\n\f\r ]+[0-9A-Fa-f]+:[0-9A-Fa-f]+[\t\n\f\r ]+[0-9]+", WORD].concat(),
    )
});
/// `400000-4de000: /usr/bin/cat (@1000) 8a4f`, with the offset and the build ID left out where they are not known.
static BRIEF_ENTRY: LazyLock<Regex> =
    LazyLock::new(|| expression(&[RANGE, PERMISSIONS, WORD, AT_OFFSET, HEX].concat()));
/// What a logging library puts before a line: `... file:line] `.
static LOG_PREFIX: LazyLock<Regex> = LazyLock::new(|| expression(r"^[^\[\]]+:[0-9]+\][\t\n\f\r ]"));

const RANGE: &str = r"^[\t\n\f\r ]*(?:0x)?([0-9A-Fa-f]+)[\t\n\f\r \-]?[\t\n\f\r ]*(?:0x)?([0-9A-Fa-f]+):?";
const PERMISSIONS: &str = r"(?:[\t\n\f\r ]+([-rwxp]+))?";
const WORD: &str = r"(?:[\t\n\f\r ]+([^\t\n\f\r ]+))?";
const HEX: &str = r"(?:[\t\n\f\r ]+([0-9A-Fa-f]+))?";
const AT_OFFSET: &str = r"(?:[\t\n\f\r ]+\(@([0-9A-Fa-f]+)\))?";

/// How long a line may be once its attributes are put in, and all attributes together, in bytes. pprof knows no limit: a
/// kilobyte of attributes that name each other takes all memory that there is.
const SUBSTITUTED_LEN_MAX: usize = 1 << 20;

/// Whether a line says that the memory map follows.
pub(super) fn is_beginning(line: &str) -> bool {
    line.contains("--- Memory map: ---") || line.contains("MAPPED_LIBRARIES:")
}

/// Reads the memory map, once it begins, and puts the profile's locations into its mappings.
pub(super) fn read(lines: &mut Lines<'_>, profile: &mut Profile) -> Result<(), FormatError> {
    while !is_beginning(lines.line()) && lines.advance() {}
    lines.check()?;
    read_all(lines, profile)
}

/// Reads a memory map to the end, and puts the profile's locations into its mappings.
pub(super) fn read_all(lines: &mut Lines<'_>, profile: &mut Profile) -> Result<(), FormatError> {
    let mut attributes: Vec<(String, String)> = Vec::new();
    let mut attributes_len = 0;
    let mut found = Vec::new();
    while lines.advance() {
        let line = lines.line();
        let line = line.get(LOG_PREFIX.find(line).map_or(0, |prefix| prefix.end())..).unwrap_or_default();
        let line = substitute(line, &attributes).ok_or_else(too_long)?;
        match parse_entry(&line, profile) {
            Entry::Code(mapping) => found.push(mapping),
            Entry::Data => {}
            // `name=value` stands for `$name` in what follows.
            Entry::None => {
                if let Some((name, value)) = line.split_once('=') {
                    attributes_len += line.len();
                    if attributes_len > SUBSTITUTED_LEN_MAX {
                        return Err(too_long());
                    }
                    attributes.push((format!("${}", name.trim()), value.trim().to_owned()));
                }
            }
        }
    }
    lines.check()?;
    mappings::set(profile, found);
    Ok(())
}

fn too_long() -> FormatError {
    FormatError::Line(format!("memory map: attributes take more than {SUBSTITUTED_LEN_MAX} bytes"))
}

/// A line with the values of attributes in the places of their names; `None` if it becomes too long.
fn substitute<'l>(line: &'l str, attributes: &[(String, String)]) -> Option<Cow<'l, str>> {
    if attributes.is_empty() || !line.contains('$') {
        return Some(Cow::Borrowed(line));
    }
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('$') {
        let (before, from_mark) = rest.split_at_checked(at)?;
        text.push_str(before);
        let known =
            attributes.iter().find_map(|(name, value)| Some((from_mark.strip_prefix(name.as_str())?, value)));
        rest = match known {
            Some((after, value)) => {
                text.push_str(value);
                after
            }
            None => {
                text.push('$');
                from_mark.get(1..)?
            }
        };
        if text.len() > SUBSTITUTED_LEN_MAX {
            return None;
        }
    }
    text.push_str(rest);
    Some(Cow::Owned(text))
}

/// What a line of a memory map is.
#[derive(Debug)]
enum Entry {
    Code(Mapping),
    /// A mapping that nothing is executed in.
    Data,
    None,
}

fn parse_entry(line: &str, profile: &mut Profile) -> Entry {
    let (found, places) = if let Some(found) = LINUX_ENTRY.captures(line) {
        (found, [1, 2, 3, 5, 4, 6])
    } else if let Some(found) = BRIEF_ENTRY.captures(line) {
        (found, [1, 2, 3, 4, 5, 6])
    } else {
        return Entry::None;
    };
    let [start, limit, permissions, file, offset, build_id] =
        places.map(|place| found.get(place).map_or("", |part| part.as_str()));
    if !permissions.is_empty() && !permissions.contains('x') {
        return Entry::Data;
    }
    let number = |text| u64::from_str_radix(text, 16).ok();
    let offset = if offset.is_empty() { "0" } else { offset };
    let (Some(start), Some(limit), Some(offset)) = (number(start), number(limit), number(offset)) else {
        return Entry::None;
    };
    let (file, build_id) = (profile.strings.intern(file), profile.strings.intern(build_id));
    Entry::Code(Mapping { start, limit, offset, file, build_id, ..Mapping::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_stand_for_their_values() {
        let attributes = [("$build".to_owned(), "/opt".to_owned()), ("$b".to_owned(), "x".to_owned())];
        for (line, expected) in
            [("1-2: $build/app", "1-2: /opt/app"), ("$b$$b", "x$x"), ("$", "$"), ("$c ä$", "$c ä$"), ("", "")]
        {
            assert_eq!(substitute(line, &attributes).as_deref(), Some(expected));
        }
        assert_eq!(substitute("$build", &[]).as_deref(), Some("$build"));
    }

    /// 1.3 KiB took 2 GB.
    #[test]
    fn attributes_that_name_each_other_do_not_fill_the_memory() {
        let mut map = format!("zz0={}\n", "x".repeat(1000));
        for number in 1..10 {
            map += &format!("zz{number}={}\n", format!("$zz{}", number - 1).repeat(10));
        }
        let mut lines = Lines::new(map.as_bytes());
        assert_eq!(read_all(&mut lines, &mut Profile::default()), Err(too_long()));
    }
}
