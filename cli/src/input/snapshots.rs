//! The snapshots of a folder: a whole series, its ends, or its newest.

use super::{Comparison, Input};
use crate::directory::{self, Group};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::talk::Talk;
use heapdiff_profile::{NamedProfile, Profile, Series};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread::{self, ScopedJoinHandle};

/// So many snapshots of a series are named together: a binary is opened once for them.
const SNAPSHOTS_AT_ONCE: usize = 32;

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
        let profiles = self.snapshots(&group.files, sample_type, &progress, &mut torn);
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

    /// The snapshots that can be read, without symbols, and without what `sample_type` does not need.
    fn snapshots(
        &self,
        files: &[PathBuf],
        sample_type: Option<&str>,
        progress: &Progress,
        torn: &mut Torn,
    ) -> Vec<NamedProfile> {
        let read = |file: &PathBuf| {
            let mut named = self.file(file)?;
            keep_in_use(&mut named.profile, sample_type);
            progress.step();
            Ok(named)
        };
        // Each core takes a stretch of the files; they stay in order.
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let stretches = files.chunks(files.len().div_ceil(cores).max(1));
        let read = thread::scope(|scope| {
            let threads: Vec<_> =
                stretches.map(|files| scope.spawn(|| files.iter().map(&read).collect::<Vec<_>>())).collect();
            let join = |thread: ScopedJoinHandle<'_, Vec<_>>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            threads.into_iter().flat_map(join).collect::<Vec<Result<NamedProfile, Failure>>>()
        });
        read.into_iter().filter_map(|read| torn.keep(read)).collect()
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
        for files in group.files.chunks(SNAPSHOTS_AT_ONCE) {
            let mut profiles = self.snapshots(files, sample_type, &progress, &mut torn);
            nothing_read &= profiles.is_empty();
            let report = symbolizer
                .symbolize_next(&mut profiles.iter_mut().map(|named| &mut named.profile).collect::<Vec<_>>());
            // A file may be missing of the first snapshots alone, if the program has closed it since.
            for warning in report.warnings() {
                if !warnings.contains(&warning) {
                    warnings.push(warning);
                }
            }
            profiles.iter_mut().for_each(|named| self.rename(&mut named.profile, &mut matched));
            profiles.into_iter().try_for_each(&mut take)?;
        }
        drop(progress);
        torn.report(nothing_read, self.talk)?;
        warnings.iter().for_each(|warning| self.talk.warning(warning));
        self.note_unmatched(&matched);
        Ok(group.has_siblings)
    }

    /// The first and the last snapshot of a process that can be read. Those between are not read at all.
    pub(super) fn ends_of(&self, folder: &Path) -> Result<Comparison, Failure> {
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

    pub(super) fn newest_of(&self, folder: &Path) -> Result<NamedProfile, Failure> {
        let Group { files, .. } = directory::choose(folder, self.process, self.talk)?;
        let mut torn = Torn::default();
        let newest = files.into_iter().rev().find_map(|file| torn.keep(self.file(&file)));
        torn.report(newest.is_none(), self.talk)?;
        newest
            .ok_or_else(|| Failure::input(format!("no snapshot in `{}`", folder.display()), "name a profile"))
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
