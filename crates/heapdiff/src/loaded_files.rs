//! Every file that was ever loaded while recording, so that addresses of a library that was closed keep their names.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use crate::lanes::Lanes;
use crate::sys::modules::{self, LoadedFile};
use heapdiff_snapshot::Mapping;
use std::sync::{Mutex, PoisonError};

/// What an earlier session has left: the tables live on, and with them the addresses in files that were closed since.
static LEFT: Mutex<LoadedFiles> = Mutex::new(LoadedFiles { generation: 0, files: Vec::new() });

/// The files, those loaded now first.
#[derive(Debug, Default)]
pub(crate) struct LoadedFiles {
    /// As of the last reading; 0 before the first. The unwinders know the files of that reading.
    generation: u64,
    files: Vec<LoadedFile>,
}

impl LoadedFiles {
    /// What the session before this one knew, or nothing yet. The present files come with [`Self::read`] or
    /// [`Self::refresh`].
    pub(crate) fn resume() -> Self {
        // Held for a moment only, and not while a session runs: a forked child finds it free.
        std::mem::take(&mut *LEFT.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps what is known for the next session.
    pub(crate) fn leave(self) {
        *LEFT.lock().unwrap_or_else(PoisonError::into_inner) = self;
    }

    /// Reads the list of the files that are loaded now, and returns it with all that unwinders need.
    pub(crate) fn read(&mut self) -> Vec<LoadedFile> {
        // The number first: what changes in between is then noticed at the next look.
        self.generation = modules::generation();
        let now = modules::loaded();
        let is_loaded = |old: &LoadedFile| now.iter().any(|new| new.path == old.path && new.code == old.code);
        let gone: Vec<_> = self.files.drain(..).filter(|old| !is_loaded(old)).collect();
        self.files = now.iter().map(without_sections).chain(gone).collect();
        now
    }

    /// Notices files that were loaded or closed meanwhile, and has the lanes know them. `false` if there are none.
    pub(crate) fn refresh(&mut self, lanes: &Lanes) -> bool {
        if modules::generation() == self.generation {
            return false;
        }
        lanes.refresh(&self.read());
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

/// The unwinders take what they need of the sections.
fn without_sections(file: &LoadedFile) -> LoadedFile {
    let mut file = file.clone();
    file.module.sections = None;
    file
}
