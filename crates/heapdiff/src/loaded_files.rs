//! Every file that was ever loaded while recording, so that addresses of a library that was closed keep their names.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use crate::sys::modules::{self, LoadedFile};
use crate::unwinders::Unwinders;
use heapdiff_snapshot::Mapping;

/// The files, those loaded now first.
#[derive(Debug)]
pub(crate) struct LoadedFiles {
    generation: u64,
    files: Vec<LoadedFile>,
}

impl LoadedFiles {
    /// The files that are loaded now.
    pub(crate) fn new() -> Self {
        Self { generation: modules::generation(), files: without_sections(modules::loaded()) }
    }

    /// Notices files that were loaded or closed meanwhile, and has the unwinders know them. `false` if there are none.
    pub(crate) fn refresh(&mut self, unwinders: &Unwinders) -> bool {
        let generation = modules::generation();
        if generation == self.generation {
            return false;
        }
        self.generation = generation;
        let now = modules::loaded();
        unwinders.refresh(&now);
        let mut now = without_sections(now);
        let is_gone = |old: &LoadedFile| !now.iter().any(|new| new.path == old.path && new.code == old.code);
        let gone: Vec<_> = self.files.drain(..).filter(is_gone).collect();
        now.extend(gone);
        self.files = now;
        true
    }

    /// Every executable segment with its file; the program's first.
    pub(crate) fn mappings(&self) -> Vec<Mapping> {
        let segments = self.files.iter().flat_map(|file| file.code.iter().map(move |code| (file, code)));
        segments
            .map(|(file, code)| Mapping {
                range: code.range.clone(),
                file_offset: code.file_offset,
                file: file.path.clone(),
                build_id: file.build_id.clone(),
            })
            .collect()
    }
}

/// The unwinders have taken what they need of the sections.
fn without_sections(mut files: Vec<LoadedFile>) -> Vec<LoadedFile> {
    for file in &mut files {
        file.module.sections = None;
    }
    files
}
