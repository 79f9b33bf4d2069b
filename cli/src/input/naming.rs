//! Functions and lines for addresses, and the names that the user gives them.

use super::Input;
use crate::progress::Progress;
use etcetera::BaseStrategy as _;
use heapdiff_profile::{NamedProfile, Profile};
use heapdiff_symbols::{Options, SymbolReport, Symbolizer};
use std::path::PathBuf;

impl Input<'_> {
    /// Puts functions and lines to the addresses, and says of which files there are none. Binaries are often kept, or
    /// copied from another machine, beside the profiles: `folders`.
    pub(super) fn symbolize(&self, profiles: &mut [&mut NamedProfile], folders: &[PathBuf]) {
        if self.symbolizes {
            self.look_up(profiles, folders);
        }
        let mut matched = vec![false; self.renames.len()];
        profiles.iter_mut().for_each(|named| self.rename(&mut named.profile, &mut matched));
        self.note_unmatched(&matched);
    }

    /// Gives functions the names that the user gives them, and remembers which of these patterns matched.
    pub(super) fn rename(&self, profile: &mut Profile, matched: &mut [bool]) {
        for (rename, matched) in self.renames.iter().zip(matched) {
            *matched |= rename.apply(profile);
        }
    }

    pub(super) fn note_unmatched(&self, matched: &[bool]) {
        for (rename, _) in self.renames.iter().zip(matched).filter(|&(_, &matched)| !matched) {
            self.talk.note(&format!("`--rename {}` matched no function", rename.text()));
        }
    }

    /// As [`Self::symbolize`], but for the names that the user gives.
    fn look_up(&self, profiles: &mut [&mut NamedProfile], folders: &[PathBuf]) {
        let mut symbolizer = self.symbolizer(folders);
        let progress = Progress::begin("looking up functions and lines", 0, self.talk);
        let mut profiles: Vec<_> = profiles.iter_mut().map(|named| &mut named.profile).collect();
        let report = symbolizer.symbolize(&mut profiles);
        drop(progress);
        self.warn(&report);
    }

    /// What names addresses, and looks for binaries in these folders too.
    pub(super) fn symbolizer(&self, folders: &[PathBuf]) -> Symbolizer {
        for missing in self.debug_directories.iter().filter(|directory| !directory.is_dir()) {
            self.talk.warning(&format!("--debug-dir `{}` is no folder", missing.display()));
        }
        let mut options = Options { cache_directory: cache_directory(), ..Options::default() };
        let mut directories = self.debug_directories.to_vec();
        for folder in folders {
            if !directories.contains(folder) {
                directories.push(folder.clone());
            }
        }
        options.search_directories.splice(0..0, directories);
        Symbolizer::new(options)
    }

    /// Says of which files there are no names.
    pub(super) fn warn(&self, report: &SymbolReport) {
        for warning in report.warnings() {
            self.talk.warning(&warning);
        }
    }
}

/// `heapdiff` in the user's folder for caches; none for a user without a home.
fn cache_directory() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.cache_dir().join("heapdiff"))
}
