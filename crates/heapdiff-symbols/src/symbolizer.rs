//! The entry point: profiles in, profiles with names out.

use crate::batch::{Batch, BuildKey, Request, mapping_of};
use crate::cache::{Answers, Cache};
use crate::debug_information;
use crate::elf_file::ElfError;
use crate::function_table::{Frame, FunctionIndex, FunctionTable};
use crate::named_places::NamedPlaces;
use crate::report::{MappingOutcome, MappingReport, SymbolReport};
use crate::search::{self, Found, Refusal, is_nameless};
use crate::symbol_table::SymbolTable;
use heapdiff_profile::{Function, FunctionId, Line, Mapping, Profile, StringId};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

/// Where files are looked for, and where results are kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// Directories that are searched for binaries and debug files, before the path in the profile. In each,
    /// `.build-id/xx/yyyy.debug`, then a file of the mapping's name, then its whole path below the directory are
    /// tried; a file whose build ID differs is passed over. Default: `/usr/lib/debug`.
    pub search_directories: Vec<PathBuf>,
    /// Where answers are kept between runs, one file a build ID; it is made when it is first needed, and never
    /// grows beyond 256 MiB. Default: `None`, which keeps nothing.
    pub cache_directory: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { search_directories: vec![PathBuf::from("/usr/lib/debug")], cache_directory: None }
    }
}

/// Adds functions and lines to the bare addresses of profiles.
#[derive(Debug)]
pub struct Symbolizer {
    search_directories: Vec<PathBuf>,
    cache: Option<Cache>,
    builds: BTreeMap<BuildKey, Build>,
    /// What [`Self::symbolize_next`] has named.
    named: NamedPlaces,
}

/// What is known about one build so far.
#[derive(Debug, Default)]
struct Build {
    answers: Answers,
    /// Whether the cache has been asked.
    is_loaded: bool,
    /// How the last look at the files went, if there was one.
    outcome: Option<MappingOutcome>,
}

impl Symbolizer {
    /// A symbolizer that has read nothing yet.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            search_directories: options.search_directories,
            cache: options.cache_directory.map(Cache::new),
            builds: BTreeMap::new(),
            named: NamedPlaces::default(),
        }
    }

    /// Fills in [`Location::lines`](heapdiff_profile::Location::lines) wherever they are empty and a file with the
    /// mapping's build ID can be read.
    ///
    /// Hand over a whole series at once: each distinct address of a build is looked up once, however many of the
    /// profiles name it. Locations that already have lines, and mappings whose producer
    /// [symbolized](heapdiff_profile::Mapping::symbolized) them, stay as they are. Never fails: what cannot be
    /// named stays bare, and the report says why.
    pub fn symbolize(&mut self, profiles: &mut [&mut Profile]) -> SymbolReport {
        let mut batch = Batch::default();
        for profile in profiles.iter() {
            batch.add(profile, None);
        }
        let report = self.answer_all(&batch);
        for profile in profiles.iter_mut() {
            self.write_lines(profile, None);
        }
        report
    }

    /// As [`Self::symbolize`], for the next profiles of a series that is handed over little by little, in its order, to
    /// a reader that remembers names, as [`TrendBuilder`](heapdiff_profile::TrendBuilder) does: where an earlier one of
    /// them had lines written for an address of a mapping with a build ID, it is left without. A series has the same
    /// addresses in hundreds of profiles.
    pub fn symbolize_next(&mut self, profiles: &mut [&mut Profile]) -> SymbolReport {
        let mut batch = Batch::default();
        for profile in profiles.iter() {
            batch.add(profile, Some(&self.named));
        }
        let report = self.answer_all(&batch);
        let mut named = std::mem::take(&mut self.named);
        for profile in profiles.iter_mut() {
            let written = self.write_lines(profile, Some(&named));
            named.add(profile, &written);
        }
        self.named = named;
        report
    }

    fn answer_all(&mut self, batch: &Batch) -> SymbolReport {
        let mappings = batch.requests().map(|(key, request)| self.answer(key, request)).collect();
        SymbolReport { mappings, unmapped_addresses: batch.unmapped.len() as u64 }
    }

    /// Finds what can be found about the addresses of one build.
    fn answer(&mut self, key: &BuildKey, request: &Request) -> MappingReport {
        let Self { search_directories, cache, builds, .. } = self;
        let build = builds.entry(key.clone()).or_default();
        if !build.is_loaded {
            build.is_loaded = true;
            build.answers = cache.as_ref().and_then(|cache| cache.load(key.build_id())).unwrap_or_default();
        }
        let cached = named(&build.answers, request);
        let open: BTreeMap<u64, u64> = request
            .offsets
            .iter()
            .filter(|(offset, _)| !build.answers.frames.contains_key(offset))
            .map(|(&offset, &mapping_offset)| (offset, mapping_offset))
            .collect();
        if !open.is_empty() {
            let outcome = look_up(search_directories, key, &request.files, &open, &mut build.answers);
            // Names from a symbol table are found again quickly, and must not stand in the way of better ones.
            if let (Some(cache), MappingOutcome::Symbolized { .. }) = (cache, &outcome) {
                cache.store(key.build_id(), &build.answers);
            }
            build.outcome = Some(outcome);
        }
        MappingReport {
            file: request.files.first().cloned().unwrap_or_default(),
            build_id: key.build_id().to_owned(),
            addresses: (request.offsets.len() + request.strays.len()) as u64,
            symbolized: named(&build.answers, request),
            cached,
            outcome: build.outcome.clone().unwrap_or(MappingOutcome::Symbolized { path: None }),
        }
    }

    /// Writes the answers to the locations of `profile`, but for places that have `named` already, and says to which.
    fn write_lines(&self, profile: &mut Profile, named: Option<&NamedPlaces>) -> Vec<usize> {
        let named = named.map(|named| named.of(profile));
        let mut functions = ProfileFunctions::new(profile);
        // Which build each location belongs to, asked before the profile changes.
        let build_of = |mapping: &Mapping| self.builds.get_key_value(&BuildKey::new(mapping));
        let builds: Vec<Option<(&BuildKey, &Build)>> = profile.mappings.iter().map(build_of).collect();
        let questions: Vec<Option<(&BuildKey, &Build, u64)>> = profile
            .locations
            .iter()
            .map(|location| {
                if named.as_ref().is_some_and(|named| named.has(profile, location)) {
                    return None;
                }
                let mapping = mapping_of(profile, location).filter(|mapping| !mapping.symbolized)?;
                let at = profile.mappings.iter().position(|other| std::ptr::eq(other, mapping))?;
                let (key, build) = builds.get(at).copied().flatten()?;
                Some((key, build, mapping.file_offset_of(location.address)?))
            })
            .collect();
        let mut written = Vec::new();
        for (place, question) in questions.into_iter().enumerate() {
            let Some((key, build, offset)) = question else { continue };
            let frames = build.answers.frames.get(&offset).map_or(&[][..], Vec::as_slice);
            let lines: Option<Vec<Line>> =
                frames.iter().map(|frame| functions.line(profile, key, &build.answers, *frame)).collect();
            if let (Some(location), Some(mut lines)) = (profile.locations.get_mut(place), lines)
                && location.lines.is_empty()
            {
                // A series holds hundreds of profiles with thousands of locations each.
                lines.shrink_to_fit();
                if !lines.is_empty() {
                    written.push(place);
                }
                location.lines = lines;
            }
        }
        profile.functions.shrink_to_fit();
        for mapping in &mut profile.mappings {
            let outcome = self.builds.get(&BuildKey::new(mapping)).map(|build| &build.outcome);
            mapping.symbolized |= matches!(outcome, Some(None | Some(MappingOutcome::Symbolized { .. })));
        }
        written
    }
}

/// How many addresses of a request have at least a function name.
fn named(answers: &Answers, request: &Request) -> u64 {
    let is_named = |offset: &&u64| answers.frames.get(offset).is_some_and(|frames| !frames.is_empty());
    request.offsets.keys().filter(is_named).count() as u64
}

/// Looks for the files of a build and asks them about `offsets`.
fn look_up(
    search_directories: &[PathBuf],
    key: &BuildKey,
    files: &[String],
    offsets: &BTreeMap<u64, u64>,
    answers: &mut Answers,
) -> MappingOutcome {
    let mut failure = MappingOutcome::Missing;
    for file in files {
        if is_nameless(file) {
            return MappingOutcome::Nameless;
        }
        // The libraries are written to return errors for any input. Should one fail at that, the program that asked
        // for names is not the one to end.
        let looked = catch_unwind(AssertUnwindSafe(|| {
            let found = search::find(search_directories, file, key.build_id());
            (ask(&found, offsets, answers), found.refused)
        }));
        let (asked, refused) =
            looked.unwrap_or_else(|_| (Err((PathBuf::from(file), ElfError::ReaderPanicked)), None));
        match asked {
            Ok(Some(MappingOutcome::Symbolized { path: Some(path) })) if key.build_id().is_empty() => {
                return MappingOutcome::Unverified { path };
            }
            Ok(Some(outcome)) => return outcome,
            Ok(None) => {}
            Err((path, error)) => {
                failure = MappingOutcome::Unreadable { path, reason: error.to_string() };
            }
        }
        if let (MappingOutcome::Missing, Some((path, refusal))) = (&failure, refused) {
            failure = match refusal {
                Refusal::BuildIdDiffers(found) => MappingOutcome::BuildIdDiffers { path, found },
                Refusal::Unusable(error) => MappingOutcome::Unreadable { path, reason: error.to_string() },
            };
        }
    }
    failure
}

/// Asks the files that were found about `offsets`; `None` where there are no files.
fn ask(
    found: &Found,
    offsets: &BTreeMap<u64, u64>,
    answers: &mut Answers,
) -> Result<Option<MappingOutcome>, (PathBuf, ElfError)> {
    let Some(main) = found.binary.as_ref().or(found.debug_file.as_ref()) else { return Ok(None) };
    let has_contents = found.binary.is_some();
    let blame_main = |error| (main.path().to_owned(), error);
    let segments = main.segments().map_err(blame_main)?;
    let addresses: Vec<(u64, Option<u64>)> = offsets
        .iter()
        .map(|(&offset, &mapping_offset)| {
            let address = if has_contents {
                segments.address_of(offset)
            } else {
                segments.address_without_contents(offset, mapping_offset)
            };
            (offset, address)
        })
        .collect();
    let debug = found.with_debug_information();
    // A debug file keeps the whole symbol table, of which a stripped binary has the exported part only.
    let named_by = debug.unwrap_or(main);
    let symbols = SymbolTable::new(named_by).map_err(|error| (named_by.path().to_owned(), error))?;
    let known: Vec<u64> = addresses.iter().filter_map(|&(_, address)| address).collect();
    let (frames, outcome) = match debug {
        Some(file) => {
            let path = file.path().to_owned();
            match debug_information::frames(file, &symbols, &known, &mut answers.functions) {
                Ok(frames) => (frames, MappingOutcome::Symbolized { path: Some(path) }),
                Err(error) => {
                    let reason = error.to_string();
                    (
                        names(&symbols, &known, &mut answers.functions),
                        MappingOutcome::Unreadable { path, reason },
                    )
                }
            }
        }
        None => {
            let outcome = MappingOutcome::SymbolTableOnly { path: main.path().to_owned() };
            (names(&symbols, &known, &mut answers.functions), outcome)
        }
    };
    let mut frames = frames.into_iter();
    for (offset, address) in addresses {
        let frames = address.and_then(|_| frames.next()).unwrap_or_default();
        answers.frames.insert(offset, frames);
    }
    Ok(Some(outcome))
}

/// The frames of addresses of which only the function is known.
fn names(symbols: &SymbolTable<'_>, addresses: &[u64], functions: &mut FunctionTable) -> Vec<Vec<Frame>> {
    let frame = |&address: &u64| debug_information::named_frame(symbols, address, functions);
    addresses.iter().map(frame).map(Vec::from_iter).collect()
}

/// The functions of one profile, and which of them stand for those of the builds.
struct ProfileFunctions<'a> {
    /// By name, system name and file.
    existing: BTreeMap<(StringId, StringId, StringId), FunctionId>,
    /// By build, then by the function's place in that build. A key is one of those of [`Symbolizer::builds`], so that
    /// it need not be compared: paths are long.
    of_build: Vec<(&'a BuildKey, Vec<Option<FunctionId>>)>,
}

impl<'a> ProfileFunctions<'a> {
    fn new(profile: &Profile) -> Self {
        let existing = profile.functions.iter().enumerate().filter_map(|(index, function)| {
            Some(((function.name, function.system_name, function.file), FunctionId::from_index(index)?))
        });
        Self { existing: existing.collect(), of_build: Vec::new() }
    }

    /// A frame as a line of `profile`, whose function is added if it is new. `None` past four billion functions.
    fn line(
        &mut self,
        profile: &mut Profile,
        key: &'a BuildKey,
        answers: &Answers,
        frame: Frame,
    ) -> Option<Line> {
        let at = match self.of_build.iter().position(|(other, _)| std::ptr::eq(*other, key)) {
            Some(at) => at,
            None => {
                self.of_build.push((key, vec![None; answers.functions.len()]));
                self.of_build.len() - 1
            }
        };
        let slot = self.of_build.get_mut(at)?.1.get_mut(frame.function.index())?;
        let function = match *slot {
            Some(function) => function,
            None => {
                let function = add_function(&mut self.existing, profile, answers, frame.function)?;
                *slot = Some(function);
                function
            }
        };
        Some(Line { function, line: i64::from(frame.line), column: i64::from(frame.column) })
    }
}

fn add_function(
    existing: &mut BTreeMap<(StringId, StringId, StringId), FunctionId>,
    profile: &mut Profile,
    answers: &Answers,
    index: FunctionIndex,
) -> Option<FunctionId> {
    let function = answers.functions.get(index)?;
    let name = profile.strings.intern_shared(&function.name);
    let system_name = profile.strings.intern_shared(&function.system_name);
    let file = profile.strings.intern_shared(&function.file);
    if let Some(&id) = existing.get(&(name, system_name, file)) {
        return Some(id);
    }
    let id = FunctionId::from_index(profile.functions.len())?;
    profile.functions.push(Function { name, system_name, file, start_line: 0 });
    existing.insert((name, system_name, file), id);
    Some(id)
}
