//! A loaded file, as far as unwinding needs it.

use std::ops::{Deref, Range};
use std::sync::Arc;

/// Bytes of a section: borrowed where the file stays loaded as long as the process lives, else a copy, so that a
/// library that is closed meanwhile takes nothing away from a walk.
#[derive(Clone, Debug)]
pub enum SectionBytes {
    /// In the memory of the loaded file.
    Loaded(&'static [u8]),
    /// Copied out of it.
    Copied(Arc<[u8]>),
}

impl Default for SectionBytes {
    fn default() -> Self {
        Self::Loaded(&[])
    }
}

impl Deref for SectionBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Loaded(bytes) => bytes,
            Self::Copied(bytes) => bytes,
        }
    }
}

/// The unwind sections of a module. Addresses are those of the file ("svma"), before the loader moved it.
#[derive(Clone, Debug)]
pub struct UnwindSections {
    /// `.eh_frame_hdr`: the sorted index of `.eh_frame`.
    pub eh_frame_hdr: SectionBytes,
    /// Where it lies.
    pub eh_frame_hdr_range: Range<u64>,
    /// `.eh_frame`, from its beginning to the end of the segment that holds it.
    pub eh_frame: SectionBytes,
    /// Where it lies.
    pub eh_frame_range: Range<u64>,
}

/// A file that is loaded into the process.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its path, for messages.
    pub name: String,
    /// Addresses that it covers in the process.
    pub range: Range<u64>,
    /// What is added to an address of the file to give the one in the process.
    pub bias: u64,
    /// Its unwind sections; without them a walk falls back on frame pointers while it is in this module.
    pub sections: Option<UnwindSections>,
}

impl Module {
    /// The module as framehop takes it.
    pub(crate) fn to_framehop(&self) -> framehop::Module<SectionBytes> {
        let mut info = framehop::ExplicitModuleSectionInfo { base_svma: 0, ..Default::default() };
        if let Some(sections) = &self.sections {
            info.eh_frame_hdr = Some(sections.eh_frame_hdr.clone());
            info.eh_frame_hdr_svma = Some(sections.eh_frame_hdr_range.clone());
            info.eh_frame = Some(sections.eh_frame.clone());
            info.eh_frame_svma = Some(sections.eh_frame_range.clone());
        }
        // With a base of 0 in the file, the base in the process is the bias itself.
        framehop::Module::new(self.name.clone(), self.range.clone(), self.bias, info)
    }
}
