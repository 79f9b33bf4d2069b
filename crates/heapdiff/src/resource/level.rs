//! How much is kept of each resource.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// How much is kept of the resources of a type, from its next acquire on.
///
/// Counts are exact on every level but [`Self::Off`]; what differs is of how many the place of the acquire is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Level {
    /// Nothing, not even a count.
    Off,
    /// Exact numbers, without stack traces.
    Count,
    /// Beside the numbers, stack trace, size and age of one in so many, chosen at random.
    Sampled(NonZeroU32),
    /// Stack trace, size and age of each.
    All,
    /// As [`Self::All`], and the accesses of each: see [`Lease::record`](super::Lease::record).
    Records,
}

impl Level {
    /// One in 128, which is what a type begins with.
    pub const DEFAULT: Self = Self::Sampled(Self::SAMPLED_DEFAULT);
    const SAMPLED_DEFAULT: NonZeroU32 = match NonZeroU32::new(128) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    };

    /// One in `number`; with 1 or 0 [`Self::All`].
    #[must_use]
    pub const fn sampled(number: u32) -> Self {
        match NonZeroU32::new(number) {
            Some(number) if number.get() > 1 => Self::Sampled(number),
            _ => Self::All,
        }
    }

    /// Of how many resources one has a stack trace; `None` if none has.
    pub(crate) const fn one_in(self) -> Option<u32> {
        match self {
            Self::Off | Self::Count => None,
            Self::Sampled(number) => Some(number.get()),
            Self::All | Self::Records => Some(1),
        }
    }

    /// As a word of memory: never [`UNSET`].
    pub(super) const fn to_bits(self) -> u64 {
        match self {
            Self::Off => OFF,
            Self::Count => COUNT,
            Self::All => 3,
            Self::Records => 4,
            Self::Sampled(number) => SAMPLED | number.get() as u64,
        }
    }

    /// The level that [`Self::to_bits`] has made a word of; `None` for [`UNSET`].
    pub(super) const fn from_bits(bits: u64) -> Option<Self> {
        match bits {
            OFF => Some(Self::Off),
            COUNT => Some(Self::Count),
            3 => Some(Self::All),
            4 => Some(Self::Records),
            #[expect(clippy::cast_possible_truncation, reason = "the upper half is the mark")]
            bits if bits & SAMPLED != 0 => Some(Self::sampled(bits as u32)),
            _ => None,
        }
    }
}

/// Nobody has said which level it is.
pub(super) const UNSET: u64 = 0;
pub(super) const OFF: u64 = 1;
pub(super) const COUNT: u64 = 2;
const SAMPLED: u64 = 1 << 32;

impl Default for Level {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Count => f.write_str("count"),
            Self::Sampled(number) => write!(f, "sampled:{number}"),
            Self::All => f.write_str("all"),
            Self::Records => f.write_str("records"),
        }
    }
}

impl FromStr for Level {
    type Err = BadLevel;

    fn from_str(text: &str) -> Result<Self, BadLevel> {
        match text.trim() {
            "off" => Ok(Self::Off),
            "count" => Ok(Self::Count),
            "sampled" => Ok(Self::DEFAULT),
            "all" => Ok(Self::All),
            "records" => Ok(Self::Records),
            other => {
                let number = other.strip_prefix("sampled:").and_then(|number| number.parse().ok());
                number.filter(|number| *number > 0).map(Self::sampled).ok_or(BadLevel)
            }
        }
    }
}

/// A text that names no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadLevel;

impl BadLevel {
    /// What would be one.
    pub(crate) const EXPECTED: &'static str = "`off`, `count`, `sampled`, `sampled:128`, `all` or `records`";
}

impl fmt::Display for BadLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", Self::EXPECTED)
    }
}

impl std::error::Error for BadLevel {}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Level; 6] =
        [Level::Off, Level::Count, Level::DEFAULT, Level::sampled(7), Level::All, Level::Records];

    #[test]
    fn a_level_is_itself_again_as_text_and_as_a_word() {
        for level in ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
            assert_eq!(Level::from_bits(level.to_bits()), Some(level));
        }
        assert_eq!(Level::from_bits(UNSET), None);
        assert_eq!("sampled:1".parse(), Ok(Level::All));
        assert_eq!(Level::sampled(u32::MAX).one_in(), Some(u32::MAX));
    }

    #[test]
    fn what_names_no_level_is_an_error() {
        for text in ["", "none", "sampled:", "sampled:0", "sampled:-1", "all:2", "Count"] {
            assert_eq!(text.parse::<Level>(), Err(BadLevel), "{text}");
        }
    }
}
