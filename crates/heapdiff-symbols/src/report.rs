//! What became of the addresses of each mapping, and what a user can do about those that stayed bare.

use std::path::PathBuf;

/// What [`Symbolizer::symbolize`](crate::Symbolizer::symbolize) did, a row a mapped file, in the order in which the
/// profiles first name them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SymbolReport {
    /// One row for each distinct build ID that has locations without lines, or file where no build ID is known.
    pub mappings: Vec<MappingReport>,
    /// Distinct addresses that lie in no mapping, so that no file can be asked about them.
    pub unmapped_addresses: u64,
}

impl SymbolReport {
    /// One line for each mapping whose addresses stay bare for a reason that the user can change.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.mappings.iter().filter_map(MappingReport::warning)
    }

    /// Distinct addresses that were asked about, unmapped ones included.
    #[must_use]
    pub fn addresses(&self) -> u64 {
        self.mappings.iter().map(|mapping| mapping.addresses).sum::<u64>() + self.unmapped_addresses
    }

    /// Distinct addresses that now have at least a function name.
    #[must_use]
    pub fn symbolized(&self) -> u64 {
        self.mappings.iter().map(|mapping| mapping.symbolized).sum()
    }
}

/// What became of the addresses of one mapped file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MappingReport {
    /// The file as the profile names it.
    pub file: String,
    /// Hexadecimal build ID as the profile names it; empty where it names none.
    pub build_id: String,
    /// Distinct addresses in the file that had no lines yet.
    pub addresses: u64,
    /// How many of them have at least a function name now.
    pub symbolized: u64,
    /// How many of [`Self::symbolized`] came from the cache, without a look at the file.
    pub cached: u64,
    /// Where the names came from, or why there are none.
    pub outcome: MappingOutcome,
}

impl MappingReport {
    /// One line for the user, if there is something that he or she can do.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let remedy = "pass --debug-dir, or keep the binary beside the profiles";
        let file = &self.file;
        match &self.outcome {
            MappingOutcome::Symbolized { .. } | MappingOutcome::Nameless => None,
            MappingOutcome::SymbolTableOnly { path } if self.build_id.is_empty() => Some(format!(
                "the snapshot does not say the build ID of `{file}`: names from `{}`, which has no debug information and so no lines, are wrong if it was built anew since",
                path.display()
            )),
            MappingOutcome::SymbolTableOnly { path } => Some(format!(
                "`{}` has no debug information, so functions are shown without lines: build with `debug = \"line-tables-only\"`",
                path.display()
            )),
            MappingOutcome::Unverified { path } => Some(format!(
                "the snapshot does not say the build ID of `{file}`: names from `{}` are wrong if it was built anew since",
                path.display()
            )),
            MappingOutcome::BuildIdDiffers { path, found } => {
                let found = if found.is_empty() { "missing".to_owned() } else { format!("`{found}`") };
                Some(format!(
                    "build ID of `{}` is {found}, the snapshot was written by `{}`: {remedy}",
                    path.display(),
                    self.build_id
                ))
            }
            MappingOutcome::Missing if self.build_id.is_empty() => {
                Some(format!("there is no file `{file}`: {remedy}"))
            }
            MappingOutcome::Missing => {
                Some(format!("there is no file `{file}` with build ID `{}`: {remedy}", self.build_id))
            }
            MappingOutcome::Unreadable { path, reason } => {
                Some(format!("cannot symbolize with `{}`: {reason}: {remedy}", path.display()))
            }
        }
    }
}

/// Where the names of a mapping came from, or why there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MappingOutcome {
    /// From debug information, with lines and inlined functions.
    Symbolized {
        /// The file that had it; `None` where the cache answered everything.
        path: Option<PathBuf>,
    },
    /// From the symbol table alone: names without lines, and inlined functions are invisible.
    SymbolTableOnly {
        /// The file that has no debug information.
        path: PathBuf,
    },
    /// From a file that may be another build, because the profile does not name a build ID.
    Unverified {
        /// The file.
        path: PathBuf,
    },
    /// The file on disk is another build, and no other candidate is the right one; nothing was symbolized.
    BuildIdDiffers {
        /// The file that was refused.
        path: PathBuf,
        /// Its build ID; empty where it has none.
        found: String,
    },
    /// No file of that name was found.
    Missing,
    /// A file was found, but it is no ELF file that can be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, as a lowercase fragment.
        reason: String,
    },
    /// The mapping is not a file: `[vdso]`, `[heap]`, anonymous memory.
    Nameless,
}
