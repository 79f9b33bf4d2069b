//! [`Facts`] as bytes, so that they lie in the region beside the tables and outlive the process.
//!
//! They are a pprof profile without samples, not compressed: the mappings are its mappings, and each other fact is a
//! comment `name=value`, in the order of [`Facts`]. A name that a reader does not know is skipped, so facts may be
//! added; one that is missing stays empty. See decision 13.

use crate::facts::{Facts, Mapping};
use heapdiff_pprof::{DecodeError, Mapping as Segment, Message, Reader, WriteError, Writer};

const BOOT_ID: &str = "boot_id";
const PID: &str = "pid";
const START_NANOS: &str = "start_nanos";
const RECORDER_ID: &str = "recorder_id";
const PROGRAM: &str = "program";
/// One comment an argument; without any the command line is not to be written.
const ARGUMENT: &str = "argument";
const FILE_PREFIX: &str = "file_prefix";
const UNWINDER: &str = "unwinder";

/// Why bytes are no facts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadFacts {
    /// They are no profile.
    Encoding(DecodeError),
    /// A number is none.
    Number {
        /// The fact's name.
        name: &'static str,
        /// What is in its place.
        found: String,
    },
    /// The names of the process's snapshots would lie outside of their directory.
    FilePrefix {
        /// How they would begin.
        found: String,
    },
}

impl std::fmt::Display for BadFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Encoding(_) => write!(f, "the facts about the process are damaged"),
            Self::Number { name, found } => {
                write!(f, "the process's {name} is `{}`, expected a number", found.escape_debug())
            }
            Self::FilePrefix { found } => {
                write!(f, "its snapshots would be named `{}...`, which is no file name", found.escape_debug())
            }
        }
    }
}

impl std::error::Error for BadFacts {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Encoding(error) => Some(error),
            Self::Number { .. } | Self::FilePrefix { .. } => None,
        }
    }
}

impl From<DecodeError> for BadFacts {
    fn from(error: DecodeError) -> Self {
        Self::Encoding(error)
    }
}

impl Facts {
    /// The facts as bytes.
    ///
    /// # Errors
    /// None in fact: memory does not refuse.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let identity = &self.identity;
        let mut writer = Writer::new(Vec::new())?;
        let mut fact = |name: &str, value: &str| writer.comment(&format!("{name}={value}"));
        fact(BOOT_ID, &identity.boot_id)?;
        fact(PID, &identity.pid.to_string())?;
        fact(START_NANOS, &identity.start_nanos.to_string())?;
        fact(RECORDER_ID, &identity.recorder_id)?;
        fact(PROGRAM, &identity.program)?;
        for argument in identity.command_line.iter().flatten() {
            fact(ARGUMENT, argument)?;
        }
        fact(FILE_PREFIX, &self.file_prefix)?;
        fact(UNWINDER, &self.unwinder)?;
        for (mapping, id) in self.mappings.iter().zip(1..) {
            writer.mapping(&mapping.as_segment(id))?;
        }
        writer.finish()
    }

    /// The facts in `bytes`.
    ///
    /// # Errors
    /// If they are not what [`Self::to_bytes`] writes, in this version or a later one; and if the files that they name
    /// would not lie in the directory of the snapshots.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadFacts> {
        let reader = Reader::new(bytes)?;
        let mut facts = Self::default();
        for &comment in &reader.header().comments {
            if let Some((name, value)) = reader.string(comment).split_once('=') {
                facts.take(name, value)?;
            }
        }
        let prefix = &facts.file_prefix;
        if prefix.is_empty() || prefix.starts_with('.') || prefix.contains(['/', '\0']) {
            return Err(BadFacts::FilePrefix { found: prefix.clone() });
        }
        let mut messages = reader.messages();
        while let Some(message) = messages.next_message()? {
            if let Message::Mapping(segment) = message {
                facts.mappings.push(Mapping {
                    range: segment.memory_start..segment.memory_limit,
                    file_offset: segment.file_offset,
                    file: reader.string(segment.file).to_owned(),
                    build_id: reader.string(segment.build_id).to_owned(),
                });
            }
        }
        Ok(facts)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), BadFacts> {
        let identity = &mut self.identity;
        let text = value.to_owned();
        match name {
            BOOT_ID => identity.boot_id = text,
            PID => identity.pid = number(PID, value)?,
            START_NANOS => identity.start_nanos = number(START_NANOS, value)?,
            RECORDER_ID => identity.recorder_id = text,
            PROGRAM => identity.program = text,
            ARGUMENT => identity.command_line.get_or_insert_default().push(text),
            FILE_PREFIX => self.file_prefix = text,
            UNWINDER => self.unwinder = text,
            _ => {}
        }
        Ok(())
    }
}

impl Mapping {
    /// The mapping as a profile has it.
    pub(crate) fn as_segment(&self, id: u64) -> Segment<&str> {
        Segment {
            id,
            memory_start: self.range.start,
            memory_limit: self.range.end,
            file_offset: self.file_offset,
            file: &self.file,
            build_id: &self.build_id,
            ..Segment::default()
        }
    }
}

fn number<N: std::str::FromStr>(name: &'static str, value: &str) -> Result<N, BadFacts> {
    value.parse().map_err(|_| BadFacts::Number { name, found: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Identity;
    use proptest::prelude::*;

    fn facts() -> impl Strategy<Value = Facts> {
        let text = || "[ -~\u{e4}\u{1F980}=\n]{0,12}";
        let mapping = (any::<[u64; 3]>(), text(), "([0-9a-f]{2}){0,20}");
        let mappings = prop::collection::vec(mapping, 0..5);
        let arguments = prop::option::of(prop::collection::vec(text(), 1..4));
        let numbers = (any::<u32>(), any::<u64>());
        (numbers, [text(), text(), text(), text()], arguments, "[a-z][^/\0]{0,20}", mappings).prop_map(
            |(
                (pid, start_nanos),
                [boot_id, recorder_id, program, unwinder],
                command_line,
                prefix,
                mappings,
            )| {
                Facts {
                    identity: Identity { boot_id, pid, start_nanos, recorder_id, program, command_line },
                    file_prefix: prefix,
                    unwinder,
                    mappings: mappings
                        .into_iter()
                        .map(|([start, end, file_offset], file, build_id)| Mapping {
                            range: start..end,
                            file_offset,
                            file,
                            build_id,
                        })
                        .collect(),
                }
            },
        )
    }

    proptest! {
        #[test]
        fn facts_come_back_as_they_were(facts in facts()) {
            prop_assert_eq!(Facts::from_bytes(&facts.to_bytes().unwrap()), Ok(facts));
        }

        /// Facts that were cut or altered are others or an error, never a panic; and a file name never leaves its
        /// folder.
        #[test]
        fn damage_is_an_error_or_other_facts(
            facts in facts(),
            cut in any::<prop::sample::Index>(),
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        ) {
            let mut bytes = facts.to_bytes().unwrap();
            bytes.truncate(cut.index(bytes.len()) + 1);
            for (place, flip) in flips {
                let place = place.index(bytes.len());
                bytes[place] ^= flip;
            }
            if let Ok(facts) = Facts::from_bytes(&bytes) {
                prop_assert!(!facts.file_prefix.contains('/') && !facts.file_prefix.starts_with('.'));
            }
        }
    }

    #[test]
    fn facts_of_a_later_version_are_read_as_far_as_they_are_known() {
        let mut writer = Writer::new(Vec::new()).unwrap();
        for comment in ["pid=42", "colour=blue", "no value", "file_prefix=shop-1-42-"] {
            writer.comment(comment).unwrap();
        }
        let facts = Facts::from_bytes(&writer.finish().unwrap()).unwrap();
        assert_eq!((facts.identity.pid, facts.file_prefix.as_str()), (42, "shop-1-42-"));
        assert_eq!(facts.identity.command_line, None);
    }

    #[test]
    fn facts_that_would_write_elsewhere_are_refused() {
        for prefix in ["", "../evil-", "/etc/evil-", ".hidden-"] {
            let facts = Facts { file_prefix: prefix.to_owned(), ..Facts::default() };
            let error = Facts::from_bytes(&facts.to_bytes().unwrap()).unwrap_err();
            assert_eq!(error, BadFacts::FilePrefix { found: prefix.to_owned() });
        }
        let error = Facts::from_bytes(b"").unwrap_err();
        assert_eq!(error.to_string(), "the facts about the process are damaged");
    }
}
