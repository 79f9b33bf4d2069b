//! What the test programs share: a process for each test, and figures by function.

use heapdiff_profile::{Metadata, Profile, Sample};
use heapdiff_symbols::{Options, Symbolizer};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

/// A test: `inside` runs in a process of its own, in an empty directory; then `check` looks at what it left.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// The test's name.
    pub(crate) name: &'static str,
    /// Environment of the process.
    pub(crate) environment: &'static [(&'static str, &'static str)],
    /// What the process does.
    pub(crate) inside: fn(),
    /// What must hold afterwards.
    pub(crate) check: fn(&Ran),
}

/// A process that has ended.
pub(crate) struct Ran {
    /// Its output.
    pub(crate) output: Output,
    /// The directory that it ran in.
    pub(crate) dir: PathBuf,
}

const CASE: &str = "RECORDING_TEST_CASE";

/// Runs the cases, or in a child the one that it was started for.
pub(crate) fn main(cases: &'static [Case]) -> ExitCode {
    if let Ok(name) = std::env::var(CASE) {
        let case = cases.iter().find(|case| case.name == name).expect("the parent names a case");
        (case.inside)();
        return ExitCode::SUCCESS;
    }
    let trials = cases.iter().map(|case| Trial::test(case.name, move || run(case))).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn run(case: &Case) -> Result<(), Failed> {
    let dir = tempfile::tempdir()?;
    let mut child = Command::new(std::env::current_exe()?);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HEAPDIFF") {
            child.env_remove(name);
        }
    }
    child.env(CASE, case.name).envs(case.environment.iter().copied()).current_dir(dir.path());
    let ran = Ran { output: child.output()?, dir: dir.path().to_owned() };
    if !ran.output.status.success() {
        return Err(format!("{}: {}", ran.output.status, ran.stderr()).into());
    }
    (case.check)(&ran);
    Ok(())
}

impl Ran {
    /// What the process wrote to stderr.
    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// What it wrote to stdout.
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// Its snapshots in `profiles`, in order.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        paths(&self.dir.join("profiles"))
    }

    /// Its snapshots, read and symbolized.
    pub(crate) fn snapshots(&self) -> Vec<Snapshot> {
        let mut profiles: Vec<Profile> = self.paths().iter().map(|path| read(path)).collect();
        let mut symbolizer = Symbolizer::new(Options::default());
        symbolizer.symbolize(&mut profiles.iter_mut().collect::<Vec<_>>());
        profiles.into_iter().map(Snapshot).collect()
    }
}

/// The snapshots in a directory, in order.
pub(crate) fn paths(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(".pb.gz"));
    paths.sort();
    paths
}

/// Reads a snapshot as any analyst does: from its bytes.
pub(crate) fn read(path: &Path) -> Profile {
    let file = std::fs::File::open(path).expect("the snapshot is there");
    let (profile, warnings) =
        heapdiff_formats::read_profile(file, &Default::default()).expect("it is a profile");
    assert!(warnings.is_empty(), "{warnings:?}");
    profile
}

/// A symbolized snapshot.
pub(crate) struct Snapshot(pub(crate) Profile);

/// In-use and allocated objects and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// `inuse_objects`.
    pub(crate) inuse_objects: i64,
    /// `inuse_space`.
    pub(crate) inuse_space: i64,
    /// `alloc_objects`.
    pub(crate) alloc_objects: i64,
    /// `alloc_space`.
    pub(crate) alloc_space: i64,
}

impl Snapshot {
    /// What the recorder says beside the stacks.
    pub(crate) fn metadata(&self) -> &Metadata {
        self.0.metadata.as_ref().expect("the recorder writes metadata")
    }

    /// Figures of all stack traces with a function whose name ends with `function`.
    pub(crate) fn of(&self, function: &str) -> Figures {
        self.sum(|sample| self.frames(sample).iter().any(|name| name.ends_with(function)))
    }

    /// Figures of all samples that are meant.
    pub(crate) fn sum(&self, is_counted: impl Fn(&Sample) -> bool) -> Figures {
        let mut figures = Figures::default();
        for sample in self.0.samples.iter().filter(|sample| is_counted(sample)) {
            let value = |kind| sample.values[self.0.sample_type_index(kind).expect("all types are there")];
            figures.inuse_objects += value("inuse_objects");
            figures.inuse_space += value("inuse_space");
            figures.alloc_objects += value("alloc_objects");
            figures.alloc_space += value("alloc_space");
        }
        figures
    }

    /// Names of a sample's functions, leaf first, inlined ones included.
    pub(crate) fn frames(&self, sample: &Sample) -> Vec<&str> {
        let locations = sample.stack.iter().filter_map(|&id| self.0.location(id));
        let lines = locations.flat_map(|location| &location.lines);
        lines.filter_map(|line| self.0.function(line.function)).map(|f| self.0.strings.get(f.name)).collect()
    }
}
