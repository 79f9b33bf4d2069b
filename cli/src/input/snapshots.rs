//! The snapshots of a folder: a whole series, its ends, or its newest.

use super::read_ahead::read_ahead;
use super::{Comparison, Input, Unsaid};
use crate::directory::{self, Group};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::talk::Talk;
use heapdiff_formats::Rows;
use heapdiff_profile::{NamedProfile, Series};
use std::path::{Path, PathBuf};

/// So many snapshots of a series are named together: a binary is opened once for them.
const SNAPSHOTS_AT_ONCE: usize = 16;

impl Input<'_> {
    /// The snapshots of files that only tell by their content which belong together: the longest series that shows
    /// `sample_type`. If that is one of memory in use, what they say beyond it is forgotten at once, for all of them are
    /// held at the same time.
    ///
    /// # Errors
    /// If none can be read.
    fn series_of(
        &self,
        group: &Group,
        folder: &Path,
        sample_type: Option<&str>,
    ) -> Result<Vec<NamedProfile>, Failure> {
        let progress = Progress::begin("reading snapshots", group.files.len() as u64, self.talk);
        let mut torn = Torn::default();
        let profiles: Vec<_> = self.snapshots(&group.files, sample_type, &progress, |read| {
            read.filter_map(|read| torn.keep(self.said(read))).collect()
        });
        drop(progress);
        torn.report(profiles.is_empty(), self.talk)?;
        let mut all = heapdiff_profile::series(profiles);
        let rest = all.len().saturating_sub(1);
        let longest = all.iter().enumerate().max_by_key(|(_, series)| {
            let first = series.snapshots.first().map(|named| &named.profile);
            let shows = |kind| first.is_some_and(|first| first.sample_type_index(kind).is_some());
            (sample_type.is_none_or(shows), series.snapshots.len())
        });
        let Some((longest, _)) = longest else { return Ok(Vec::new()) };
        let Series { mut snapshots, notes, .. } = all.swap_remove(longest);
        if rest > 0 {
            let folder = folder.display();
            self.talk.note(&format!("{rest} more series in `{folder}` left out: this is the longest"));
        }
        self.say(&notes);
        self.symbolize(&mut snapshots.iter_mut().collect::<Vec<_>>(), &[folder.to_path_buf()]);
        Ok(snapshots)
    }

    /// Hands the snapshots on, in order, as they are read: without symbols, and without what `sample_type` does not need.
    fn snapshots<R>(
        &self,
        files: &[PathBuf],
        sample_type: Option<&str>,
        progress: &Progress,
        take: impl FnOnce(&mut dyn Iterator<Item = Result<Unsaid, Failure>>) -> R,
    ) -> R {
        let rows = Rows::Needed { sample_type: sample_type.map(str::to_owned) };
        let read = |file: &Path| {
            let read = self.read(file, &rows);
            progress.step();
            read
        };
        read_ahead(files, read, take)
    }

    /// Hands the snapshots of a process on, oldest first, each forgotten before the next few are read; and whether the
    /// folder holds other processes. Of what they say, only what `sample_type` needs is there, and an address may have
    /// its name in the first snapshot alone that has it: builders of trends and overviews remember.
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
            self.series_of(&group, folder, sample_type)?.into_iter().try_for_each(take)?;
            return Ok(group.has_siblings);
        }
        let mut symbolizer = self.symbolizer(&[folder.to_path_buf()]);
        let progress = Progress::begin("reading snapshots", group.files.len() as u64, self.talk);
        let (mut torn, mut nothing_read) = (Torn::default(), true);
        let mut warnings: Vec<String> = Vec::new();
        let mut matched = vec![false; self.renames.len()];
        let mut take_next =
            |read: &mut dyn Iterator<Item = Result<Unsaid, Failure>>| -> anyhow::Result<bool> {
                let read: Vec<_> = read.take(SNAPSHOTS_AT_ONCE).collect();
                let is_end = read.is_empty();
                let read = read.into_iter().filter_map(|read| torn.keep(self.said(read)));
                let mut profiles: Vec<NamedProfile> = read.collect();
                nothing_read &= profiles.is_empty();
                let report = symbolizer.symbolize_next(
                    &mut profiles.iter_mut().map(|named| &mut named.profile).collect::<Vec<_>>(),
                );
                // A file may be missing of the first snapshots alone, if the program has closed it since.
                for warning in report.warnings() {
                    if !warnings.contains(&warning) {
                        warnings.push(warning);
                    }
                }
                profiles.iter_mut().for_each(|named| self.rename(&mut named.profile, &mut matched));
                profiles.into_iter().try_for_each(&mut take)?;
                Ok(!is_end)
            };
        self.snapshots(&group.files, sample_type, &progress, |read| -> anyhow::Result<()> {
            while take_next(read)? {}
            Ok(())
        })?;
        drop(progress);
        torn.report(nothing_read, self.talk)?;
        warnings.iter().for_each(|warning| self.talk.warning(warning));
        self.note_unmatched(&matched);
        Ok(group.has_siblings)
    }

    /// The first and the last snapshot of a process that can be read. Those between are not read at all. If there is only
    /// one, that is the head where it makes sense alone (`single`).
    pub(super) fn ends_of(&self, folder: &Path, single: bool) -> Result<Comparison, Failure> {
        let Group { files, process, .. } = directory::choose(folder, self.process, self.talk)?;
        let mut torn = Torn::default();
        let rows = if process.is_some() { &self.rows_of_ends } else { &Rows::All };
        let (base, head) = match files.as_slice() {
            [first, between @ .., last] => {
                let (base, head) = self.two_files(first, last, rows);
                let mut between = between.iter();
                let read = |file: &PathBuf| self.said(self.read(file, rows));
                let base = torn.keep(base).or_else(|| between.find_map(|file| torn.keep(read(file))));
                let head = torn.keep(head);
                (base, head.or_else(|| between.rev().find_map(|file| torn.keep(read(file)))))
            }
            files => (files.first().and_then(|file| torn.keep(self.file(file))), None),
        };
        torn.report(base.is_none() && head.is_none(), self.talk)?;
        match (base, head) {
            (Some(base), Some(head)) => Ok(Comparison { base: Some(base), head }),
            (Some(head), None) | (None, Some(head)) if single => {
                self.talk.note(ONE_SNAPSHOT);
                Ok(Comparison { base: None, head })
            }
            (base, head) => Err(one_snapshot(folder, base.or(head).map(|only| only.name).as_deref())),
        }
    }

    pub(super) fn newest_of(&self, folder: &Path) -> Result<NamedProfile, Failure> {
        let Group { files, .. } = directory::choose(folder, self.process, self.talk)?;
        let mut torn = Torn::default();
        let newest = files.into_iter().rev().find_map(|file| torn.keep(self.file(&file)));
        torn.report(newest.is_none(), self.talk)?;
        newest
            .ok_or_else(|| Failure::input(format!("no snapshot in `{}`", folder.display()), "name a profile"))
    }
}

/// What is said where a folder has one snapshot, and that is shown.
pub(crate) const ONE_SNAPSHOT: &str =
    "there is one snapshot, and growth needs two: this is what is alive in it";

/// A folder has one snapshot, which has this name.
pub(crate) fn one_snapshot(folder: &Path, name: Option<&str>) -> Failure {
    let name = name.map_or_else(|| folder.display().to_string(), str::to_owned);
    Failure::Inconclusive {
        message: format!("one snapshot in `{}`: growth needs two", folder.display()),
        hint: format!("wait for the next one, or see what is alive with `heapdiff top {name}`"),
    }
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
