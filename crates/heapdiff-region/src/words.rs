//! The words of a region file, copied or shared.

use crate::defect::RegionFileError;
use crate::mapping::SharedWords;
use heapdiff_recorder::{Area, AtomicU64, Region, RegionError};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use zerocopy::{FromZeros as _, IntoBytes as _};

/// The most that a region file may have: twenty times what the largest recorder maps.
const BYTES_MAX: u64 = 16 << 30;
const WORD: u64 = size_of::<AtomicU64>() as u64;
const PAGE: u64 = 4096;

/// Words that are a region.
#[derive(Debug)]
pub(crate) enum Words {
    /// Those that are in use, copied to their places; all others are zero and take no memory.
    Copied(Vec<AtomicU64>),
    /// Those of a living process.
    Shared(SharedWords),
}

impl Words {
    /// Copies what is in use.
    pub(crate) fn copy(file: &File) -> Result<Self, RegionFileError> {
        let bytes = length(file)?;
        let count = usize::try_from(bytes / WORD).unwrap_or(usize::MAX);
        let no_memory = |_| io::Error::from(io::ErrorKind::OutOfMemory);
        let mut words = AtomicU64::new_vec_zeroed(count).map_err(no_memory)?;
        read(file, &mut words, 0..PAGE)?;
        let parts = used_parts(&Region::open(&words)?);
        for part in parts {
            read(file, &mut words, part)?;
        }
        Region::open(&words)?;
        Ok(Self::Copied(words))
    }

    /// Maps a file that its process goes on writing to.
    pub(crate) fn share(file: &File) -> Result<Self, RegionFileError> {
        let bytes = usize::try_from(length(file)?).unwrap_or(usize::MAX);
        let words = SharedWords::map(file, bytes)?;
        Region::open(words.words())?;
        Ok(Self::Shared(words))
    }

    /// The region.
    pub(crate) fn region(&self) -> Result<Region<'_>, RegionError> {
        Region::open(match self {
            Self::Copied(words) => words,
            Self::Shared(words) => words.words(),
        })
    }
}

fn length(file: &File) -> Result<u64, RegionFileError> {
    let found = file.metadata()?.len();
    if found > BYTES_MAX {
        return Err(RegionFileError::TooLarge { found, expected: BYTES_MAX });
    }
    if found < PAGE {
        return Err(RegionError::NotARegion.into());
    }
    Ok(found)
}

/// The bytes that are in use, by what the header says.
fn used_parts(region: &Region<'_>) -> Vec<Range<u64>> {
    let extents = Area::ALL.map(|area| region.extent(area));
    let fixed = extents.iter().map(|extent| extent.start).min().unwrap_or(0);
    let grown = extents.into_iter().map(|extent| extent.start..extent.used);
    std::iter::once(0..fixed).chain(grown).collect()
}

fn read(file: &File, words: &mut [AtomicU64], part: Range<u64>) -> Result<(), RegionFileError> {
    let word = |byte: u64| usize::try_from(byte / WORD).unwrap_or(usize::MAX);
    let target = words.get_mut(word(part.start)..word(part.end)).ok_or(RegionError::Capacities)?;
    Ok(file.read_exact_at(target.as_mut_bytes(), part.start)?)
}
