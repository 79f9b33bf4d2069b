//! From paths to profiles with names in them.

use crate::arguments::GlobalArguments;
use crate::directory::{self, Group};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::talk::Talk;
use etcetera::BaseStrategy as _;
use heapdiff_formats::{Limits, ReadError, read_profile};
use heapdiff_profile::{NamedProfile, Profile};
use heapdiff_symbols::{Options, Symbolizer};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Reads what the user named.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    /// Where binaries and debug files are looked for first.
    debug_directories: &'a [PathBuf],
    /// Which process of a folder; the newest where it is not said.
    process: Option<&'a str>,
    talk: Talk,
}

/// Base and head, or head alone.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) base: Option<NamedProfile>,
    pub(crate) head: NamedProfile,
}

impl<'a> Input<'a> {
    /// Reads as the options say.
    pub(crate) fn new(global: &'a GlobalArguments, process: Option<&'a str>) -> Self {
        Self { debug_directories: &global.debug_dir, process, talk: Talk::new(global.quiet) }
    }

    /// Two files; or the first and the last snapshot of a folder; or one file, where that makes sense (`single`).
    ///
    /// # Errors
    /// If one of them cannot be read, or there are not two to compare.
    pub(crate) fn comparison(&self, paths: &[PathBuf], single: bool) -> Result<Comparison, Failure> {
        let mut comparison = match paths {
            [folder] if folder.is_dir() => self.ends_of(folder)?,
            [head] if single => Comparison { base: None, head: self.file(head)? },
            [base, head] => Comparison { base: Some(self.file(base)?), head: self.file(head)? },
            [file, ..] => {
                // Not readable is worse than too few, and more likely what is wrong.
                self.file(file)?;
                return Err(Failure::usage(
                    format!("one file has nothing to be compared with: `{}`", file.display()),
                    "name BASE and HEAD, or a folder with snapshots; `heapdiff top` shows a single one",
                ));
            }
            [] => {
                return Err(Failure::usage(
                    "no file to read",
                    "name BASE and HEAD, or a folder with snapshots",
                ));
            }
        };
        let mut profiles: Vec<&mut NamedProfile> = comparison.base.iter_mut().collect();
        profiles.push(&mut comparison.head);
        self.symbolize(&mut profiles);
        Ok(comparison)
    }

    /// One file, or the newest snapshot of a folder.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn one(&self, path: &Path) -> Result<NamedProfile, Failure> {
        let mut profile = if path.is_dir() { self.newest_of(path)? } else { self.file(path)? };
        self.symbolize(&mut [&mut profile]);
        Ok(profile)
    }

    /// All snapshots of a process, and whether the folder holds others. If `sample_type` is one of memory in use, what
    /// they say beyond that is forgotten at once, for all of them are held at the same time.
    ///
    /// # Errors
    /// If none can be read.
    pub(crate) fn series(
        &self,
        path: &Path,
        sample_type: Option<&str>,
    ) -> Result<(Vec<NamedProfile>, bool), Failure> {
        // A pipe, such as a shell's `<(command)`, is read like a file.
        if !path.is_dir() {
            return Ok((vec![self.one(path)?], false));
        }
        let group = directory::choose(path, self.process, self.talk)?;
        let progress = Progress::begin("reading snapshots", group.files.len() as u64, self.talk);
        let mut torn = Torn::default();
        let mut profiles = Vec::with_capacity(group.files.len());
        for file in &group.files {
            progress.step();
            match self.file(file) {
                Ok(mut named) => {
                    keep_in_use(&mut named.profile, sample_type);
                    profiles.push(named);
                }
                Err(failure) => torn.push(failure),
            }
        }
        drop(progress);
        torn.report(profiles.is_empty(), self.talk)?;
        self.symbolize(&mut profiles.iter_mut().collect::<Vec<_>>());
        Ok((profiles, group.has_siblings))
    }

    /// The first and the last snapshot of a process that can be read. Those between are not read at all.
    fn ends_of(&self, folder: &Path) -> Result<Comparison, Failure> {
        let Group { files, .. } = directory::choose(folder, self.process, self.talk)?;
        let mut torn = Torn::default();
        let mut files = files.into_iter();
        let base = files.by_ref().find_map(|file| torn.keep(self.file(&file)));
        let head = files.rev().find_map(|file| torn.keep(self.file(&file)));
        torn.report(base.is_none(), self.talk)?;
        match (base, head) {
            (Some(base), Some(head)) => Ok(Comparison { base: Some(base), head }),
            (base, _) => Err(Failure::input(
                format!("only one snapshot in `{}`, expected two to compare", folder.display()),
                format!(
                    "wait for the next one, or see what is alive with `heapdiff top {}`",
                    base.map_or_else(|| folder.display().to_string(), |base| base.name)
                ),
            )),
        }
    }

    fn newest_of(&self, folder: &Path) -> Result<NamedProfile, Failure> {
        let Group { files, .. } = directory::choose(folder, self.process, self.talk)?;
        let mut torn = Torn::default();
        let newest = files.into_iter().rev().find_map(|file| torn.keep(self.file(&file)));
        torn.report(newest.is_none(), self.talk)?;
        newest
            .ok_or_else(|| Failure::input(format!("no snapshot in `{}`", folder.display()), "name a profile"))
    }

    /// One file, without symbols.
    fn file(&self, path: &Path) -> Result<NamedProfile, Failure> {
        if path.is_dir() {
            return Err(Failure::unreadable(
                path,
                "found a folder, expected a profile",
                Some(format!(
                    "name one of its files, or compare its ends with `heapdiff diff {}`",
                    path.display()
                )),
            ));
        }
        let file = File::open(path).map_err(|error| {
            let hint = match error.kind() {
                ErrorKind::NotFound => Some("name a profile, or a folder with snapshots".to_owned()),
                ErrorKind::PermissionDenied => Some("ask its owner, or copy it as that user".to_owned()),
                _ => None,
            };
            Failure::unreadable(path, &directory::reason(&error), hint)
        })?;
        let (profile, warnings) = read_profile(file, &Limits::default())
            .map_err(|error| Failure::unreadable(path, &with_causes(&error), None))?;
        for warning in warnings {
            self.talk.warning(&format!("`{}`: {warning}", path.display()));
        }
        Ok(NamedProfile { name: path.display().to_string(), profile })
    }

    /// Puts functions and lines to the addresses, and says of which files there are none.
    fn symbolize(&self, profiles: &mut [&mut NamedProfile]) {
        let mut options = Options::default();
        for missing in self.debug_directories.iter().filter(|directory| !directory.is_dir()) {
            self.talk.warning(&format!("--debug-dir `{}` is no folder", missing.display()));
        }
        // Binaries are often kept, or copied from another machine, beside the profiles.
        let mut directories = self.debug_directories.to_vec();
        for profile in &*profiles {
            let folder = Path::new(&profile.name).parent().map(Path::to_path_buf).unwrap_or_default();
            let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
            if !directories.contains(&folder) {
                directories.push(folder);
            }
        }
        options.search_directories.splice(0..0, directories);
        options.cache_directory = cache_directory();
        let progress = Progress::begin("looking up functions and lines", 0, self.talk);
        let mut profiles: Vec<_> = profiles.iter_mut().map(|named| &mut named.profile).collect();
        let report = Symbolizer::new(options).symbolize(&mut profiles);
        drop(progress);
        for warning in report.warnings() {
            self.talk.warning(&warning);
        }
    }
}

/// Drops the samples of memory that is freed again, unless `sample_type` is about them.
fn keep_in_use(profile: &mut Profile, sample_type: Option<&str>) {
    let last = profile.sample_types.last().map(|sample_type| sample_type.kind.as_str());
    let shown = sample_type.or(profile.default_sample_type.as_deref()).or(last);
    let columns: Vec<usize> = ["inuse_samples", "inuse_objects", "inuse_space"]
        .iter()
        .filter_map(|kind| profile.sample_type_index(kind))
        .collect();
    if shown.is_some_and(|shown| shown.starts_with("inuse_")) && !columns.is_empty() {
        let is_in_use = |column: &usize, values: &[i64]| values.get(*column).is_some_and(|&value| value != 0);
        profile.retain_samples(|sample| columns.iter().any(|column| is_in_use(column, &sample.values)));
    }
}

/// `heapdiff` in the user's folder for caches; none for a user without a home.
fn cache_directory() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.cache_dir().join("heapdiff"))
}

/// An error with what caused it, in one line.
fn with_causes(error: &ReadError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text} ({error})");
        cause = error.source();
    }
    text
}

/// Files of a series that cannot be read: left out, and said.
#[derive(Debug, Default)]
struct Torn {
    failures: Vec<Failure>,
}

impl Torn {
    fn push(&mut self, failure: Failure) {
        self.failures.push(failure);
    }

    fn keep(&mut self, read: Result<NamedProfile, Failure>) -> Option<NamedProfile> {
        read.map_err(|failure| self.push(failure)).ok()
    }

    /// Says which files were left out, or fails with the first if there was no other.
    fn report(self, nothing_read: bool, talk: Talk) -> Result<(), Failure> {
        let count = self.failures.len();
        let mut failures = self.failures.into_iter();
        match failures.next() {
            Some(failure) if nothing_read => Err(failure),
            Some(failure) => {
                let more = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
                talk.warning(&format!("snapshot left out: {failure}{more}"));
                Ok(())
            }
            None => Ok(()),
        }
    }
}
