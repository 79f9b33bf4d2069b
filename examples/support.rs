//! What the tests of the examples share: running a program, and asking the command about what it left.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Runs a program while snapshots are written to `folder`, and returns what it printed.
pub(crate) fn record(program: &str, arguments: &[&str], settings: &[(&str, &str)], folder: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .env("HEAPDIFF_DIR", folder)
        .envs(settings.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What `heapdiff` prints about a folder or a file, in JSON.
pub(crate) fn report(arguments: &[&str], path: &Path) -> Value {
    let output =
        Command::new(command()).args(arguments).arg(path).args(["--format", "json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The command, built of the sources as they are. That takes a second even where there is nothing to build, so it is asked for
/// once.
fn command() -> &'static Path {
    static COMMAND: OnceLock<PathBuf> = OnceLock::new();
    COMMAND.get_or_init(|| {
        let arguments = ["build", "--quiet", "--package", "heapdiff-cli", "--bin", "heapdiff"];
        let output =
            Command::new(env!("CARGO")).args(arguments).arg("--message-format=json").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let messages = String::from_utf8(output.stdout).unwrap();
        let messages = messages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let executables: Vec<_> = messages
            .filter_map(|message| Some(PathBuf::from(message.get("executable")?.as_str()?)))
            .collect();
        executables.into_iter().next_back().unwrap()
    })
}

/// The snapshots in a folder, in order.
pub(crate) fn snapshots(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "gz")).collect();
    files.sort();
    files
}

/// The last snapshot in a folder.
pub(crate) fn last_snapshot(folder: &Path) -> PathBuf {
    snapshots(folder).pop().unwrap()
}

/// The number of the line of `source` that has `text`.
pub(crate) fn line_of(source: &str, text: &str) -> u64 {
    let mut lines = (1..).zip(source.lines()).filter(|(_, line)| line.contains(text));
    let (number, _) = lines.next().unwrap();
    assert!(lines.next().is_none(), "`{text}` is there twice");
    number
}

/// The places of a stack in files of this program's `src`, leaf first, as `file.rs:12`; and the names of frames without a
/// file, such as `[spawned at]`.
pub(crate) fn places(program: &str, row: &Value) -> Vec<String> {
    let folder = format!("/examples/{program}/src/");
    let place = |frame: &Value| {
        let (file, line) = (frame["file"].as_str()?, frame["line"].as_u64()?);
        match file.split_once(&folder) {
            Some((_, file)) => Some(format!("{file}:{line}")),
            None if file.is_empty() => Some(frame["function"].as_str()?.to_owned()),
            None => None,
        }
    };
    row["stack"].as_array().unwrap().iter().filter_map(place).collect()
}
