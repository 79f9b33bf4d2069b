//! From paths to profiles with names in them.

mod naming;
mod read_ahead;
mod snapshots;

pub(crate) use self::snapshots::{ONE_SNAPSHOT, one_snapshot};
use crate::arguments::GlobalArguments;
use crate::directory;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::several::{STANDARD_INPUT, folders, name_of_sum, not_one_kind, once};
use crate::talk::Talk;
use heapdiff_formats::{ReadError, ReadOptions, Rows, Warning, read_profile_with};
use heapdiff_profile::{Merged, Merger, NamedProfile, Note, Rename, Subject, ValueType};
use heapdiff_render::Side;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::thread;

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
    /// Which rows of the two ends of a recording are needed: these count the same.
    rows_of_ends: Rows,
    talk: Talk,
}

/// A profile, and what is wrong with it that has not been said yet: that is said in the order of the files, however
/// many are read at a time.
type Unsaid = (NamedProfile, Vec<String>);

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
            rows_of_ends: Rows::All,
            talk: Talk::new(global.quiet),
        }
    }

    /// The same, for a report of `sample_type`, or of what snapshots show where none is named: of the two ends of a
    /// recording no more need be read than that takes. Of two files it must be known first what they have in common.
    pub(crate) fn for_report_of(self, sample_type: Option<&str>) -> Self {
        let rows_of_ends = Rows::Needed { sample_type: sample_type.map(str::to_owned) };
        Self { rows_of_ends, ..self }
    }

    /// The same, but profiles stay as they are: addresses without names do not get any.
    pub(crate) fn bare(self) -> Self {
        Self { symbolizes: false, ..self }
    }

    /// The sums of both sides where `base` names one; else two files; or the first and the last snapshot of a folder;
    /// or one file, or the only snapshot of a folder, where that makes sense (`single`).
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
            [folder] if folder.is_dir() => self.ends_of(folder, single)?,
            [head] if single => Comparison { base: None, head: self.file(head)? },
            [base, head] => {
                let (base, head) = self.two_files(base, head, &Rows::All);
                let (base, head) = Failure::both(base, head)?;
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

    /// One file, or standard input, without symbols.
    fn file(&self, path: &Path) -> Result<NamedProfile, Failure> {
        self.said(self.read(path, &Rows::All))
    }

    /// Two files as in [`Self::file`], read at the same time.
    fn two_files(
        &self,
        base: &Path,
        head: &Path,
        rows: &Rows,
    ) -> (Result<NamedProfile, Failure>, Result<NamedProfile, Failure>) {
        let (base, head) = thread::scope(|scope| {
            let head = scope.spawn(|| self.read(head, rows));
            let base = self.read(base, rows);
            (base, head.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        (self.said(base), self.said(head))
    }

    /// Says what is wrong with a profile.
    fn said(&self, read: Result<Unsaid, Failure>) -> Result<NamedProfile, Failure> {
        let (named, warnings) = read?;
        warnings.iter().for_each(|warning| self.talk.warning(warning));
        Ok(named)
    }

    /// One file, or standard input, without symbols.
    fn read(&self, path: &Path, rows: &Rows) -> Result<Unsaid, Failure> {
        if path == Path::new(STANDARD_INPUT) {
            return self.profile(io::stdin().lock(), Path::new("standard input"), rows);
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
        self.profile(file, path, rows)
    }

    /// The profile that `input` holds, without symbols.
    fn profile(&self, input: impl Read, path: &Path, rows: &Rows) -> Result<Unsaid, Failure> {
        let mut options = ReadOptions { rows: rows.clone(), ..ReadOptions::default() };
        if let Some(counts) = self.counts {
            options.counts = counts.clone();
        }
        let (profile, warnings) = read_profile_with(input, &options)
            .map_err(|error| Failure::unreadable(path, &with_causes(&error), None))?;
        let warning = |warning: &Warning| format!("`{}`: {warning}", path.display());
        let warnings = warnings.iter().map(warning).collect();
        Ok((NamedProfile { name: path.display().to_string(), profile }, warnings))
    }
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
