//! An ELF file on disk, read in pieces: its build ID, where it is loaded, its sections.
//!
//! Sections are read into memory rather than mapped: a file that is cut short while it is mapped ends the process
//! with SIGBUS, and mapping needs `unsafe`. Paths come from profiles, so only regular files are opened (a FIFO would
//! wait for a writer forever), and only for reading.

use object::read::ReadCache;
use object::{CompressionFormat, Object, ObjectSection, ObjectSegment};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Largest section that is unpacked, in bytes: more than the debug information of any program that was seen, and
/// little enough that a hostile header cannot ask for all memory.
const UNPACKED_BYTES_MAX: u64 = 4 << 30;

/// Smallest page of any Linux; segments are mapped from multiples of it.
const PAGE_BYTES: u64 = 4096;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ElfError {
    #[error("cannot be read: {0}")]
    Io(io::Error),
    #[error("is not a regular file")]
    NotRegular,
    #[error("is not an ELF file")]
    NotElf,
    #[error("is a damaged ELF file ({0})")]
    Damaged(object::Error),
    #[error("has damaged debug information ({0})")]
    DamagedDebugInformation(addr2line::gimli::Error),
    #[error("has damaged debug information (a section of {0} bytes)")]
    SectionTooLarge(u64),
    #[error("has damaged debug information (entries nest more than {0} deep)")]
    TooDeep(isize),
    #[error("is damaged in a way that its reader did not expect")]
    ReaderPanicked,
}

impl ElfError {
    /// Whether this says no more than that there is no such file.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Io(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
    }
}

/// The parsed headers of an [`ElfFile`].
pub(crate) type Headers<'a> = object::File<'a, &'a ReadCache<File>>;

/// An open file whose headers are those of an ELF file.
#[derive(Debug)]
pub(crate) struct ElfFile {
    path: PathBuf,
    contents: ReadCache<File>,
}

impl ElfFile {
    /// Opens the file at `path`, if it is a regular file that begins as ELF.
    pub(crate) fn open(path: &Path) -> Result<Self, ElfError> {
        // Asked before opening, because opening is what hangs on a FIFO and what may act on a device.
        if !std::fs::metadata(path).map_err(ElfError::Io)?.is_file() {
            return Err(ElfError::NotRegular);
        }
        let file = File::open(path).map_err(ElfError::Io)?;
        let elf = Self { path: path.to_owned(), contents: ReadCache::new(file) };
        elf.headers()?;
        Ok(elf)
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file's headers. Costs little: what was read once is kept.
    pub(crate) fn headers(&self) -> Result<Headers<'_>, ElfError> {
        match object::FileKind::parse(&self.contents) {
            Ok(object::FileKind::Elf32 | object::FileKind::Elf64) => {
                object::File::parse(&self.contents).map_err(ElfError::Damaged)
            }
            _ => Err(ElfError::NotElf),
        }
    }

    /// The build ID in lowercase hexadecimal; empty where the file has none.
    pub(crate) fn build_id(&self) -> Result<String, ElfError> {
        let mut text = String::new();
        for byte in self.headers()?.build_id().map_err(ElfError::Damaged)?.unwrap_or_default() {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        Ok(text)
    }

    /// Whether the file has debug information of its own.
    pub(crate) fn has_debug_information(&self) -> Result<bool, ElfError> {
        // A file made by `strip --only-keep-debug` names the sections that it left out, without contents; so does,
        // the other way round, a linker that was told to drop debug information late.
        Ok(self.headers()?.section_by_name(".debug_info").is_some_and(|section| section.size() > 0))
    }

    /// The separate debug file that `.gnu_debuglink` names, if any.
    pub(crate) fn debug_link(&self) -> Option<PathBuf> {
        use std::os::unix::ffi::OsStrExt;
        let headers = self.headers().ok()?;
        let (name, _checksum) = headers.gnu_debuglink().ok()??;
        Path::new(std::ffi::OsStr::from_bytes(name)).file_name().map(PathBuf::from)
    }

    /// A section's bytes, unpacked if need be; empty where there is no such section.
    pub(crate) fn section<'a>(headers: &Headers<'a>, name: &str) -> Result<Cow<'a, [u8]>, ElfError> {
        let Some(section) = headers.section_by_name(name) else { return Ok(Cow::Borrowed(&[])) };
        let data = section.compressed_data().map_err(ElfError::Damaged)?;
        if data.format != CompressionFormat::None && data.uncompressed_size > UNPACKED_BYTES_MAX {
            return Err(ElfError::SectionTooLarge(data.uncompressed_size));
        }
        data.decompress().map_err(ElfError::Damaged)
    }

    /// How file offsets become the addresses that symbols and debug information use.
    pub(crate) fn segments(&self) -> Result<Segments, ElfError> {
        let headers = self.headers()?;
        let segments = headers.segments().map(|segment| {
            let (file_offset, file_bytes) = segment.file_range();
            let is_executable = segment.permissions().executable();
            Segment {
                file_offset,
                file_bytes,
                address: segment.address(),
                bytes: segment.size(),
                is_executable,
            }
        });
        Ok(Segments(segments.collect()))
    }
}

/// One `PT_LOAD` program header.
#[derive(Clone, Copy, Debug)]
struct Segment {
    file_offset: u64,
    file_bytes: u64,
    address: u64,
    bytes: u64,
    is_executable: bool,
}

/// The parts of a file that are loaded.
///
/// ```text
/// file      |--headers, read-only--|--text--|--data--|
///              p_offset = 0         0x13030            file_offset of the mapping = 0x13000
/// memory    |--headers, read-only--|  gap  |--text--| ...
///              p_vaddr = 0                  0x14030    memory_start = load bias + 0x14000
/// ```
/// The gap is why an address minus the load address is not yet an address of the file, and why a file offset is not
/// one either.
///
/// **Source:** System V gABI, "Program Header".
#[derive(Clone, Debug)]
pub(crate) struct Segments(Vec<Segment>);

impl Segments {
    /// Whether the file holds what is loaded, as a binary does and a separate debug file does not.
    pub(crate) fn have_contents(&self) -> bool {
        self.0.iter().any(|segment| segment.is_executable && segment.file_bytes > 0)
    }

    /// The virtual address, as the linker knew it, of the byte at `offset` of the file.
    pub(crate) fn address_of(&self, offset: u64) -> Option<u64> {
        self.0.iter().find_map(|segment| {
            let within = offset.checked_sub(segment.file_offset)?;
            (within < segment.file_bytes).then(|| segment.address.checked_add(within))?
        })
    }

    /// The same for a debug file without the contents of the segments, whose file offsets mean nothing: `offset`
    /// lies in a mapping that begins at `mapping_offset`, and a mapping of code begins where the executable segment
    /// does. `None` where no segment, or more than one, would hold the address.
    pub(crate) fn address_without_contents(&self, offset: u64, mapping_offset: u64) -> Option<u64> {
        let within = offset.checked_sub(mapping_offset)?;
        let mut addresses = self.0.iter().filter(|segment| segment.is_executable).filter_map(|segment| {
            let address = (segment.address / PAGE_BYTES * PAGE_BYTES).checked_add(within)?;
            let is_inside = address.checked_sub(segment.address)? < segment.bytes;
            is_inside.then_some(address)
        });
        addresses.next().filter(|_| addresses.next().is_none())
    }
}
