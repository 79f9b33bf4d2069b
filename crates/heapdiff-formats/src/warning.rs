//! Defects of a profile that do not keep it from being read.

use heapdiff_profile::Metadata;

/// Something is wrong with the input, but the profile that was made of it is sound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// The comment with heapdiff's metadata cannot be parsed. It is kept among the comments.
    #[error("heapdiff's metadata cannot be read, so the snapshot counts as another program's: {reason}")]
    BrokenMetadata {
        /// What the parser says.
        reason: String,
    },
    /// There are several comments with metadata, as if snapshots were merged. All are kept among the
    /// comments.
    #[error(
        "found metadata of `{count}` snapshots, expected that of one: a merged profile has no place in a series"
    )]
    SeveralMetadata {
        /// The number of such comments.
        count: usize,
    },
    /// The metadata follow a schema that this version does not know; what it does know was read.
    #[error(
        "the metadata follow schema `{found}`, expected `{}`: a newer heapdiff may say more",
        Metadata::SCHEMA
    )]
    UnknownSchema {
        /// The schema that they name.
        found: String,
    },
    /// Locations refer to a mapping that does not exist. They were read as locations without a mapping.
    #[error("`{count}` locations name a mapping that is not in the profile: they cannot be symbolized")]
    UnknownMappings {
        /// The number of such locations.
        count: u64,
    },
    /// Strings are no UTF-8. What is not was replaced by U+FFFD.
    #[error("`{count}` strings are no UTF-8: their names are shown with `\u{fffd}`")]
    ReplacedStrings {
        /// The number of such strings.
        count: usize,
    },
    /// The address of the profile's explanation is no absolute web address. It was left out.
    #[error("the explanation's address is no `http` or `https` address and is ignored: `{found}`")]
    DocUrl {
        /// The address that was found.
        found: String,
    },
    /// Sums do not fit into 64 bits. They are as large as they can be.
    #[error("`{count}` additions exceeded 64 bits: their sums are shown as the largest number there is")]
    Saturated {
        /// The number of additions.
        count: u64,
    },
    /// Numbers of a text have fractions. Their sums were rounded.
    #[error("`{count}` lines have a number with a fraction: sums are rounded to whole numbers")]
    RoundedFractions {
        /// The number of such lines.
        count: u64,
    },
}
