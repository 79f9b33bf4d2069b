//! From paths to profiles with names in them.

use crate::arguments::GlobalArguments;
use crate::directory::{self, Group};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::several::{STANDARD_INPUT, folders, name_of_sum, not_one_kind, once};
use crate::talk::Talk;
use etcetera::BaseStrategy as _;
use heapdiff_formats::{ReadError, ReadOptions, read_profile_with};
use heapdiff_profile::{Merged, Merger, NamedProfile, Note, Profile, Rename, Subject, ValueType};
use heapdiff_render::Side;
use heapdiff_symbols::{Options, SymbolReport, Symbolizer};
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// So many snapshots of a series are named together: a binary is opened once for them.
const SNAPSHOTS_AT_ONCE: usize = 32;

/// Reads what the user named.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    /// Where binaries and debug files are looked for first.
    debug_directories: &'a [PathBuf],
    /// Which process of a folder; the newest where it is not said.
    process: Option<&'a str>,
    /// How functions are called instead.
    renames: &'a [Rename],
    /// What formats count that do not say it; the reader's default where it is not said here either.
    counts: Option<&'a ValueType>,
    /// Whether sources that cannot be read are left out.
    keep_going: bool,
    /// Whether functions and lines are looked up.
    symbolizes: bool,
    talk: Talk,
}

/// Base and head, or head alone.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) base: Option<NamedProfile>,
    pub(crate) head: NamedProfile,
}

impl Comparison {
    /// The profiles.
    pub(crate) fn profiles(&self) -> Subject<'_> {
        Subject { base: self.base.as_ref().map(|base| &base.profile), head: &self.head.profile }
    }

    /// What each of them says about itself.
    pub(crate) fn sides(&self) -> (Option<Side>, Side) {
        let side = |named: &NamedProfile| Side::of(&named.name, &named.profile);
        (self.base.as_ref().map(side), side(&self.head))
    }
}

impl<'a> Input<'a> {
    /// Reads as the options say.
    pub(crate) fn new(global: &'a GlobalArguments, process: Option<&'a str>) -> Self {
        Self {
            debug_directories: &global.debug_dir,
            process,
            renames: &global.rename,
            counts: global.counts.as_ref(),
            keep_going: global.keep_going,
            symbolizes: true,
            talk: Talk::new(global.quiet),
        }
    }

    /// The same, but profiles stay as they are: addresses without names do not get any.
    pub(crate) fn bare(self) -> Self {
        Self { symbolizes: false, ..self }
    }

    /// The sums of both sides where `base` names one; else two files; or the first and the last snapshot of a folder;
    /// or one file, where that makes sense (`single`).
    ///
    /// # Errors
    /// If one of them cannot be read, or there are not two to compare.
    pub(crate) fn comparison(
        &self,
        base: &[PathBuf],
        paths: &[PathBuf],
        single: bool,
    ) -> Result<Comparison, Failure> {
        if !base.is_empty() {
            return self.subject(base, paths);
        }
        once(paths)?;
        let mut comparison = match paths {
            [folder] if folder.is_dir() => self.ends_of(folder)?,
            [head] if single => Comparison { base: None, head: self.file(head)? },
            [base, head] => {
                let (base, head) = Failure::both(self.file(base), self.file(head))?;
                Comparison { base: Some(base), head }
            }
            [_, _, third, ..] => {
                return Err(Failure::usage(
                    format!("a third file to compare: `{}`", third.display()),
                    "say with `--base FILE`, as often as needed, what the others are compared with",
                ));
            }
            [file] => {
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
        self.symbolize(&mut profiles, &folders(paths));
        Ok(comparison)
    }

    /// One file, standard input, or the newest snapshot of a folder.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn one(&self, path: &Path) -> Result<NamedProfile, Failure> {
        self.merged(&[path.to_path_buf()])
    }

    /// Several sources as one profile, each as in [`Self::one`]: the sum of them all.
    ///
    /// # Errors
    /// If one of them cannot be read, unless the others are to do; if none can; and if they measure different things.
    pub(crate) fn merged(&self, paths: &[PathBuf]) -> Result<NamedProfile, Failure> {
        once(paths)?;
        let (mut profile, notes) = self.sum(paths)?;
        self.say(&notes);
        self.symbolize(&mut [&mut profile], &folders(paths));
        Ok(profile)
    }

    /// The sum of some sources, and that of those to compare it with, if there are any.
    ///
    /// # Errors
    /// As for [`Self::merged`].
    pub(crate) fn subject(&self, base: &[PathBuf], head: &[PathBuf]) -> Result<Comparison, Failure> {
        if base.is_empty() {
            return Ok(Comparison { base: None, head: self.merged(head)? });
        }
        if let ([of_base], [of_head]) = (base, head)
            && of_base == of_head
            && of_head.is_dir()
        {
            // The newest snapshot less itself is no question: its first and its last are meant.
            return self.comparison(&[], head, false);
        }
        let (base, head) = self.sides(base, head)?;
        Ok(Comparison { base: Some(base), head })
    }

    /// The sums of two sets of sources.
    ///
    /// # Errors
    /// As for [`Self::merged`].
    pub(crate) fn sides(
        &self,
        base: &[PathBuf],
        head: &[PathBuf],
    ) -> Result<(NamedProfile, NamedProfile), Failure> {
        let paths = [base, head].concat();
        once(&paths)?;
        let ((mut base, notes), (mut head, more)) = Failure::both(self.sum(base), self.sum(head))?;
        self.say(&notes);
        // What holds for both is said once.
        self.say(&more.into_iter().filter(|note| !notes.contains(note)).collect::<Vec<_>>());
        self.symbolize(&mut [&mut base, &mut head], &folders(&paths));
        Ok((base, head))
    }

    fn say(&self, notes: &[Note]) {
        for note in notes {
            self.talk.note(&note.to_string());
        }
    }

    /// The sum of sources, without symbols, and what there is to note.
    fn sum(&self, paths: &[PathBuf]) -> Result<(NamedProfile, Vec<Note>), Failure> {
        if let [path] = paths {
            return Ok((self.source(path)?, Vec::new()));
        }
        let progress = Progress::begin("reading profiles", paths.len() as u64, self.talk);
        let mut merger = Merger::default();
        let mut names = Vec::with_capacity(paths.len());
        let mut failures = Vec::new();
        for path in paths {
            progress.step();
            match self.source(path) {
                Ok(named) => {
                    names.push(named.name.clone());
                    merger.add(named).map_err(not_one_kind)?;
                }
                Err(failure) => failures.push(failure),
            }
        }
        drop(progress);
        if !failures.is_empty() {
            if names.is_empty() || !self.keep_going {
                return Err(Failure::Sources { failures, count: paths.len() });
            }
            for failure in &failures {
                self.talk.warning(&format!("left out: {failure}"));
            }
        }
        let name = name_of_sum(&names, paths.len());
        let Merged { profile, notes } = merger.finish().map_err(not_one_kind)?;
        Ok((NamedProfile { name, profile }, notes))
    }

    /// One source, without symbols: a file, standard input, or the newest snapshot of a folder.
    fn source(&self, path: &Path) -> Result<NamedProfile, Failure> {
        if path.is_dir() { self.newest_of(path) } else { self.file(path) }
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
        Ok((self.series_of(&group, path, sample_type)?, group.has_siblings))
    }

    /// As [`Self::series`], of files that are chosen already.
    fn series_of(
        &self,
        group: &Group,
        folder: &Path,
        sample_type: Option<&str>,
    ) -> Result<Vec<NamedProfile>, Failure> {
        let progress = Progress::begin("reading snapshots", group.files.len() as u64, self.talk);
        let mut torn = Torn::default();
        let mut profiles = self.snapshots(&group.files, sample_type, &progress, &mut torn);
        drop(progress);
        torn.report(profiles.is_empty(), self.talk)?;
        self.symbolize(&mut profiles.iter_mut().collect::<Vec<_>>(), &[folder.to_path_buf()]);
        Ok(profiles)
    }

    /// The snapshots that can be read, without symbols, and without what `sample_type` does not need.
    fn snapshots(
        &self,
        files: &[PathBuf],
        sample_type: Option<&str>,
        progress: &Progress,
        torn: &mut Torn,
    ) -> Vec<NamedProfile> {
        let read = |file: &PathBuf| {
            progress.step();
            let mut named = torn.keep(self.file(file))?;
            keep_in_use(&mut named.profile, sample_type);
            Some(named)
        };
        files.iter().filter_map(read).collect()
    }

    /// Hands the snapshots of a process on, oldest first, each forgotten before the next few are read; and whether the
    /// folder holds other processes. Of what they say, only what `sample_type` needs is there.
    ///
    /// # Errors
    /// If none can be read, and what `take` says.
    pub(crate) fn each_snapshot(
        &self,
        folder: &Path,
        sample_type: Option<&str>,
        mut take: impl FnMut(NamedProfile) -> anyhow::Result<()>,
    ) -> anyhow::Result<bool> {
        let group = directory::choose(folder, self.process, self.talk)?;
        if group.process.is_none() {
            // Only what is in them tells their order.
            let all = heapdiff_profile::series(self.series_of(&group, folder, sample_type)?);
            all.into_iter().flat_map(|series| series.snapshots).try_for_each(take)?;
            return Ok(group.has_siblings);
        }
        let mut symbolizer = self.symbolizer(&[folder.to_path_buf()]);
        let progress = Progress::begin("reading snapshots", group.files.len() as u64, self.talk);
        let (mut torn, mut report, mut nothing_read) = (Torn::default(), SymbolReport::default(), true);
        let mut matched = vec![false; self.renames.len()];
        for files in group.files.chunks(SNAPSHOTS_AT_ONCE) {
            let mut profiles = self.snapshots(files, sample_type, &progress, &mut torn);
            nothing_read &= profiles.is_empty();
            report = symbolizer
                .symbolize(&mut profiles.iter_mut().map(|named| &mut named.profile).collect::<Vec<_>>());
            profiles.iter_mut().for_each(|named| self.rename(&mut named.profile, &mut matched));
            profiles.into_iter().try_for_each(&mut take)?;
        }
        drop(progress);
        torn.report(nothing_read, self.talk)?;
        self.warn(&report);
        self.note_unmatched(&matched);
        Ok(group.has_siblings)
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

    /// One file, or standard input, without symbols.
    fn file(&self, path: &Path) -> Result<NamedProfile, Failure> {
        if path == Path::new(STANDARD_INPUT) {
            return self.profile(io::stdin().lock(), Path::new("standard input"));
        }
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
        self.profile(file, path)
    }

    /// The profile that `input` holds, without symbols.
    fn profile(&self, input: impl Read, path: &Path) -> Result<NamedProfile, Failure> {
        let mut options = ReadOptions::default();
        if let Some(counts) = self.counts {
            options.counts = counts.clone();
        }
        let (profile, warnings) = read_profile_with(input, &options)
            .map_err(|error| Failure::unreadable(path, &with_causes(&error), None))?;
        for warning in warnings {
            self.talk.warning(&format!("`{}`: {warning}", path.display()));
        }
        Ok(NamedProfile { name: path.display().to_string(), profile })
    }

    /// Puts functions and lines to the addresses, and says of which files there are none. Binaries are often kept, or
    /// copied from another machine, beside the profiles: `folders`.
    fn symbolize(&self, profiles: &mut [&mut NamedProfile], folders: &[PathBuf]) {
        if self.symbolizes {
            self.look_up(profiles, folders);
        }
        let mut matched = vec![false; self.renames.len()];
        profiles.iter_mut().for_each(|named| self.rename(&mut named.profile, &mut matched));
        self.note_unmatched(&matched);
    }

    /// Gives functions the names that the user gives them, and remembers which of these patterns matched.
    fn rename(&self, profile: &mut Profile, matched: &mut [bool]) {
        for (rename, matched) in self.renames.iter().zip(matched) {
            *matched |= rename.apply(profile);
        }
    }

    fn note_unmatched(&self, matched: &[bool]) {
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
    fn symbolizer(&self, folders: &[PathBuf]) -> Symbolizer {
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
    fn warn(&self, report: &SymbolReport) {
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
