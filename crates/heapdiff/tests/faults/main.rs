//! Faults at each site where the recorder asks the kernel for something: the program goes on and its results are what
//! they are without, what is written can be read, and whatever is missing is said.
//!
//! Each row of `table`, with each of its outcomes, is a process of its own.
#![expect(unsafe_code, reason = "it talks to the kernel about system calls")]
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_macros,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test program may panic, and is no allocator hook"
)]

mod injection;
mod program;
mod table;

use heapdiff_profile::Profile;
use injection::Fault;
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::{Command, ExitCode};
use table::{Effect, SITES, Site};

#[global_allocator]
static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();

/// The row and the outcome that a child is started for.
const FAULT: &str = "FAULT_TEST_CASE";

fn main() -> ExitCode {
    if let Ok(case) = std::env::var(FAULT) {
        let (site, outcome) = case.split_once(' ').unwrap();
        let site = &SITES[site.parse::<usize>().unwrap()];
        let outcome = site.outcomes[outcome.parse::<usize>().unwrap()];
        program::run(site, Box::leak(Box::new(Fault { is_meant: site.is_meant, outcome })));
        return ExitCode::SUCCESS;
    }
    let mut trials = Vec::new();
    for (index, site) in SITES.iter().enumerate() {
        for (which, outcome) in site.outcomes.iter().enumerate() {
            let name = format!("{} {outcome:?}", site.name);
            trials.push(Trial::test(name, move || run(site, &format!("{index} {which}"))));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn run(site: &Site, case: &str) -> Result<(), Failed> {
    let dir = tempfile::tempdir()?;
    let mut child = Command::new(std::env::current_exe()?);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HEAPDIFF") {
            child.env_remove(name);
        }
    }
    let output = child.env(FAULT, case).current_dir(dir.path()).output()?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        return Err(format!("{}: {stderr}", output.status).into());
    }
    if stdout.trim() == program::NOT_ALLOWED {
        eprintln!("skipped {}: {}", site.name, program::NOT_ALLOWED);
        return Ok(());
    }
    assert_eq!(stdout.trim(), program::UNHARMED);
    assert!(stderr.lines().all(|line| line.starts_with("heapdiff: ")), "{stderr}");
    assert!(stderr.lines().count() <= 2, "it is said once: {stderr}");
    check(site.effect, &dir.path().join("profiles"), &stderr);
    Ok(())
}

fn check(effect: Effect, profiles: &Path, stderr: &str) {
    let mut names: Vec<_> =
        std::fs::read_dir(profiles).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    names.sort();
    names.retain(|path| path.to_string_lossy().ends_with(".pb.gz"));
    // Whatever has its name is whole.
    let snapshots: Vec<Profile> = names.iter().map(|path| read(path)).collect();
    let Some(last) = snapshots.last() else {
        assert_eq!(effect, Effect::Less, "at least one snapshot was to be written");
        return;
    };
    let found = found(last);
    let dropped = &last.metadata.as_ref().expect("the recorder writes metadata").dropped;
    let lost: u64 = dropped.values().sum();
    match effect {
        Effect::Less => {
            assert!(
                found == program::BLOCKS as i64 || lost > 0,
                "{found} blocks found, and nothing is missing"
            );
        }
        Effect::None | Effect::NoRecording => {
            assert_eq!((found, lost), (program::BLOCKS as i64, 0), "{dropped:?}");
        }
        Effect::NoSnapshots => {
            assert_eq!((found, lost), (program::BLOCKS as i64, 3), "{dropped:?}");
            assert_eq!(dropped["snapshots_failed"], 3);
            assert_eq!(stderr.lines().filter(|line| line.contains("failed to write")).count(), 1, "{stderr}");
        }
    }
}

fn read(path: &Path) -> Profile {
    let file = std::fs::File::open(path).expect("the snapshot is there");
    let (profile, warnings) =
        heapdiff_formats::read_profile(file, &Default::default()).expect("it is a profile");
    assert!(warnings.is_empty(), "{warnings:?}");
    profile
}

/// The program's blocks in a snapshot: those in rows where all blocks are of its size.
fn found(profile: &Profile) -> i64 {
    let index = |kind| profile.sample_type_index(kind).expect("all types are there");
    let (objects, space) = (index("inuse_objects"), index("inuse_space"));
    let rows = profile.samples.iter().map(|sample| (sample.values[objects], sample.values[space]));
    rows.filter(|(objects, space)| *space == objects * program::SIZE as i64).map(|(objects, _)| objects).sum()
}
