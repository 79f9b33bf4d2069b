//! What is reported of processes that died, and of those that did not.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../crates/heapdiff-region/tests/sample/mod.rs"]
mod sample;

use heapdiff_recorder::State;
use sample::{STEM, region};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A folder with `profiles` in it, and in that the region of a process in this state.
fn folder(state: State) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("profiles")).unwrap();
    fs::write(file(&folder), region(state)).unwrap();
    folder
}

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join(format!("profiles/{STEM}.region"))
}

fn heapdiff(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapdiff"));
    command.args(arguments).current_dir(folder.path()).env("COLUMNS", "100").env("NO_COLOR", "1");
    command.env("XDG_CACHE_HOME", folder.path()).output().unwrap()
}

fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_death_is_told_with_its_last_seconds_and_its_heap() {
    let folder = folder(State::Live);
    let first = heapdiff(&folder, &["postmortem", "profiles", "-q"]);
    assert_eq!(said(&first), (Some(0), String::new()));
    insta::assert_snapshot!(String::from_utf8_lossy(&first.stdout));
    let snapshot = folder.path().join(format!("profiles/{STEM}-000001.pb.gz"));
    let bytes = fs::read(&snapshot).unwrap();
    let second = heapdiff(&folder, &["postmortem", "profiles", "-q"]);
    assert_eq!((second.stdout, fs::read(&snapshot).unwrap()), (first.stdout, bytes), "and the same again");
}

#[test]
fn programs_get_every_figure() {
    let folder = folder(State::Live);
    // A snapshot that the process wrote before: the death is compared with it.
    let before = folder.path().join(format!("profiles/{STEM}-000000.pb.gz"));
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/go-heap.pb.gz"), before).unwrap();
    let region = format!("profiles/{STEM}.region");
    let output = heapdiff(&folder, &["postmortem", &region, "--format", "json", "--remove"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["schema"], "heapdiff/postmortem/v1");
    let death = &json["processes"][0];
    assert_eq!((&death["process"]["pid"], &death["sequence"]), (&42.into(), &1.into()));
    assert_eq!(death["died_nanos"], 1_795_275_819_000_000_000_u64);
    assert_eq!((&death["out_of_memory"], &death["region_removed"]), (&true.into(), &true.into()));
    assert_eq!(death["moments"].as_array().unwrap().len(), 20);
    assert_eq!((&death["diff"]["schema"], &death["top"]), (&"heapdiff/diff/v1".into(), &Value::Null));
    assert!(!file(&folder).exists());
    let again = heapdiff(&folder, &["postmortem", "profiles"]);
    assert_eq!(again.status.code(), Some(3));
}

#[test]
fn who_lives_or_has_ended_is_left_out() {
    let folder = folder(State::Live);
    let owner = fs::File::open(file(&folder)).unwrap();
    owner.lock().unwrap();
    let (status, said_of_it) = said(&heapdiff(&folder, &["postmortem", "profiles"]));
    assert_eq!(status, Some(3));
    assert!(
        said_of_it.contains("process 42 (`shop`) is alive") && said_of_it.contains("no process has died")
    );
    // That one can be looked into from outside, twice.
    for sequence in 1..=2 {
        let output = heapdiff(&folder, &["snapshot", "profiles"]);
        assert_eq!(said(&output), (Some(0), String::new()));
        let path = format!("profiles/{STEM}-{sequence:06}.pb.gz\n");
        assert_eq!(String::from_utf8_lossy(&output.stdout), path);
    }
    drop(owner);
    let (status, said_of_it) = said(&heapdiff(&folder, &["snapshot", "profiles"]));
    assert!(status == Some(3) && said_of_it.contains("heapdiff postmortem"), "{said_of_it}");
    fs::write(file(&folder), region(State::Ended)).unwrap();
    let (status, said_of_it) = said(&heapdiff(&folder, &["postmortem", "profiles"]));
    assert!(status == Some(3) && said_of_it.contains("ended as it should"), "{said_of_it}");
}

#[test]
fn what_is_no_region_is_one_line_and_hides_no_other() {
    let folder = folder(State::Live);
    let torn = folder.path().join("profiles/torn-20261120T110121Z-1.region");
    fs::write(&torn, &region(State::Live)[..5000]).unwrap();
    let (status, said_of_it) = said(&heapdiff(&folder, &["postmortem", "profiles"]));
    assert_eq!(status, Some(0));
    assert!(said_of_it.contains("torn-") && said_of_it.contains("cut short"), "{said_of_it}");
    let (status, said_of_it) = said(&heapdiff(&folder, &["postmortem", torn.to_str().unwrap()]));
    assert!(status == Some(3) && said_of_it.lines().count() == 2, "{said_of_it}");
    for command in ["postmortem", "snapshot"] {
        let (status, said_of_it) = said(&heapdiff(&folder, &[command, "no-such-folder"]));
        assert!(status == Some(3) && said_of_it.contains("no-such-folder"), "{said_of_it}");
    }
    let own = std::process::id().to_string();
    for (pid, expected) in [(own.as_str(), "keeps no black box"), ("4294967295", "no process")] {
        let (status, said_of_it) = said(&heapdiff(&folder, &["snapshot", pid]));
        assert!(status == Some(3) && said_of_it.contains(expected), "{said_of_it}");
    }
}

/// Whoever looks at the series of a process that died is told that there is more to know, until it is known.
#[test]
fn a_series_that_ends_with_a_death_says_so() {
    let folder = folder(State::Live);
    let before = folder.path().join(format!("profiles/{STEM}-000000.pb.gz"));
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/go-heap.pb.gz"), before).unwrap();
    let (status, said_of_it) = said(&heapdiff(&folder, &["profiles"]));
    assert_eq!(status, Some(0));
    assert!(
        said_of_it.contains("process 42 (`shop`) died")
            && said_of_it.contains("heapdiff postmortem profiles")
    );
    heapdiff(&folder, &["postmortem", "profiles"]);
    let (_, said_of_it) = said(&heapdiff(&folder, &["profiles"]));
    assert!(!said_of_it.contains("died"), "{said_of_it}");
}

#[test]
fn a_folder_with_nothing_but_a_region_says_what_to_do() {
    let folder = folder(State::Live);
    let (status, said_of_it) = said(&heapdiff(&folder, &["profiles"]));
    assert!(status == Some(3) && said_of_it.contains("heapdiff postmortem profiles"), "{said_of_it}");
}
